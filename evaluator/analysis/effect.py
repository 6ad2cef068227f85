"""What a change does to one flag, for everybody there can be."""

from collections.abc import Iterable

from evaluator.analysis.buckets import identity_of
from evaluator.analysis.clauses import Clauses
from evaluator.analysis.masks import Example, masks
from evaluator.analysis.model import Direction, Effect, TooMany, Values
from evaluator.analysis.outcomes import Outcomes, Outlook, audience, fixed_outcome, witness
from evaluator.analysis.variables import Clause
from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.ruleset import Ruleset

UNKNOWN = Effect("unknown", "unknown", alters_nothing=False, same_conditions=False)


def compare_effect(before: Ruleset, after: Ruleset, key: str) -> Effect:
    """What becomes of the flag's answers when one set of definitions replaces the other.

    True of every subject whose properties are known, at every moment, in the server profile, with the memberships that
    the definitions list. Never claims what a counterexample refutes; says ``unknown`` where it cannot tell.
    """
    old, new = before.flags.get(key), after.flags.get(key)
    if audience(before, key) != audience(after, key):
        return UNKNOWN
    outlook = Outlook((before, after))
    try:
        outcomes = outlook.outcomes(key)
    except TooMany:
        return UNKNOWN
    unserved = (old is not None and old.served) is not (new is not None and new.served)
    same = not unserved and all(one.answer == other.answer for one, other in outcomes)
    return Effect(
        direction=_direction(outcomes),
        values=_values(outcomes),
        alters_nothing=same,
        same_conditions=same and _same_conditions(outlook, old, new),
        gains=_example(example for (one, other), example in outcomes.items() if other.on and not one.on),
        losses=_example(example for (one, other), example in outcomes.items() if one.on and not other.on),
    )


def _direction(outcomes: Outcomes) -> Direction:
    gaining = {pair: example for pair, example in outcomes.items() if pair[1].on and not pair[0].on}
    losing = {pair: example for pair, example in outcomes.items() if pair[0].on and not pair[1].on}
    if not gaining and not losing:
        return "unchanged"
    if not losing:
        return "only_widens"
    if not gaining:
        return "only_narrows"
    proved = _example(gaining.values()) is not None and _example(losing.values()) is not None
    return "mixed" if proved else "unknown"


def _values(outcomes: Outcomes) -> Values:
    """What becomes of the answers of those who are on before and after."""
    changing = {
        pair: example
        for pair, example in outcomes.items()
        if pair[0].on and pair[1].on and pair[0].answer != pair[1].answer
    }
    if not changing:
        return "unchanged"
    return "unknown" if _example(changing.values()) is None else "can_change"


def _example(examples: Iterable[Example | None]) -> dict[str, object] | None:
    found = (known for example in examples if (known := witness(example)) is not None)
    return next((dict(known) for known in found), None)


def _same_conditions(outlook: Outlook, old: CompiledFlag | None, new: CompiledFlag | None) -> bool:
    """Whether every new condition lets the same subjects pass as one of the old flag, in the same order.

    Conditions that can never match are not alike: what they ask for may be read otherwise elsewhere.
    """
    if old is None or new is None or fixed_outcome(old) is not None or fixed_outcome(new) is not None:
        return False
    left = list(old.conditions)
    for condition in new.conditions:
        while left and not _same(outlook, (old, left[0]), (new, condition)):
            left.pop(0)
        if not left:
            return False
        left.pop(0)
    return (old.variants, old.early_exit) == (new.variants, new.early_exit)


def _same(
    outlook: Outlook, old: tuple[CompiledFlag, CompiledCondition], new: tuple[CompiledFlag, CompiledCondition]
) -> bool:
    (_, before), (_, after) = old, new
    if (before.rollout_bound, before.override) != (after.rollout_bound, after.override):
        return False
    if identity_of(*old) != identity_of(*new):
        return False
    try:
        return _equivalent(outlook, outlook.condition(0, *old), outlook.condition(1, *new))
    except TooMany:
        return False


def _equivalent(outlook: Outlook, before: Clauses, after: Clauses) -> bool:
    clauses: list[Clause] = [*before, *after]
    own = (1 << len(before)) - 1
    found = masks(clauses, outlook.variables)
    return any(mask & own for mask in found) and all(bool(mask & own) is bool(mask & ~own) for mask in found)
