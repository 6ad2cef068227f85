"""Versions: how the server reads them, and their order."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.definitions.limits import LONGEST_VERSION
from evaluator.matching.text_form import WHITE_SPACE, text_of
from evaluator.text_test import KNOWN_LENGTH

IDENTIFIERS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SUFFIX_START: Final = re.compile(r"(?=[-+])")
_SUFFIX: Final = re.compile(rf"(?:-({IDENTIFIERS}))?(?:\+({IDENTIFIERS}))?")
_NUMBER: Final = re.compile(r"[0-9]+")
_PLAIN: Final = re.compile(r"v?([0-9]{1,15})\.([0-9]{1,15})\.([0-9]{1,15})")
_LARGEST_NUMBER: Final = (1 << 64) - 1
_MOST_DIGITS: Final = len(str(_LARGEST_NUMBER))
Order = tuple[object, ...]
"""A key that sorts pre-releases or builds; compare only keys of the same kind."""

RELEASE: Final[Order] = (1,)
"""The pre-release key of a version that is none: above every pre-release."""

COMPARISONS: Final[Mapping[str, Callable[["Version", "Version"], bool]]] = {
    "semver_eq": operator.eq,
    "semver_neq": operator.ne,
    "semver_gt": operator.gt,
    "semver_gte": operator.ge,
    "semver_lt": operator.lt,
    "semver_lte": operator.le,
}


class Version(NamedTuple):
    """A semantic version. Unlike in the specification, the build takes part in order and equality (server rule)."""

    core: tuple[int, ...]
    prerelease: Order
    build: Order


def compares(wanted: JsonValue, *, comparison: Callable[[Version, Version], bool]) -> Predicate | None:
    """``semver_eq`` to ``semver_lte``: the property, read as a version, stands so to the wanted one."""
    limit = version_of(wanted)
    if limit is None:
        return None

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        version = None if value is MISSING else version_of(value)
        return version is not None and comparison(version, limit)

    return matches


def version_of(value: JsonValue) -> Version | None:
    """The version that a value's text form spells, or None.

    One leading ``v`` is dropped, missing components count as 0, and leading zeros do not count. A text of more than
    ``LONGEST_VERSION`` characters spells none.
    """
    text = text_of(value)
    if len(text) <= KNOWN_LENGTH:
        return known_version(text)
    return _read(text) if len(text) <= LONGEST_VERSION else None


def _read(text: str) -> Version | None:
    plain = _PLAIN.fullmatch(text)
    if plain:
        return Version(tuple(map(int, plain.groups())), RELEASE, ())
    components, suffix = split(bare(text))
    core, parts = numbers_of(components), _SUFFIX.fullmatch(suffix)
    if core is None or len(core) != 3 or parts is None or has_leading_zero(parts[1] or ""):
        return None
    return Version(core, prerelease_order(parts[1]), _build_order(parts[2]))


known_version = lru_cache(maxsize=4096)(_read)
"""``version_of`` a short text: there are few versions, and they come again and again."""


def bare(text: str) -> str:
    """The text without one leading ``v`` and then without surrounding white space."""
    return text.removeprefix("v").strip(WHITE_SPACE)


def split(text: str) -> tuple[list[str], str]:
    """Components (at least three, missing ones 0, without leading zeros) and what follows from the first - or +."""
    core, suffix = (*_SUFFIX_START.split(text, maxsplit=1), "")[:2]
    components = [without_leading_zeros(component) for component in core.split(".", 3)]
    return components + ["0"] * (3 - len(components)), suffix


def without_leading_zeros(component: str) -> str:
    """``08`` as ``8``, ``000`` as ``0``; anything that is not all digits unchanged."""
    return (component.lstrip("0") or "0") if _NUMBER.fullmatch(component) else component


def numbers_of(components: Sequence[str]) -> tuple[int, ...] | None:
    """The numbers of components without leading zeros; None if one is no number or takes more than 64 bits."""
    if not all(_NUMBER.fullmatch(component) and len(component) <= _MOST_DIGITS for component in components):
        return None
    numbers = tuple(map(int, components))
    return numbers if max(numbers) <= _LARGEST_NUMBER else None


def has_leading_zero(identifiers: str) -> bool:
    """Whether a numeric identifier starts with a zero it does not need, which no version may in a pre-release."""
    return any(_NUMBER.fullmatch(part) and part != "0" and part[0] == "0" for part in identifiers.split("."))


def prerelease_order(identifiers: str | None) -> Order:
    """Key of a pre-release: numbers by size and below words, words by code point, fewer identifiers first."""
    if not identifiers:
        return RELEASE
    return (0, *(_identifier_order(part, part) for part in identifiers.split(".")))


def _build_order(identifiers: str | None) -> Order:
    if not identifiers:
        return ()
    return tuple(_identifier_order(part, part.lstrip("0")) for part in identifiers.split("."))


def _identifier_order(text: str, significant: str) -> Order:
    if _NUMBER.fullmatch(text):
        return (0, len(significant), significant, len(text))
    return (1, 0, text, 0)
