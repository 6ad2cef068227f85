"""One filter on a property, of a condition or of a cohort's tree."""

from collections.abc import Iterator
from typing import Any, Final

from evaluator.compile_filter import is_unusable
from evaluator.compiled import ANY_MOMENT, PropertyTest
from evaluator.context import MISSING
from evaluator.definitions.problem import Problem
from evaluator.describe import printable
from evaluator.json_text import brief
from evaluator.local.common_regex import Deferred, compile_pattern
from evaluator.local.operators import compile_operator
from evaluator.local.text import text_of as local_text_of
from evaluator.matching.numbers import numeric_value
from evaluator.matching.text_form import text_of
from evaluator.portability import dates, versions
from evaluator.portability.table import Lint, lint

_SERVER_ONLY: Final = ("icontains_multi", "not_icontains_multi", "between", "not_between")
_PATTERNS: Final = ("regex", "not_regex")
_EQUALITY: Final = ("exact", "is_not")
_TEXTS: Final = frozenset(
    f"{negation}{name}" for name in ("icontains", "starts_with", "ends_with") for negation in ("", "not_")
) | {*_EQUALITY, *_PATTERNS}
_NUMBERS: Final = ("gt", "gte", "lt", "lte")
_PRESENCE: Final = ("is_set", "is_not_set")
_ELSEWHERE: Final = ("in", "not_in", "flag_evaluates_to")


def filter_lints(test: PropertyTest, path: str, zone: str | None) -> Iterator[Problem]:
    """Everything about the filter that SDKs answer otherwise. ``zone`` is the project's time zone, unless it is UTC."""
    entry = test.filter
    operator, wanted = entry.get("operator") or "exact", entry.get("value")
    if operator in _ELSEWHERE:
        return
    if operator == "is_date_exact":
        message = "Instants are compared; a Python SDK evaluating locally does not know “is_date_exact”."
        yield lint(17, f"{path}.operator", message, "Use “is_date_after” and “is_date_before” together.")
        return
    if operator in _SERVER_ONLY:
        message = f"A Python SDK evaluating locally does not know “{operator}” and does not decide."
        yield lint(28, f"{path}.operator", message, _INSTEAD[operator])
        return
    yield from _absence(test, path)
    if operator in _PRESENCE:
        return
    if wanted is None:
        message = (
            "Nobody matches null here; a Python SDK evaluating locally compares with the text “null”, or gives up."
        )
        yield lint(12, f"{path}.value", message, "Use “is_set” or “is_not_set”, or give a value.")
        return
    yield from _by_family(test, operator, wanted, path, zone)


_INSTEAD: Final = {
    "icontains_multi": "Use one condition with “icontains” for each text.",
    "not_icontains_multi": "Use one “not_icontains” filter for each text.",
    "between": "Use “gte” and “lte” together.",
    "not_between": "Use two conditions, one with “lt” and one with “gt”.",
}


def _absence(test: PropertyTest, path: str) -> Iterator[Problem]:
    """Whether a subject without the property matches."""
    always_there = "distinct_id" if test.group_index is None else "$group_key"
    if test.property == always_there or test.predicate(MISSING, ANY_MOMENT) is test.negated:
        return
    owner = "subject" if test.group_index is None else "group"
    name = printable(test.property)
    message = f"A {owner} without “{name}” matches here; a Python SDK evaluating locally does not decide."
    if _takes_empty_text_alike(test):
        fix = f"Pass “{name}” with every check; for this filter, an empty text will do where there is none."
    else:
        fix = "Let the server decide, or always pass a word such as “none” where there is none, and compare with that."
    yield lint(1, path, message, fix)


def _takes_empty_text_alike(test: PropertyTest) -> bool:
    """Whether server and SDKs all answer an empty text as the server answers a subject without the property."""
    absent = test.predicate(MISSING, ANY_MOMENT)
    local = compile_operator(test.filter.get("operator"), test.filter.get("value"), explicit_equality=False)
    return test.predicate("", ANY_MOMENT) is absent and local.answer("", ANY_MOMENT) is absent


