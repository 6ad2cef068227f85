"""Reads the two forms in which cohorts come: stored objects, and the bare trees of SDK feeds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluator.json_text import is_writable

TREE_TYPES: Final = ("AND", "OR", "property")
"""``property`` is PostHog's older name of AND."""

EXTERNAL_TYPES: Final = ("realtime", "behavioral")
"""``cohort_type`` of cohorts whose members something outside maintains from events."""


def is_stored(cohort: Mapping[str, Any]) -> bool:
    """True for a stored object, false for a bare tree (``{}`` is the feed's empty tree)."""
    if "filters" in cohort or "is_static" in cohort:
        return True
    return bool(cohort) and "values" not in cohort and "type" not in cohort


def tree_of(cohort: Mapping[str, Any]) -> Any:
    """The property tree in either form; None where there is none."""
    if not is_stored(cohort):
        return cohort
    filters = cohort.get("filters")
    return filters.get("properties") if isinstance(filters, Mapping) else filters


def name_of(cohort_id: str, cohort: Mapping[str, Any]) -> str:
    """The cohort's name; bare trees have none, and are called after their id."""
    name = cohort.get("name") if is_stored(cohort) else None
    return name if isinstance(name, str) and name else f"cohort {cohort_id}"


def members_of(cohort: Any) -> Sequence[str] | None:
    """The distinct ids that the cohort lists itself (``drysail.members``); None if it keeps no list."""
    own = cohort.get("drysail") if isinstance(cohort, Mapping) else None
    members = own.get("members") if isinstance(own, Mapping) else None
    if not isinstance(members, list | tuple):
        return None
    return [
        member if isinstance(member, str) else str(member)
        for member in members
        if isinstance(member, str) or (isinstance(member, int) and not isinstance(member, bool) and is_writable(member))
    ]


def is_static(cohort: Mapping[str, Any]) -> bool:
    """True where membership is a stored list instead of a tree."""
    return is_stored(cohort) and (cohort.get("is_static") is True or cohort.get("cohort_type") == "static")


def is_group(entry: Mapping[str, Any]) -> bool:
    """True for an inner node of a tree, false for a filter."""
    return "values" in entry or entry.get("type") in TREE_TYPES


def has_behaviour(tree: Any) -> bool:
    """True if the tree asks for events anywhere (``type: behavioral``). Does not recurse, so depth does not matter."""
    pending = [tree]
    while pending:
        entry = pending.pop()
        if isinstance(entry, Mapping):
            if entry.get("type") == "behavioral":
                return True
            values = entry.get("values")
            pending.extend(values if isinstance(values, list | tuple) else ())
    return False
