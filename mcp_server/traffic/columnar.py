"""Many rows of a table into a segment at once: Python meets each distinct value once, and no row at all.

The rows lie in the temporary table ``chunk``: ``row`` (its number in the file), ``at_us``, ``flag``, ``value`` (the
answer as JSON), ``revision``, ``sdk``, ``problem`` (why it cannot be used, or null), and one text column ``x0``,
``x1``, … for each column of contexts, made by ``key_of`` (null: missing).
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any, Final, Literal

import duckdb
import numpy as np

from mcp_server.traffic.draft import GREATEST_REVISION, Content, Origin
from mcp_server.traffic.import_run import ImportRun
from mcp_server.traffic.interning import MISSING_CODE, REDACTED_CODE, json_text
from mcp_server.traffic.layout import LOG, TABLE_COLUMNS
from mcp_server.traffic.manifest import ColumnKind, ColumnName, moment_of
from mcp_server.traffic.packing import sorted_runs

Type = Literal["text", "integer", "number", "boolean", "json"]

NULL_KEY: Final = "\0null"
REDACTED_KEY: Final = "\0redacted"

INTEGER: Final = re.compile(r"-?[0-9]+")
LONGEST_INTEGER: Final = 4_000

PROBLEMS: Final = f"""
    CASE WHEN problem IS NOT NULL THEN problem
         WHEN at_us IS NULL THEN 'It has no time.'
         WHEN at_us > $latest THEN 'future'
         WHEN x0 IS NULL THEN 'It has no distinct id.'
         WHEN flag IS NULL THEN 'It has no flag.'
         WHEN revision IS NULL OR revision < 0 OR revision >= {GREATEST_REVISION} THEN 'It has no usable revision.'
    END
"""


@dataclass(frozen=True, slots=True)
class ContextColumn:
    """What one column of ``chunk`` holds. ``label`` is what people call it."""

    name: ColumnName
    type: Type
    label: str


def key_of(value: str, *, null: str = "false", redacted: str = "false") -> str:
    """The SQL for a column of ``chunk``, given that for its text, and for when it is null or redacted."""
    return f"""CASE WHEN {redacted} THEN chr(0) || 'redacted' WHEN {null} THEN chr(0) || 'null'
        WHEN starts_with({value}, chr(0)) THEN chr(0) || {value} ELSE {value} END"""


def take_chunk(
    connection: duckdb.DuckDBPyConnection, run: ImportRun, columns: Sequence[ContextColumn], origin: Origin
) -> Content | None:
    """The segment that ``chunk`` comes to, None if nothing in it can be used. Refused rows are counted in ``run``.

    ``columns`` begin with the distinct id.
    """
    _refuse_problems(connection, run)
    kept = {number: column for number, column in enumerate(columns) if _keeps(origin, column.name)}
    texts = [_register_dictionary(connection, run, number, column) for number, column in kept.items()]
    for kind in ("flag", "value", "sdk"):
        texts.append(_register_log_dictionary(connection, kind))
    rows = _coded_rows(connection, list(kept))
    if not len(rows["at_us"]):
        return None
    codes = np.stack([rows[f"c{number}"] for number in kept]).astype(np.int32)
    runs = sorted_runs(list(codes))
    log = {"at": rows["at_us"], "context": runs.places(), **{name: rows[name] for name in LOG_NAMES}}
    kinds: tuple[ColumnKind, ...] = ("flag", "value", "sdk")
    return Content(
        origin=origin,
        columns=(*(column.name for column in kept.values()), *(ColumnName(kind=kind) for kind in kinds)),
        texts=texts,
        codes=codes[:, runs.firsts],
        log={name: log[name].astype(kind) for name, kind in TABLE_COLUMNS[LOG].items()},
        buckets={name: np.empty(0, dtype=kind) for name, kind in NO_BUCKETS.items()},
        dropped=0,
    )


def _keeps(origin: Origin, name: ColumnName) -> bool:
    """Whether a segment of this origin has values of the column; without it they are redacted."""
    return origin.kept is None or name.kind not in ("property", "group_property") or name.name in origin.kept


LOG_NAMES: Final = ("flag", "value", "sdk", "revision")
NO_BUCKETS: Final[Mapping[str, str]] = {"flag": "i4", "context": "i4", "rollout": "u8", "variant": "u8"}


def _refuse_problems(connection: duckdb.DuckDBPyConnection, run: ImportRun) -> None:
    parameters = {"latest": run.latest_us}
    refused = connection.execute(
        f"SELECT row, {PROBLEMS} AS why, at_us FROM chunk WHERE ({PROBLEMS}) IS NOT NULL ORDER BY row", parameters
    ).fetchall()
    for row, why, at_us in refused:
        run.refuse(row, f"Its time is in the future: {moment_of(at_us).isoformat()}." if why == "future" else why)
    if refused:
        connection.execute(f"DELETE FROM chunk WHERE ({PROBLEMS}) IS NOT NULL", parameters)


def _register_dictionary(
    connection: duckdb.DuckDBPyConnection, run: ImportRun, number: int, column: ContextColumn
) -> list[str]:
    """The column's JSON texts by code; ``d<number>`` maps what the table holds to codes."""
    distinct = f"SELECT DISTINCT x{number} AS key FROM chunk WHERE x{number} IS NOT NULL"
    coded = f"SELECT key, (row_number() OVER (ORDER BY key) - 1)::INTEGER AS code FROM ({distinct})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE d{number} AS {coded}")
    held = connection.execute(f"SELECT key FROM d{number} ORDER BY code").fetchnumpy()["key"].tolist()
    # In order, only the empty text comes before those that begin with NUL.
    if column.type == "text" and not any(key.startswith("\0") for key in held[:2]):
        return list(map(encode_basestring_ascii, held))
    texts: dict[str, int] = {}
    codes, bad = [], []
    to_text = TO_TEXT[column.type]
    for value in held:
        try:
            if value == REDACTED_KEY:
                codes.append(REDACTED_CODE)
            else:
                text = "null" if value == NULL_KEY else to_text(value[value.startswith("\0") :])
                codes.append(texts.setdefault(text, len(texts)))
        except ValueError:
            codes.append(MISSING_CODE)
            bad.append(value)
    _register(connection, f"d{number}", held, codes)
    if bad:
        _refuse_values(connection, run, number, column, bad)
    return list(texts)


