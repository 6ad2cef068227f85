"""Undetermined before and after: can the two answers differ at all?

An undetermined answer is a function of what is not known. Where the old and the new definition hang on the same
unknowns in the same way, the answers are equal whatever the unknowns turn out to be: an edit elsewhere in the flag
must not be held up by them.
"""

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from policies.replay.outcome import UNDETERMINED, Outcome, Unknown
from policies.replay.population import Mask


def might_differ(before: Outcome, after: Outcome) -> Mask:
    """Contexts where at least one answer is undetermined and the two are not provably equal."""
    if before is after:
        return np.zeros(len(before.answers), dtype=np.bool_)
    unknown_before, unknown_after = before.answers == UNDETERMINED, after.answers == UNDETERMINED
    differing: Mask = unknown_before | unknown_after
    rows = np.flatnonzero(unknown_before & unknown_after)
    if len(rows):
        ledger = _Ledger()
        differing[rows] = ledger.functions(before, rows) != ledger.functions(after, rows)
    return differing


class _Ledger:
    """Gives equal functions of the unknowns equal numbers.

    A function is written as a sequence of steps (the unknowns asked, the value if they all hold, and so on), and
    a sequence is numbered by its last step and the number of the sequence before it.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, Hashable], int] = {}

    def functions(self, outcome: Outcome, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Per row, the number of the function that its undetermined answer is."""
        places = np.full(len(outcome.answers), -1, dtype=np.intp)
        places[rows] = np.arange(len(rows))
        numbers = np.zeros(len(rows), dtype=np.int64)
        for possibility in outcome.possibilities:
            at = places[possibility.rows]
            for unknown in sorted(possibility.unknowns, key=_identity):
                asked = unknown.rows & (at >= 0)
                self._ask(unknown, numbers, at[asked], possibility.rows[asked])
            reached = at >= 0
            for code in np.unique(possibility.values[reached]).tolist():
                value = None if code == UNDETERMINED else outcome.values[code]
                self._extend(numbers, at[reached & (possibility.values == code)], value)
        return numbers

    def _ask(self, unknown: Unknown, numbers: NDArray[np.int64], at: NDArray[np.intp], rows: NDArray[np.intp]) -> None:
        if unknown.outcome is None:
            self._extend(numbers, at, (unknown.identity,))
            return
        answers = self.functions(unknown.outcome, rows)
        for answer in np.unique(answers).tolist():
            self._extend(numbers, at[answers == answer], (unknown.identity, answer))

    def _extend(self, numbers: NDArray[np.int64], at: NDArray[np.intp], step: Hashable) -> None:
        """Appends a step to the functions at these places."""
        current = numbers[at]
        distinct = np.unique(current)
        extended = [self._numbers.setdefault((number, step), len(self._numbers) + 1) for number in distinct.tolist()]
        numbers[at] = np.array(extended, dtype=np.int64)[np.searchsorted(distinct, current)]


def _identity(unknown: Unknown) -> str:
    return unknown.identity
