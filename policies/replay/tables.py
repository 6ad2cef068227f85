"""Asking each predicate once per distinct value, not once per context."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluator.compiled import PropertyTest
from policies.replay.asking import answers
from policies.replay.columns import spread
from policies.replay.pace import Pace
from policies.replay.population import Mask
from policies.replay.recording import Column
from policies.replay.texts import PER_STEP, Texts, chosen_of
from policies.replay.truth import FALSE, UNKNOWN, Truths

_NOT_ASKED: Final = 3

SMALL: Final = 4096
"""A dictionary of up to this many values is asked as a whole; of a larger one, only the values that matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """What may be left unasked: the contexts that are not ``wanted``, and strings without some ``letters``.

    ``letters`` (lower-case ASCII) occur, in either case, in every string for which the predicate holds.
    """

    wanted: Mask | None = None
    letters: bytes | None = None


EVERYTHING: Final = Asking()


class Tables:
    """The answers of predicates to the distinct values of columns, at one moment.

    Tables are kept by the question asked, so that definitions which share a filter share its table. Those of questions
    that do not depend on the moment are kept in ``lasting``, for replays at other moments, too.
    """

    def __init__(self, now: datetime, pace: Pace, lasting: dict[str, Truths]) -> None:
        self._now = now
        self._pace = pace
        self._tables: dict[str, Truths] = {}
        self._lasting = lasting

    def truths(self, test: PropertyTest, question: str, column: Column, asking: Asking = EVERYTHING) -> Truths:
        """Whether the filter holds (before any negation), in every context; ``question`` names what it asks.

        Where ``asking.wanted`` is given and false, the truth is that of a value which nobody asked, and means nothing.
        """
        table = self._tables.get(question)
        if table is None:
            table = self._tables[question] = self._started(test, question, column, asking.letters)
        self._ask(test, table, column, asking.wanted)
        return spread(table, column.codes)

    def are_unknown(self, question: str, column: Column, rows: NDArray[np.intp]) -> Mask:
        """Where the answer, asked for before, was unknown."""
        unknown: Mask = self._tables[question].take(column.codes[rows]) == UNKNOWN
        return unknown

    def _open(self, table: Truths, column: Column, wanted: Mask | None) -> Mask:
        """The values to ask: all that nobody asked yet, or of a large dictionary those that somebody wants."""
        open_: Mask = table == _NOT_ASKED
        if wanted is None or len(table) <= SMALL:
            return open_
        rows = np.flatnonzero(wanted & spread(open_, column.codes))
        open_ = np.zeros(len(table), dtype=np.bool_)
        open_[column.codes[rows]] = True
        return open_

    def _started(self, test: PropertyTest, question: str, column: Column, letters: bytes | None) -> Truths:
        """The table of a question, which another replay may have begun."""
        table = None if test.uses_now else self._lasting.get(question)
        if table is None:
            table = np.full(len(column.values), _NOT_ASKED, dtype=np.int8)
            if letters is not None and len(table) > SMALL and isinstance(column.values, Texts):
                table[~column.values.may_contain(letters)] = FALSE
            if not test.uses_now:
                self._lasting[question] = table
        return table

    def _ask(self, test: PropertyTest, table: Truths, column: Column, wanted: Mask | None) -> None:
        codes = np.flatnonzero(self._open(table, column, wanted))
        for first in range(0, len(codes), PER_STEP):
            some = codes[first : first + PER_STEP]
            table[some] = answers(test, chosen_of(column.values, some), self._now)
            self._pace.look()
