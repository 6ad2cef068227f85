"""Values to try: what the filters name, and its neighbours."""

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from math import isfinite, nextafter
from typing import Final

from evaluator.analysis.ordered_values import Asked
from evaluator.analysis.questions import FilterQuestion, items
from evaluator.context import JsonValue
from evaluator.matching.numbers import numeric_value
from evaluator.matching.semver import version_of

MOST_EXAMPLES: Final = 200
"""Values of one question, and of those that are named, that are tried."""

_ALWAYS: Final[tuple[JsonValue, ...]] = ("", "-", "another value", None, False, True, "true", "false", 0, [], [True])
_DATES: Final = ("0001-01-02", "9999-12-31", "0d", "9999y")
_VERSIONS: Final = ("0.0.0-0", "99999999.0.0", "1.0.0-0")


def examples(asked: Asked, named: Iterable[str]) -> list[JsonValue]:
    """Values that may tell the questions apart, the plainest first."""
    found: list[JsonValue] = []
    for question in asked.values():
        found.extend(islice(_of_question(question), MOST_EXAMPLES))
    found.extend(islice(named, MOST_EXAMPLES))
    found.extend(_ALWAYS)
    found.extend(_between(sorted({number for value in found if (number := numeric_value(value)) is not None})))
    return found


def _of_question(question: FilterQuestion) -> Iterator[JsonValue]:
    for value in items(question.value):
        yield value
        if question.family == "text" and isinstance(value, str):
            yield from (f"{value}-", f"-{value}", f"-{value}-")
        if question.family in ("version", "range"):
            yield from _near_version(value)
    if question.family == "date":
        yield from _DATES


def _near_version(value: JsonValue) -> Iterator[JsonValue]:
    version = version_of(value)
    if version is not None:
        major, minor, patch = version.core
        yield from (f"{major}.{minor}.{patch + 1}", f"{major}.{minor}.{patch}-0", f"{major}.{minor}.{patch}")
        yield from (f"{major}.{minor + 1}.0", f"{major + 1}.0.0")
    yield from _VERSIONS


def _between(numbers: list[float]) -> Iterator[JsonValue]:
    if not numbers:
        return
    for low, high in pairwise(numbers):
        yield low / 2 + high / 2
    yield from (number for number in (numbers[0] - 1, numbers[-1] + 1) if isfinite(number))
    for number in numbers:
        yield from (beside for towards in (-1e300, 1e300) if isfinite(beside := nextafter(number, towards)))
