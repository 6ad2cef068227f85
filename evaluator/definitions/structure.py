"""The shape that a flag must have to be read at all. PostHog's server cannot decode what fails here."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from evaluator.definitions.limits import count_problem, size_problem
from evaluator.definitions.problem import Problem
from evaluator.json_text import NotCanonical, brief, canonical, path_text

FILTER_TYPES: Final = frozenset({"person", "group", "cohort", "flag", "person_metadata"})
LARGEST_INTEGER: Final = 2**1000
"""Integers from here on have no binary64 value to compare with."""

Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """A finite JSON number."""
    if isinstance(value, float):
        return math.isfinite(value)
    return is_integer(value) and abs(value) < LARGEST_INTEGER


def is_integer(value: Any) -> bool:
    """A JSON integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def structural_problems(flag: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that makes the flag undecodable, in document order; nothing for a flag that can be read."""
    size = size_problem(flag)
    if size is not None:
        yield size
        return
    if not isinstance(flag.get("key"), str) or not flag["key"]:
        yield _wrong("key", "a non-empty text")
    for name in ("active", "deleted"):
        if name in flag and not isinstance(flag[name], bool):
            yield _wrong(name, "true or false")
    for name in ("ensure_experience_continuity", "has_encrypted_payloads"):
        yield from _optional(flag, name, _is_bool, path="", expected="true or false")
    filters = flag.get("filters")
    if filters is not None and not isinstance(filters, Mapping):
        yield _wrong("filters", "an object")
    elif filters is not None:
        yield from _filters(filters)


def canonical_problem(flag: Mapping[str, Any]) -> Iterator[Problem]:
    """The first value without a canonical JSON form (NaN, half a character): it could not be signed or compared."""
    try:
        canonical(flag)
    except NotCanonical as offence:
        path = path_text(offence.path) if offence.path else ""
        yield Problem(path, "not_canonical", f"The value {offence.reason}.", "Correct the value.")


def format_problem(filters: Mapping[str, Any]) -> Problem | None:
    """The problem of a config format other than 1, which is another language; None for format 1."""
    version = filters.get("version")
    if version is None or (is_number(version) and version == 1):
        return None
    return Problem(
        "filters.version",
        "unsupported_format",
        f"The flag has config format {brief(version)}; only format 1 is understood.",
        "Express it as conditions in “groups” and leave “version” out.",
    )


def _filters(filters: Mapping[str, Any]) -> Iterator[Problem]:
    other_format = format_problem(filters)
    if other_format is not None:
        yield other_format
        return
    too_many = count_problem(filters)
    if too_many is not None:
        yield too_many
        return
    yield from _optional(filters, "aggregation_group_type_index", is_integer, path="filters", expected="an integer")
    for name in ("feature_enrollment", "early_exit"):
        yield from _optional(filters, name, _is_bool, path="filters", expected="true or false")
    yield from _variants(filters.get("multivariate"))
    yield from _holdout(filters.get("holdout"))
    groups = filters.get("groups")
    if groups is not None and not isinstance(groups, list):
        yield _wrong("filters.groups", "a list of conditions")
        return
    for index, condition in enumerate(groups or ()):
        yield from _condition(condition, f"filters.groups[{index}]")


def _variants(multivariate: Any) -> Iterator[Problem]:
    if multivariate is None:
        return
    variants = multivariate.get("variants", []) if isinstance(multivariate, Mapping) else None
    if not isinstance(variants, list):
        yield _wrong("filters.multivariate", 'an object like {"variants": [...]}')
        return
    for index, variant in enumerate(variants):
        path = f"filters.multivariate.variants[{index}]"
        if not isinstance(variant, Mapping):
            yield _wrong(path, 'an object like {"key": "control", "rollout_percentage": 50}')
            continue
        if not isinstance(variant.get("key"), str):
            yield _wrong(f"{path}.key", "text")
        if not is_number(variant.get("rollout_percentage")):
            yield _wrong(f"{path}.rollout_percentage", "a number from 0 to 100")


def _holdout(holdout: Any) -> Iterator[Problem]:
    if holdout is None:
        return
    if not isinstance(holdout, Mapping):
        yield _wrong("filters.holdout", 'an object like {"id": 3, "exclusion_percentage": 10}')
        return
    if not is_integer(holdout.get("id")):
        yield _wrong("filters.holdout.id", "an integer")
    if not is_number(holdout.get("exclusion_percentage")):
        yield _wrong("filters.holdout.exclusion_percentage", "a number from 0 to 100")


def _condition(condition: Any, path: str) -> Iterator[Problem]:
    if not isinstance(condition, Mapping):
        yield _wrong(path, 'an object like {"properties": [], "rollout_percentage": 100}')
        return
    yield from _optional(condition, "rollout_percentage", is_number, path=path, expected="a number from 0 to 100")
    yield from _optional(condition, "variant", _is_text, path=path, expected="text")
    yield from _optional(condition, "aggregation_group_type_index", is_integer, path=path, expected="an integer")
    properties = condition.get("properties")
    if properties is not None and not isinstance(properties, list):
        yield _wrong(f"{path}.properties", "a list of filters")
        return
    for index, entry in enumerate(properties or ()):
        yield from filter_problems(entry, f"{path}.properties[{index}]")


def filter_problems(entry: Any, path: str) -> Iterator[Problem]:
    """What makes one filter undecodable, apart from its operator."""
    if not isinstance(entry, Mapping):
        yield _wrong(path, 'an object like {"key": "plan", "type": "person", "operator": "exact", "value": "pro"}')
        return
    kind = entry.get("type", "person")
    if not isinstance(kind, str) or kind not in FILTER_TYPES:
        known = ", ".join(sorted(FILTER_TYPES))
        yield Problem(f"{path}.type", "unknown_type", f"There is no filter type {brief(kind)}.", f"Use one of {known}.")
    if not isinstance(entry.get("key"), str) and kind != "cohort":
        yield _wrong(f"{path}.key", "text")
    yield from _optional(entry, "group_type_index", is_integer, path=path, expected="an integer")
    yield from _optional(entry, "negation", _is_bool, path=path, expected="true or false")


def _optional(holder: Mapping[str, Any], name: str, check: Check, *, path: str, expected: str) -> Iterator[Problem]:
    value = holder.get(name)
    if value is not None and not check(value):
        yield _wrong(f"{path}.{name}" if path else name, expected)


def _wrong(path: str, expected: str) -> Problem:
    return Problem(
        path, "wrong_type", f"“{path}” must be {expected}.", "Correct it, or leave it out if it is optional."
    )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
