"""Seeded random property filters and property values, chosen so that they often meet."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

Filter = dict[str, Any]

POOLS: Final = json.loads(Path(__file__).with_name("pools.json").read_text(encoding="utf-8"))
_VALUES: Final[Mapping[str, list[Any]]] = POOLS["values"]

_TEXT_OPERATORS: Final = "icontains not_icontains starts_with not_starts_with ends_with not_ends_with"
_VERSION_OPERATORS: Final = "eq neq gt gte lt lte tilde caret wildcard"
OPERATORS: Final[Mapping[str, Sequence[str]]] = {
    "text": ["exact", "is_not", "is_set", "is_not_set", *_TEXT_OPERATORS.split()],
    "pattern": ["regex", "not_regex"],
    "number": ["gt", "gte", "lt", "lte"],
    "date": ["is_date_before", "is_date_after"],
    "version": [f"semver_{name}" for name in _VERSION_OPERATORS.split()],
    "server": ["icontains_multi", "not_icontains_multi", "between", "not_between", "is_date_exact", "in", "no_such"],
}
LOCAL_OPERATORS: Final = frozenset(name for family, names in OPERATORS.items() if family != "server" for name in names)

PROPERTIES: Final[Mapping[str, str]] = {
    "plan": "text",
    "city": "text",
    "beta": "truth",
    "age": "number",
    "seats": "number",
    "app": "version",
    "os": "version",
    "signup": "date",
    "renewal": "date",
    "email": "pattern",
    "path": "pattern",
    "any": "anything",
}
"""Properties of persons and groups, with the family of values and operators that suits each."""

_POOLS_BY_FAMILY: Final = {
    "text": ("texts", "anything"),
    "truth": ("truths", "truths"),
    "number": ("numbers", "odd numbers"),
    "version": ("versions", "odd versions"),
    "date": ("dates", "odd dates"),
    "pattern": ("subjects of patterns", "subjects of patterns"),
    "anything": ("anything", "anything"),
}


def random_value(random: Random, family: str, *, oddness: float) -> Any:
    """A property value of a family of properties."""
    usual, odd = _POOLS_BY_FAMILY[family]
    if random.random() >= oddness:
        return random.choice(_VALUES[usual])
    return random.choice([*_VALUES[odd], *_VALUES["spans"]] if family == "date" else _VALUES[odd])


def random_property_filter(random: Random, *, oddness: float, kind: str = "person") -> Filter:
    """A filter on a property, mostly with an operator that suits it."""
    key = random.choice(list(PROPERTIES))
    family = PROPERTIES[key]
    if random.random() < oddness:
        operators = random.choice(list(OPERATORS.values()))
    else:
        operators = OPERATORS[family if family in OPERATORS and random.random() < 0.8 else "text"]
    operator = random.choice(operators)
    entry: Filter = {"key": key, "type": kind, "value": _filter_value(random, family, operator, oddness)}
    if operator != "exact" or random.random() < 0.8:
        entry["operator"] = operator
    if random.random() < oddness / 2:
        entry["negation"] = True
    if kind == "group":
        entry["group_type_index"] = 0
    return entry


def _filter_value(random: Random, family: str, operator: str, oddness: float) -> Any:
    odd = random.random() < oddness
    if operator in OPERATORS["pattern"]:
        return random.choice(_VALUES["odd patterns" if odd else "patterns"])
    if operator in OPERATORS["date"]:
        pools = ("odd dates", "odd spans") if odd else ("dates", "spans")
        return random.choice(_VALUES[random.choice(pools)])
    if operator == "semver_wildcard":
        return random.choice(_VALUES["odd wildcards" if odd else "wildcards"])
    if operator in OPERATORS["version"]:
        return random_value(random, "version", oddness=oddness)
    if operator in OPERATORS["number"]:
        return random_value(random, "number", oddness=oddness)
    if operator in ("between", "not_between"):
        return random.choice([[0, 10], [10, 0], ["1", "20"], [1], None])
    if operator in ("exact", "is_not") and random.random() < 0.3:
        return [random_value(random, family, oddness=oddness) for _ in range(random.randrange(4))]
    return random_value(random, family, oddness=oddness)
