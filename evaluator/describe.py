"""Flags, conditions and filters in plain words, for people who have never seen the JSON.

Nothing here raises, whatever the definition holds: what is malformed is shown as its JSON text.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.definitions.structure import is_number
from evaluator.json_text import brief
from evaluator.matching.text_form import text_of

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
NO_GROUP_TYPES: Final[Mapping[int, str]] = MappingProxyType({})
MOST_VALUES: Final = 8
"""Values of a list that are spelled out; the rest is counted."""

LONGEST_VALUE: Final = 80
"""Characters of a value that are shown."""

_PHRASES: Final[Mapping[str, str]] = {
    "icontains": "contains",
    "not_icontains": "does not contain",
    "icontains_multi": "contains any of",
    "not_icontains_multi": "contains none of",
    "starts_with": "starts with",
    "not_starts_with": "does not start with",
    "ends_with": "ends with",
    "not_ends_with": "does not end with",
    "regex": "matches the pattern",
    "not_regex": "does not match the pattern",
    "gt": ">",
    "gte": "≥",
    "min": "≥",
    "lt": "<",
    "lte": "≤",
    "max": "≤",
    "between": "is between",
    "not_between": "is not between",
    "is_date_exact": "is exactly",
    "is_date_before": "is before",
    "is_date_after": "is after",
    "semver_eq": "= version",
    "semver_neq": "≠ version",
    "semver_gt": "> version",
    "semver_gte": "≥ version",
    "semver_lt": "< version",
    "semver_lte": "≤ version",
    "semver_tilde": "is a version in ~",
    "semver_caret": "is a version in ^",
    "semver_wildcard": "is a version in",
}
_MISLEADING: Final = re.compile(r'\A(\s.*|.*\s|true|false|null|-?[0-9]+(\.[0-9]+)?|)\Z|[,"\[\]{}]', re.DOTALL)
_UNITS: Final = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_RELATIVE_DATE: Final = re.compile(r"-?([0-9]{1,4})([hdwmy])")


def describe_filter(
    filter: JsonValue, cohort_names: Mapping[str, str] = NO_NAMES, group_types: Mapping[int, str] = NO_GROUP_TYPES
) -> str:
    """One filter as a phrase: ``plan = enterprise``, ``country in [DE, FR]``, ``in cohort “Beta testers”``."""
    if not isinstance(filter, Mapping):
        return _json(filter)
    match filter.get("type"):
        case "cohort":
            return _cohort(filter, cohort_names)
        case "flag":
            return _flag(filter)
        case "group":
            index = filter.get("group_type_index")
            owner = "the group" if index is None else _group_type(index, group_types, "the ", "group type ")
            return f"{_property(filter)} (of {owner})"
        case _:
            return _property(filter)


def describe_condition(
    condition: JsonValue, cohort_names: Mapping[str, str] = NO_NAMES, group_types: Mapping[int, str] = NO_GROUP_TYPES
) -> str:
    """One condition in one line: ``plan = enterprise and country in [DE, FR] · 10 %``."""
    if not isinstance(condition, Mapping):
        return _json(condition)
    filters = condition.get("properties")
    group = condition.get("aggregation_group_type_index")
    if filters and isinstance(filters, list):
        who = " and ".join(describe_filter(entry, cohort_names, group_types) for entry in filters)
    elif filters:
        who = _json(filters)
    else:
        who = "everyone" if group is None else _group_type(group, group_types, "every ", "every group of type ")
    parts = [who, percent(condition.get("rollout_percentage"))]
    if condition.get("variant") is not None:
        parts.append(f"variant {shown(condition['variant'])}")
    if group is not None and filters:
        parts.append(f"counted by {_group_type(group, group_types, '', 'group type ')}")
    return " · ".join(parts)


def describe_flag(
    definition: JsonValue, cohort_names: Mapping[str, str] = NO_NAMES, group_types: Mapping[int, str] = NO_GROUP_TYPES
) -> list[str]:
    """A flag in a few sentences: whether it is on, who gets it, and what they get."""
    if not isinstance(definition, Mapping):
        return [f"This is no flag: {_json(definition)}"]
    filters = definition.get("filters")
    rules = filters if isinstance(filters, Mapping) else {}
    return [
        _state(definition, rules),
        *_before_conditions(rules),
        *_conditions(rules, cohort_names, group_types),
        *_variants(rules),
        *_payloads(rules),
        *_subjects(definition, rules, group_types),
    ]


def operator_phrase(operator: str) -> str:
    """An operator in words: ``contains``, ``≥ version``."""
    return _PHRASES.get(operator, printable(operator))


def percent(percentage: JsonValue) -> str:
    """A rollout percentage; absent means 100."""
    if percentage is None:
        return "100 %"
    is_whole = isinstance(percentage, float) and percentage.is_integer() and abs(percentage) < 1e15
    return f"{int(percentage) if is_whole else shown(percentage)} %"


def shown(value: JsonValue) -> str:
    """A value as people write it: text without quotes unless it would be misread, anything else as JSON."""
    if not isinstance(value, str) or _MISLEADING.search(value):
        return _json(value)
    return printable(value)


def shown_list(values: Sequence[JsonValue]) -> str:
    """Values in brackets; of many, the first few and how many more."""
    named = [shown(value) for value in values[:MOST_VALUES]]
    more = len(values) - len(named)
    return f"[{', '.join([*named, f'and {more} more'] if more else named)}]"


def _property(filter: Mapping[str, Any]) -> str:
    name, operator, value = printable(text_of(filter.get("key"))), filter.get("operator"), filter.get("value")
    match operator:
        case "exact" | None:
            return _one_of(name, value, "=", "in")
        case "is_not":
            return _one_of(name, value, "≠", "not in")
        case "is_set" | "is_not_set":
            return f"{name} {'is set' if operator == 'is_set' else 'is not set'}"
        case "between" | "not_between" if isinstance(value, list) and len(value) == 2:
            negation = "not " if operator == "not_between" else ""
            return f"{name} {negation}between {shown(value[0])} and {shown(value[1])}"
        case "is_date_exact" | "is_date_before" | "is_date_after":
            return f"{name} {_PHRASES[operator]} {date_words(value)}"
        case _:
            phrase = operator_phrase(operator) if isinstance(operator, str) else _json(operator)
            space = "" if phrase.endswith(("~", "^")) else " "
            return f"{name} {phrase}{space}{shown_list(value) if isinstance(value, list) else shown(value)}"


def _one_of(name: str, value: JsonValue, single: str, several: str) -> str:
    if not isinstance(value, list):
        return f"{name} {single} {shown(value)}"
    return f"{name} {single} {shown(value[0])}" if len(value) == 1 else f"{name} {several} {shown_list(value)}"


def date_words(value: JsonValue) -> str:
    """A date as filters name it: ``7 days ago``, or as it is written."""
    relative = _RELATIVE_DATE.fullmatch(value) if isinstance(value, str) else None
    if relative is None:
        return shown(value)
    count = int(relative[1])
    return f"{count} {_UNITS[relative[2]]}{'' if count == 1 else 's'} ago"


def _cohort(filter: Mapping[str, Any], cohort_names: Mapping[str, str]) -> str:
    number = printable(text_of(filter.get("value")))
    name = cohort_names.get(number) or filter.get("cohort_name")
    operator = filter.get("operator")
    within = {"in": "in", "exact": "in", None: "in", "not_in": "not in"}
    phrase = within.get(operator, _json(operator)) if isinstance(operator, str | None) else _json(operator)
    return f"{phrase} cohort {f'“{printable(name)}”' if isinstance(name, str) else number}"


def _flag(filter: Mapping[str, Any]) -> str:
    name, expected = printable(text_of(filter.get("key"))), filter.get("value")
    if expected is True or expected is False:
        return f"flag {name} is {'on' if expected else 'off'}"
    return f"flag {name} gives {shown(expected)}"


def _state(definition: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    if definition.get("deleted") is True:
        return "Deleted: nobody gets it."
    if definition.get("active") is not True:
        return "Off: nobody gets it, whatever its conditions say." if rules.get("groups") else "Off: nobody gets it."
    if not rules.get("groups"):
        return "On, but without conditions: nobody gets it by itself."
    return "On for whoever matches one of its conditions; the first that matches decides."


def _before_conditions(rules: Mapping[str, Any]) -> Iterator[str]:
    version = rules.get("version")
    if version is not None and version != 1:
        yield f"Written in config format {_json(version)}, which is not understood."
    if rules.get("feature_enrollment") is True:
        yield "Early access: a person who joined gets it and one who declined does not, whatever the conditions say."
    holdout = rules.get("holdout")
    if isinstance(holdout, Mapping):
        share, number = percent(holdout.get("exclusion_percentage")), _json(holdout.get("id"))
        given = printable(f"holdout-{text_of(holdout.get('id'))}")
        yield f"Holdout {number} keeps {share} of the subjects out of all conditions; they get “{given}” instead."


def _conditions(
    rules: Mapping[str, Any], cohort_names: Mapping[str, str], group_types: Mapping[int, str]
) -> Iterator[str]:
    conditions = rules.get("groups")
    if isinstance(conditions, list):
        for number, condition in enumerate(conditions, start=1):
            yield f"Condition {number}: {describe_condition(condition, cohort_names, group_types)}"
    elif conditions:
        yield f"Conditions that cannot be read: {_json(conditions)}"
    if rules.get("early_exit") is True and conditions:
        yield "Who matches a condition but is outside its rollout gets nothing from the later ones."


def _variants(rules: Mapping[str, Any]) -> Iterator[str]:
    multivariate = rules.get("multivariate")
    variants = multivariate.get("variants") if isinstance(multivariate, Mapping) else None
    if not isinstance(variants, list) or not variants:
        return
    entries = [variant for variant in variants if isinstance(variant, Mapping)]
    named = [f"{shown(entry.get('key'))} {percent(entry.get('rollout_percentage', 0))}" for entry in entries]
    yield f"Whoever gets it is given one of {len(variants)} variants: {', '.join(named)}."
    weights = [entry.get("rollout_percentage", 0) for entry in entries]
    if all(map(is_number, weights)) and sum(map(float, weights)) < 99.995:
        yield f"The weights add up to {shown(round(sum(map(float, weights)), 2))} %; the rest is on without a variant."


def _payloads(rules: Mapping[str, Any]) -> Iterator[str]:
    payloads = rules.get("payloads")
    if isinstance(payloads, Mapping) and payloads:
        if list(payloads) == ["true"]:
            yield "Whoever gets it gets a payload with it."
        else:
            yield f"Carries a payload for {', '.join(map(shown, payloads))}."


def _subjects(definition: Mapping[str, Any], rules: Mapping[str, Any], group_types: Mapping[int, str]) -> Iterator[str]:
    group = rules.get("aggregation_group_type_index")
    if group is not None:
        yield f"Everybody of one {_group_type(group, group_types, '', 'group of type ')} gets the same answer."
    elif definition.get("bucketing_identifier") == "device_id":
        yield "Rollouts and variants go by device, not by person."
    if definition.get("ensure_experience_continuity") is True:
        yield "A person keeps the answer they had before logging in."
    runtime = definition.get("evaluation_runtime")
    if runtime in ("client", "server"):
        yield f"Only for SDKs that run on a {runtime}."
    contexts = definition.get("evaluation_contexts")
    if isinstance(contexts, list) and contexts:
        yield f"Only where the caller names one of the contexts {shown_list(contexts)}, or none."


def _group_type(index: JsonValue, group_types: Mapping[int, str], named: str, numbered: str) -> str:
    """A type of groups by its name, or by its number where nobody named it."""
    name = group_types.get(index) if type(index) is int else None
    return f"{numbered}{_json(index)}" if name is None else f"{named}{printable(name)}"


def condition_label(index: int | None, id: str | None) -> str:
    """A condition by its number, counted from 1, and its permanent id: ``condition 2 (c2)``."""
    number = "" if index is None else f" {index + 1}"
    return f"condition{number}{f' ({printable(id)})' if id else ''}"


def cohort_label(id: str, name: str) -> str:
    """A cohort by its id and, if it has one of its own, its name: ``cohort 7 “Beta testers”``."""
    label = f"cohort {printable(id)}"
    return label if name in ("", f"cohort {id}") else f"{label} “{printable(name)}”"


def printable(text: str) -> str:
    """Text for one line of a screen: what could break or disguise the line is escaped, what is long is cut."""
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    return cut if cut.isprintable() else json.dumps(cut)[1:-1]


def _json(value: JsonValue) -> str:
    return brief(value, LONGEST_VALUE)
