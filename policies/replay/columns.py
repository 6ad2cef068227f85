"""Work on whole columns, bit by bit: what is at hand stays in the processor's cache, and no copy is a column long.

Numpy turns every index into eight bytes before it uses it. For a million contexts that is more memory than all else.
"""

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

AT_ONCE: Final = 1 << 15

Codes = NDArray[np.integer[Any]]
T = TypeVar("T", bound=np.generic)


def spread(table: NDArray[T], codes: Codes) -> NDArray[T]:
    """``table[codes]``; negative codes count from the end."""
    found = np.empty(len(codes), dtype=table.dtype)
    for first in range(0, len(codes), AT_ONCE):
        np.take(table, codes[first : first + AT_ONCE], out=found[first : first + AT_ONCE], mode="wrap")
    return found


def occurrences(codes: Codes, size: int) -> NDArray[np.int64]:
    """How often each code below ``size`` occurs."""
    if size > AT_ONCE:
        return np.bincount(codes, minlength=size).astype(np.int64, copy=False)
    counts = np.zeros(size, dtype=np.int64)
    for first in range(0, len(codes), AT_ONCE):
        counts += np.bincount(codes[first : first + AT_ONCE], minlength=size)
    return counts


def pair_occurrences(codes: Codes, kinds: Codes, shape: tuple[int, int]) -> NDArray[np.int64]:
    """How often each code occurs with each kind."""
    values, width = shape
    step = AT_ONCE if values * width <= AT_ONCE else max(len(codes), 1)
    counts = np.zeros(values * width, dtype=np.int64)
    for first in range(0, len(codes), step):
        cells = codes[first : first + step].astype(np.intp)
        cells *= width
        cells += kinds[first : first + step]
        counts += np.bincount(cells, minlength=values * width)
    return counts.reshape(values, width)


def sums(codes: Codes, weights: Codes, size: int) -> NDArray[np.int64]:
    """The weights (not negative) of each code below ``size``, added up exactly."""
    if (codes[1:] > codes[:-1]).all():
        if len(codes) == size:
            return weights.astype(np.int64)
        total = np.zeros(size, dtype=np.int64)
        total[codes] = weights
        return total
    if int(weights.max(initial=0)) >= 1 << 32:
        high, low = np.divmod(weights, 1 << 32)
        return sums(codes, low, size) + (sums(codes, high, size) << 32)
    # Binary64 adds up to 2**21 weights below 2**32 without an error.
    step = AT_ONCE if size <= AT_ONCE else 1 << 21
    total = np.zeros(size, dtype=np.int64)
    for first in range(0, len(codes), step):
        part = slice(first, first + step)
        total += np.bincount(codes[part], weights=weights[part], minlength=size).astype(np.int64)
    return total
