"""Writing traffic as one Parquet file that other tools can read. DuckDB does it, a little at a time."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from mcp_server.traffic.interning import REDACTED_CODE
from mcp_server.traffic.layout import CONTEXTS, DICTIONARIES, LOG, TrafficFolder
from mcp_server.traffic.manifest import CONTEXT_KINDS, ColumnName, SegmentManifest
from mcp_server.traffic.parquet_form import FORMAT, METADATA_KEY, SQL_TYPE, ColumnType, Form, FormColumn, Part, label_of
from mcp_server.traffic.tables import OFFLINE

MEMORY: Final = "700MB"

TYPES: Final = r"""
    SELECT bool_and(text[1] = '"') AS text, bool_and(regexp_full_match(text, '-?[1-9][0-9]{0,17}|0')) AS integer,
        bool_and(regexp_full_match(text, '-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?') AND regexp_matches(text, '[.e]'))
            AS number,
        bool_and(text IN ('true', 'false')) AS boolean, bool_or(regexp_matches(text, '\\u[dD][89a-fA-F]')) AS surrogates
    FROM read_parquet($path) WHERE "column" = $number AND text <> 'null'
"""
ORDER: Final[tuple[ColumnType, ...]] = ("text", "integer", "number", "boolean")


def write_parquet(folder: TrafficFolder, manifests: Sequence[SegmentManifest], path: Path) -> None:
    """Writes the checks of checked segments; a file of that name is replaced when the new one is whole.

    Raises OSError and ``duckdb.Error``.
    """
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    spill = building.with_suffix(".spill")
    settings: dict[str, Any] = {
        **OFFLINE,
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            form = _form(connection, folder, manifests)
            metadata = json.dumps(form.model_dump(mode="json"))
            rows = " UNION ALL ".join(
                _rows(folder, manifest, number, form.columns) for number, manifest in enumerate(manifests)
            )
            connection.execute(
                f"COPY ({rows}) TO {_text(str(building))} "
                f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{METADATA_KEY}: {_text(metadata)}}})"
            )
        with building.open("rb") as file:
            os.fsync(file.fileno())
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def _form(connection: duckdb.DuckDBPyConnection, folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> Form:
    types: dict[ColumnName, ColumnType | None] = {}
    for manifest in manifests:
        for number, name in enumerate(manifest.columns):
            if name.kind in CONTEXT_KINDS:
                path = str(folder.segment(manifest.id) / DICTIONARIES)
                here = _type(connection, path, number)
                known = types.get(name)
                types[name] = here if known is None else known if here in (None, known) else "json"
    columns = sorted(types, key=lambda name: (ORDER_OF_KINDS.index(name.kind), name.group or "", name.name or ""))
    return Form(
        format=FORMAT,
        environment=manifests[0].environment,
        parts=tuple(
            Part(
                provenance=manifest.provenance,
                kept=manifest.kept,
                sampled_ppm=manifest.sampled_ppm,
                dropped=manifest.dropped,
                redaction=manifest.redaction,
            )
            for manifest in manifests
        ),
        columns=tuple(
            FormColumn(name=name, label=label, type=types[name] or "json")
            for name, label in zip(columns, _labels(columns), strict=True)
        ),
    )


def _labels(columns: Sequence[ColumnName]) -> list[str]:
    """Names of columns that differ in more than upper and lower case, as SQL wants it."""
    labels: dict[str, str] = {}
    for name in columns:
        wanted = label = label_of(name).replace("\0", "?")
        number = 1
        while label.lower() in labels:
            number += 1
            label = f"{wanted}#{number}"
        labels[label.lower()] = label
    return list(labels.values())


ORDER_OF_KINDS: Final = ("subject", "device", "property", "group", "group_property")


def _type(connection: duckdb.DuckDBPyConnection, path: str, number: int) -> ColumnType | None:
    """The type that holds every value of a column exactly; None where there are none but null."""
    found = connection.execute(TYPES, {"path": path, "number": number}).fetchall()[0]
    *fits, surrogates = found
    if fits[0] is None:
        return None
    if surrogates and not _is_unicode(connection, path, number):
        return "json"
    return next((kind for kind, fit in zip(ORDER, fits, strict=True) if fit), "json")


def _is_unicode(connection: duckdb.DuckDBPyConnection, path: str, number: int) -> bool:
    """Whether no text of a column holds half a surrogate pair."""
    found = connection.execute('SELECT text FROM read_parquet($1) WHERE "column" = $2', [path, number])
    while rows := found.fetchmany(10_000):
        try:
            json.dumps([json.loads(text) for (text,) in rows], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return False
    return True


def _rows(folder: TrafficFolder, manifest: SegmentManifest, part: int, columns: Sequence[FormColumn]) -> str:
    """The SQL for the rows of one segment."""
    home = folder.segment(manifest.id)
    numbers = {name: number for number, name in enumerate(manifest.columns)}
    dictionary = f"read_parquet({_text(str(home / DICTIONARIES))})"
    picked, joins, nulls, redacted = [], [], [], []
    for place, column in enumerate(columns):
        number = numbers.get(column.name)
        label = _name(column.label)
        if number is None:
            picked.append(f"NULL::{SQL_TYPE[column.type]} AS {label}")
            continue
        joins.append(_join(f"d{place}", dictionary, number, f"contexts.c{number}"))
        picked.append(f"{_value(f'd{place}.text', column.type)} AS {label}")
        if column.type != "json":
            nulls.append(f"CASE WHEN d{place}.text = 'null' THEN {_text(column.label)} END")
        redacted.append(f"CASE WHEN contexts.c{number} = {REDACTED_CODE} THEN {_text(column.label)} END")
    for kind in ("flag", "value", "sdk"):
        joins.append(_join(kind, dictionary, numbers[ColumnName(kind=kind)], f"log.{kind}"))
    return f"""
        SELECT make_timestamptz(log."at") AS "at", flag.text::JSON->>'$' AS flag,
            CASE WHEN value.text = 'null' THEN NULL ELSE value.text <> 'false' END AS enabled,
            CASE WHEN value.text[1] = '"' THEN value.text::JSON->>'$' END AS variant,
            log.revision, sdk.text::JSON->>'$' AS sdk, {", ".join(picked)},
            {_names(nulls)} AS nulls, {_names(redacted)} AS redacted, {part} AS part
        FROM read_parquet({_text(str(home / LOG))}) log
        JOIN read_parquet({_text(str(home / CONTEXTS))}, file_row_number = true) contexts
            ON contexts.file_row_number = log.context
        {" ".join(joins)}"""


def _join(alias: str, dictionary: str, number: int, code: str) -> str:
    column = f'(SELECT code, text FROM {dictionary} WHERE "column" = {number})'
    return f"LEFT JOIN {column} {alias} ON {alias}.code = {code}"


def _value(text: str, kind: ColumnType) -> str:
    if kind == "json":
        return text
    if kind == "text":
        return f"CASE WHEN {text} <> 'null' THEN {text}::JSON->>'$' END"
    return f"CASE WHEN {text} <> 'null' THEN {text}::{SQL_TYPE[kind]} END"


def _names(candidates: Sequence[str]) -> str:
    return f"list_filter([{', '.join([*candidates, 'NULL::VARCHAR'])}], lambda name: name IS NOT NULL)"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(label: str) -> str:
    return '"' + label.replace('"', '""') + '"'
