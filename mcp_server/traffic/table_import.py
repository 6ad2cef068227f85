"""Checks from tables: Drysail's Parquet form, anybody's Parquet by a mapping, and the tables that CSV is read into."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import duckdb

from mcp_server.services.errors import InvalidInput, Unavailable
from mcp_server.traffic.columnar import ContextColumn, key_of, take_chunk
from mcp_server.traffic.draft import Origin
from mcp_server.traffic.import_run import ImportRun
from mcp_server.traffic.mapping import TIME_TYPES, Mapped, mapped_columns
from mcp_server.traffic.parquet_form import FORMAT, METADATA_KEY, Form, Part
from mcp_server.traffic.tables import OFFLINE

ROWS_PER_STEP: Final = 1_000_000
FEWEST_ROWS: Final = 1_000
BYTES_PER_STEP: Final = 192 << 20
"""Uncompressed, by what the file says about itself."""

MEMORY: Final = "600MB"

REFORMED: Final = """
    CREATE OR REPLACE TEMP TABLE chunk AS
    SELECT file_row_number + 1 AS row, part, epoch_us("at") AS at_us, flag,
        CASE WHEN variant IS NOT NULL THEN to_json(variant)::VARCHAR WHEN enabled IS NULL THEN 'null'
             WHEN enabled THEN 'true' ELSE 'false' END AS value,
        coalesce(revision, 0) AS revision, coalesce(sdk, '') AS sdk, {columns},
        CASE WHEN part IS NULL OR part < 0 OR part >= {parts} THEN 'Its part is not in the metadata.' END AS problem
    FROM {rows}
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A Parquet file in steps of rows that fit into memory."""

    path: Path
    rows: int
    step: int

    def sql(self, after: int) -> str:
        """The relation of one step's rows, with their ``file_row_number``."""
        path = str(self.path).replace("'", "''")
        return (
            f"(SELECT * FROM read_parquet('{path}', file_row_number = true) "
            f"WHERE file_row_number >= {after} AND file_row_number < {after + self.step})"
        )


def import_parquet(run: ImportRun) -> None:
    """Reads the rest of a Parquet file into segments. Raises like ``Traffic.bring_in``."""
    path = run.request.path
    with path.open("rb") as file:
        identity = file_digest(file, "sha256").hexdigest()
    if run.position and run.position["sha256"] != identity:
        if not run.is_done:
            raise run.changed()
        run.begin_again()
    done = int(run.position.get("row", 0))
    with working_engine(run) as connection:
        table, form, names = _open(connection, path)
        reader = _reader(connection, run, form, names)
        while done < table.rows:
            reader.take(connection, table.sql(done))
            done = min(done + table.step, table.rows)
            run.tally.rows = done
            run.commit({"row": done, "sha256": identity})
            run.progress(done, table.rows)
    run.finish({"row": done, "sha256": identity})


def working_engine(run: ImportRun) -> duckdb.DuckDBPyConnection:
    """A DuckDB of one's own that spills beside the import's notes."""
    settings: dict[str, Any] = {
        **OFFLINE,
        "memory_limit": MEMORY,
        "threads": min(2, os.cpu_count() or 1),
        "temp_directory": f"{run.working_file}.spill",
    }
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _reader(
    connection: duckdb.DuckDBPyConnection, run: ImportRun, form: Form | None, names: Mapping[str, str]
) -> "Reformed | MappedTable":
    path = run.request.path
    if run.request.mapping:
        return MappedTable(run, mapped_columns(run.request.mapping, names, str(path)), names)
    if form is None:
        raise InvalidInput(
            "The Parquet file is not one that Drysail exported.",
            hint="Say what its columns are with --map distinct_id=COLUMN, --map at=COLUMN, …, or use --format posthog.",
            place=str(path),
        )
    return Reformed(run, form, *_overview(connection, path))


