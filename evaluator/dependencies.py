"""Which flags need which, in what order to answer them, and which cannot be answered for want of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evaluator.definitions.limits import MOST_NEEDED_FLAGS
from evaluator.definitions.problem import Problem
from evaluator.describe import printable
from evaluator.graph import arrange

TOO_MANY: Final = "too_many_dependencies"
_TOO_MANY: Final = f"It needs more than {MOST_NEEDED_FLAGS} flags, directly or through others."


@dataclass(frozen=True, slots=True)
class FlagOrder:
    """``order`` lists all flags, each after those it needs; ``unmet`` are flags that cannot be answered, and why.

    ``requires`` maps a flag to all flags that must be answered before it, in order.
    """

    order: Sequence[str]
    unmet: Mapping[str, Problem]
    requires: Mapping[str, Sequence[str]]


def order_flags(needs: Mapping[str, Sequence[str]]) -> FlagOrder:
    """Orders flags, given those that each needs itself."""
    arranged = arrange(needs)
    unmet = dict.fromkeys(arranged.stuck, _unmet("The flags that it needs need each other in a circle."))
    requires: dict[str, Sequence[str]] = {}
    for key in arranged.order:
        for needed in needs[key]:
            if needed not in needs:
                unmet[key] = _unmet(f"It needs flag “{printable(needed)}”, which does not exist.")
            elif needed in unmet and unmet[needed].code == TOO_MANY:
                unmet[key] = unmet[needed]
            elif needed in unmet:
                unmet[key] = _unmet(f"It needs flag “{printable(needed)}”, which cannot be answered itself.")
        before = () if key in unmet else _all_needed(needs[key], requires)
        if before is None:
            unmet[key], before = Problem("filters.groups", TOO_MANY, _TOO_MANY, "Depend on fewer flags."), ()
        requires[key] = before
    return FlagOrder((*arranged.order, *arranged.stuck), unmet, requires | dict.fromkeys(arranged.stuck, ()))


def _all_needed(named: Sequence[str], requires: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The flags named and all that they require, each after those it needs; None where these are too many."""
    before: dict[str, None] = {}
    for needed in named:
        if needed not in before:
            before.update(dict.fromkeys(requires[needed]))
            before[needed] = None
        if len(before) > MOST_NEEDED_FLAGS:
            return None
    return tuple(before)


def _unmet(message: str) -> Problem:
    fix = "Add the missing flag, or take the dependency out. Until then this flag is off for everybody."
    return Problem("filters.groups", "missing_dependency", message, fix)