def _by_family(test: PropertyTest, operator: str, wanted: Any, path: str, zone: str | None) -> Iterator[Problem]:
    usable = not is_unusable(test.filter, test.predicate)
    if operator in _TEXTS:
        yield from _text_lints(operator, wanted, path)
    elif operator in _NUMBERS:
        yield from _number_lints(operator, wanted, path)
    elif operator in dates.OPERATORS:
        yield from dates.date_lints(printable(test.property), wanted, path, zone)
    elif operator in versions.OPERATORS:
        local = compile_operator(operator, wanted, explicit_equality=True)
        yield from versions.version_lints(operator, wanted, path, here=usable, there=not local.unusable(ANY_MOMENT))
    if test.negated and not usable and operator not in _PATTERNS:
        message = "The filter cannot be used and is negated, so everybody matches; "
        message += "a Python SDK evaluating locally does not decide."
        yield lint(32, path, message, "Correct the filter's value, or take it out.")


def _text_lints(operator: str, wanted: Any, path: str) -> Iterator[Problem]:
    place = f"{path}.value"
    if operator in _PATTERNS:
        yield from _pattern_lints(wanted, place)
    for value in wanted if operator in _EQUALITY and isinstance(wanted, list) else [wanted]:
        local = local_text_of(value)
        if local is not None and local != text_of(value):
            message = f"{printable(local)} has more than 64 bits and reads as {printable(text_of(value))}; "
            message += "a Python SDK evaluating locally compares all its digits."
            yield lint(45, place, message, "Write the number as text, in quotes.")
            break
    if operator in _EQUALITY and _holds_whole_number(wanted):
        message = "posthog-node does not decide on a whole number, which JavaScript cannot tell from one like 5.0; "
        message += "the server and the Python SDK compare its text."
        fix = (
            "Write the number in quotes, and pass the property as text too: one that is a whole number stays undecided."
        )
        yield Problem(place, str(Lint.NODE_WHOLE_NUMBER), message, fix)


def _pattern_lints(wanted: Any, place: str) -> Iterator[Problem]:
    if not isinstance(wanted, str) and str(wanted) != text_of(wanted):
        message = f"The pattern is no text and reads as {printable(text_of(wanted))}; "
        message += f"a Python SDK evaluating locally reads it as {printable(str(wanted))}."
        yield lint(46, place, message, "Write the pattern as text.")
    try:
        compile_pattern(str(wanted))
    except Deferred:
        message = (
            "A Python SDK evaluating locally does not decide with this pattern: it evaluates plain groups, classes and "
            "repetitions only, without “(?i)”, “\\b”, “\\p{…}”, look-around or repeated repetitions."
        )
        yield lint(27, place, message, "Write it without these, or use “icontains” or a list of values.")


def _number_lints(operator: str, wanted: Any, path: str) -> Iterator[Problem]:
    if numeric_value(wanted) is not None:
        return
    place, value = f"{path}.value", brief(wanted)
    message = f"{value} is no finite number, so nobody matches; a Python SDK evaluating locally does not decide."
    yield lint(14, place, message, "Give a number.")
    if operator == "lt" and wanted in ("", []):
        return  # posthog-node compares with the empty text, and no text is before that
    message = f"{value} is no finite number; posthog-node compares it as text, or reads it as one."
    yield Problem(place, str(Lint.NODE_NUMBER), message, f"Give “{operator}” a number.")


def _holds_whole_number(value: Any) -> bool:
    """Whether a finite number without a fraction stands in the value, at any depth."""
    pending = [value]
    while pending:
        match pending.pop():
            case bool():
                continue
            case int():
                return True
            case float() as number if number.is_integer():
                return True
            case list() as parts:
                pending.extend(parts)
            case dict() as parts:
                pending.extend(parts.values())
    return False
