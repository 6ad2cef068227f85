"""Checks from PostHog's event exports: JSON lines, a page of the API, CSV or Parquet.

A person's events may lie anywhere in the file, so they are sorted first, by person and time, in a DuckDB beside the
import's notes. Then one person after the other is read through, and forgotten.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from mcp_server.services.errors import InvalidInput
from mcp_server.traffic.draft import Draft, Origin
from mcp_server.traffic.import_run import ImportRun
from mcp_server.traffic.interning import Unrecordable
from mcp_server.traffic.jsonl_import import NOT_UTF_8
from mcp_server.traffic.line_file import LineFile
from mcp_server.traffic.line_format import refuse_constant
from mcp_server.traffic.manifest import EPOCH
from mcp_server.traffic.posthog_events import CALLED, GROUP, Event, Groups, Person, call_of, read_event
from mcp_server.traffic.table_import import unreadable
from mcp_server.traffic.tables import OFFLINE

ROWS_PER_STEP: Final = 20_000
CHECKS_PER_SEGMENT: Final = 500_000
CONTEXTS_PER_SEGMENT: Final = 200_000
LARGEST_PAGE: Final = 256 << 20
MEMORY: Final = "500MB"

SCHEMA: Final = """
    CREATE TABLE events (
        row BIGINT, name VARCHAR, uuid VARCHAR, person VARCHAR, distinct_id VARCHAR, at_us BIGINT, properties VARCHAR,
        known VARCHAR
    )
"""
COLUMNS: Final = ("row", "name", "uuid", "person", "distinct_id", "at_us", "properties", "known")

FIRST_OF_EACH: Final = """
    CREATE TABLE ordered AS SELECT * EXCLUDE (copy) FROM (
        SELECT *, row_number() OVER (PARTITION BY coalesce(uuid, row::VARCHAR) ORDER BY row) AS copy FROM events
    ) WHERE copy = 1 ORDER BY person, at_us, row
"""
NAMES_SET: Final = """
    SELECT DISTINCT unnest(json_keys(properties, '$."' || setter || '"')) AS name
    FROM ordered, (VALUES ('$set'), ('$set_once')) setters(setter)
    WHERE json_type(properties, '$."' || setter || '"') = 'OBJECT' ORDER BY name
"""
MOST_NAMES: Final = 900
"""Of person properties that events set: more columns than that no segment has room for."""


def import_posthog(run: ImportRun) -> None:
    """Reads an event export into segments. Raises like ``Traffic.bring_in``."""
    with run.request.path.open("rb") as file:
        identity = file_digest(file, "sha256").hexdigest()
    if run.position and run.position["sha256"] != identity:
        if not run.is_done:
            raise run.changed()
        run.begin_again()
    if run.is_done:
        return
    working = run.working_file
    working.unlink(missing_ok=True)
    settings: dict[str, Any] = {**OFFLINE, "memory_limit": MEMORY, "temp_directory": f"{working}.spill"}
    with duckdb.connect(str(working), config=settings) as connection:
        connection.execute(SCHEMA)
        _stage(connection, run)
        _Walk(run, connection, identity).read()
    run.finish({"sha256": identity})


# Into the table


def _stage(connection: duckdb.DuckDBPyConnection, run: ImportRun) -> None:
    """Puts the events that matter into the table; on a resumed run nothing is counted a second time."""
    tally, counted = run.tally, bool(run.position)
    waiting: list[tuple[Any, ...]] = []
    for row, fields in _fields(run, connection):
        try:
            if isinstance(fields, ValueError):
                raise fields
            event = read_event(fields)
            if event.at_us > run.latest_us:
                moment = EPOCH + timedelta(microseconds=event.at_us)
                raise ValueError(f"Its time is in the future: {moment.isoformat()}.")
        except ValueError as error:
            if not counted:
                run.refuse(row, str(error))
            continue
        if event.matters:
            waiting.append(_row(row, event))
        if not counted and event.name != CALLED:
            tally.passed_over += 1
        if len(waiting) >= ROWS_PER_STEP:
            _insert(connection, waiting)
            waiting = []
    _insert(connection, waiting)
    connection.execute(FIRST_OF_EACH)
    repeated = "SELECT (SELECT count(*) FROM events WHERE name = $1) - (SELECT count(*) FROM ordered WHERE name = $1)"
    [(copies,)] = connection.execute(repeated, [CALLED]).fetchall()
    if copies and not counted:
        tally.passed_over += copies
        tally.notes.append(f"{copies:,} events were in the file more than once and count once.")


def _row(row: int, event: Event) -> tuple[Any, ...]:
    known = None if event.known is None else json.dumps(event.known)
    ids = (event.uuid, event.person, event.distinct_id)
    clean = (None if each is None else each.encode("utf-8", "replace").decode() for each in ids)
    return (row, event.name, *clean, event.at_us, json.dumps(event.properties), known)


def _insert(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    numbers = ("row", "at_us")
    table = {name: np.array(each, dtype=np.int64 if name in numbers else object) for name, each in columns.items()}
    connection.register("events_to_keep", table)
    try:
        connection.execute(f"INSERT INTO events SELECT {', '.join(COLUMNS)} FROM events_to_keep")
    finally:
        connection.unregister("events_to_keep")


def _fields(run: ImportRun, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, Any]]:
    """Every row's fields with its number, or the ValueError that says why it has none."""
    path = run.request.path
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        yield from _parquet_fields(run, connection)
    elif {".csv", ".tsv"} & {suffix.lower() for suffix in path.suffixes}:
        yield from _csv_fields(run)
    elif (page := _page(path)) is not None:
        run.tally.rows = len(page)
        yield from enumerate(page, start=1)
    else:
        yield from _json_fields(run)


