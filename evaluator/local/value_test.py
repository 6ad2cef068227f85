"""The compiled form of one operator with one filter value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.local.unknown import MISSING_CONTEXT, REDACTED_VALUE, UNSUPPORTED, Truth


def never(now: datetime) -> bool:
    """The filter is usable at every moment."""
    return False


def always(now: datetime) -> bool:
    """The filter is usable at no moment."""
    return True


@dataclass(frozen=True, slots=True)
class ValueTest:
    """Tests one property value at one moment.

    ``decide`` answers for a value that is present. ``unusable`` tells whether the filter itself is at fault at a
    moment, which takes precedence over a value that is absent or of no use.
    """

    decide: Callable[[JsonValue, datetime], Truth]
    unusable: Callable[[datetime], bool] = never

    def answer(self, candidate: JsonValue | Mark, now: datetime) -> Truth:
        """What the filter says about ``candidate``, which may be ``MISSING`` or ``REDACTED``."""
        if candidate is REDACTED:
            return REDACTED_VALUE
        answer = MISSING_CONTEXT if candidate is MISSING else self.decide(candidate, now)
        return UNSUPPORTED if answer is MISSING_CONTEXT and self.unusable(now) else answer
