"""The third answer of local evaluation: *unknown*, with its cause and how far it reaches.

An SDK that evaluates downloaded definitions cannot always decide. What cannot be decided may still not matter
(another filter misses, a later condition matches), so an unknown travels as a value until something settles it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Cause(StrEnum):
    """Why something is unknown. Where several apply, the one listed first is reported."""

    REDACTED = "redacted_value"
    """The recording did not keep the value, so that nobody can tell what the SDK decided."""
    EXPERIENCE_CONTINUITY = "experience_continuity"
    """The flag keeps its answer across log-in, which only the server can."""
    UNSUPPORTED_DEFINITION = "unsupported_definition"
    """The definition uses something that SDKs do not evaluate."""
    UNRESOLVED_DEPENDENCY = "unresolved_dependency"
    """A flag that this one depends on is itself unknown."""
    MISSING_CONTEXT = "missing_context"
    """A property or an id was not passed, or not in a usable form."""


_PRECEDENCE: Final = {cause: position for position, cause in enumerate(Cause)}


class Reach(Enum):
    """What an unknown takes with it."""

    FILTER = "filter"
    """Other filters and later conditions may still decide."""
    FLAG = "flag"
    """Only the server can answer: later conditions are not tried, though a filter of the same condition may miss."""
    EVALUATION = "evaluation"
    """The definition is malformed where the SDK does not expect it; the SDK drops the whole evaluation."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An undecided answer."""

    cause: Cause
    reach: Reach = Reach.FILTER


Truth = bool | Unknown

MISSING_CONTEXT: Final = Unknown(Cause.MISSING_CONTEXT)
UNSUPPORTED: Final = Unknown(Cause.UNSUPPORTED_DEFINITION)
UNRESOLVED_DEPENDENCY: Final = Unknown(Cause.UNRESOLVED_DEPENDENCY)
REDACTED_VALUE: Final = Unknown(Cause.REDACTED)
CONTINUITY: Final = Unknown(Cause.EXPERIENCE_CONTINUITY)
NEEDS_SERVER: Final = Unknown(Cause.UNSUPPORTED_DEFINITION, Reach.FLAG)
MALFORMED: Final = Unknown(Cause.UNSUPPORTED_DEFINITION, Reach.EVALUATION)
UNUSABLE_ID: Final = Unknown(Cause.MISSING_CONTEXT, Reach.EVALUATION)

BEYOND_PYTHON: Final = (RecursionError, ValueError)
"""What Python raises for values that nest too deeply to follow, and integers too long to write."""


def graver(first: Cause | None, second: Cause) -> Cause:
    """Which of two causes is reported."""
    return second if first is None or _PRECEDENCE[second] < _PRECEDENCE[first] else first
