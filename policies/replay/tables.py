"""Asking each predicate once per distinct value, not once per context."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluator.compiled import Predicate
from evaluator.context import REDACTED, JsonValue, Mark
from policies.replay.population import Mask
from policies.replay.recording import Column

Truths = NDArray[np.int8]
"""Kleene's three values, ordered so that *and* is the minimum, *or* the maximum and *not* ``TRUE - truth``."""

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2
_NOT_ASKED: Final = 3

SMALL: Final = 4096
"""A dictionary of up to this many values is asked as a whole; of a larger one, only the values that matter."""


class Tables:
    """The answers of predicates to the distinct values of columns, at one moment.

    Tables are kept by the question asked, so that definitions which share a filter share its table.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._tables: dict[str, Truths] = {}

    def truths(self, predicate: Predicate, question: str, column: Column, wanted: Mask | None = None) -> Truths:
        """Whether the predicate holds, in every context; ``question`` names what is asked of which column.

        Where ``wanted`` is given and false, the truth is one of a value that nobody asked for, and means nothing.
        """
        table = self._tables.get(question)
        if table is None:
            table = self._tables[question] = np.full(len(column.values), _NOT_ASKED, dtype=np.int8)
        self._ask(predicate, table, column, wanted)
        return table.take(column.codes)

    def are_unknown(self, question: str, column: Column, rows: NDArray[np.intp]) -> Mask:
        """Where the answer, asked for before, was unknown."""
        unknown: Mask = self._tables[question].take(column.codes[rows]) == UNKNOWN
        return unknown

    def _ask(self, predicate: Predicate, table: Truths, column: Column, wanted: Mask | None) -> None:
        open_ = table == _NOT_ASKED
        if wanted is not None and len(table) > SMALL:
            occurring = np.zeros(len(table), dtype=np.bool_)
            occurring[column.codes[wanted]] = True
            open_ &= occurring
        codes = np.flatnonzero(open_)
        if len(codes):
            values = column.values if len(codes) == len(table) else [column.values[code] for code in codes.tolist()]
            table[codes] = self._answers(predicate, values)

    def _answers(self, predicate: Predicate, values: Sequence[JsonValue | Mark]) -> list[int]:
        now = self._now
        return [UNKNOWN if value is REDACTED else TRUE if predicate(value, now) else FALSE for value in values]
