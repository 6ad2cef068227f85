"""Bringing traffic in from a file: finds out what it is, and lets the reader of that form read it."""

import json
import zlib
from gzip import BadGzipFile
from gzip import open as open_gzip
from pathlib import Path
from typing import Final

from mcp_server.services.errors import InvalidInput, NotFound
from mcp_server.services.generation import Progress
from mcp_server.services.traffic_files import FileFormat, ImportReport, ImportRequest
from mcp_server.traffic.csv_import import import_csv
from mcp_server.traffic.import_run import ImportRun, running
from mcp_server.traffic.jsonl_import import import_jsonl
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.line_file import BYTE_ORDER_MARK
from mcp_server.traffic.posthog_import import import_posthog
from mcp_server.traffic.table_import import import_parquet

PARQUET_MAGIC: Final = b"PAR1"
ENCODINGS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
ENOUGH: Final = 1 << 20

READERS: Final = {"jsonl": import_jsonl, "parquet": import_parquet, "csv": import_csv, "posthog": import_posthog}


def import_file(home: Path, request: ImportRequest, progress: Progress = lambda done, total: None) -> ImportReport:
    """Brings one file's checks into an environment. See the port ``Traffic.bring_in``.

    The checks are ``reconstructed``, whatever the file says they were; only ``synthetic`` ones remain that.
    """
    path = request.path
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder.", hint="Name the files in it.")
    if not path.exists():
        raise NotFound(f"There is no file {path}.", hint="Check the path.")
    kind = request.format or recognised(path, mapped=bool(request.mapping))
    folder = TrafficFolder.of(home, request.environment)
    with running(folder, request, kind, progress) as run:
        if request.restart:
            run.take_back()
        _read(run, kind)
        return run.report()


def _read(run: ImportRun, kind: FileFormat) -> None:
    if not run.position:
        run.commit({})  # the time by which clocks are judged stays that of the first run
    READERS[kind](run)


def recognised(path: Path, *, mapped: bool) -> FileFormat:
    """What a file is, by its first bytes and its name. Raises InvalidInput if that cannot be told."""
    start = _start(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if start.startswith(PARQUET_MAGIC):
        return "parquet" if mapped or not _looks_like_posthog_parquet(path) else "posthog"
    if start[:2] in ENCODINGS:
        raise InvalidInput(f"The file is {ENCODINGS[start[:2]]}, not UTF-8.", hint="Save it as UTF-8.", place=str(path))
    if mapped:
        return "csv"
    if ".csv" in suffixes or ".tsv" in suffixes:
        return "posthog" if _looks_like_posthog_header(start) else "csv"
    text = start.removeprefix(BYTE_ORDER_MARK).lstrip()
    if text.startswith((b"{", b"[")) or ".jsonl" in suffixes or ".ndjson" in suffixes or not text:
        return "posthog" if _looks_like_events(text) else "jsonl"
    raise InvalidInput(
        "It cannot be told what kind of file this is.",
        hint="Name its form with --format jsonl, parquet, csv or posthog.",
        code="UNKNOWN_FORMAT",
        place=str(path),
    )


def _start(path: Path) -> bytes:
    if path.suffix.lower() == ".gz":
        try:
            with open_gzip(path) as file:
                return file.read1(ENOUGH)
        except (EOFError, BadGzipFile, zlib.error):
            raise InvalidInput(
                "The file is not the gzip file that its name says, or cut at its beginning.",
                hint="Download it again.",
                code="FILE_DAMAGED",
                place=str(path),
            ) from None
    with path.open("rb") as plain:
        return plain.read(ENOUGH)


def _looks_like_events(text: bytes) -> bool:
    """Whether the first line that can be read is an event, or a page of them from the API."""
    if text.startswith(b"["):
        return True
    for line in text.splitlines()[:20]:
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and fields:
            return "event" in fields or "results" in fields
    return text.startswith(b"{") and b'"results"' in text[:1000]


def _looks_like_posthog_header(start: bytes) -> bool:
    columns = {name.strip(b'"\r ') for name in start.removeprefix(BYTE_ORDER_MARK).partition(b"\n")[0].split(b",")}
    return {b"event", b"distinct_id", b"timestamp", b"properties"} <= columns


def _looks_like_posthog_parquet(path: Path) -> bool:
    import duckdb

    from mcp_server.traffic.tables import engine

    try:
        with engine(threads=1) as connection:
            found = connection.execute("SELECT name FROM parquet_schema($1)", [str(path)]).fetchall()
    except duckdb.Error:
        return False  # its reader says what is wrong with it
    return {"event", "distinct_id", "timestamp", "properties"} <= {name for (name,) in found}
