"""The phrases that all explanations are made of."""

from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.describe import cohort_label, condition_label, date_words, operator_phrase, printable
from evaluator.explaining.explanation import BucketTrace, ConditionTrace, FilterTrace
from evaluator.json_text import brief
from evaluator.result import Reason, Result


def answer_words(result: Result) -> str:
    """An answer: ``on``, ``off``, the variant in quotes, or that there is none."""
    if result.value is None:
        return "undetermined" if result.reason is Reason.UNDETERMINED else "without an answer"
    return value_words(result.value)


def value_words(value: bool | str) -> str:
    """A flag's value: ``on``, ``off`` or the variant in quotes."""
    if isinstance(value, str):
        return f"“{printable(value)}”"
    return "on" if value else "off"


def variant_words(variant: str | None) -> str:
    """A variant in quotes, or that there is none."""
    return "no variant" if variant is None else f"“{variant}”"


def found(trace: FilterTrace) -> str:
    """What the subject has, in the terms of one filter."""
    match trace.kind:
        case "cohort":
            belongs = "may be in" if trace.actual is REDACTED else "is in" if trace.actual else "is not in"
            return f"the person {belongs} {cohort_name(trace)}"
        case "flag":
            value = "without a value" if trace.actual is MISSING else flag_value(trace.actual)
            return f"flag “{trace.subject}” is {value}"
        case _:
            return f"{trace.subject} is {named(trace.actual)}"


def cohort_name(trace: FilterTrace) -> str:
    """The cohort that a filter asks for, by its id and its name."""
    return cohort_label(trace.subject, trace.note or "")


def wanted(trace: FilterTrace) -> str:
    """What one filter asks for, without its subject."""
    value = brief(trace.expected)
    match trace.operator:
        case "exact":
            asked = f"one of {value}" if isinstance(trace.expected, list) else value
        case "is_not":
            asked = f"none of {value}" if isinstance(trace.expected, list) else f"anything but {value}"
        case "is_set" | "in":
            asked = "any value" if trace.operator == "is_set" else "in it"
        case "is_not_set" | "not_in":
            asked = "no value" if trace.operator == "is_not_set" else "not in it"
        case "flag_evaluates_to":
            asked = flag_value(trace.expected)
        case "is_date_before" | "is_date_after" | "is_date_exact":
            asked = f"{operator_phrase(trace.operator)} {date_words(trace.expected)}"
        case _:
            asked = f"{operator_phrase(trace.operator)} {value}"
    return f"not {asked}" if trace.negated else asked


def flag_value(value: JsonValue | Mark) -> str:
    """What a flag gives or should give."""
    return value_words(value) if isinstance(value, bool | str) else named(value)


def named(value: JsonValue | Mark) -> str:
    """A property's value, or which kind of none there is."""
    if value is MISSING:
        return "missing"
    return "not known (the recording did not keep it)" if value is REDACTED else brief(value)


def condition_name(condition: ConditionTrace) -> str:
    """A condition by its number, counted from 1, and its permanent id."""
    return condition_label(condition.index, condition.id)


def standing(bucket: BucketTrace | None) -> str:
    """Where a subject stands and how far a share reaches."""
    if bucket is None or bucket.unit is None:
        return "the place is not known"
    whose = {"distinct_id": "subject's place", "device_id": "device's place", "continuity": "place of the earlier id"}
    place = whose.get(bucket.hashed, f"place of the {bucket.hashed}")
    return f"the {place} is {share(bucket.unit)}; places up to {bucket.threshold * 100:.6g} % are in"


def share(unit: float) -> str:
    """A place between 0 and 1 as a percentage with the four decimals that tell subjects apart."""
    return f"{unit * 100:.4f} %"
