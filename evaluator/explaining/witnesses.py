"""Values that a filter brings to mind: those just inside and just outside of what it asks for.

They are only candidates. Whoever uses one puts it to the filter first.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.matching.numbers import numeric_value

MOST_VALUES: Final = 50
"""Values of one filter's list that are tried."""

_ALTERNATIVE: Final = re.compile(r"[^\w@.,:/ +-]+")
_RELATIVE: Final = re.compile(r"-?([0-9]{1,4})([hdwmy])")
_DAYS: Final = {"h": 1 / 24, "d": 1, "w": 7, "m": 31, "y": 366}
_VERSION: Final = re.compile(r"[\^~=v ]*([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?.*", re.DOTALL)
_DAY: Final = timedelta(days=1)


def witnesses(filter: Mapping[str, Any], now: datetime) -> Iterator[JsonValue]:
    """Candidates for the value of a filter's property, the likeliest first."""
    operator, value = filter.get("operator") or "exact", filter.get("value")
    values = list(islice(value, MOST_VALUES)) if isinstance(value, list) else [value]
    if operator in ("is_set", "is_not_set"):
        yield "any"
        return
    for entry in values:
        if operator in ("regex", "not_regex"):
            yield from _fragments(entry)
        elif operator.startswith("is_date"):
            yield from _days(entry, now)
        elif operator.startswith("semver"):
            yield from _versions(entry)
        else:
            yield entry
            yield from _neighbours(entry) if operator in _ORDERED else ()


_ORDERED: Final = frozenset({"gt", "gte", "lt", "lte", "min", "max", "between", "not_between"})


def _neighbours(value: JsonValue) -> Iterator[JsonValue]:
    number = numeric_value(value)
    if number is None or abs(number) >= 1e15:
        return
    whole = int(number) if number == int(number) else number
    yield from (whole + 1, whole - 1)


def _fragments(pattern: JsonValue) -> Iterator[JsonValue]:
    """Texts that simple patterns find: the pattern without its punctuation, and each of its alternatives."""
    if not isinstance(pattern, str):
        return
    for part in (pattern, *pattern.split("|")[:MOST_VALUES]):
        literal = part.replace("\\d+", "1").replace("\\d", "1").replace(".+", "x").replace(".*", "").replace("\\", "")
        yield _ALTERNATIVE.sub("", literal)


def _days(value: JsonValue, now: datetime) -> Iterator[JsonValue]:
    if not isinstance(value, str):
        return
    relative = _RELATIVE.fullmatch(value)
    try:
        if relative is not None:
            moment = now - timedelta(days=int(relative[1]) * _DAYS[relative[2]])
        else:
            yield value
            moment = datetime.fromisoformat(value)
        yield from (when.date().isoformat() for when in (moment + _DAY, moment - _DAY, moment))
    except (ValueError, OverflowError):
        return


def _versions(value: JsonValue) -> Iterator[JsonValue]:
    found = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return
    major, minor, patch = (int(part or 0) for part in found.groups())
    yield f"{major}.{minor}.{patch}"
    yield f"{major}.{minor}.{patch + 1}"
    yield f"{major}.{minor + 1}.0"
    yield f"{major + 1}.0.0"
    lower = (major, minor, patch - 1) if patch else (major, minor - 1, 0) if minor else (max(major - 1, 0), 0, 0)
    yield ".".join(map(str, lower))
