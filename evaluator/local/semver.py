"""Versions as the Python SDK compares them: three whole numbers, pre-release and build left out."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from evaluator.context import JsonValue
from evaluator.local.unknown import MISSING_CONTEXT, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest, always, never

Version = tuple[int, int, int]

_COMPARISONS: Final[dict[str, Callable[[Version, Version], bool]]] = {
    "semver_eq": lambda found, wanted: found == wanted,
    "semver_neq": lambda found, wanted: found != wanted,
    "semver_gt": lambda found, wanted: found > wanted,
    "semver_gte": lambda found, wanted: found >= wanted,
    "semver_lt": lambda found, wanted: found < wanted,
    "semver_lte": lambda found, wanted: found <= wanted,
}
SEMVER_OPERATORS: Final = frozenset({*_COMPARISONS, "semver_tilde", "semver_caret", "semver_wildcard"})


def compile_semver(operator: str, value: JsonValue) -> ValueTest:
    """The test of a ``semver_*`` operator."""
    accepts = _acceptance(operator, value)

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        if candidate is None:
            return False
        if accepts is None:
            return UNSUPPORTED
        version = parse_version(str(candidate))
        return MISSING_CONTEXT if version is None else accepts(version)

    return ValueTest(decide, always if accepts is None else never)


def parse_version(text: str) -> Version | None:
    """Major, minor and patch; a missing or empty minor or patch is 0, anything after the patch is not looked at."""
    core = _without_prefix(text).split("-")[0].split("+")[0]
    parts = core.split(".", 3)[:3]
    if not parts[0]:
        return None
    numbers = [_whole_number(part) if part else 0 for part in parts]
    return _version(numbers)


def _acceptance(operator: str, value: JsonValue) -> Callable[[Version], bool] | None:
    text = str(value)
    if operator in _COMPARISONS:
        wanted = parse_version(text)
        compare = _COMPARISONS[operator]
        return None if wanted is None else lambda version: compare(version, wanted)
    bounds = _wildcard_bounds(text) if operator == "semver_wildcard" else _range_bounds(operator, text)
    if bounds is None:
        return None
    lower, upper = bounds
    return lambda version: lower <= version < upper


def _range_bounds(operator: str, text: str) -> tuple[Version, Version] | None:
    lower = parse_version(text)
    if lower is None:
        return None
    major, minor, patch = lower
    if operator == "semver_tilde":
        return lower, (major, minor + 1, 0)
    if major:
        return lower, (major + 1, 0, 0)
    return lower, (0, minor + 1, 0) if minor else (0, 0, patch + 1)


def _wildcard_bounds(text: str) -> tuple[Version, Version] | None:
    """``1.*`` is major 1, ``1.2.*`` is 1.2; with three or more numbers it is that patch alone."""
    parts = [part for part in _without_prefix(text).replace("*", "").split(".") if part][:3]
    lower = _version([_whole_number(part) for part in parts]) if parts else None
    if lower is None:
        return None
    major, minor, patch = lower
    return lower, [(major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1)][len(parts) - 1]


def _without_prefix(text: str) -> str:
    return text.strip().lstrip("vV")


def _whole_number(part: str) -> int | None:
    """Digits without a leading zero."""
    if not part.isdigit() or (len(part) > 1 and part[0] == "0"):
        return None
    try:
        return int(part)
    except ValueError:  # digits such as a superscript two, or more of them than Python converts
        return None


def _version(numbers: list[int | None]) -> Version | None:
    known = [number for number in numbers if number is not None]
    if len(known) != len(numbers):
        return None
    major, minor, patch = (*known, 0, 0)[:3]
    return major, minor, patch
