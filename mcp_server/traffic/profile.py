"""What a segment's manifest tells of its log, so that nobody has to read the log for it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcp_server.services.statistics import DailyVolume
from mcp_server.traffic.draft import Content
from mcp_server.traffic.manifest import EPOCH

PAUSE_US = 60 * 1_000_000
DAY_US = 24 * 60 * PAUSE_US
MOST_COUNTERS = 1_000_000

Periods = tuple[tuple[int, int], ...]


def busy_periods(at: NDArray[np.int64]) -> Periods:
    """First and last check of every stretch without a pause of a minute (UTC microseconds)."""
    times = at if (at[1:] >= at[:-1]).all() else np.sort(at)
    pauses = np.flatnonzero(np.diff(times) >= PAUSE_US)
    starts = times[np.concatenate(([0], pauses + 1))]
    ends = times[np.concatenate((pauses, [len(times) - 1]))]
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))


def merge_periods(periods: Iterable[tuple[int, int]]) -> Periods:
    """The union of busy periods; those less than a minute apart become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(periods):
        if merged and start - merged[-1][1] < PAUSE_US:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def gaps(periods: Sequence[tuple[int, int]]) -> Periods:
    """The pauses between merged busy periods."""
    return tuple((end, start) for (_, end), (start, _) in pairwise(periods))


def volumes(content: Content) -> tuple[DailyVolume, ...]:
    """Checks per day, flag and value."""
    days = content.log["at"] // DAY_US
    flags, values = content.values("flag"), content.values("value")
    rows, counts = _count_rows(days, content.log["flag"], content.log["value"])
    return tuple(
        DailyVolume(
            day=(EPOCH + timedelta(days=day)).date(),
            flag=flags[flag],
            value=values[value],
            checks=count,
        )
        for (day, flag, value), count in zip(rows, counts, strict=True)
    )


def sdk_mix(content: Content) -> dict[str, int]:
    """Checks per client."""
    names = content.values("sdk")
    rows, counts = _count_rows(content.log["sdk"])
    return {names[sdk]: count for (sdk,), count in zip(rows, counts, strict=True)}


def _count_rows(*columns: NDArray[Any]) -> tuple[list[list[int]], list[int]]:
    lowest = [int(column.min()) for column in columns]
    offsets = tuple(column.astype(np.int64) - low for column, low in zip(columns, lowest, strict=True))
    shape = tuple(int(offset.max()) + 1 for offset in offsets)
    numbers = np.ravel_multi_index(offsets, shape)
    if prod(shape) <= MOST_COUNTERS:
        counters = np.bincount(numbers)
        distinct = np.flatnonzero(counters)
        counts = counters[distinct]
    else:
        distinct, counts = np.unique(numbers, return_counts=True)
    rows = np.stack(np.unravel_index(distinct, shape)) + np.array(lowest).reshape(-1, 1)
    return rows.T.tolist(), counts.tolist()
