"""``gt``, ``gte``, ``lt`` and ``lte``."""

import math
import operator as operators
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from evaluator.context import JsonValue
from evaluator.local.unknown import UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest, always, never

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "gt": operators.gt,
    "gte": operators.ge,
    "lt": operators.lt,
    "lte": operators.le,
}


def compile_number(operator: str, value: JsonValue) -> ValueTest:
    """Compare as binary64. A filter that is no number is left to the server; a value that is none does not match."""
    compare = _COMPARISONS[operator]
    bound = number_of(value)
    if bound is None:
        return ValueTest(lambda candidate, now: UNSUPPORTED, always)

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        number = number_of(candidate)
        return number is not None and compare(number, bound)

    return ValueTest(decide, never)


def number_of(value: JsonValue) -> float | None:
    """A finite JSON number (or a ``Decimal`` of a caller in Python), or text that is exactly a decimal number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None
