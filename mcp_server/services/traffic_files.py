"""Traffic as files of other tools: what is asked of an import or export, and what came of it."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from mcp_server.services.record import Record

FileFormat = Literal["jsonl", "parquet", "csv", "posthog"]
"""``jsonl`` and ``parquet`` are Drysail's own forms, ``posthog`` an event export in any container. ``parquet`` with a
mapping is anybody's table, like ``csv``."""

ExportFormat = Literal["jsonl", "parquet"]

NO_FLAG = ""
"""Stands in the log for a subject of whom only the context is known: no flag was asked, so nothing was answered."""


class ImportRequest(Record):
    """One file to bring in. ``mapping`` pairs what a check consists of with columns (``("property.plan", "plan")``).

    ``format`` None recognises the file. ``strict`` stops at the first row that cannot be read. ``restart`` takes back
    what an interrupted import of the same file wrote, and begins again.
    """

    environment: str
    path: Path
    now: datetime
    format: FileFormat | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    strict: bool = False
    restart: bool = False


class CorruptRow(Record):
    """A row that was skipped. Rows are lines in text files; both count from 1."""

    row: int
    message: str


class ImportReport(Record):
    """What came of an import, its interrupted runs included. ``corrupt`` holds the first few of ``corrupt_rows``.

    ``known_segments`` were there already, from an earlier import of the same rows; they do not count twice.
    ``passed_over`` are rows that are no checks (other events of an export, blank lines). ``resumed_after`` is the row
    after which this run went on (None: it began the file), ``notes`` are sentences about what the file could not tell.
    """

    path: str
    format: FileFormat
    rows: int
    checks: int
    segments: tuple[str, ...]
    known_segments: tuple[str, ...]
    passed_over: int
    corrupt_rows: int
    corrupt: tuple[CorruptRow, ...]
    resumed_after: int | None = None
    notes: tuple[str, ...] = ()


class Pruned(Record):
    """What was deleted: segments by id, and their bytes."""

    segments: tuple[str, ...]
    bytes: int


class Trace(Record):
    """Where a subject is: segments that hold it, those that bigger ones replace included, and checks that count."""

    segments: int
    checks: int


class Forgotten(Record):
    """What became of a subject's traffic. ``token`` stands for its id.

    ``deleted`` are segments that held it, ``rewritten`` those written in their place. ``quarantined`` counts deleted
    segments in quarantine. ``unfinished`` counts what other processes may be writing just now, which was left alone.
    """

    token: str = ""
    rewritten: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    quarantined: int = 0
    unfinished: int = 0
