"""Counting people, not contexts: distinct subjects behind a mask over contexts."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Codes = NDArray[np.signedinteger]


class Population:
    """The subjects of a recording.

    Most subjects have one context, so a count of distinct subjects is a count of contexts, corrected for the few
    subjects that have several.
    """

    def __init__(self, subjects: Codes, known: int) -> None:
        """``subjects`` holds the subject's code for each context, below ``known``."""
        contexts = np.bincount(subjects, minlength=known)
        repeated = contexts > 1
        self.size = len(subjects)
        self.subjects = int(np.count_nonzero(contexts))
        self._rows = np.flatnonzero(repeated[subjects])
        self._ranks = (np.cumsum(repeated) - 1)[subjects[self._rows]]
        self._repeated = int(np.count_nonzero(repeated))

    def count(self, mask: Mask) -> int:
        """Distinct subjects with at least one context in the mask."""
        among_repeated = mask[self._rows]
        seen = np.zeros(self._repeated, dtype=np.bool_)
        seen[self._ranks[among_repeated]] = True
        return int(np.count_nonzero(mask) - np.count_nonzero(among_repeated) + np.count_nonzero(seen))

    def split(self, codes: Codes, values: int) -> "Split":
        """Prepares counts of distinct subjects by the values of one column."""
        own = codes[self._rows]
        pairs, places = np.unique(self._ranks * values + own, return_inverse=True)
        return Split(codes, values, rows=self._rows, places=places, pair_codes=pairs % max(values, 1))


class Split:
    """Distinct subjects for each value of one dictionary-encoded column.

    A subject whose contexts have several values counts once for each of them.
    """

    def __init__(
        self, codes: Codes, values: int, *, rows: NDArray[np.intp], places: NDArray[np.intp], pair_codes: Codes
    ) -> None:
        self._codes = codes
        self._values = values
        self._rows = rows
        self._places = places
        self._pair_codes = pair_codes

    def everybody(self) -> NDArray[np.int64]:
        """Per value code, the distinct subjects with a context of that value."""
        repeated = self._by_value(self._codes[self._rows])
        return self._by_value(self._codes) - repeated + self._by_value(self._pair_codes)

    def count(self, mask: Mask) -> NDArray[np.int64]:
        """Per value code, the distinct subjects with a context of that value in the mask."""
        among_repeated = mask[self._rows]
        seen = np.zeros(len(self._pair_codes), dtype=np.bool_)
        seen[self._places[among_repeated]] = True
        contexts = self._by_value(self._codes[mask])
        repeated = self._by_value(self._codes[self._rows[among_repeated]])
        return contexts - repeated + self._by_value(self._pair_codes[seen])

    def _by_value(self, codes: Codes) -> NDArray[np.int64]:
        return np.bincount(codes, minlength=self._values).astype(np.int64, copy=False)
