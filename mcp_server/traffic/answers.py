"""The logs of a recording's segments, summed up per flag."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcp_server.traffic.layout import BUCKETS, LOG
from mcp_server.traffic.manifest import ColumnName
from mcp_server.traffic.merging import Merged
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.tables import query
from policies.replay.recording import NOT_RECORDED, Answers, Column

KEYS = ("flag", "context", "value", "revision")

Window = tuple[int, int]
"""From when until before when, in UTC microseconds."""

ALL_TIMES: Window = (-(1 << 62), 1 << 62)

SUMMED_LOG = """
    SELECT flag, context, value, revision, count(*) AS checks, min("at") AS first_us, max("at") AS last_us
    FROM read_parquet($path) WHERE "at" >= $first AND "at" < $end GROUP BY flag, context, value, revision
"""


def merge_answers(merged: Merged, window: Window | None = None) -> dict[str, Answers]:
    """What was answered (in a window), by flag: one row per distinct (context, value, revision), in this order."""
    first, end = window or ALL_TIMES
    pieces = [
        merged.in_common_codes(
            number,
            query(merged.connection, SUMMED_LOG, {"path": str(part.path / LOG), "first": first, "end": end}),
        )
        for number, part in enumerate(merged.parts)
    ]
    rows = _sum_up({name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]})
    flags = merged.dictionaries.values(ColumnName(kind="flag"))
    values = merged.dictionaries.values(ColumnName(kind="value"))
    bounds = np.searchsorted(rows["flag"], np.arange(len(flags) + 1)).tolist()
    return {
        key: _answers({name: column[start:end] for name, column in rows.items()}, values)
        for key, (start, end) in zip(flags, pairwise(bounds), strict=True)
        if end > start
    }


def merge_buckets(merged: Merged, subjects: Column) -> dict[tuple[str, str], NDArray[np.uint64]]:
    """The recorded hashes by flag and kind, one for each of the recording's subjects."""
    flags = merged.dictionaries.values(ColumnName(kind="flag"))
    buckets: dict[tuple[str, str], NDArray[np.uint64]] = {}
    for part in range(len(merged.parts)):
        rows = merged.rows(part, BUCKETS)
        for flag in np.unique(rows["flag"]).tolist():
            for kind in ("rollout", "variant"):
                known = (rows["flag"] == flag) & (rows[kind] != NOT_RECORDED)
                if known.any():
                    nothing = np.full(len(subjects.values), NOT_RECORDED, dtype=np.uint64)
                    column = buckets.setdefault((flags[flag], kind), nothing)
                    column[subjects.codes[rows["context"][known]]] = rows[kind][known]
    return dict(sorted(buckets.items()))


def _sum_up(rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Adds up the rows that the segments have in common; sorted by flag, context, value and revision."""
    runs = sorted_runs([rows[name] for name in KEYS])
    summed = {name: rows[name][runs.firsts] for name in KEYS}
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
