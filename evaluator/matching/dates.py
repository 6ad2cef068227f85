"""Date operators: instants against instants, some of them relative to now, in the project's time zone."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import floor, fmod
from typing import Final

from evaluator.compiled import Predicate
from evaluator.context import JsonValue, Mark
from evaluator.matching.instants import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    day_number,
    days_in_month,
    instant_of,
    months_before,
    wall_of,
    years_before,
)
from evaluator.matching.numbers import numeric_value

COMPARISONS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "is_date_exact": operator.eq,
    "is_date_before": operator.lt,
    "is_date_after": operator.gt,
}

_RELATIVE: Final = re.compile(r"-?([0-9]+)([hdwmy])")
_RELATIVE_LIMIT: Final = 10_000
_OFFSET_DATETIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+\-\u2212])([0-9]{2}):([0-5][0-9]))"
)
_WALL_DATETIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]+))?)?)?"
)
_UNIX_SECONDS: Final = range(day_number(-262_143, 1, 1) * 86_400, (day_number(262_142, 12, 31) + 1) * 86_400)
"""The Unix seconds whose date the server can hold."""


@dataclass(frozen=True, slots=True)
class _Past:
    """A span before now: both ``7d`` and ``-7d``."""

    count: int
    unit: str


_Moment = int | _Past


def compares(wanted: JsonValue, *, comparison: Callable[[int, int], bool], timezone: tzinfo) -> Predicate | None:
    """``is_date_exact``, ``is_date_before``, ``is_date_after``; None if the wanted value is no date.

    Both sides may be absolute (RFC 3339; or a date with or without a time, on the clocks of ``timezone``) or relative
    to now. The property may be Unix seconds as well, also as text.
    """
    limit = _moment(wanted, timezone) if isinstance(wanted, str) else None
    if limit is None:
        return None

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        moment = _property_moment(value, timezone)
        if moment is None:
            return False
        left, right = _instant(moment, now, timezone), _instant(limit, now, timezone)
        return left is not None and right is not None and comparison(left, right)

    return matches


def _property_moment(value: JsonValue | Mark, timezone: tzinfo) -> _Moment | None:
    seconds = numeric_value(value)
    if seconds is not None:
        return _unix_instant(seconds)
    return _moment(value, timezone) if isinstance(value, str) else None


def _unix_instant(seconds: float) -> int | None:
    """Unix seconds, rounded to nanoseconds. Before 1970 the server drops the fraction towards the past."""
    whole = floor(seconds)
    fraction = max(fmod(seconds, 1.0), 0.0) * SECOND
    nanoseconds = int(fraction) + (fraction % 1.0 >= 0.5)
    if whole not in _UNIX_SECONDS or nanoseconds >= SECOND:
        return None
    return whole * SECOND + nanoseconds


def _moment(text: str, timezone: tzinfo) -> _Moment | None:
    relative = _RELATIVE.fullmatch(text)
    if relative:
        count = relative[1].lstrip("0")
        return _Past(int(count or "0"), relative[2]) if len(count) < len(str(_RELATIVE_LIMIT)) else None
    with_offset = _OFFSET_DATETIME.fullmatch(text)
    if with_offset:
        return _at_offset(with_offset)
    on_the_wall = _WALL_DATETIME.fullmatch(text)
    if on_the_wall:
        wall = _wall(on_the_wall)
        return None if wall is None else instant_of(wall, timezone)
    return None


def _at_offset(match: re.Match[str]) -> int | None:
    wall = _wall(match)
    sign, hours, minutes = match[8], match[9], match[10]
    if wall is None or sign is None:
        return wall
    offset = int(hours) * HOUR + int(minutes) * MINUTE
    if offset >= DAY:
        return None
    return wall - offset if sign == "+" else wall + offset


def _wall(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part or "0") for part in match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    fraction = int((match[7] or "")[:9].ljust(9, "0"))
    return day_number(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction


def _instant(moment: _Moment, now: datetime, timezone: tzinfo) -> int | None:
    if not isinstance(moment, _Past):
        return moment
    wall = wall_of(now, timezone)
    if moment.unit == "m":
        return instant_of(months_before(wall, moment.count), timezone)
    if moment.unit == "y":
        return instant_of(years_before(wall, moment.count), timezone)
    span = {"h": HOUR, "d": DAY, "w": 7 * DAY}[moment.unit]
    return instant_of(wall - moment.count * span, timezone)
