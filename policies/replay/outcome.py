"""The answers of one flag to all contexts of a recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from policies.impact import ConditionCoverage

OFF: Final = 0
ON: Final = 1
UNDETERMINED: Final = -1
FAILED: Final = -2
NO_CONDITION: Final = -1

Values = NDArray[np.int16]
"""Per context: an index into ``Outcome.values``, ``UNDETERMINED`` or ``FAILED``."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """Something that cannot be told in some contexts: a filter on a redacted value, or on an undetermined flag.

    Two unknowns with the same ``identity`` ask the same question, and for a flag (``outcome``), of the same flag.
    """

    identity: str
    rows: NDArray[np.bool_]
    outcome: "Outcome | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Possibility:
    """In these contexts the flag has these values if all the unknowns that touch them hold.

    A value of ``UNDETERMINED`` may be any. Each ``Unknown.rows`` runs parallel to ``rows``. Without unknowns: the
    values if nothing before held.
    """

    rows: NDArray[np.intp]
    values: Values
    unknowns: Sequence[Unknown]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The answers of one flag, context by context.

    ``values`` starts with False and True; ``conditions`` names the condition that gave the value (``NO_CONDITION``
    where none did). ``possibilities`` spell out, in order, what an undetermined answer hangs on; they may cover
    determined contexts as well.
    """

    flag: str
    values: Sequence[bool | str]
    answers: Values
    conditions: NDArray[np.int16]
    payloads: Mapping[str, str]
    coverage: Sequence[ConditionCoverage]
    possibilities: Sequence[Possibility]

    def payload(self, value: bool | str) -> str | None:
        """The payload that goes with a value that is on."""
        return self.payloads.get("true" if value is True else str(value))


def constant(flag: str, contexts: int, answer: int = OFF) -> Outcome:
    """The same answer for everybody."""
    return Outcome(
        flag=flag,
        values=(False, True),
        answers=np.broadcast_to(np.int16(answer), contexts),
        conditions=np.broadcast_to(np.int16(NO_CONDITION), contexts),
        payloads={},
        coverage=(),
        possibilities=(),
    )
