"""Replaces older spellings of PostHog definitions by the current ones. Everything else stays as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evaluator.definitions.cohort_document import is_group, is_stored
from evaluator.definitions.legacy import convert_holdout_groups, convert_super_groups
from evaluator.definitions.limits import DEEPEST_TREE, size_problem
from evaluator.definitions.problem import Problem
from evaluator.json_text import brief, dumps, is_writable, path_text

OPERATOR_ALIASES: Final = {"min": "gte", "max": "lte"}
"""Other spellings of operators, and the operators that they mean."""

FlagKeys = Mapping[str, str | None]
"""Flag id as text to flag key. A flag key itself maps to None: it needs no translation, even if it reads like an id."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A document in current spelling. The same object where nothing had to change."""

    document: Any
    problems: list[Problem] = field(default_factory=list)


def normalise_flag(flag: Any, keys: FlagKeys) -> Conversion:
    """The flag in current spelling, with what was converted.

    Renames ``evaluation_tags``, turns the legacy ``super_groups`` and ``holdout_groups`` into ``feature_enrollment``
    and ``holdout``, flag ids in dependencies into keys, the operators ``min``/``max`` and the cohort operator
    ``exact`` into today's, numeric property keys into text and payloads that are no text into JSON text.

    What is larger than a definition may be, or cannot be written as text, stays: compiling tells why it is refused.
    """
    problems: list[Problem] = []
    if not isinstance(flag, Mapping) or size_problem(flag) is not None:
        return Conversion(flag)
    document = _rename_contexts(flag, problems)
    filters = document.get("filters")
    if isinstance(filters, Mapping):
        current = convert_super_groups(document.get("key"), filters, problems)
        current = convert_holdout_groups(current, problems)
        current = _encode_payloads(current, problems)
        current = _normalise_conditions(current, keys, problems)
        if current is not filters:
            document = {**document, "filters": current}
    return Conversion(document, problems)


def normalise_cohort(cohort: Any) -> Conversion:
    """The cohort, stored object or bare tree, with its filters in current spelling."""
    problems: list[Problem] = []
    if not isinstance(cohort, Mapping) or size_problem(cohort) is not None:
        return Conversion(cohort)
    if not is_stored(cohort):
        return Conversion(_normalise_tree(cohort, "", problems, 1), problems)
    filters = cohort.get("filters")
    if not isinstance(filters, Mapping) or not isinstance(filters.get("properties"), Mapping):
        return Conversion(cohort)
    tree = _normalise_tree(filters["properties"], "filters.properties", problems, 1)
    if tree is filters["properties"]:
        return Conversion(cohort)
    return Conversion({**cohort, "filters": {**filters, "properties": tree}}, problems)


def normalise_filter(entry: Any, path: str, keys: FlagKeys, problems: list[Problem]) -> Any:
    """One filter in current spelling; the same object where nothing had to change."""
    if not isinstance(entry, Mapping):
        return entry
    changes: dict[str, Any] = {}
    key, kind, operator = entry.get("key"), entry.get("type"), entry.get("operator")
    if isinstance(key, int | float) and not isinstance(key, bool) and is_writable(key):
        changes["key"] = key = str(key)
        problems.append(_converted(f"{path}.key", "The property key is a number; it is read as text."))
    if kind is None:
        changes["type"] = "person" if entry.get("group_type_index") is None else "group"
        problems.append(_converted(f"{path}.type", f"The filter has no type; it is read as “{changes['type']}”."))
    if isinstance(operator, str) and operator in OPERATOR_ALIASES:
        changes["operator"] = OPERATOR_ALIASES[operator]
        problems.append(_converted(f"{path}.operator", f"“{operator}” is an alias of “{changes['operator']}”."))
    if kind == "cohort" and operator == "exact":
        changes["operator"] = "in"
        message = (
            "“exact” on a cohort never matches on PostHog's server, yet means “in” to its SDKs; it is read as “in”."
        )
        problems.append(_converted(f"{path}.operator", message))
    if kind == "flag" and isinstance(key, str) and "dependency_chain" not in entry and (target := keys.get(key)):
        changes["key"] = target
    return {**entry, **changes} if changes else entry


def _converted(path: str, message: str) -> Problem:
    return Problem(path, "older_spelling", message, "Nothing to do; the definition is stored in the current spelling.")


def _rename_contexts(flag: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    if "evaluation_tags" not in flag or "evaluation_contexts" in flag:
        return flag
    problems.append(_converted("evaluation_tags", "“evaluation_tags” is the older name of “evaluation_contexts”."))
    return {"evaluation_contexts" if name == "evaluation_tags" else name: value for name, value in flag.items()}


def _encode_payloads(filters: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    payloads = filters.get("payloads")
    if not isinstance(payloads, Mapping):
        return filters
    other = {
        name: value
        for name, value in payloads.items()
        if not isinstance(value, str) and value is not None and is_writable(value)
    }
    if not other:
        return filters
    for name in other:
        message = f"The payload of {brief(name)} is no text; it is stored as JSON text, as PostHog does."
        problems.append(_converted(path_text(("filters", "payloads", name)), message))
    return {**filters, "payloads": {**payloads, **{name: dumps(value) for name, value in other.items()}}}


def _normalise_conditions(filters: Mapping[str, Any], keys: FlagKeys, problems: list[Problem]) -> Mapping[str, Any]:
    def condition(entry: Any, path: str) -> Any:
        properties = entry.get("properties") if isinstance(entry, Mapping) else None
        if not isinstance(properties, list):
            return entry
        current = _each(
            properties, f"{path}.properties", lambda item, place: normalise_filter(item, place, keys, problems)
        )
        return entry if current is properties else {**entry, "properties": current}

    groups = filters.get("groups")
    if not isinstance(groups, list):
        return filters
    current = _each(groups, "filters.groups", condition)
    return filters if current is groups else {**filters, "groups": current}


def _normalise_tree(entry: Any, path: str, problems: list[Problem], depth: int) -> Any:
    if not isinstance(entry, Mapping) or not entry or depth > DEEPEST_TREE:
        return entry
    if not is_group(entry):
        return normalise_filter(entry, path, {}, problems)
    values = entry.get("values")
    if not isinstance(values, list):
        return entry
    place = f"{path}.values" if path else "values"
    current = _each(values, place, lambda item, inner: _normalise_tree(item, inner, problems, depth + 1))
    return entry if current is values else {**entry, "values": current}


def _each(entries: list[Any], path: str, convert: Callable[[Any, str], Any]) -> list[Any]:
    current = [convert(entry, f"{path}[{index}]") for index, entry in enumerate(entries)]
    unchanged = all(new is old for new, old in zip(current, entries, strict=True))
    return entries if unchanged else current
