"""Counting people, not contexts: distinct subjects behind what is said of contexts."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from policies.replay.columns import occurrences, pair_occurrences, spread

Mask = NDArray[np.bool_]
Codes = NDArray[np.integer[Any]]

_WORD: Final = 64

_SHORT: Final = 8
"""Runs of up to so many rows are united row by row, which is faster than run by run."""


class Population:
    """The subjects of a recording.

    Most subjects have one context, so a count of distinct subjects is a count of contexts, corrected for the few
    subjects that have several.
    """

    def __init__(self, subjects: Codes, known: int) -> None:
        """``subjects`` holds the subject's code for each context, below ``known``."""
        self.size = len(subjects)
        self._codes = subjects
        self._is_sorted = not (subjects[1:] < subjects[:-1]).any()
        self._rows = _rows_of_several_sorted(subjects) if self._is_sorted else _rows_of_several(subjects, known)
        self._runs = Runs(subjects[self._rows])
        self.subjects = self.size - len(self._rows) + len(self._runs.starts)

    def count(self, mask: Mask) -> int:
        """Distinct subjects with at least one context in the mask."""
        return self.counts([mask])[0]

    def counts(self, masks: Sequence[Mask]) -> list[int]:
        """``count`` of each of up to eight masks, together."""
        bits = np.zeros(self.size, dtype=np.uint8)
        for place, mask in enumerate(masks):
            bits |= mask.view(np.uint8) * np.uint8(1 << place)
        among = bits[self._rows]
        seen = self._runs.united(among)
        return [
            int(np.count_nonzero(mask)) - _how_many(among, place) + _how_many(seen, place)
            for place, mask in enumerate(masks)
        ]

    def count_rows(self, rows: NDArray[np.intp]) -> int:
        """Distinct subjects among contexts whose numbers rise. Best where they are few."""
        own = self._codes[rows]
        if not self._is_sorted:
            return len(np.unique(own))
        return int(np.count_nonzero(own[1:] != own[:-1])) + (len(own) > 0)

    def count_kinds(self, kinds: NDArray[np.unsignedinteger[Any]], verdicts: Mask) -> list[int]:
        """``kinds`` says of which kind each context is, and row ``v`` of ``verdicts`` to which kinds verdict v applies.

        For each verdict, the distinct subjects with at least one context to which it applies.
        """
        own = kinds[self._rows]
        once = occurrences(kinds, verdicts.shape[1]) - occurrences(own, verdicts.shape[1])
        counts: list[int] = (verdicts @ once).tolist()
        for first in range(0, len(verdicts), _WORD):
            seen = self._runs.united(_words(verdicts[first : first + _WORD])[own])
            for place in range(min(_WORD, len(verdicts) - first)):
                counts[first + place] += _how_many(seen, place)
        return counts

    def split(self, codes: Codes, values: int) -> "Split":
        """Prepares counts of distinct subjects by the values of one column."""
        own = codes[self._rows]
        room = np.int32 if len(self._runs.starts) * (values + 1) < 1 << 31 else np.int64
        pairs: NDArray[np.int32 | np.int64] = np.zeros(len(own), dtype=room)
        pairs[self._runs.starts] = values
        np.cumsum(pairs, dtype=room, out=pairs)
        pairs += own
        rows = self._rows
        if (pairs[1:] < pairs[:-1]).any():
            order = np.argsort(pairs, kind="stable")
            pairs, rows, own = pairs[order], rows[order], own[order]
        return Split(codes, values, rows=rows, runs=Runs(pairs))


def _rows_of_several_sorted(subjects: Codes) -> NDArray[np.intp]:
    """The contexts of subjects who have several."""
    like_next = subjects[1:] == subjects[:-1]
    several = np.zeros(len(subjects), dtype=np.bool_)
    several[1:] = like_next
    several[:-1] |= like_next
    return np.flatnonzero(several)


def _rows_of_several(subjects: Codes, known: int) -> NDArray[np.intp]:
    """The contexts of subjects who have several, subject by subject."""
    rows = np.flatnonzero(spread(occurrences(subjects, known) > 1, subjects))
    return rows[np.argsort(subjects[rows], kind="stable")]


class Runs:
    """Neighbouring rows with equal keys."""

    def __init__(self, keys: Codes) -> None:
        first = np.ones(len(keys), dtype=np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=first[1:])
        self.starts = np.flatnonzero(first)
        lengths = np.diff(self.starts, append=len(keys))
        self._longer = [np.flatnonzero(lengths > place) for place in range(1, min(lengths.max(initial=0), _SHORT))]
        self._are_short = bool(lengths.max(initial=0) <= _SHORT)

    def united(self, words: NDArray[Any]) -> NDArray[Any]:
        """The union of the bits of each run's rows."""
        if not self._are_short:
            return np.bitwise_or.reduceat(words, self.starts)
        united = words[self.starts]
        for place, longer in enumerate(self._longer, start=1):
            united[longer] |= words[self.starts[longer] + place]
        return united


class Split:
    """Distinct subjects for each value of one dictionary-encoded column.

    A subject whose contexts have several values counts once for each of them.
    """

    def __init__(self, codes: Codes, values: int, *, rows: NDArray[np.intp], runs: "Runs") -> None:
        """``rows`` are the contexts of subjects who have several, by subject and value; each run is one pair."""
        self._codes = codes
        self._values = values
        self._rows = rows
        self._runs = runs
        self._run_codes = codes[rows[runs.starts]]
        self._alone = occurrences(codes, values) - occurrences(codes[rows], values)
        """By value, the contexts of subjects who have only one."""

    def count_kinds(self, kinds: NDArray[np.uint8], verdicts: Mask) -> NDArray[np.int64]:
        """Per verdict and value, the distinct subjects with a context of that value to which the verdict applies.

        As in ``Population.count_kinds``, with at most eight verdicts. Best where most contexts are of kind 0.
        """
        shape = self._values, verdicts.shape[1]
        several, own = np.zeros(len(kinds), dtype=np.bool_), kinds[self._rows]
        several[self._rows] = True
        rows = np.flatnonzero((kinds != 0) & ~several)
        once = pair_occurrences(self._codes[rows], kinds[rows], shape)
        once[:, 0] = self._alone - once.sum(axis=1)
        seen = self._runs.united(_words(verdicts).astype(np.uint8)[own])
        joint = pair_occurrences(self._run_codes, seen, (self._values, 1 << len(verdicts)))
        bits = np.arange(1 << len(verdicts))
        holds = np.array([(bits >> place) & 1 for place in range(len(verdicts))], dtype=np.int64)
        counts: NDArray[np.int64] = verdicts.astype(np.int64) @ once.T + holds @ joint.T
        return counts


def _words(verdicts: Mask) -> NDArray[np.uint64]:
    """Per kind, the verdicts that apply as bits."""
    words = np.zeros(verdicts.shape[1], dtype=np.uint64)
    for place, verdict in enumerate(verdicts):
        words |= verdict.astype(np.uint64) << np.uint64(place)
    return words


def _how_many(words: NDArray[Any], place: int) -> int:
    return int(np.count_nonzero(words & words.dtype.type(1 << place)))
