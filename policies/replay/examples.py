"""Choosing examples that stay the same: each id has a number in a raffle, and the smallest numbers win."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from policies.replay.population import Mask
from policies.replay.recording import Column
from policies.replay.tally import EXAMPLES_PER_MOVE, Candidate
from policies.replay.texts import Texts, rows_of

_LETTERS: Final = 256
"""Letters of an id that make its number; ids that are equal so far are told apart by their text."""

_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)
_STIR: Final = np.uint64(0x9E3779B97F4A7C15)
_FEW: Final = 16


class Raffle:
    """Draws subjects by number. Numbers are computed once per subject and only for those that are asked for."""

    def __init__(self, subjects: Column) -> None:
        values = subjects.values
        self._codes = subjects.codes
        self._subjects = values if isinstance(values, Texts) else Texts.of_strings([str(value) for value in values])
        self._numbers = np.zeros(len(values), dtype=np.uint64)
        self._drawn = np.zeros(len(values), dtype=np.bool_)

    def admit(self, contexts: Mask) -> None:
        """Gives the subjects of these contexts their numbers; only who was admitted can be drawn."""
        entrants = self._codes[np.flatnonzero(contexts)]
        new = entrants[~self._drawn[entrants]]
        if len(new):
            starts, ends = self._subjects.spans(new.astype(np.intp))
            self._numbers[new] = _numbers(self._subjects.block, starts, np.minimum(ends - starts, _LETTERS))
            self._drawn[new] = True

    def draw(self, contexts: Mask) -> list[Candidate]:
        """Of the subjects of these contexts, the few with the smallest numbers, in that order."""
        entrants = self._codes[np.flatnonzero(contexts)]
        return sorted(map(self._candidate, self._winners(entrants, self._numbers[entrants])))[:EXAMPLES_PER_MOVE]

    def _winners(self, entrants: NDArray[np.integer], numbers: NDArray[np.uint64]) -> set[int]:
        """A few subjects with the winners among them; a subject with several contexts stands here several times."""
        few = _FEW
        while few < len(entrants):
            limit = np.partition(numbers, few)[few]
            winners = set(entrants[numbers <= limit].tolist())
            if len(winners) >= EXAMPLES_PER_MOVE:
                return winners
            few *= _FEW
        return set(entrants.tolist())

    def _candidate(self, code: int) -> Candidate:
        return Candidate(int(self._numbers[code]), str(self._subjects[code]))


def _numbers(block: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    """64-bit FNV-1a of each text, stirred so that the last letters reach the high bits."""
    numbers = np.full(len(starts), _OFFSET, dtype=np.uint64)
    for length in np.flatnonzero(np.bincount(lengths)).tolist():
        rows = np.flatnonzero(lengths == length)
        some = numbers[rows]
        for letters in rows_of(block, starts[rows], length).T:
            some ^= letters
            some *= _PRIME
        numbers[rows] = some
    numbers = (numbers ^ (numbers >> np.uint64(32))) * _STIR
    stirred: NDArray[np.uint64] = numbers ^ (numbers >> np.uint64(29))
    return stirred
