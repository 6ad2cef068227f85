"""An explanation in words."""

from collections.abc import Sequence
from typing import Final

from evaluator.compiled import CompiledFlag
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.definitions.problem import Problem
from evaluator.explaining.explanation import BucketTrace, ConditionTrace, Explanation, FilterTrace, VariantTrace
from evaluator.json_text import brief
from evaluator.result import Reason

MOST_FILTERS: Final = 3
"""Filters that a sentence names."""

LONGEST_VALUE: Final = 60
"""Characters of a value that a sentence quotes."""


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
    return f"{_name(nearest)} came nearest: {_missing(nearest)}."


def _what(explanation: Explanation) -> str:
    result = explanation.result
    who = f"“{explanation.flag}” is"
    if result.value is None:
        state = "undetermined" if result.reason is Reason.UNDETERMINED else "without an answer"
    elif isinstance(result.value, str):
        state = f"“{result.value}”"
    else:
        state = "on" if result.value else "off"
    return f"{who} {state} for “{_cut(explanation.subject)}”"


def _why(explanation: Explanation, flag: CompiledFlag, problems: Sequence[Problem]) -> str:
    result = explanation.result
    match result.reason:
        case Reason.FLAG_DISABLED:
            return "the flag is deleted" if flag.definition.get("deleted") is True else "the flag is not active"
        case Reason.MISSING_DEPENDENCY | Reason.ERROR:
            return _because(problems) or result.description
        case Reason.SUPER_CONDITION_VALUE:
            return f"the person {'joined' if result.enabled else 'declined'} its early access"
        case Reason.HOLDOUT_CONDITION_VALUE:
            return f"the subject belongs to its holdout ({_bucket(explanation.holdout)})"
        case Reason.CONDITION_MATCH:
            return _matched(explanation.conditions[result.condition_index or 0])
        case Reason.UNDETERMINED:
            return _undetermined(explanation)
        case _:
            return _unmatched(explanation)


def _because(problems: Sequence[Problem]) -> str:
    return " ".join(problem.message for problem in problems[-1:]).rstrip(".")


def _matched(condition: ConditionTrace) -> str:
    shown = ", ".join(_found(trace) for trace in condition.filters[:MOST_FILTERS])
    more = len(condition.filters) - MOST_FILTERS
    filters = f"matches: {shown}{f', and {more} more' if more > 0 else ''}" if condition.filters else "has no filters"
    parts = [f"{_name(condition).lower()} {filters}"]
    if condition.bucket is not None and condition.bucket.threshold < 1:
        parts.append(f"its rollout admits the subject ({_bucket(condition.bucket)})")
    if condition.variant is not None:
        parts.append(_variant(condition.variant))
    return "; ".join(parts)


def _variant(variant: VariantTrace) -> str:
    if variant.pinned:
        return f"it pins the variant “{variant.variant}”"
    place = "an unknown variant bucket" if variant.unit is None else f"variant bucket {_percent(variant.unit)}"
    return f"{place} falls to {'no variant' if variant.variant is None else f'“{variant.variant}”'}"


def _unmatched(explanation: Explanation) -> str:
    outcomes = [condition.outcome for condition in explanation.conditions]
    if not outcomes:
        return "it has no conditions"
    if explanation.result.reason is Reason.OUT_OF_ROLLOUT_BOUND:
        condition = explanation.conditions[explanation.result.condition_index or 0]
        if condition.outcome == "no_device":
            return f"{_name(condition).lower()} needs {condition.lacks}"
        return f"the rollout of {_name(condition).lower()} leaves the subject out ({_bucket(condition.bucket)})"
    if explanation.result.reason is Reason.NO_GROUP_TYPE:
        return f"{_name(explanation.conditions[-1]).lower()} needs {explanation.conditions[-1].lacks}"
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
        return f"it needs {condition.lacks}"
    misses = [trace for trace in condition.filters if trace.outcome == "miss"]
    open_filters = [trace for trace in condition.filters if trace.outcome == "unknown"]
    lacking = [_lacking(trace) for trace in misses or open_filters]
    if condition.bucket is not None and condition.bucket.inside is False:
        lacking.append(f"its rollout leaves the subject out ({_bucket(condition.bucket)})")
    return " and ".join(lacking)


def _lacking(trace: FilterTrace) -> str:
    if trace.inert:
        return f"its filter on {trace.subject} never matches ({trace.note})"
    reason = f" ({trace.note})" if trace.kind == "flag" else ""
    return f"{_found(trace)}{reason} (wanted: {_wanted(trace)})"


def _found(trace: FilterTrace) -> str:
    """What the subject has, in the terms of one filter."""
    match trace.kind:
        case "cohort":
            belongs = "may be in" if trace.actual is REDACTED else "is in" if trace.actual else "is not in"
            own_name = trace.note and trace.note != f"cohort {trace.subject}"
            return f"the person {belongs} cohort {trace.subject}" + (f" “{trace.note}”" if own_name else "")
        case "flag":
            value = "without a value" if trace.actual is MISSING else _named(trace.actual)
            return f"flag “{trace.subject}” is {value}"
        case _:
            return f"{trace.subject} is {_named(trace.actual)}"


def _wanted(trace: FilterTrace) -> str:
    value = quoted(trace.expected)
    match trace.operator:
        case "exact":
            wanted = f"one of {value}" if isinstance(trace.expected, list) else value
        case "is_not":
            wanted = f"none of {value}" if isinstance(trace.expected, list) else f"anything but {value}"
        case "is_set" | "in":
            wanted = "any value" if trace.operator == "is_set" else "in it"
        case "is_not_set" | "not_in":
            wanted = "no value" if trace.operator == "is_not_set" else "not in it"
        case "flag_evaluates_to":
            wanted = value
        case _:
            wanted = f"{trace.operator} {value}"
    return f"not {wanted}" if trace.negated else wanted


def _named(value: JsonValue | Mark) -> str:
    if value is MISSING:
        return "missing"
    return "redacted" if value is REDACTED else quoted(value)


def _name(condition: ConditionTrace) -> str:
    return f"Condition {condition.index + 1}" + (f" ({condition.id})" if condition.id else "")


def _bucket(bucket: BucketTrace | None) -> str:
    if bucket is None or bucket.unit is None:
        return "its bucket is not known"
    return f"bucket {_percent(bucket.unit)}, limit {bucket.threshold * 100:.6g} %"


def _percent(share: float) -> str:
    return f"{share * 100:.4f} %"


def quoted(value: JsonValue) -> str:
    """A value as JSON text, cut where it gets long."""
    return brief(value, LONGEST_VALUE)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
