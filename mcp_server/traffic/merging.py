"""Segments into one: dictionaries unified, each distinct context once, in an order of its own.

Contexts are sorted by subject and then by content, and values by their JSON text, so that the same checks give the
same recording however they are spread over segments.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from mcp_server.services.errors import Unavailable
from mcp_server.traffic.dictionaries import Codes, Dictionaries
from mcp_server.traffic.interning import MISSING_CODE, REDACTED_CODE
from mcp_server.traffic.layout import CONTEXTS, TABLE_COLUMNS, TrafficFolder
from mcp_server.traffic.manifest import CONTEXT_KINDS, ColumnName, SegmentManifest
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.tables import engine, read_table

SUBJECT = ColumnName(kind="subject")
DEVICE = ColumnName(kind="device")


@dataclass(frozen=True, slots=True)
class Part:
    """One segment: the codes of its context columns, and where the rest of it lies."""

    path: Path
    manifest: SegmentManifest
    codes: Mapping[ColumnName, Codes]

    def keeps(self, column: ColumnName) -> bool:
        """Whether a value of this column would have been written."""
        kept = self.manifest.kept
        return kept is None or column.kind not in ("property", "group_property") or column.name in kept


@dataclass(frozen=True, slots=True)
class Contexts:
    """The distinct contexts of all parts: a code per column and context, negative for marks.

    ``places[p][i]`` is where context ``i`` of part ``p`` has gone.
    """

    codes: Mapping[ColumnName, Codes]
    places: Sequence[Codes]
    size: int

    @property
    def subjects(self) -> int:
        """Number of distinct subjects."""
        return int(np.count_nonzero(np.bincount(self.codes[SUBJECT])))


@dataclass(frozen=True, slots=True)
class Merged:
    """Several segments as one. Usable only within ``merged``."""

    connection: duckdb.DuckDBPyConnection
    parts: Sequence[Part]
    dictionaries: Dictionaries
    contexts: Contexts

    @property
    def kept(self) -> frozenset[str] | None:
        """The property names that every part kept; None if every part kept all."""
        return _kept_by_all(self.parts)

    def rows(self, part: int, table: str) -> dict[str, NDArray[Any]]:
        """A part's log or buckets, in common codes; a table that was not written is empty."""
        columns = TABLE_COLUMNS[table]
        if table not in self.parts[part].manifest.files:
            return {name: np.empty(0, dtype=kind) for name, kind in columns.items()}
        return self.in_common_codes(part, read_table(self.connection, self.parts[part].path / table, list(columns)))

    def in_common_codes(self, part: int, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Rows of a part's log or buckets with its own codes translated."""
        translated = dict(rows)
        for kind in ("flag", "value", "sdk"):
            if kind in rows:
                translated[kind] = self.dictionaries.codes(part, ColumnName(kind=kind))[rows[kind]]
        translated["context"] = self.contexts.places[part][rows["context"]]
        return translated


@contextmanager
def merged(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> Iterator[Merged]:
    """Reads segments whose files were checked. Raises Unavailable if one of them disappears meanwhile."""
    folders = [folder.segment(manifest.id) for manifest in manifests]
    try:
        with engine() as connection:
            dictionaries = Dictionaries(connection, folders, manifests)
            parts = [_read_part(connection, *pair) for pair in zip(folders, manifests, strict=True)]
            yield Merged(connection, parts, dictionaries, _merge_contexts(parts, dictionaries))
    except duckdb.Error as error:
        raise Unavailable(
            f"The recorded traffic cannot be read: {str(error).splitlines()[0]}.",
            hint="Try again; if it is gone, register a new snapshot.",
            code="SNAPSHOT_GONE",
            place=str(folder.segments),
        ) from error


def _read_part(connection: duckdb.DuckDBPyConnection, path: Path, manifest: SegmentManifest) -> Part:
    numbers = {f"c{n}": name for n, name in enumerate(manifest.columns) if name.kind in CONTEXT_KINDS}
    codes = read_table(connection, path / CONTEXTS, list(numbers))
    return Part(path, manifest, {numbers[column]: of_column for column, of_column in codes.items()})


def _merge_contexts(parts: Sequence[Part], dictionaries: Dictionaries) -> Contexts:
    codes = {name: _merge_column(parts, dictionaries, name) for name in _column_names(parts)}
    runs = sorted_runs(list(codes.values()))
    ends = np.cumsum([part.manifest.contexts for part in parts])
    return Contexts(
        codes={name: of_column[runs.firsts] for name, of_column in codes.items()},
        places=np.split(runs.places(), ends[:-1]),
        size=len(runs.starts),
    )


def _kept_by_all(parts: Sequence[Part]) -> frozenset[str] | None:
    lists = [frozenset(part.manifest.kept) for part in parts if part.manifest.kept is not None]
    return frozenset.intersection(*lists) if lists else None


def _column_names(parts: Sequence[Part]) -> list[ColumnName]:
    """Subject and device first, then all others by name, with those that only some parts kept."""
    names = {name for part in parts for name in part.codes}
    groups = {name.group for name in names if name.group is not None}
    listed = {name for part in parts for name in part.manifest.kept or ()}
    for name in listed - (_kept_by_all(parts) or set()):
        names.add(ColumnName(kind="property", name=name))
        names.update(ColumnName(kind="group_property", group=group, name=name) for group in groups)
    ids = (SUBJECT, DEVICE)
    return [*ids, *sorted(names.difference(ids), key=lambda name: (name.kind, name.group or "", name.name or ""))]


def _merge_column(parts: Sequence[Part], dictionaries: Dictionaries, name: ColumnName) -> Codes:
    """The common code of every context of every part."""
    columns = []
    for number, part in enumerate(parts):
        if name in part.codes:
            # Codes of marks are negative and so index the end of the table.
            marks = np.array([REDACTED_CODE, MISSING_CODE], dtype=np.int32)
            columns.append(np.concatenate((dictionaries.codes(number, name), marks))[part.codes[name]])
        else:
            absent = MISSING_CODE if part.keeps(name) else REDACTED_CODE
            columns.append(np.full(part.manifest.contexts, absent, dtype=np.int32))
    return np.concatenate(columns)
