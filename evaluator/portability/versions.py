"""Versions: what server and SDKs take for one, and pre-releases."""

import re
from collections.abc import Iterator
from typing import Any, Final

from evaluator.definitions.problem import Problem
from evaluator.json_text import brief
from evaluator.portability.table import lint

OPERATORS: Final = frozenset(
    f"semver_{name}" for name in ("eq", "neq", "gt", "gte", "lt", "lte", "tilde", "caret", "wildcard")
)

_RANGES: Final = ("semver_tilde", "semver_caret", "semver_wildcard")
_SUFFIX: Final = re.compile(r"[-+]")
_STAR_INSIDE: Final = re.compile(r"\*\.[0-9]")
_ODD_PREFIX: Final = re.compile(r"\s*(V|vv|vV|v\s)|\s+v")
_LARGEST: Final = 2**64 - 1
_MOST_DIGITS: Final = 20
_WELL_FORMED: Final = "Write three numbers, such as “1.2.3”."


def version_lints(operator: str, wanted: Any, path: str, *, here: bool, there: bool) -> Iterator[Problem]:
    """A filter on a version. ``here`` and ``there`` tell whether the server and SDKs can use its value."""
    place, text = f"{path}.value", str(wanted)
    if not here and not there:
        message = f"{brief(text)} is no version, so nobody matches; a Python SDK evaluating locally does not decide."
        yield lint(14, place, message, _WELL_FORMED)
        return
    if operator == "semver_wildcard":
        yield from _wildcard_lints(text, place)
    yield from _shape_lint(text, place)
    if here and there:
        yield from _suffix_lint(operator, text, place)


def _suffix_lint(operator: str, text: str, place: str) -> Iterator[Problem]:
    """A pre-release or build in the filter itself. Ranges ask for no build."""
    suffix = _SUFFIX.search(text.strip())
    if suffix is not None and (suffix[0] == "-" or operator not in _RANGES):
        number = text.strip()[: suffix.start()]
        message = f"What follows {brief(number)} in {brief(text)} counts; "
        message += "a Python SDK evaluating locally drops it, in the filter and in properties."
        yield lint(20, place, message, "Compare with a release, or let the server decide.")


def _wildcard_lints(text: str, place: str) -> Iterator[Problem]:
    if "*" not in text:
        message = f"{brief(text)} has no star and means “this or later, up to the next breaking version”; "
        message += "a Python SDK evaluating locally takes it for exactly the numbers that it names."
        yield lint(23, place, message, "Add a star (“1.2.*”), or use “semver_caret”.")
    elif text.strip().strip("vV") == "*":
        message = "A star alone is any release; a Python SDK evaluating locally does not decide."
        yield lint(24, place, message, "Use “is_set”, or “semver_gte” with “0.0.0”.")
    elif _STAR_INSIDE.search(text):
        message = f"{brief(text)} has a number after the star, so nobody matches; "
        message += "a Python SDK evaluating locally skips the star, and posthog-node does not decide."
        yield lint(25, place, message, "Put the star last.")


def _shape_lint(text: str, place: str) -> Iterator[Problem]:
    """What server and SDKs read differently in a version's text, apart from its suffix."""
    trimmed = text.strip()
    parts = _SUFFIX.split(trimmed.removeprefix("v"), maxsplit=1)[0].split(".")
    if _ODD_PREFIX.match(text):
        message = f"{brief(text)} is no version here: it may have one “v”, in lower case and in front. "
        yield lint(26, place, message + "A Python SDK evaluating locally can read it.", _WELL_FORMED)
    elif len(parts) > 3:
        message = f"{brief(text)} has more than three components, so nobody matches; "
        yield lint(22, place, message + "a Python SDK evaluating locally reads the first three.", _WELL_FORMED)
    elif any(len(part) > 1 and part[0] == "0" and part.isdigit() for part in parts):
        message = f"The leading zeros of {brief(text)} do not count; a Python SDK evaluating locally does not decide."
        yield lint(21, place, message, "Leave the zeros out.")
    elif any(_is_odd(part) for part in parts):
        message = f"{brief(text)} is no version, or not the one that a Python SDK evaluating locally takes it for."
        yield lint(48, place, message, _WELL_FORMED)


def _is_odd(part: str) -> bool:
    if part in ("", "x", "X") or not part.isascii():
        return True
    return part.isdigit() and (len(part) > _MOST_DIGITS or int(part) > _LARGEST)