def _json_fields(run: ImportRun) -> Iterator[tuple[int, Any]]:
    file = LineFile(run)
    decode = json.JSONDecoder(parse_constant=refuse_constant).decode
    try:
        for line in file.lines():
            run.tally.rows = file.row
            try:
                text = line.decode().strip()
                if text:
                    yield file.row, decode(text)
            except UnicodeDecodeError:
                yield file.row, ValueError(NOT_UTF_8)
            except RecursionError:
                yield file.row, ValueError("It is nested too deeply.")
            except ValueError as error:
                yield file.row, ValueError(f"It is not JSON: {error}.")
    finally:
        file.close()


def _csv_fields(run: ImportRun) -> Iterator[tuple[int, Any]]:
    file = LineFile(run)
    csv.field_size_limit(16 << 20)
    reader = csv.reader((line.decode(errors="replace") for line in file.lines()), strict=True)
    try:
        names = next(reader, [])
        while True:
            first = file.row + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield first, ValueError(f"It is not CSV: {error}.")
                continue
            run.tally.rows = file.row
            if len(cells) != len(names):
                yield first, ValueError(f"It has {len(cells)} cells, the first line has {len(names)}.")
            else:
                yield first, {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    finally:
        file.close()


def _parquet_fields(run: ImportRun, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, Any]]:
    path = str(run.request.path)
    wanted = ("event", "distinct_id", "timestamp", "properties", "uuid", "person_id", "person_properties")
    try:
        there = {name for name, *_ in connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [path]).fetchall()}
        names = [name for name in wanted if name in there]
        picked = ", ".join(f'"{name}"::VARCHAR' for name in names)
        [(run.tally.rows,)] = connection.execute("SELECT count(*) FROM read_parquet($1)", [path]).fetchall()
        with connection.cursor() as cursor:
            found = cursor.execute(
                f"SELECT file_row_number + 1, {picked} FROM read_parquet($1, file_row_number = true)", [path]
            )
            while rows := found.fetchmany(ROWS_PER_STEP):
                for row, *values in rows:
                    yield row, {name: value for name, value in zip(names, values, strict=True) if value is not None}
                run.progress(rows[-1][0], run.tally.rows * 2)
    except duckdb.Error as error:
        raise unreadable(run.request.path, error) from error


