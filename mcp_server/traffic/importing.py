"""Bringing traffic in from a text file."""

from collections.abc import Iterable
from pathlib import Path

from mcp_server.services.record import Record
from mcp_server.traffic.draft import Draft, Origin
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.line_format import CheckLine, HeaderLine, parse_line
from mcp_server.traffic.segment import write_segment

CHECKS_PER_SEGMENT = 1_000_000
MOST_CORRUPT_SHOWN = 20


class CorruptLine(Record):
    """A line that was skipped. Lines count from 1."""

    line: int
    message: str


class ImportReport(Record):
    """What came of an import. ``corrupt`` holds the first few of ``corrupt_lines``.

    ``known_segments`` were there already, from an earlier import of the same lines; they do not count twice.
    """

    checks: int
    segments: tuple[str, ...]
    known_segments: tuple[str, ...]
    corrupt_lines: int
    corrupt: tuple[CorruptLine, ...]


def import_jsonl(home: Path, environment: str, lines: Iterable[str | bytes]) -> ImportReport:
    """Brings checks into an environment; lines that cannot be read are counted and skipped.

    The checks are ``reconstructed``, whatever the file says they were; only ``synthetic`` ones remain that. Raises
    InvalidInput for an unusable environment name, Unavailable for a newer format, and OSError if the disk refuses.
    """
    importer = _Importer(TrafficFolder.of(home, environment), environment)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            importer.take(number, line)
    return importer.finish()


class _Importer:
    """Fills one draft after the other; a header that changes how checks were recorded starts a new one."""

    def __init__(self, folder: TrafficFolder, environment: str) -> None:
        self._folder = folder
        self._known = set(folder.segment_ids())
        self._draft = Draft(Origin(environment=environment, provenance="reconstructed", source="import"))
        self._checks = 0
        self._written: list[str] = []
        self._corrupt: list[CorruptLine] = []
        self._corrupt_lines = 0

    def take(self, number: int, line: str | bytes) -> None:
        """Takes one line that is not blank."""
        try:
            parsed = parse_line(line)
            if isinstance(parsed, HeaderLine):
                self._begin(parsed)
            else:
                self._add(parsed)
        except ValueError as error:
            self._corrupt_lines += 1
            if len(self._corrupt) < MOST_CORRUPT_SHOWN:
                self._corrupt.append(CorruptLine(line=number, message=str(error)))

    def finish(self) -> ImportReport:
        """Writes what is left and reports."""
        self._write()
        return ImportReport(
            checks=self._checks,
            segments=tuple(segment for segment in self._written if segment not in self._known),
            known_segments=tuple(segment for segment in self._written if segment in self._known),
            corrupt_lines=self._corrupt_lines,
            corrupt=tuple(self._corrupt),
        )

    def _begin(self, header: HeaderLine) -> None:
        origin = Origin(
            environment=self._draft.origin.environment,
            provenance=header.provenance,
            source=self._draft.origin.source,
            kept=header.kept,
            sampled_ppm=header.sampled_ppm,
        )
        if origin != self._draft.origin:
            self._write(origin)
        self._draft.dropped += header.dropped

    def _add(self, check: CheckLine) -> None:
        self._draft.add_answers(check.context, check.at, {check.flag: check.value}, check.revision, check.sdk)
        self._checks += 1
        if self._draft.checks >= CHECKS_PER_SEGMENT:
            self._write()

    def _write(self, next_origin: Origin | None = None) -> None:
        if self._draft.checks:
            self._written.append(write_segment(self._folder, self._draft.finish()).id)
        self._draft = Draft(next_origin or self._draft.origin)
