"""The logs of a recording's segments, summed up per flag."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from mcp_server.traffic.interning import parse_texts
from mcp_server.traffic.layout import BUCKETS, LOG
from mcp_server.traffic.manifest import ColumnName
from mcp_server.traffic.merging import Contexts, Part, unify
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.tables import query
from policies.replay.recording import NOT_RECORDED, Answers

FLAG = ColumnName(kind="flag")
VALUE = ColumnName(kind="value")

SUMMED_LOG = """
    SELECT flag, context, value, revision, count(*) AS checks, min("at") AS first_us, max("at") AS last_us
    FROM read_parquet($path) GROUP BY flag, context, value, revision
"""


def merge_answers(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], contexts: Contexts
) -> dict[str, Answers]:
    """What was answered, by flag: one row per distinct (context, value, revision), in this order."""
    flags, flag_tables = unify([part.texts[FLAG] for part in parts])
    values, value_tables = unify([part.texts[VALUE] for part in parts])
    pieces: list[dict[str, NDArray[Any]]] = []
    for part, places, to_flag, to_value in zip(parts, contexts.places, flag_tables, value_tables, strict=True):
        piece = query(connection, SUMMED_LOG, {"path": str(part.path / LOG)})
        piece["flag"], piece["value"] = to_flag[piece["flag"]], to_value[piece["value"]]
        piece["context"] = places[piece["context"]]
        pieces.append(piece)
    rows = _sum_up({name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]})
    ends = np.searchsorted(rows["flag"], np.arange(len(flags) + 1))
    return {
        key: _answers({name: column[start:end] for name, column in rows.items()}, parse_texts(values))
        for key, start, end in zip(parse_texts(flags), ends, ends[1:], strict=False)
        if end > start
    }


def merge_buckets(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], contexts: Contexts
) -> dict[tuple[str, str], NDArray[np.uint64]]:
    """The recorded hashes, by flag and kind."""
    buckets: dict[tuple[str, str], NDArray[np.uint64]] = {}
    for part, places in zip(parts, contexts.places, strict=True):
        rows = part.read(connection, BUCKETS)
        flags = parse_texts(part.texts[FLAG].tolist())
        for code in np.unique(rows["flag"]):
            of_flag = rows["flag"] == code
            at = places[rows["context"][of_flag]]
            for kind in ("rollout", "variant"):
                column = buckets.setdefault((flags[code], kind), np.full(contexts.size, NOT_RECORDED, dtype=np.uint64))
                hashes = rows[kind][of_flag]
                known = hashes != NOT_RECORDED
                column[at[known]] = hashes[known]
    return {key: column for key, column in sorted(buckets.items()) if (column != NOT_RECORDED).any()}


def _sum_up(rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Adds up the rows that the segments have in common; sorted by flag, context, value and revision."""
    keys = ("flag", "context", "value", "revision")
    runs = sorted_runs([rows[name] for name in keys])
    summed = {name: rows[name][runs.firsts] for name in keys}
    summed["checks"] = np.add.reduceat(rows["checks"][runs.order], runs.starts)
    summed["first_us"] = np.minimum.reduceat(rows["first_us"][runs.order], runs.starts)
    summed["last_us"] = np.maximum.reduceat(rows["last_us"][runs.order], runs.starts)
    return summed


def _answers(rows: Mapping[str, NDArray[Any]], values: Sequence[Any]) -> Answers:
    used, codes = np.unique(rows["value"], return_inverse=True)
    return Answers(
        contexts=rows["context"].astype(np.int32),
        values=tuple(values[code] for code in used),
        codes=codes.astype(np.int32),
        revisions=rows["revision"].astype(np.int64),
        checks=rows["checks"].astype(np.int64),
        first_us=rows["first_us"].astype(np.int64),
        last_us=rows["last_us"].astype(np.int64),
    )
