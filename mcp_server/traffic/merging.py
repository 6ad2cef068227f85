"""Segments into one recording: dictionaries unified, each distinct context once, in an order of its own.

Contexts are sorted by subject and then by content, and values by their JSON text, so that the same checks give the
same recording however they are spread over segments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, Mark
from mcp_server.traffic.interning import MISSING_CODE, REDACTED_CODE, parse_texts
from mcp_server.traffic.layout import CONTEXTS, DICTIONARIES, TABLE_COLUMNS, TrafficFolder
from mcp_server.traffic.manifest import CONTEXT_KINDS, ColumnName, ContextKind, SegmentManifest
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.tables import read_table
from policies.replay.recording import Column

MARKS: tuple[Mark, ...] = (REDACTED, MISSING)
"""Codes are shifted by the number of marks, so that these get 0 and 1."""

SUBJECT = ColumnName(kind="subject")
DEVICE = ColumnName(kind="device")

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """One segment's contexts as read from disk: the texts of each column, and the codes of the context columns."""

    path: Path
    manifest: SegmentManifest
    texts: Mapping[ColumnName, NDArray[np.object_]]
    codes: Mapping[ColumnName, Codes]

    def keeps(self, column: ColumnName) -> bool:
        """Whether a value of this column would have been written."""
        kept = self.manifest.kept
        return kept is None or column.kind not in ("property", "group_property") or column.name in kept

    def read(self, connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, NDArray[Any]]:
        """The log or the buckets of the segment; a table that was not written is empty."""
        columns = TABLE_COLUMNS[table]
        if table in self.manifest.files:
            return read_table(connection, self.path / table, list(columns))
        return {name: np.empty(0, dtype=kind) for name, kind in columns.items()}


@dataclass(frozen=True, slots=True)
class Contexts:
    """The distinct contexts of all parts, by column: the sorted texts, and a code per context, shifted by the marks.

    ``places[p][i]`` is where context ``i`` of part ``p`` has gone.
    """

    texts: Mapping[ColumnName, Sequence[str]]
    codes: Mapping[ColumnName, Codes]
    places: Sequence[Codes]
    size: int

    @property
    def subjects(self) -> int:
        """Number of distinct subjects."""
        return len(np.unique(self.codes[SUBJECT]))

    def columns(self, kind: ContextKind) -> dict[tuple[str, str], Column]:
        """The columns of one kind by (group type, property name), empty where the kind has none."""
        return {
            (name.group or "", name.name or ""): _as_column(codes, self.texts[name])
            for name, codes in self.codes.items()
            if name.kind == kind
        }


def read_part(connection: duckdb.DuckDBPyConnection, folder: TrafficFolder, manifest: SegmentManifest) -> Part:
    """Reads a segment's dictionaries and contexts. Raises ``duckdb.Error``."""
    path = folder.segment(manifest.id)
    entries = read_table(connection, path / DICTIONARIES, ("column", "code", "text"))
    lengths = np.bincount(entries["column"], minlength=len(manifest.columns))
    starts = np.concatenate(([0], np.cumsum(lengths)))
    texts = np.empty(len(entries["text"]), dtype=object)
    texts[starts[entries["column"]] + entries["code"]] = entries["text"]
    numbers = [number for number, column in enumerate(manifest.columns) if column.kind in CONTEXT_KINDS]
    codes = read_table(connection, path / CONTEXTS, [f"c{number}" for number in numbers])
    return Part(
        path=path,
        manifest=manifest,
        texts={name: texts[starts[n] : starts[n + 1]] for n, name in enumerate(manifest.columns)},
        codes={manifest.columns[number]: codes[f"c{number}"] for number in numbers},
    )


def merge_contexts(parts: Sequence[Part]) -> Contexts:
    """Each distinct context of the parts once, sorted by subject and then by content."""
    names = _column_names(parts)
    merged = {name: _merge_column(parts, name) for name in names}
    runs = sorted_runs([codes for _, codes in merged.values()])
    ends = np.cumsum([part.manifest.contexts for part in parts])
    return Contexts(
        texts={name: texts for name, (texts, _) in merged.items()},
        codes={name: codes[runs.firsts] for name, (_, codes) in merged.items()},
        places=np.split(runs.places(), ends[:-1]),
        size=len(runs.starts),
    )


def unify(texts: Sequence[NDArray[np.object_]]) -> tuple[list[str], list[Codes]]:
    """The distinct texts, sorted, and for each given dictionary the new codes of its texts."""
    distinct = sorted(set().union(*(dictionary.tolist() for dictionary in texts)))
    codes = {text: code for code, text in enumerate(distinct)}
    return distinct, [
        np.fromiter(map(codes.__getitem__, dictionary), dtype=np.int32, count=len(dictionary)) for dictionary in texts
    ]


def kept_by_all(parts: Sequence[Part]) -> frozenset[str] | None:
    """The property names that every part kept; None if every part kept all."""
    lists = [frozenset(part.manifest.kept) for part in parts if part.manifest.kept is not None]
    return frozenset.intersection(*lists) if lists else None


def _column_names(parts: Sequence[Part]) -> list[ColumnName]:
    """Subject and device first, then all others by name, with those that only some parts kept."""
    names = {name for part in parts for name in part.codes}
    groups = {name.group for name in names if name.group is not None}
    listed = {name for part in parts for name in part.manifest.kept or ()}
    for name in listed - (kept_by_all(parts) or listed):
        names.add(ColumnName(kind="property", name=name))
        names.update(ColumnName(kind="group_property", group=group, name=name) for group in groups)
    ids = (SUBJECT, DEVICE)
    return [*ids, *sorted(names.difference(ids), key=lambda name: (name.kind, name.group or "", name.name or ""))]


def _merge_column(parts: Sequence[Part], name: ColumnName) -> tuple[list[str], Codes]:
    """The column's distinct texts, and the code of every context of every part, shifted by the marks."""
    having = [part for part in parts if name in part.codes]
    texts, tables = unify([part.texts[name] for part in having])
    by_part = dict(zip((part.path for part in having), tables, strict=True))
    columns = []
    for part in parts:
        if name in part.codes:
            # Codes of marks are negative and so index the end of the table.
            table = np.concatenate((by_part[part.path], np.array([REDACTED_CODE, MISSING_CODE], dtype=np.int32)))
            columns.append(table[part.codes[name]])
        else:
            absent = MISSING_CODE if part.keeps(name) else REDACTED_CODE
            columns.append(np.full(part.manifest.contexts, absent, dtype=np.int32))
    return texts, np.concatenate(columns) + np.int32(len(MARKS))


def _as_column(codes: Codes, texts: Sequence[str]) -> Column:
    """The column with exactly the values that occur, marks first."""
    occurs = np.zeros(len(texts) + len(MARKS), dtype=bool)
    occurs[codes] = True
    values: list[Any] = [mark for mark, there in zip(MARKS, occurs, strict=False) if there]
    values += parse_texts([texts[code] for code in np.flatnonzero(occurs[len(MARKS) :]).tolist()])
    return Column(codes=(np.cumsum(occurs, dtype=np.int32) - 1)[codes], values=tuple(values))
