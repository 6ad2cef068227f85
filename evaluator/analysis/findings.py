"""What has no effect in a flag: conditions, filters, variants, payloads."""

from collections.abc import Iterator, Sequence

from evaluator.analysis.buckets import FlagOutcome, identity_of
from evaluator.analysis.masks import masks
from evaluator.analysis.model import Analysis, Finding, TooMany
from evaluator.analysis.outcomes import Outlook
from evaluator.analysis.superfluous_filters import contradiction, filter_findings
from evaluator.analysis.variables import Clause
from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.describe import percent, shown
from evaluator.graph import reachable
from evaluator.ruleset import Ruleset


def analyse(ruleset: Ruleset, key: str) -> Analysis:
    """What provably has no effect in one flag, for every subject and at every moment, in the server profile.

    A flag that is off is looked at as if it were on. One that cannot be read or answered, or is not there, has no
    findings: what is wrong with it is told by ``Ruleset.warnings``.
    """
    flag = ruleset.flags.get(key)
    if flag is None or flag.error is not None or flag.missing_dependency or _leans_on_nothing(ruleset, flag):
        return Analysis((), complete=True)
    return _Report(Outlook((ruleset,)), flag).analysis()


def _leans_on_nothing(ruleset: Ruleset, flag: CompiledFlag) -> bool:
    """Whether the flag, once it is on, is off for want of another: one that is missing, or the flag itself."""
    needed = reachable([flag.key], {key: other.dependencies for key, other in ruleset.flags.items()})
    return flag.key in needed or any(
        name not in ruleset.flags or ruleset.flags[name].missing_dependency for name in needed
    )


class _Report:
    """Collects the findings of one flag; ``complete`` turns false where there are too many cases."""

    def __init__(self, outlook: Outlook, flag: CompiledFlag) -> None:
        self._outlook = outlook
        self._flag = flag
        self._complete = True
        self._outcomes = self._every_outcome()

    def analysis(self) -> Analysis:
        """The findings in the order of the document."""
        findings = [finding for condition in self._flag.conditions for finding in self._of_condition(condition)]
        if self._outcomes is not None:
            findings.extend(_of_answers(self._flag, self._outcomes))
        return Analysis(tuple(findings), self._complete)

    def _every_outcome(self) -> frozenset[FlagOutcome] | None:
        try:
            return frozenset(outcomes[0] for outcomes, _ in self._outlook.walks({0: self._flag}))
        except TooMany:
            self._complete = False
            return None

    def _of_condition(self, condition: CompiledCondition) -> Iterator[Finding]:
        try:
            dead = self._dead(condition)
        except TooMany:
            self._complete, dead = False, None
        if dead is not None:
            yield dead
            if dead.code == "condition_contradictory":
                return
        elif condition.rollout_bound == 0:
            message = f"Condition {condition.index + 1} has a rollout of 0 %, which holds only hash 0 (an empty id)."
            yield Finding("rollout_zero", f"{_path(condition)}.rollout_percentage", message, condition.index)
        try:
            yield from filter_findings(self._outlook, condition)
        except TooMany:
            self._complete = False

    def _dead(self, condition: CompiledCondition) -> Finding | None:
        """Why the condition never decides; None where it does, or where that cannot be told."""
        index, path = condition.index, _path(condition)
        if self._outcomes is not None and any(outcome.decider == index for outcome in self._outcomes):
            return None
        never = f"Condition {index + 1} can never decide: "
        if condition.rollout_bound == -1:
            message = f"{never}a rollout of {percent(condition.percentage)} holds nobody."
            return Finding("rollout_nobody", f"{path}.rollout_percentage", message, index)
        why = contradiction(self._outlook, condition)
        if condition.aggregation is not None and condition.group_type is None:
            why = f"group type {condition.aggregation} is not in the group type mapping"
        if why is not None:
            return Finding("condition_contradictory", path, f"{never}{why}.", index)
        if self._flag.holdout is not None and self._flag.holdout.bound is None:
            return Finding("condition_held_out", path, f"{never}the holdout takes everybody before it.", index)
        for earlier in self._flag.conditions[:index]:
            if self._shadows(earlier, condition):
                return Finding("condition_shadowed", path, f"{never}{self._shadow(earlier, condition)}.", index)
        if self._outcomes is None:
            self._complete = False
            return None
        why = "the conditions before it already decide for everybody it would admit"
        return Finding("condition_shadowed", path, f"{never}{why}.", index)

    def _shadows(self, earlier: CompiledCondition, condition: CompiledCondition) -> bool:
        """Whether an earlier condition alone settles all that this one would admit."""
        return (self._admits_all(earlier, condition) or self._flag.early_exit) and self._covers(earlier, condition)

    def _admits_all(self, earlier: CompiledCondition, condition: CompiledCondition) -> bool:
        if earlier.rollout_bound is None:
            return True
        same_id = identity_of(self._flag, earlier) == identity_of(self._flag, condition)
        return same_id and condition.rollout_bound is not None and earlier.rollout_bound >= condition.rollout_bound

    def _covers(self, earlier: CompiledCondition, condition: CompiledCondition) -> bool:
        """Whether the earlier condition matches wherever this one does."""
        own = self._outlook.condition(0, self._flag, condition)
        clauses: list[Clause] = [*own, *self._outlook.condition(0, self._flag, earlier)]
        here = (1 << len(own)) - 1
        return all(mask & ~here for mask in masks(clauses, self._outlook.variables) if mask & here)

    def _shadow(self, earlier: CompiledCondition, condition: CompiledCondition) -> str:
        number = earlier.index + 1
        if not self._admits_all(earlier, condition):
            return f"condition {number} already matches everybody it would match, and early exit ends the flag there"
        if earlier.rollout_bound is None:
            return f"condition {number} already decides for everybody it would match"
        return (
            f"condition {number} already matches everybody it would match, and admits at least as many of them "
            f"({percent(earlier.percentage)})"
        )


def _of_answers(flag: CompiledFlag, outcomes: frozenset[FlagOutcome]) -> Iterator[Finding]:
    values = {outcome.value for outcome in outcomes}
    keys = [key for _, key in flag.variants]
    for number, key in enumerate(keys):
        if key not in values:
            path = f"filters.multivariate.variants[{number}]"
            yield Finding("variant_unreachable", path, f"Nobody can get variant {shown(key)}: {_lack(flag, number)}.")
    returned = {"true" if value is True else value for value in values}
    for name in flag.payloads:
        if name not in returned:
            message = f"The payload of {shown(name)} is never returned: nobody gets that value with a payload."
            yield Finding("payload_unused", f"filters.payloads.{name}", message)
    if len(values) == 1 and flag.served:
        yield Finding("flag_constant", "filters", f"Everybody gets {_named(next(iter(values)))}.")


def _lack(flag: CompiledFlag, number: int) -> str:
    bounds: Sequence[int] = [0, *(bound for bound, _ in flag.variants)]
    if bounds[number + 1] <= max(bounds[: number + 1]):
        return "its weight is 0 and no condition that decides pins it"
    return "no condition that decides leaves the choice to the weights, or pins it"


def _named(value: bool | str | None) -> str:
    return f"variant {shown(value)}" if isinstance(value, str) else "on" if value else "off"


def _path(condition: CompiledCondition) -> str:
    return f"filters.groups[{condition.index}]"
