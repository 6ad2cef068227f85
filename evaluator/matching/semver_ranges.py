"""Version ranges: ``semver_tilde``, ``semver_caret`` and ``semver_wildcard``.

The server turns all three into a requirement as Rust's package manager writes them (``~1.2.0``, ``^1.2``, ``1.x``, also
``>=1.2, <2``), so that is what is read here.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.matching.semver import (
    IDENTIFIERS,
    RELEASE,
    Order,
    Version,
    bare,
    has_leading_zero,
    numbers_of,
    prerelease_order,
    split,
    version_of,
    without_leading_zeros,
)
from evaluator.matching.text_form import text_of

_MOST_COMPARATORS: Final = 32
_NUMBER: Final = "0|[1-9][0-9]*"
_ANY: Final = re.compile(r" *[*xX] *")
_COMPARATOR: Final = re.compile(
    rf" *(=|>=?|<=?|~|\^)? *({_NUMBER})(?:\.({_NUMBER}|[*xX]))?(?:\.({_NUMBER}|[*xX]))?"
    rf"(?:-({IDENTIFIERS}))?(?:\+{IDENTIFIERS})? *"
)


@dataclass(frozen=True, slots=True)
class _Comparator:
    """One bound. ``given`` are the numbers it names, one to three of them; ``prerelease`` only with three."""

    symbol: str
    given: tuple[int, ...]
    prerelease: Order


_Requirement = tuple[_Comparator, ...]


def in_range(wanted: JsonValue, *, operator: str) -> Predicate | None:
    """The three range operators; None if the wanted value is no range.

    ``semver_wildcard`` reads ``1.*`` and ``1.2.*``, and a version without a star as a caret range.
    """
    requirement = _requirement(_requirement_text(bare(text_of(wanted)), operator))
    if requirement is None:
        return None

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        version = None if value is MISSING else version_of(value)
        return version is not None and _fulfils(version, requirement)

    return matches


def _requirement_text(text: str, operator: str) -> str:
    if operator == "semver_wildcard":
        return ".".join(without_leading_zeros(component) for component in text.split(".")).replace("*", "x")
    components, suffix = split(text)
    return ("~" if operator == "semver_tilde" else "^") + ".".join(components) + suffix


def _requirement(text: str) -> _Requirement | None:
    if _ANY.fullmatch(text):
        return ()
    bounds = text.split(",")
    if len(bounds) > _MOST_COMPARATORS:
        return None
    comparators = [_comparator(bound) for bound in bounds]
    valid = tuple(comparator for comparator in comparators if comparator is not None)
    return valid if len(valid) == len(comparators) else None


def _comparator(text: str) -> _Comparator | None:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        return None
    symbol, major, minor, patch, prerelease = match.groups()
    written = [part for part in (major, minor, patch) if part is not None]
    stars = [part in "*xX" for part in written]
    has_suffix = "-" in text or "+" in text
    if stars != sorted(stars) or (has_suffix and (patch is None or stars[-1])):
        return None
    given = numbers_of([part for part, star in zip(written, stars, strict=True) if not star])
    if given is None or has_leading_zero(prerelease or ""):
        return None
    default = "=" if any(stars) else "^"
    return _Comparator(symbol or default, given, prerelease_order(prerelease))


def _fulfils(version: Version, requirement: _Requirement) -> bool:
    """A pre-release is in range only if a bound names a pre-release of the very same three numbers."""
    if not all(_within(version, comparator) for comparator in requirement):
        return False
    return version.prerelease == RELEASE or any(
        comparator.given == version.core and comparator.prerelease != RELEASE for comparator in requirement
    )


def _within(version: Version, bound: _Comparator) -> bool:
    match bound.symbol:
        case "=":
            return _same(version, bound)
        case ">":
            return _above(version, bound)
        case ">=":
            return _above(version, bound) or _same(version, bound)
        case "<":
            return _below(version, bound)
        case "<=":
            return _below(version, bound) or _same(version, bound)
        case "~":
            return version.core[: len(bound.given[:2])] == bound.given[:2] and _not_below(version, bound)
        case _:
            return _compatible(version, bound)


def _compatible(version: Version, bound: _Comparator) -> bool:
    """At least the bound, and no number up to the left-most one that is not zero differs (none, if all are zero)."""
    leading = next((index for index, number in enumerate(bound.given) if number), len(bound.given) - 1)
    if version.core[: leading + 1] != bound.given[: leading + 1]:
        return False
    if len(bound.given) < 3:
        return version.core[: len(bound.given)] >= bound.given
    return _not_below(version, bound)


def _not_below(version: Version, bound: _Comparator) -> bool:
    shown = version.core[: len(bound.given)]
    return shown > bound.given or (shown == bound.given and version.prerelease >= bound.prerelease)


def _same(version: Version, bound: _Comparator) -> bool:
    return version.core[: len(bound.given)] == bound.given and version.prerelease == bound.prerelease


def _above(version: Version, bound: _Comparator) -> bool:
    shown = version.core[: len(bound.given)]
    if shown != bound.given:
        return shown > bound.given
    return len(shown) == 3 and version.prerelease > bound.prerelease


def _below(version: Version, bound: _Comparator) -> bool:
    shown = version.core[: len(bound.given)]
    if shown != bound.given:
        return shown < bound.given
    return len(shown) == 3 and version.prerelease < bound.prerelease
