"""An explanation in words."""

from collections.abc import Sequence
from typing import Final

from evaluator.compiled import CompiledFlag
from evaluator.definitions.problem import Problem
from evaluator.describe import printable
from evaluator.explaining.explanation import ConditionTrace, Explanation, FilterTrace, VariantTrace
from evaluator.explaining.phrases import (
    answer_words,
    condition_name,
    found,
    share,
    standing,
    variant_words,
    wanted,
)
from evaluator.result import Reason

MOST_FILTERS: Final = 3
"""Filters that a sentence names."""


def sentence(explanation: Explanation, flag: CompiledFlag, problems: Sequence[Problem] = ()) -> str:
    """One sentence that says what the subject gets and why."""
    return f"{_what(explanation)}: {_why(explanation, flag, problems)}."


def nearest_miss(explanation: Explanation) -> str | None:
    """What the condition that came nearest lacks; None unless the flag is off for want of a match."""
    reason = explanation.result.reason
    if reason not in (Reason.OUT_OF_ROLLOUT_BOUND, Reason.NO_CONDITION_MATCH, Reason.NO_GROUP_TYPE):
        return None
    tried = [condition for condition in explanation.conditions if condition.outcome != "not_reached"]
    if not tried:
        return None
    nearest = min(tried, key=_distance)
    return f"C{condition_name(nearest)[1:]} came nearest: {_missing(nearest)}."


def _what(explanation: Explanation) -> str:
    return f"“{explanation.flag}” is {answer_words(explanation.result)} for “{printable(explanation.subject)}”"


def _why(explanation: Explanation, flag: CompiledFlag, problems: Sequence[Problem]) -> str:
    result = explanation.result
    match result.reason:
        case Reason.FLAG_DISABLED:
            is_deleted = flag.definition.get("deleted") is True
            return f"the flag is {'deleted' if is_deleted else 'switched off for everybody'}"
        case Reason.MISSING_DEPENDENCY | Reason.ERROR:
            return _because(problems) or result.description
        case Reason.SUPER_CONDITION_VALUE:
            return f"the person {'joined' if result.enabled else 'declined'} its early access"
        case Reason.HOLDOUT_CONDITION_VALUE:
            return f"its holdout keeps the subject out of all conditions ({standing(explanation.holdout)})"
        case Reason.CONDITION_MATCH:
            return _matched(explanation.conditions[result.condition_index or 0])
        case Reason.UNDETERMINED:
            return _undetermined(explanation)
        case _:
            return _unmatched(explanation)


def _because(problems: Sequence[Problem]) -> str:
    return " ".join(problem.message for problem in problems[-1:]).rstrip(".")


def _matched(condition: ConditionTrace) -> str:
    shown = list(dict.fromkeys(map(found, condition.filters)))
    more = f", and {len(shown) - MOST_FILTERS} more" if len(shown) > MOST_FILTERS else ""
    filters = f"matches: {', '.join(shown[:MOST_FILTERS])}{more}" if shown else "is for everybody"
    parts = [f"{condition_name(condition)} {filters}"]
    if condition.bucket is not None and condition.bucket.threshold < 1:
        parts.append(f"its rollout admits the subject ({standing(condition.bucket)})")
    if condition.variant is not None:
        parts.append(_variant(condition.variant))
    return "; ".join(parts)


def _variant(variant: VariantTrace) -> str:
    if variant.pinned:
        return f"it pins the variant “{variant.variant}”"
    place = "which is not known" if variant.unit is None else share(variant.unit)
    return f"the subject's place among the variants, {place}, gives {variant_words(variant.variant)}"


def _unmatched(explanation: Explanation) -> str:
    outcomes = [condition.outcome for condition in explanation.conditions]
    if not outcomes:
        return "it has no conditions, so nobody gets it"
    if explanation.result.reason is Reason.OUT_OF_ROLLOUT_BOUND:
        condition = explanation.conditions[explanation.result.condition_index or 0]
        if condition.outcome == "no_device":
            return f"{condition_name(condition)} cannot be tried without {condition.lacks}"
        ended = " and the flag goes no further (early exit)" if "not_reached" in outcomes else ""
        left_out = f"the rollout of {condition_name(condition)} leaves the subject out"
        return f"{left_out}{ended} ({standing(condition.bucket)})"
    if explanation.result.reason is Reason.NO_GROUP_TYPE:
        last = explanation.conditions[-1]
        return f"{condition_name(last)} cannot be tried without {last.lacks}"
    if len(outcomes) == 1:
        return f"its only condition does not match, because {_missing(explanation.conditions[0])}"
    return f"none of its {len(outcomes)} conditions matches"


def _undetermined(explanation: Explanation) -> str:
    index = explanation.result.condition_index
    if index is None:
        return "what comes before its conditions depends on a value that the recording did not keep"
    redacted = [trace.subject for trace in explanation.conditions[index].filters if trace.outcome == "unknown"]
    named = f" ({', '.join(dict.fromkeys(redacted))})" if redacted else ""
    return f"condition {index + 1} depends on a value that the recording did not keep{named}"


def _distance(condition: ConditionTrace) -> tuple[int, int]:
    """How far a condition is from deciding: filters that miss, then what else is in the way."""
    if condition.lacks is not None:
        return (1, 1)
    misses = sum(trace.outcome != "match" for trace in condition.filters)
    outside = condition.bucket is not None and condition.bucket.inside is False
    return (misses + outside, 0)


def _missing(condition: ConditionTrace) -> str:
    if condition.lacks is not None:
        return f"it cannot be tried without {condition.lacks}"
    misses = [trace for trace in condition.filters if trace.outcome == "miss"]
    open_filters = [trace for trace in condition.filters if trace.outcome == "unknown"]
    lacking = [_lacking(trace) for trace in misses or open_filters]
    if condition.bucket is not None and condition.bucket.inside is False:
        lacking.append(f"its rollout leaves the subject out ({standing(condition.bucket)})")
    return " and ".join(lacking)


def _lacking(trace: FilterTrace) -> str:
    if trace.inert:
        return f"its filter on {trace.subject} never matches ({trace.note})"
    reason = f" ({trace.note})" if trace.kind == "flag" else ""
    return f"{found(trace)}{reason} (wanted: {wanted(trace)})"
