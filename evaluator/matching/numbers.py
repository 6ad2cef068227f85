"""Numeric operators: comparisons and ranges in binary64."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Final

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_A_NUMBER: Final = re.compile(r"[+-]?nan", re.IGNORECASE | re.ASCII)

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def numeric_value(value: JsonValue | Mark) -> float | None:
    """The finite number that a value is or, as text, spells out without spaces or underscores; else None.

    The words ``inf`` and ``nan`` are no numbers here, although older servers read them as such.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        return None
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def compares(wanted: JsonValue, *, comparison: Callable[[float, float], bool]) -> Predicate | None:
    """``gt``, ``gte``, ``lt``, ``lte``: a numeric property stands so to the wanted number; None if that is none."""
    limit = numeric_value(wanted)
    if limit is None:
        return None

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        number = numeric_value(value)
        return number is not None and comparison(number, limit)

    return matches


def within(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``between`` and its complement, for ``[least, greatest]``, both included.

    A property that is absent or no number is not between anything. Not-a-number spelled out, or limits that are not
    two ordered numbers, match neither operator.
    """
    limits = _limits(wanted)

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        if value is MISSING:
            return not positive
        if limits is None or _is_not_a_number(value):
            return False
        number = numeric_value(value)
        inside = number is not None and limits[0] <= number <= limits[1]
        return inside is positive

    return matches


def _limits(wanted: JsonValue) -> tuple[float, float] | None:
    if not isinstance(wanted, list | tuple) or len(wanted) != 2:
        return None
    least, greatest = map(numeric_value, wanted)
    if least is None or greatest is None or least > greatest:
        return None
    return least, greatest


def _is_not_a_number(value: JsonValue | Mark) -> bool:
    if isinstance(value, str):
        return _NOT_A_NUMBER.fullmatch(value) is not None
    return isinstance(value, float) and value != value
