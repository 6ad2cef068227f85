"""Date filters as the Python SDK reads them (7.91.1 on Python 3.11): everything without a zone is UTC."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final

from evaluator.context import JsonValue
from evaluator.local.unknown import MISSING_CONTEXT, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest

_RELATIVE: Final = re.compile(r"-?([0-9]+)([hdwmy])\n?")
_YEAR: Final = re.compile(r"\d{4}")
_BLANK_BEFORE_OFFSET: Final = re.compile(r" (?=[+-]\d{2}:\d{2}\Z)")
_LONGEST_SPAN: Final = 9_999
_SAFE_DAY: Final = 28
_FIXED_SPANS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def compile_date(operator: str, value: JsonValue) -> ValueTest:
    """The test of ``is_date_before`` or ``is_date_after``.

    Whether its filter is usable depends on the moment: ``2000y`` reaches before year 1 until the year 2001, and
    ``2023`` has no 29 February.
    """
    text = str(value)
    before = operator == "is_date_before"

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        if candidate is None:
            return False
        bound = filter_moment(text, now)
        if bound is None:
            return UNSUPPORTED
        return _compare(candidate, bound, before, now)

    return ValueTest(decide, lambda now: filter_moment(text, now) is None)


def filter_moment(text: str, now: datetime) -> datetime | None:
    """The moment that a filter names: a span into the past like ``-7d`` (the sign is optional), or a date."""
    span = _RELATIVE.fullmatch(text)
    if span is not None and (amount := _bounded(span[1])) is not None:
        moment = _before(now.astimezone(UTC), amount, span[2])
        if moment is not None:
            return moment
    return absolute_moment(text, now)


def absolute_moment(text: str, now: datetime) -> datetime | None:
    """An ISO 8601 date or time; a bare year is today's month and day in that year."""
    text = text.strip()
    try:
        if text.endswith("Z"):
            text = text[:-1] + "+00:00"
        elif text.upper().endswith(" UTC"):
            text = text[:-4] + "+00:00"
        elif _YEAR.fullmatch(text):
            today = now.astimezone(UTC)
            return datetime(int(text), today.month, today.day, tzinfo=UTC)
        moment = datetime.fromisoformat(_BLANK_BEFORE_OFFSET.sub("", text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _compare(candidate: JsonValue, bound: datetime, before: bool, now: datetime) -> Truth:
    if isinstance(candidate, str):
        moment = absolute_moment(candidate, now)
        if moment is None:
            return MISSING_CONTEXT
        return moment < bound if before else moment > bound
    if isinstance(candidate, datetime):
        aware = candidate if candidate.tzinfo is not None else candidate.replace(tzinfo=UTC)
        return aware < bound if before else aware > bound
    if isinstance(candidate, date):
        return candidate < bound.date() if before else candidate > bound.date()
    return MISSING_CONTEXT


def _bounded(digits: str) -> int | None:
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= len(str(_LONGEST_SPAN)) else None


def _before(moment: datetime, amount: int, unit: str) -> datetime | None:
    """``moment`` minus ``amount`` units; None before year 1. Months and years clamp the day after every single step."""
    try:
        if unit in _FIXED_SPANS:
            return moment - amount * _FIXED_SPANS[unit]
        if unit == "y":
            leap_day = amount > 0 and (moment.month, moment.day) == (2, 29)
            return moment.replace(year=moment.year - amount, day=_SAFE_DAY if leap_day else moment.day)
        return _months_before(moment, amount)
    except (ValueError, OverflowError):
        return None


def _months_before(moment: datetime, amount: int) -> datetime:
    month_number = moment.year * 12 + moment.month - 1
    day = moment.day
    for number in range(month_number - 1, month_number - 1 - amount, -1):
        if day <= _SAFE_DAY:
            break
        year, month = divmod(number, 12)
        day = min(day, monthrange(year, month + 1)[1])
    year, month = divmod(month_number - amount, 12)
    return moment.replace(year=year, month=month + 1, day=day)
