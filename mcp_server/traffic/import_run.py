"""One import: what it has written and refused so far, and how far it got, on disk.

A segment's name is the digest of its content, and a reader cuts a file into segments by its content alone. So a run
that dies between writing a segment and noting it down writes the same segment again, and nothing counts twice.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from evaluator.json_text import digest
from mcp_server.services.errors import Conflict, InvalidInput, Unavailable
from mcp_server.services.generation import Progress
from mcp_server.services.traffic_files import CorruptRow, FileFormat, ImportReport, ImportRequest
from mcp_server.traffic.draft import Content
from mcp_server.traffic.layout import TrafficFolder, sync_folder
from mcp_server.traffic.manifest import microseconds, moment_of
from mcp_server.traffic.segment import read_manifest, write_segment

FORMAT = 1
MOST_CORRUPT_SHOWN = 20
MOST_AHEAD: Final = timedelta(minutes=5)
"""How far a check may lie in the future: clocks of different machines never quite agree."""

Position = Mapping[str, Any]
"""How far a reader got; each kind of reader has its own words for it."""


@dataclass(slots=True)
class Tally:
    """What came of the rows up to the position."""

    rows: int = 0
    checks: int = 0
    passed_over: int = 0
    corrupt_rows: int = 0
    corrupt: list[tuple[int, str]] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class ImportRun:
    """Where readers put what they read. Made by ``running``, which keeps every other process out."""

    def __init__(self, folder: TrafficFolder, request: ImportRequest, kind: FileFormat, progress: Progress) -> None:
        self.folder = folder
        self.request = request
        self.kind = kind
        self.progress = progress
        self.tally = Tally()
        self.position: Position = {}
        self.is_done = False
        self.started_at = request.now
        self._resumed_after: int | None = None
        self._path = _checkpoint(folder, request, kind)
        self._there = set(folder.segment_ids())
        self._read()

    @property
    def latest_us(self) -> int:
        """Checks after this moment have a wrong clock. Resumed runs go by the first one's time."""
        return microseconds(self.started_at + MOST_AHEAD)

    @property
    def working_file(self) -> Path:
        """A file of this import alone, for what does not fit into memory."""
        return self._path.with_suffix(".work")

    def refuse(self, row: int, message: str) -> None:
        """Counts a row that cannot be read. Raises InvalidInput if the import is strict."""
        if self.request.strict:
            raise InvalidInput(
                f"The row cannot be read: {message}",
                hint="Mend it and run the same command again, or leave out --strict to skip and count such rows.",
                code="CORRUPT_ROW",
                place=f"{self.request.path}:{row}",
            )
        self.tally.corrupt_rows += 1
        if len(self.tally.corrupt) < MOST_CORRUPT_SHOWN:
            self.tally.corrupt.append((row, message))

    def refuse_future(self, row: int, at_us: int) -> None:
        """Counts a row whose clock is wrong."""
        self.refuse(row, f"Its time is in the future: {moment_of(at_us).isoformat()}.")

    def write(self, content: Content) -> None:
        """Writes one segment. Raises Unavailable if the disk refuses; what was noted down before stays."""
        try:
            segment = write_segment(self.folder, content).id
        except (OSError, duckdb.Error) as error:
            raise Unavailable(
                f"The disk refuses a segment: {getattr(error, 'strerror', None) or str(error).splitlines()[0]}.",
                hint="Make room and run the same command again: it goes on where it stopped.",
                code="DISK_REFUSED",
                place=str(self.folder.root),
            ) from error
        self.tally.checks += len(content.log["at"])
        mine = self.tally.known if segment in self._there else self.tally.segments
        if segment not in mine:
            mine.append(segment)

    def commit(self, position: Position) -> None:
        """Notes down that everything up to this position is written."""
        self.position, self.is_done = position, False
        self._save()

    def finish(self, position: Position) -> None:
        """Notes down that the file is imported."""
        self.position, self.is_done = position, True
        self._save()
        self.working_file.unlink(missing_ok=True)

    def begin_again(self) -> None:
        """Forgets what was noted down; segments stay."""
        self.tally, self.position, self.is_done, self._resumed_after = Tally(), {}, False, None
        self.started_at = self.request.now
        self._save()

    def take_back(self) -> None:
        """Moves what this import wrote to quarantine and forgets it. Raises Conflict if it was merged already."""
        there = set(self.folder.segment_ids())
        replaced = {old for segment in there for old in read_manifest(self.folder, segment).replaces}
        if merged := replaced.intersection(self.tally.segments):
            raise Conflict(
                f"{len(merged)} segments of the interrupted import were merged with others and cannot be taken back.",
                hint="Import the rows that are missing as a file of their own.",
                code="IMPORT_MERGED",
                place=str(self.request.path),
            )
        self.folder.quarantine.mkdir(mode=0o700, exist_ok=True)
        for segment in there.intersection(self.tally.segments):
            self.folder.segment(segment).rename(self.folder.quarantine / segment)
            self._there.discard(segment)
        self.begin_again()

    def changed(self) -> Conflict:
        """The error for a file that is not the one that an interrupted import began with."""
        return Conflict(
            f"The file changed since its import was interrupted after row {self.tally.rows:,}.",
            hint="Put the old file back, or take back what was imported of it and begin again with --restart.",
            code="FILE_CHANGED",
            place=str(self.request.path),
        )

    def report(self) -> ImportReport:
        """What came of it."""
        tally = self.tally
        return ImportReport(
            path=str(self.request.path),
            format=self.kind,
            rows=tally.rows,
            checks=tally.checks,
            segments=tuple(tally.segments),
            known_segments=tuple(tally.known),
            passed_over=tally.passed_over,
            corrupt_rows=tally.corrupt_rows,
            corrupt=tuple(CorruptRow(row=row, message=message) for row, message in tally.corrupt),
            resumed_after=self._resumed_after,
            notes=tuple(tally.notes),
        )

    def _read(self) -> None:
        try:
            noted = json.loads(self._path.read_bytes())
            tally = Tally(**{each.name: noted["tally"][each.name] for each in fields(Tally)})
            started_at = datetime.fromisoformat(noted["started_at"])
            if noted["format"] != FORMAT:
                return
        except (OSError, ValueError, KeyError, TypeError):
            return  # there is none, or none that can be used: what is imported again is known by its content
        tally.corrupt = [(row, message) for row, message in tally.corrupt]
        if not self._is_there([*tally.segments, *tally.known]):
            return  # pruned meanwhile
        self.tally, self.position, self.is_done = tally, noted["position"], noted["done"]
        self.started_at = started_at
        self._resumed_after = tally.rows if tally.rows else None
        if self.is_done:
            self.tally.known, self.tally.segments = [*tally.known, *tally.segments], []

    def _is_there(self, segments: list[str]) -> bool:
        gone = set(segments) - self._there
        if gone:
            gone -= {old for each in self._there for old in read_manifest(self.folder, each).replaces}
        return not gone

    def _save(self) -> None:
        noted = {
            "format": FORMAT,
            "path": str(self.request.path),
            "kind": self.kind,
            "started_at": self.started_at.isoformat(),
            "position": self.position,
            "tally": asdict(self.tally),
            "done": self.is_done,
        }
        building = self._path.with_suffix(".new")
        with building.open("w", encoding="utf-8") as file:
            json.dump(noted, file)
            file.flush()
            os.fsync(file.fileno())
        building.replace(self._path)
        sync_folder(self._path.parent)


@contextmanager
def running(folder: TrafficFolder, request: ImportRequest, kind: FileFormat, progress: Progress) -> Iterator[ImportRun]:
    """An import of a file, begun or resumed. Raises Conflict while another process imports the same one."""
    path = _checkpoint(folder, request, kind)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Another process is importing this file.",
                hint="Wait for it, or end it; then run the same command again.",
                code="IMPORT_RUNNING",
                place=str(request.path),
            ) from None
        yield ImportRun(folder, request, kind, progress)


def _checkpoint(folder: TrafficFolder, request: ImportRequest, kind: FileFormat) -> Path:
    asked = {"path": str(request.path.resolve()), "kind": kind, "mapping": sorted(map(list, request.mapping))}
    return folder.root / "imports" / f"{digest(asked)[:16]}.json"