def _page(path: Path) -> list[Any] | None:
    """The events of one JSON document, as the API answers them; None if the file holds lines."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        start = file.read(LARGEST_PAGE + 1)
    try:
        document = json.loads(start)
    except (ValueError, RecursionError):
        if start.lstrip().startswith(b"[") and len(start) > LARGEST_PAGE:
            raise InvalidInput(
                f"One JSON document of more than {LARGEST_PAGE >> 20} MiB cannot be read.",
                hint="Write one event per line.",
                place=str(path),
            ) from None
        return None
    if isinstance(document, dict):
        document = document.get("results")
    return document if isinstance(document, list) else None


# Out of the table


class _Walk:
    """Reads the persons one after the other into segments: one draft for whole contexts, one for others."""

    def __init__(self, run: ImportRun, connection: duckdb.DuckDBPyConnection, identity: str) -> None:
        self._run = run
        self._connection = connection
        self._identity = identity
        self._groups = Groups()
        for event in self._events("name = $1", [GROUP], "at_us, row"):
            self._groups.take(event)
        names = [name for (name,) in connection.execute(NAMES_SET).fetchall()]
        self._names = names[:MOST_NAMES]
        told = {*names, *(name for of_kind in self._groups.names.values() for name in of_kind)}
        [(columns,)] = connection.execute("SELECT count(*) FROM ordered WHERE known IS NOT NULL").fetchall()
        if columns:
            told.update(name for (name,) in connection.execute(KNOWN_NAMES).fetchall())
        environment = run.request.environment
        self._origins = {
            True: Origin(environment, "reconstructed", "import"),
            False: Origin(environment, "reconstructed", "import", frozenset(told)),
        }
        self._begin()

    def read(self) -> None:
        """Takes all persons that an earlier run did not."""
        after = self._run.position.get("person")
        where, parameters = ("true", []) if after is None else ("person > $1", [after])
        current, person = None, Person()
        for event in self._events(where, parameters, "person, at_us, row"):
            if event.person != current:
                if current is not None and self._is_full():
                    self._write(current)
                current, person = event.person, Person()
            person.take(event)
            if event.name == CALLED:
                self._take(event, person)
        self._write(None)

    def _begin(self) -> None:
        self._drafts = {whole: Draft(origin) for whole, origin in self._origins.items()}

    def _take(self, event: Event, person: Person) -> None:
        try:
            call = call_of(event, person, self._groups, self._names)
            self._drafts[call.is_whole].add_answers(
                call.context, EPOCH + timedelta(microseconds=call.at_us), {call.flag: call.value}, 0, call.sdk
            )
        except (ValueError, Unrecordable) as error:
            self._run.refuse(self._row, str(error))

    def _is_full(self) -> bool:
        drafts = self._drafts.values()
        return (
            sum(draft.checks for draft in drafts) >= CHECKS_PER_SEGMENT
            or sum(len(draft.contexts) for draft in drafts) >= CONTEXTS_PER_SEGMENT
        )

    def _write(self, person: str | None) -> None:
        for draft in self._drafts.values():
            if draft.checks:
                self._run.write(draft.finish())
        self._begin()
        if person is not None:
            self._run.commit({"sha256": self._identity, "person": person})

    def _events(self, where: str, parameters: list[Any], order: str) -> Iterable[Event]:
        with self._connection.cursor() as cursor:
            found = cursor.execute(
                f"SELECT {', '.join(COLUMNS)} FROM ordered WHERE {where} ORDER BY {order}", parameters
            )
            while rows := found.fetchmany(ROWS_PER_STEP):
                for row, name, uuid, person, distinct_id, at_us, properties, known in rows:
                    self._row = row
                    told = None if known is None else json.loads(known)
                    yield Event(name, uuid, person, distinct_id, at_us, json.loads(properties), told)


KNOWN_NAMES: Final = "SELECT DISTINCT unnest(json_keys(known)) FROM ordered WHERE known IS NOT NULL"
"""The person properties that the export's own column tells."""