def _refuse_values(
    connection: duckdb.DuckDBPyConnection, run: ImportRun, number: int, column: ContextColumn, bad: list[str]
) -> None:
    _register(connection, "bad", bad, [0] * len(bad))
    found = f"SELECT row, x{number} FROM chunk WHERE x{number} IN (SELECT key FROM bad) ORDER BY row"
    for row, value in connection.execute(found).fetchall():
        shown = value if len(value) <= 60 else f"{value[:60]}…"
        run.refuse(row, f"{column.label} is no {column.type}: {shown!r}.")
    connection.execute(f"DELETE FROM chunk WHERE x{number} IN (SELECT key FROM bad)")


def _register_log_dictionary(connection: duckdb.DuckDBPyConnection, kind: str) -> list[str]:
    held = [text for (text,) in connection.execute(f"SELECT DISTINCT {kind} FROM chunk ORDER BY 1").fetchall()]
    texts = [json_text(json.loads(text) if kind == "value" else text) for text in held]
    _register(connection, f"d_{kind}", held, list(range(len(held))))
    return texts


def _register(connection: duckdb.DuckDBPyConnection, name: str, keys: list[str], codes: list[int]) -> None:
    table = {"key": np.array(keys, dtype=object), "code": np.array(codes, dtype=np.int32)}
    if not keys:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (key VARCHAR, code INTEGER)")
        return
    connection.register("dictionary_to_keep", table)
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT key, code FROM dictionary_to_keep")
    finally:
        connection.unregister("dictionary_to_keep")


def _coded_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[int]) -> dict[str, Any]:
    picked, joins = ["at_us", "revision"], []
    for number in columns:
        joins.append(f"LEFT JOIN d{number} ON d{number}.key = x{number}")
        picked.append(f"coalesce(d{number}.code, {MISSING_CODE})::INTEGER AS c{number}")
    for kind in ("flag", "value", "sdk"):
        joins.append(f"JOIN d_{kind} ON d_{kind}.key = chunk.{kind}")
        picked.append(f"d_{kind}.code AS {kind}")
    sql = f"SELECT {', '.join(picked)} FROM chunk {' '.join(joins)} ORDER BY chunk.row"
    return {name: np.asarray(column) for name, column in connection.execute(sql).fetchnumpy().items()}


def _boolean(text: str) -> str:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered


def _integer(text: str) -> str:
    if len(text) > LONGEST_INTEGER or not INTEGER.fullmatch(text):
        raise ValueError(text)
    return str(int(text))


def _number(text: str) -> str:
    return _integer(text) if INTEGER.fullmatch(text) else json_text(float(text))


def _json(text: str) -> str:
    return json_text(json.loads(text))


TO_TEXT: Final[Mapping[Type, Callable[[str], str]]] = {
    "text": json_text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "json": _json,
}
"""From what a table holds to the JSON text of a value. Raises ValueError (Unrecordable is one)."""
