"""Which operators the Python SDK evaluates, and the test that each stands for."""

from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.local.dates import compile_date
from evaluator.local.equality import compile_equality
from evaluator.local.numbers import compile_number
from evaluator.local.regex import compile_regex
from evaluator.local.semver import SEMVER_OPERATORS, compile_semver
from evaluator.local.substrings import SUBSTRING_OPERATORS, compile_substring
from evaluator.local.unknown import UNSUPPORTED
from evaluator.local.value_test import ValueTest, always

_NUMBER: Final = frozenset({"gt", "gte", "lt", "lte"})
OPERATORS: Final = frozenset(
    {"exact", "is_not", "is_set", "is_not_set", "regex", "not_regex", "is_date_before", "is_date_after"}
    | SUBSTRING_OPERATORS
    | _NUMBER
    | SEMVER_OPERATORS
)
"""What the SDK evaluates itself; any other operator it leaves to the server."""


def compile_operator(operator: Any, value: JsonValue, *, explicit_equality: bool) -> ValueTest:
    """The test of ``operator`` (``exact`` where there is none) against the filter value ``value``.

    ``explicit_equality`` is the project's setting that ``exact`` gives true and false no special meaning.
    """
    operator = operator or "exact"
    if not isinstance(operator, str) or operator not in OPERATORS:
        return ValueTest(lambda candidate, now: UNSUPPORTED, always)
    if operator in ("is_set", "is_not_set"):
        found = operator == "is_set"
        return ValueTest(lambda candidate, now: found)
    if operator in ("exact", "is_not"):
        return compile_equality(operator, value, explicit=explicit_equality)
    if operator in SUBSTRING_OPERATORS:
        return compile_substring(operator, value)
    if operator in ("regex", "not_regex"):
        return compile_regex(operator, value)
    if operator in _NUMBER:
        return compile_number(operator, value)
    if operator in SEMVER_OPERATORS:
        return compile_semver(operator, value)
    return compile_date(operator, value)