def _overview(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[set[str], dict[int, int]]:
    """The columns that hold a null or a redacted value anywhere, and the first row of each part."""
    sql = " UNION ".join(f"SELECT DISTINCT unnest({lists}) FROM read_parquet($1)" for lists in ("nulls", "redacted"))
    try:
        marked = {label for (label,) in connection.execute(sql, [str(path)]).fetchall()}
        sql = "SELECT part, min(file_row_number) FROM read_parquet($1, file_row_number = true) GROUP BY part"
        return marked, dict(connection.execute(sql, [str(path)]).fetchall())
    except duckdb.Error as error:
        raise unreadable(path, error) from error


def _open(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[Table, Form | None, dict[str, str]]:
    try:
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
        rows = connection.execute("SELECT count(*) FROM read_parquet($1)", [str(path)]).fetchall()[0][0]
        size = connection.execute(
            "SELECT coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata($1)", [str(path)]
        ).fetchall()[0][0]
        metadata = connection.execute(
            "SELECT value FROM parquet_kv_metadata($1) WHERE key = $2", [str(path), METADATA_KEY.encode()]
        ).fetchall()
    except duckdb.Error as error:
        raise unreadable(path, error) from error
    step = ROWS_PER_STEP if not size else max(FEWEST_ROWS, min(ROWS_PER_STEP, BYTES_PER_STEP * int(rows) // int(size)))
    return Table(path, int(rows), step), _form(path, metadata), {name: kind for name, kind, *_ in described}


def unreadable(path: Path, error: duckdb.Error) -> InvalidInput:
    """The error for a file that is no whole Parquet file."""
    return InvalidInput(
        f"The Parquet file is cut or damaged: {str(error).splitlines()[0]}",
        hint="Export or download it again.",
        code="FILE_DAMAGED",
        place=str(path),
    )


def _form(path: Path, metadata: Sequence[tuple[Any, ...]]) -> Form | None:
    if not metadata:
        return None
    try:
        form = Form.model_validate_json(bytes(metadata[0][0]))
    except ValueError as error:
        raise InvalidInput("The file's metadata cannot be read.", place=str(path), hint="Export it again.") from error
    if form.format > FORMAT:
        raise Unavailable(
            f"The file has format {form.format}; this Drysail reads formats up to {FORMAT}.",
            hint="Upgrade Drysail on this machine.",
            code="FORMAT_TOO_NEW",
            place=str(path),
        )
    return form


class Reformed:
    """Drysail's own form: one segment for each part that a step has rows of."""

    def __init__(self, run: ImportRun, form: Form, marked: Collection[str], firsts: Mapping[int, int]) -> None:
        self._run = run
        self._firsts = firsts
        self._form = form
        self._columns = [ContextColumn(each.name, each.type, each.label) for each in form.columns]
        picked = []
        for number, each in enumerate(form.columns):
            label = "'" + each.label.replace("'", "''") + "'"
            value = '"' + each.label.replace('"', '""') + '"::VARCHAR'
            if each.label in marked:
                key = key_of(value, null=f"list_contains(nulls, {label})", redacted=f"list_contains(redacted, {label})")
            else:
                key = key_of(value)
            picked.append(f"{key} AS x{number}")
        self._select = REFORMED.replace("{columns}", ", ".join(picked)).replace("{parts}", str(len(form.parts)))

    def take(self, connection: duckdb.DuckDBPyConnection, rows: str) -> None:
        """Writes the segments of one step."""
        try:
            connection.execute(self._select.replace("{rows}", rows))
        except duckdb.Error as error:
            raise unreadable(self._run.request.path, error) from error
        parts = dict(connection.execute("SELECT part, min(row) - 1 FROM chunk GROUP BY part ORDER BY part").fetchall())
        if len(parts) > 1:
            connection.execute("ALTER TABLE chunk RENAME TO all_parts")
        for number, first in parts.items():
            if len(parts) > 1:
                connection.execute(
                    "CREATE OR REPLACE TEMP TABLE chunk AS SELECT * FROM all_parts WHERE part IS NOT DISTINCT FROM $1",
                    [number],
                )
            self._write(connection, number, is_first=self._firsts.get(number) == first)
        connection.execute("DROP TABLE IF EXISTS all_parts")

    def _write(self, connection: duckdb.DuckDBPyConnection, number: int | None, *, is_first: bool) -> None:
        usable = number is not None and 0 <= number < len(self._form.parts)
        part = self._form.parts[number] if usable and number is not None else UNKNOWN_PART
        content = take_chunk(connection, self._run, self._columns, part.origin(self._run.request.environment))
        if content is not None:
            self._run.write(replace(content, dropped=part.dropped) if is_first else content)


UNKNOWN_PART: Final = Part(provenance="reconstructed", kept=None, sampled_ppm=1_000_000, dropped=0)


class MappedTable:
    """Anybody's table: columns are checks by a mapping. All its properties count as kept."""

    def __init__(self, run: ImportRun, mapped: Mapped, kinds: Mapping[str, str]) -> None:
        self._run = run
        self._mapped = mapped
        self._origin = Origin(environment=run.request.environment, provenance="reconstructed", source="import")

        def text(column: str) -> str:
            return _text_of(column, kinds)

        picked = [f"{key_of(text(column.source))} AS x{number}" for number, column in enumerate(mapped.contexts)]
        at = TIME_TYPES[mapped.time_type] if kinds[mapped.at] == "VARCHAR" else _time(mapped, kinds[mapped.at])
        source = _identifier(mapped.at)
        self._select = f"""
            CREATE OR REPLACE TEMP TABLE chunk AS
            SELECT *, CASE WHEN at_text IS NOT NULL AND at_us IS NULL
                                THEN 'Its time cannot be read: ' || left(at_text, 60) || '.'
                           WHEN value IS NULL THEN 'It has no answer.' END AS problem
            FROM (
                SELECT file_row_number + 1 AS row, nullif({source}::VARCHAR, '') AS at_text,
                    {at.replace("{at}", source)} AS at_us,
                    {mapped.flag_sql(text)} AS flag, {mapped.answer_sql(text)} AS value,
                    {mapped.revision_sql(text)} AS revision, {mapped.sdk_sql(text)} AS sdk, {", ".join(picked)}
                FROM {{rows}}
            )"""

    def take(self, connection: duckdb.DuckDBPyConnection, rows: str) -> None:
        """Writes the segment of one step."""
        try:
            connection.execute(self._select.replace("{rows}", rows))
        except duckdb.Error as error:
            raise unreadable(self._run.request.path, error) from error
        content = take_chunk(connection, self._run, self._mapped.contexts_of_chunk(), self._origin)
        if content is not None:
            self._run.write(content)


def _time(mapped: Mapped, kind: str) -> str:
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return "epoch_us({at})"
    if mapped.time_type in ("seconds", "milliseconds"):
        return TIME_TYPES[mapped.time_type].replace("{at}", "{at}::VARCHAR")
    raise InvalidInput(
        f"The column {mapped.at} holds {kind}, which does not say what it counts.",
        hint=f"Say it: --map at:seconds={mapped.at} or --map at:milliseconds={mapped.at}.",
    )


def _text_of(column: str, kinds: Mapping[str, str]) -> str:
    """A column as text; nested values as JSON; an empty text is a missing value."""
    kind = kinds[column]
    source = _identifier(column)
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({source})::VARCHAR"
    return f"nullif({source}::VARCHAR, '')"


def _identifier(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
