"""What a rule is, and what it remarks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from policies.case import Case
from policies.verdict import FAILED_STATES, Fix, Level, State

Input = Literal[
    "definition", "impact", "traffic", "drift", "history", "dependencies", "environment", "actor", "time", "expectation"
]
"""What a rule looks at, so that a reader knows what can change its answer."""

Percentage = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class Params(BaseModel):
    """The limits of a rule; every one has a default and a description with its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule finds for one flag, or for the change as a whole (``flag`` None).

    ``observed`` and ``limit`` are text with units. ``message`` is one sentence; the fix is told apart from it.
    ``level`` makes the remark milder than the rule, where a rule has a parameter for that; it never makes it stricter.
    """

    state: State
    message: str
    observed: str = ""
    limit: str = ""
    flag: str | None = None
    fix: Fix | None = None
    level: Level | None = None

    @property
    def failed(self) -> bool:
        """Whether it counts against the change."""
        return self.state in FAILED_STATES


@dataclass(frozen=True, slots=True)
class Rule(Generic[P]):
    """One limit.

    ``summary`` says in one sentence what must hold, ``reason`` why anybody should care. ``check`` must be pure; where
    it raises, the judge counts the rule as failed. ``by_rollout`` is true where another rollout of an edited condition
    can make the rule pass, so that the largest one can be searched for.
    """

    id: str
    level: Level
    summary: str
    reason: str
    inputs: frozenset[Input]
    params: type[P]
    check: Callable[[Case, P], Iterable[Remark]] = field(repr=False)
    by_rollout: bool = False

    @property
    def family(self) -> str:
        """The first half of the id (``ramp``)."""
        return self.id.partition(".")[0]


AnyRule = Rule[Any]


_STRICTNESS = {Level.AUDIT: 0, Level.WARN: 1, Level.APPROVE: 2, Level.BLOCK: 3}


def strictness(level: Level) -> int:
    """0 for ``audit`` up to 3 for ``block``."""
    return _STRICTNESS[level]


def milder(one: Level, other: Level) -> Level:
    """The less strict of two levels."""
    return min(one, other, key=strictness)
