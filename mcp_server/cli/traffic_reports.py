"""What a person reads after an import, and the file an export leaves behind."""

import os
from collections.abc import Iterable
from pathlib import Path

from mcp_server.cli.screen import out, talk
from mcp_server.services.foreign_text import clean
from mcp_server.services.traffic_files import ImportReport

MOST_SHOWN = 10


def show_import(report: ImportReport) -> None:
    """How many checks came in on stdout; what could not be read, on stderr."""
    again = ""
    if report.resumed_after is not None:
        again = f" (went on after row {report.resumed_after:,})"
    if report.known_segments and not report.segments:
        out().print(f"{report.path}: {report.checks:,} checks, all imported before.", markup=False, soft_wrap=True)
    else:
        out().print(f"{report.path}: imported {report.checks:,} checks{again}.", markup=False, soft_wrap=True)
    console = talk()
    for note in report.notes:
        console.print(clean(note), markup=False, soft_wrap=True)
    if report.passed_over:
        console.print(f"{report.passed_over:,} rows are no checks and were passed over.", markup=False)
    for row in report.corrupt[:MOST_SHOWN]:
        console.print(f"{report.path}:{row.row}: {clean(row.message)}", markup=False, soft_wrap=True)
    if report.corrupt_rows > MOST_SHOWN:
        console.print(f"{report.corrupt_rows - MOST_SHOWN:,} more rows could not be read.", markup=False)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a text file; one of that name is replaced when the new one is whole. Raises OSError."""
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with building.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
