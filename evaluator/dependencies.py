"""Which flags need which, in what order to answer them, and which cannot be answered for want of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluator.definitions.problem import Problem
from evaluator.graph import arrange


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
    unmet = {key: _unmet("The flags that it needs need each other in a circle.") for key in arranged.stuck}
    requires: dict[str, Sequence[str]] = {}
    for key in arranged.order:
        for needed in needs[key]:
            if needed not in needs:
                unmet[key] = _unmet(f"It needs flag “{needed}”, which does not exist.")
            elif needed in unmet:
                unmet[key] = _unmet(f"It needs flag “{needed}”, which cannot be answered itself.")
        before = (name for needed in needs[key] if key not in unmet for name in (*requires[needed], needed))
        requires[key] = tuple(dict.fromkeys(before))
    return FlagOrder((*arranged.order, *arranged.stuck), unmet, requires | dict.fromkeys(arranged.stuck, ()))


def _unmet(message: str) -> Problem:
    fix = "Add the missing flag, or take the dependency out. Until then this flag is off for everybody."
    return Problem("filters.groups", "missing_dependency", message, fix)
