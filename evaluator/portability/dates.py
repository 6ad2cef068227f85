"""Dates: their shapes, the project's time zone, and what properties hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from evaluator.compiled import Predicate
from evaluator.definitions.problem import Problem
from evaluator.json_text import brief
from evaluator.local.dates import filter_moment
from evaluator.matching import compile_predicate
from evaluator.portability.table import lint

OPERATORS: Final = ("is_date_before", "is_date_after")
SPAN_UNITS: Final = ("h", "d", "w", "m", "y")

_MOMENTS: Final = (datetime(2001, 6, 15, 12, 30, tzinfo=UTC), datetime(2035, 8, 7, 6, 5, 4, tzinfo=UTC))
"""Two ordinary moments: whoever reads a filter alike at both reads it alike."""


def date_lints(name: str, wanted: Any, path: str, zone: str | None) -> Iterator[Problem]:
    """A filter on the date in property ``name``. ``zone`` is the project's, where it is not UTC."""
    place = f"{path}.value"
    local = [filter_moment(str(wanted), moment) for moment in _MOMENTS]
    if not _server_reads(wanted):
        if local == [None, None]:
            message = "The value is no date, so nobody matches; a Python SDK evaluating locally does not decide."
            yield lint(14, place, message, "Write an ISO date, or a span such as “-7d”.")
        else:
            message = (
                f"{brief(wanted)} is no date here, so nobody matches; a Python SDK evaluating locally reads it as one."
            )
            yield lint(47, place, message, "Write a full ISO date, such as “2026-01-31”.")
        return
    if not all(_same(wanted, found, moment) for found, moment in zip(local, _MOMENTS, strict=True)):
        yield _shape_lint(wanted, place)
    if zone is not None:
        message = (
            f"Dates without an offset and spans before now are read on the clocks of {zone}; "
            "a Python SDK evaluating locally reads them in UTC."
        )
        yield lint(15, path, message, f"Give the date an offset (“Z”), here and in “{name}”.")


def _shape_lint(wanted: str, place: str) -> Problem:
    if wanted.endswith(SPAN_UNITS):
        message = (
            f"{brief(wanted)} can reach before the year 1, which is a moment here; "
            "a Python SDK evaluating locally does not decide."
        )
        return lint(60, place, message, "Write a shorter span, or “is_set” where any date will do.")
    message = f"A Python SDK evaluating locally does not read {brief(wanted)} as this date, or not at all."
    return lint(47, place, message, "Write it like “2026-01-31” or “2026-01-31T08:00:00Z”.")


def _server_reads(wanted: Any) -> bool:
    exact = _exactly(wanted)
    return any(exact(wanted, moment) for moment in _MOMENTS)


def _same(wanted: Any, found: datetime | None, moment: datetime) -> bool:
    if found is None:
        return False
    try:
        text = found.astimezone(UTC).isoformat()
    except OverflowError:
        return False
    return _exactly(wanted)(text, moment)


def _exactly(wanted: Any) -> Predicate:
    entry = {"operator": "is_date_exact", "value": wanted}
    return compile_predicate(entry, matching_version=1, timezone=UTC).predicate
