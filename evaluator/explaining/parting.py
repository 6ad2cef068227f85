"""Where two explanations of one flag part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from evaluator.explaining.explanation import (
    BucketTrace,
    CohortTrace,
    ConditionTrace,
    Explanation,
    FilterTrace,
    NodeTrace,
    VariantTrace,
)
from evaluator.result import Reason

Place = Literal["enrollment", "holdout", "filter", "bucket", "variant", "identity", "definition"]
"""``identity``: only one of them has the group key or the device id that the condition hashes. ``definition``: the
flag's definition decides before any of its conditions is tried, for one of them at least."""

Trace = FilterTrace | BucketTrace | VariantTrace | None


@dataclass(frozen=True, slots=True)
class Parting:
    """The first place at which two ways through one flag part.

    ``one`` and ``other`` are what each met there; None where there was nothing to meet. ``condition_index`` and
    ``condition_id`` are None before the conditions. ``cohort`` is set within a cohort's tree. Where the filter asks
    for a cohort or another flag, ``inside`` is where the ways part in there.
    """

    flag: str
    place: Place
    one: Trace
    other: Trace
    condition_index: int | None = None
    condition_id: str | None = None
    cohort: str | None = None
    lacks: str | None = None
    inside: "Parting | None" = None


def parting(one: Explanation, other: Explanation) -> Parting | None:
    """The first place where the two differ in what follows from it; None if they go the same way to the end.

    A condition that both pass by, each for a reason of its own, is no parting, unless that is all that differs.
    """
    if _by_enrollment(one) != _by_enrollment(other):
        return Parting(one.flag, "enrollment", one.enrollment, other.enrollment)
    if one.holdout is not None and other.holdout is not None and one.holdout.inside != other.holdout.inside:
        return Parting(one.flag, "holdout", one.holdout, other.holdout)
    if bool(one.conditions) != bool(other.conditions):
        return Parting(one.flag, "definition", None, None)
    pairs = list(zip_longest(one.conditions, other.conditions))
    if any(left is None or right is None for left, right in pairs):
        return Parting(one.flag, "definition", None, None)
    effects = (pair for pair in pairs if _effect(one, pair[0]) != _effect(other, pair[1]))
    outcomes = (pair for pair in pairs if pair[0].outcome != pair[1].outcome)
    found = next(effects, None) or (next(outcomes, None) if one.result.reason != other.result.reason else None)
    return None if found is None else _within(one, other, *found)


def _by_enrollment(explanation: Explanation) -> object:
    """The answer of early access; None where it leaves the answer to the conditions."""
    if explanation.enrollment is not None and explanation.enrollment.outcome == "unknown":
        return "unknown"
    return explanation.result.value if explanation.result.reason is Reason.SUPER_CONDITION_VALUE else None


def _effect(explanation: Explanation, condition: ConditionTrace) -> object:
    """What a condition does to the answer: gives one, ends the flag, hangs on something unknown, or nothing."""
    match condition.outcome:
        case "decided":
            return ("decided", None if condition.variant is None else condition.variant.variant)
        case "unknown" | "not_reached":
            return condition.outcome
        case _:
            return "ended" if _ended(explanation, condition) else "passed"


def _ended(explanation: Explanation, condition: ConditionTrace) -> bool:
    """Whether the flag ended here without a match, by early exit."""
    later = explanation.conditions[condition.index + 1 :]
    return condition.outcome == "out_of_rollout" and bool(later) and later[0].outcome == "not_reached"


def _within(one: Explanation, other: Explanation, left: ConditionTrace, right: ConditionTrace) -> Parting:
    here = Parting(one.flag, "variant", left.variant, right.variant, left.index, left.id)
    if (left.lacks is None) != (right.lacks is None):
        return replace(here, place="identity", one=None, other=None, lacks=left.lacks or right.lacks)
    missed = "miss" in (left.outcome, right.outcome)
    for mine, theirs in zip(left.filters, right.filters, strict=False):
        if mine.outcome != theirs.outcome and (not missed or "miss" in (mine.outcome, theirs.outcome)):
            return replace(here, place="filter", one=mine, other=theirs, inside=_inside(one, other, mine, theirs))
    if left.bucket is not None and right.bucket is not None and left.bucket.inside != right.bucket.inside:
        return replace(here, place="bucket", one=left.bucket, other=right.bucket)
    return here


def _inside(one: Explanation, other: Explanation, mine: FilterTrace, theirs: FilterTrace) -> Parting | None:
    if mine.kind == "flag":
        left, right = (_dependency(whole, mine.subject) for whole in (one, other))
        return None if left is None or right is None else _of_dependency(one, other, left, right)
    if mine.kind == "cohort":
        known, known_other = ({cohort.id: cohort for cohort in whole.cohorts} for whole in (one, other))
        return _in_cohort(one.flag, known, known_other, theirs.subject)
    return None


def _of_dependency(one: Explanation, other: Explanation, left: Explanation, right: Explanation) -> Parting | None:
    """The parting in a flag that is needed. What that needs itself is listed beside it, not in it."""
    found = parting(left, right)
    if found is None or not isinstance(found.one, FilterTrace) or found.one.kind != "flag":
        return found
    further, further_other = (_dependency(whole, found.one.subject) for whole in (one, other))
    if further is None or further_other is None:
        return found
    return replace(found, inside=_of_dependency(one, other, further, further_other))


def _dependency(explanation: Explanation, key: str) -> Explanation | None:
    return next((found for found in explanation.dependencies if found.flag == key), None)


def _in_cohort(
    flag: str, known: Mapping[str, CohortTrace], known_other: Mapping[str, CohortTrace], cohort_id: str
) -> Parting | None:
    left, right = known.get(cohort_id), known_other.get(cohort_id)
    if left is None or right is None or left.tree is None or right.tree is None:
        return None
    for mine, theirs in zip(_leaves(left.tree), _leaves(right.tree), strict=False):
        if mine.outcome != theirs.outcome:
            deeper = _in_cohort(flag, known, known_other, mine.subject) if mine.kind == "cohort" else None
            return Parting(flag, "filter", mine, theirs, cohort=cohort_id, inside=deeper)
    return None


def _leaves(node: NodeTrace) -> Iterator[FilterTrace]:
    if node.filter is not None:
        yield node.filter
    for part in node.parts:
        yield from _leaves(part)
