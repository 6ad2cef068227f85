"""Sorting rows by several integer columns at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 64


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows in sorted order, and where in that order each run of equal rows starts."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @property
    def firsts(self) -> NDArray[np.intp]:
        """One row of each run."""
        return self.order[self.starts]

    def places(self) -> NDArray[np.int32]:
        """The number of the run that each row belongs to."""
        is_first = np.zeros(len(self.order), dtype=np.int32)
        is_first[self.starts] = 1
        places = np.empty(len(self.order), dtype=np.int32)
        places[self.order] = np.cumsum(is_first, dtype=np.int32) - 1
        return places


def sorted_runs(columns: Sequence[NDArray[Any]]) -> Runs:
    """Sorts rows by integer columns, the first column foremost."""
    keys = _pack(columns)
    order = np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(tuple(reversed(keys)))
    is_first = np.zeros(len(order), dtype=bool)
    is_first[:1] = True
    for key in keys:
        ordered = key[order]
        is_first[1:] |= ordered[1:] != ordered[:-1]
    return Runs(order, np.flatnonzero(is_first))


def _pack(columns: Sequence[NDArray[Any]]) -> list[NDArray[np.uint64]]:
    """The columns side by side in as few 64-bit keys as hold them: one long sort costs less than many short ones."""
    keys: list[NDArray[np.uint64]] = []
    free = 0
    for column in columns:
        low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
        width = (high - low).bit_length()
        if width > free or not keys:
            keys.append(np.zeros(len(column), dtype=np.uint64))
            free = WORD
        free -= width
        if width:
            keys[-1] |= (column.astype(np.int64) - low).astype(np.uint64) << np.uint64(free)
    return keys
