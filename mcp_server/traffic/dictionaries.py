"""The dictionaries of several segments as one, sorted by text.

Sorting and matching is DuckDB's work: it does not stop the threads that serve flags meanwhile, and uses all cores.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from evaluator.context import JsonValue
from mcp_server.traffic.interning import MOST_COLUMNS, parse_texts
from mcp_server.traffic.layout import DICTIONARIES
from mcp_server.traffic.manifest import ColumnName, SegmentManifest

SLOTS = MOST_COLUMNS + 8
"""More columns than any segment has, those of its log included."""

TEXTS_PER_STEP = 10_000

READ = """
    CREATE OR REPLACE TEMP TABLE parts AS
    SELECT slot, code, name, text
    FROM (SELECT file_index::INTEGER * $slots + "column" AS slot, code, text FROM read_parquet($paths))
    JOIN names USING (slot)
"""
SORT = """
    CREATE OR REPLACE TEMP TABLE texts AS
    SELECT name, text, (row_number() OVER (PARTITION BY name ORDER BY text) - 1)::INTEGER AS rank
    FROM (SELECT DISTINCT name, text FROM parts)
"""
RANKS = "SELECT slot, code, rank FROM parts JOIN texts USING (name, text)"

TEXTS_PER_BLOCK = 1_000_000

BLOCK = "SELECT string_agg(text, '' ORDER BY rank) FROM texts WHERE name = $name AND rank >= $first AND rank < $end"
LENGTHS = "SELECT length(text) AS length FROM texts WHERE name = $name AND rank >= $first AND rank < $end ORDER BY rank"

Codes = NDArray[np.int32]


class Dictionaries:
    """Usable as long as the connection is open; its methods and its making raise ``duckdb.Error``."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folders: Sequence[Path], manifests: Sequence[SegmentManifest]
    ) -> None:
        self._connection = connection
        self._slots = [
            {name: part * SLOTS + column for column, name in enumerate(manifest.columns)}
            for part, manifest in enumerate(manifests)
        ]
        distinct = dict.fromkeys(name for slots in self._slots for name in slots)
        self._names = {name: number for number, name in enumerate(distinct)}
        self._rank([str(folder / DICTIONARIES) for folder in folders])
        rows = connection.execute(RANKS).fetchnumpy()
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(rows["slot"], minlength=SLOTS * len(manifests)))))
        self._ranks = np.empty(len(rows["slot"]), dtype=np.int32)
        self._ranks[self._starts[rows["slot"]] + rows["code"]] = rows["rank"]
        connection.execute("DROP TABLE parts")
        self._sizes = dict(connection.execute("SELECT name, count(*) FROM texts GROUP BY name").fetchall())

    def codes(self, part: int, name: ColumnName) -> Codes:
        """The common code of each of a part's own codes; the part must have the column."""
        slot = self._slots[part][name]
        return self._ranks[self._starts[slot] : self._starts[slot + 1]]

    def texts(self, name: ColumnName) -> list[str]:
        """The JSON texts of a column's distinct values by common code, in order of text."""
        return [text for texts in self._steps(name) for text in texts]

    def values(self, name: ColumnName) -> list[JsonValue]:
        """The distinct values of a column by common code."""
        return [value for texts in self._steps(name) for value in parse_texts(texts)]

    def block(self, name: ColumnName) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The JSON texts of a column's distinct values side by side, and where each starts (and the last one ends)."""
        number, blocks, lengths = self._names.get(name, -1), [b""], [np.zeros(1, dtype=np.int64)]
        for first in range(0, self._sizes.get(number, 0), TEXTS_PER_BLOCK):
            span = {"name": number, "first": first, "end": first + TEXTS_PER_BLOCK}
            found = self._connection.execute(BLOCK, span).fetchone()
            blocks.append(found[0].encode("ascii") if found else b"")
            lengths.append(self._connection.execute(LENGTHS, span).fetchnumpy()["length"].astype(np.int64))
        return np.frombuffer(b"".join(blocks), dtype=np.uint8), np.cumsum(np.concatenate(lengths))

    def _rank(self, paths: list[str]) -> None:
        pairs = [(slot, self._names[name]) for slots in self._slots for name, slot in slots.items()]
        table = np.array(pairs, dtype=np.int32)
        self._connection.register("names", {"slot": table[:, 0], "name": table[:, 1]})
        try:
            self._connection.execute(READ, {"paths": paths, "slots": SLOTS})
            self._connection.execute(SORT)
        finally:
            self._connection.unregister("names")

    def _steps(self, name: ColumnName) -> Iterator[list[str]]:
        """The texts bit by bit, so that other threads get their turn."""
        number = self._names.get(name, -1)
        found = self._connection.execute("SELECT rank, text FROM texts WHERE name = $1 ORDER BY rank", [number])
        while rows := found.fetchmany(TEXTS_PER_STEP):
            yield [text for _, text in rows]
