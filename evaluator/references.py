"""What a flag refers to must exist."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from evaluator.definitions.document import Definitions
from evaluator.definitions.problem import Problem
from evaluator.definitions.structure import structural_problems
from evaluator.dependencies import TOO_MANY, order_flags
from evaluator.describe import printable
from evaluator.json_text import brief

MOST_NAMES: Final = 20
"""Names that a fix lists."""

LONGEST_NAME: Final = 400
"""Characters of a name for which another is suggested."""

Place = tuple[str, Mapping[str, Any]]
"""A path inside a flag and what lies there."""


def reference_problems(flag: Mapping[str, Any], definitions: Definitions) -> Iterator[Problem]:
    """Flags, variants of flags, cohorts and group types that a readable flag names and the definitions do not have."""
    flags = _usable(definitions.flags) | {flag["key"]: flag}
    cohorts = {name: None for name, cohort in definitions.cohorts.items() if not _is_deleted(cohort)}
    for path, entry in _filters(flag):
        kind = entry.get("type")
        if kind == "cohort" and str(entry.get("value")) not in cohorts:
            message = f"There is no cohort {brief(entry.get('value'))}."
            yield Problem(f"{path}.value", "no_such_cohort", message, _known("cohort", list(cohorts)))
        elif kind == "flag" and entry["key"] == flag["key"]:
            yield Problem(f"{path}.key", "self_dependency", "The flag depends on itself.", "Name another flag.")
        elif kind == "flag" and entry["key"] not in flags:
            message = f"It depends on flag “{printable(entry['key'])}”, which does not exist."
            yield Problem(f"{path}.key", "no_such_flag", message, _suggestion(entry["key"], flags))
        elif kind == "flag":
            yield from _variant_problems(entry, flags[entry["key"]], path)
    yield from _circle_problems(flag, flags)
    yield from _group_type_problems(flag, definitions.group_types)


def _variant_problems(entry: Mapping[str, Any], target: Mapping[str, Any], path: str) -> Iterator[Problem]:
    filters = target.get("filters") or {}
    variants = [variant.get("key") for variant in (filters.get("multivariate") or {}).get("variants") or ()]
    holdout = (filters.get("holdout") or {}).get("id")
    value = entry.get("value")
    if isinstance(value, str) and value not in variants and value != f"holdout-{holdout}":
        message = f"Flag “{printable(entry['key'])}” has no variant “{printable(value)}”."
        yield Problem(f"{path}.value", "no_such_variant", message, _known("variant", variants))


def _circle_problems(flag: Mapping[str, Any], flags: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    needs = {key: [name for name in _needed(other) if name in flags] for key, other in flags.items()}
    problem = order_flags(needs).unmet.get(flag["key"])
    if problem is not None and problem.code == TOO_MANY:
        yield problem
    elif problem is not None and flag["key"] not in needs[flag["key"]]:
        message = "The flags that it depends on depend on each other, or on this flag, in a circle."
        yield Problem("filters.groups", "circular_dependency", message, "Take one of the dependencies out.")


def _group_type_problems(flag: Mapping[str, Any], group_types: Mapping[int, str]) -> Iterator[Problem]:
    filters = flag.get("filters") or {}
    places: list[tuple[str, Any]] = [("filters", filters.get("aggregation_group_type_index"))]
    for number, condition in enumerate(filters.get("groups") or ()):
        places.append((f"filters.groups[{number}]", condition.get("aggregation_group_type_index")))
    places.extend(
        (path, entry.get("group_type_index")) for path, entry in _filters(flag) if entry.get("type") == "group"
    )
    for path, index in places:
        if index is not None and index not in group_types:
            known = ", ".join(f"{number} ({name})" for number, name in sorted(group_types.items())) or "none"
            message = f"There is no group type {index}."
            yield Problem(path, "no_such_group_type", message, f"Known group types: {known}.")


def _usable(flags: Iterable[Any]) -> dict[str, Mapping[str, Any]]:
    """The flags that can be read, by key."""
    readable = (flag for flag in flags if isinstance(flag, Mapping) and next(structural_problems(flag), None) is None)
    return {flag["key"]: flag for flag in readable}


def _is_deleted(cohort: Any) -> bool:
    return isinstance(cohort, Mapping) and cohort.get("deleted") is True


def _known(kind: str, names: Sequence[Any]) -> str:
    shown = ", ".join(printable(str(name)) for name in names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    return f"Known {kind}s: {shown}." if names else f"There is no {kind} yet; create it first."


def _suggestion(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, names, n=1) if len(name) <= LONGEST_NAME else []
    return f"Did you mean “{near[0]}”?" if near else "Create that flag first, or name an existing one."


def _filters(flag: Mapping[str, Any]) -> Iterator[Place]:
    for number, condition in enumerate((flag.get("filters") or {}).get("groups") or ()):
        for index, entry in enumerate(condition.get("properties") or ()):
            yield f"filters.groups[{number}].properties[{index}]", entry


def _needed(flag: Mapping[str, Any]) -> list[str]:
    return [entry["key"] for _, entry in _filters(flag) if entry.get("type") == "flag"]
