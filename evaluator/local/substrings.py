"""``icontains``, ``starts_with``, ``ends_with`` and their negations."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from evaluator.context import JsonValue
from evaluator.local.text import text_of
from evaluator.local.unknown import MISSING_CONTEXT, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest, always, never
from evaluator.matching.text_form import ascii_lower

_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "icontains": str.__contains__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
SUBSTRING_OPERATORS: Final = frozenset({*_TESTS, *(f"not_{name}" for name in _TESTS)})


def compile_substring(operator: str, value: JsonValue) -> ValueTest:
    """Substring tests on texts; only A to Z fold, and a list is its JSON text."""
    wanted = not operator.startswith("not_")
    test = _TESTS[operator.removeprefix("not_")]
    part = text_of(value)
    folded = None if part is None else ascii_lower(part)

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        text = text_of(candidate)
        if text is None:
            return MISSING_CONTEXT
        return UNSUPPORTED if folded is None else test(ascii_lower(text), folded) is wanted

    return ValueTest(decide, always if folded is None else never)
