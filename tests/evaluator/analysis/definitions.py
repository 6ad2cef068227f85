"""Definitions in which much is superfluous, edits of them, and subjects who might know better."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import strategies as st

from evaluator import Context
from tests.oracles.random_values import PROPERTIES as ORACLE_PROPERTIES
from tests.oracles.random_values import random_value

Feed = dict[str, Any]

MOMENTS = (
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
)
TEXTS = ("pro", "PRO", "uk", "UK", "free", "", "true", "false", "null", "[true]", "5", "1.2.3", "nan", "straße", "İ")
NUMBERS = (3, 5, 5.0, 7.5, "5", "05", 10, -1, 2**70)
VERSIONS = ("1.2.3", "1.2.4", "v1.2", "1.2.3-rc.1", "2.0.0", "1.2.3+b1", "1.0")
DATES = ("2026-01-01", "2026-01-01T00:00:00Z", "2026-06-01", "-7d", "7d", "1w", "30d", "1m", "2m", "1y", "24h")
PATTERNS = ("^pro$", "k", "[0-9]+", "(?i)PRO", "(")
PARTS = ("p", "pr", "pro", "ro", "k", "UK", "", ".2", "5")
FLAGS = ("f0", "f1", "f2", "ghost")
GROUP_TYPES = {"0": "company", "1": "project"}

_operators = {
    "plan": st.sampled_from(["exact", "exact", "is_not", "is_set", "is_not_set", "icontains", "not_icontains"]),
    "email": st.sampled_from(["starts_with", "ends_with", "not_starts_with", "icontains_multi", "regex", "not_regex"]),
    "age": st.sampled_from(["gt", "gte", "lt", "lte", "between", "not_between", "exact", "min"]),
    "app": st.sampled_from(
        [*(f"semver_{name}" for name in ["eq", "neq", "gt", "gte", "lt", "lte", "tilde", "caret"]), "exact"]
    ),
    "signup": st.sampled_from(["is_date_before", "is_date_after", "is_date_exact", "is_set"]),
    "any": st.sampled_from(
        ["exact", "is_not", "gt", "lte", "semver_gte", "regex", "icontains", "is_date_before", "not_between", "is_set"]
    ),
    "distinct_id": st.sampled_from(["exact", "is_not", "is_set", "is_not_set", "starts_with"]),
}


def _value(operator: str) -> st.SearchStrategy[Any]:
    if operator in ("between", "not_between"):
        return st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=2)
    if operator in ("gt", "gte", "lt", "lte", "min"):
        return st.sampled_from(NUMBERS)
    if operator.startswith("semver"):
        return st.sampled_from(VERSIONS)
    if operator.startswith("is_date"):
        return st.sampled_from(DATES)
    if "regex" in operator:
        return st.sampled_from(PATTERNS)
    if operator in ("exact", "is_not"):
        single = st.sampled_from([*TEXTS, *NUMBERS, *VERSIONS, True, False, None])
        return single | st.lists(single, max_size=3)
    if operator == "icontains_multi":
        return st.lists(st.sampled_from(PARTS), max_size=2)
    return st.sampled_from(PARTS)


@st.composite
def property_filters(draw: st.DrawFn, key: str | None = None) -> dict[str, Any]:
    name = key or draw(
        st.sampled_from(["plan", "plan", "plan", "age", "age", "app", "email", "signup", "any", "distinct_id"])
    )
    operator = draw(_operators[name])
    entry: dict[str, Any] = {"key": name, "type": "person", "operator": operator, "value": draw(_value(operator))}
    if draw(st.integers(0, 9)) == 0:
        entry |= {"type": "group", "group_type_index": draw(st.sampled_from([0, 1, 5]))}
        entry["key"] = draw(st.sampled_from([name, "$group_key"]))
    return entry


@st.composite
def filters(draw: st.DrawFn, position: int) -> dict[str, Any]:
    kind = draw(st.integers(0, 11))
    if kind == 0:
        operator = draw(st.sampled_from(["in", "not_in"]))
        return {"key": "id", "type": "cohort", "operator": operator, "value": draw(st.sampled_from([1, 2, 3]))}
    if kind == 1 and position:
        value = draw(st.sampled_from([True, False, "a", "b", "holdout-1"]))
        key = draw(st.sampled_from(FLAGS[:position]))
        return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}
    return draw(property_filters())


percentages = st.sampled_from([0, 1, 20, 20, 50, 50, 80, 99.5, 100, 100, 100, None, -5, 120])


@st.composite
def conditions(draw: st.DrawFn, position: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "properties": draw(st.lists(filters(position), max_size=3)),
        "rollout_percentage": draw(percentages),
    }
    if draw(st.integers(0, 4)) == 0:
        found["variant"] = draw(st.sampled_from(["a", "b", "ghost"]))
    if draw(st.integers(0, 7)) == 0:
        found["aggregation_group_type_index"] = draw(st.sampled_from([None, 0, 1, 5]))
    return found


@st.composite
def groups(draw: st.DrawFn, position: int) -> list[dict[str, Any]]:
    """Conditions of which later ones often repeat earlier ones, with something more or less."""
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4))):
        if found and draw(st.booleans()):
            found.append(draw(edited_conditions(draw(st.sampled_from(found)), position)))
        else:
            found.append(draw(conditions(position)))
    return found


@st.composite
def edited_conditions(draw: st.DrawFn, condition: dict[str, Any], position: int) -> dict[str, Any]:
    """The condition with one thing else."""
    own, index = list(condition["properties"]), draw(st.integers(0, 3))
    match draw(st.integers(0, 5)):
        case 0:
            return {**condition, "rollout_percentage": draw(percentages)}
        case 1:
            return {**condition, "properties": [*own, draw(filters(position))]}
        case 2:
            return {**condition, "properties": own[:index] + own[index + 1 :]}
        case 3 if index < len(own):
            own[index] = draw(edited_filters(own[index]))
            return {**condition, "properties": own}
        case 4:
            return {**condition, "variant": draw(st.sampled_from(["a", "b", None]))}
        case _:
            return {**condition, "properties": own[::-1]}


@st.composite
def edited_filters(draw: st.DrawFn, entry: dict[str, Any]) -> dict[str, Any]:
    """The filter with another value, more or fewer values, or another operator."""
    if entry["type"] != "person":
        return entry
    value = entry["value"]
    if isinstance(value, list) and entry["operator"] in ("exact", "is_not") and draw(st.booleans()):
        return {**entry, "value": [*value, draw(st.sampled_from(TEXTS))] if draw(st.booleans()) else value[1:]}
    return draw(property_filters(entry["key"]))


@st.composite
def flags(draw: st.DrawFn, position: int) -> dict[str, Any]:
    rules: dict[str, Any] = {"groups": draw(groups(position))}
    if draw(st.booleans()):
        rules["multivariate"] = {"variants": _variants(draw(st.sampled_from(WEIGHTS)))}
        rules["payloads"] = draw(payloads)
    for name, chance, values in _RARE:
        if draw(st.integers(0, chance)) == 0:
            rules[name] = draw(st.sampled_from(values))
    flag: dict[str, Any] = {"key": FLAGS[position], "active": draw(st.integers(0, 9)) > 0, "filters": rules}
    if draw(st.integers(0, 7)) == 0:
        flag["bucketing_identifier"] = "device_id"
    if draw(st.integers(0, 7)) == 0:
        flag["ensure_experience_continuity"] = True
    return flag


WEIGHTS = ((50, 50), (100, 0), (0, 100), (10, 20), (0, 0), (40, 60))
payloads = st.dictionaries(st.sampled_from(["true", "false", "a", "b", "holdout-1"]), st.sampled_from(["1", "2"]))
_RARE: tuple[tuple[str, int, list[Any]], ...] = (
    ("holdout", 8, [{"id": 1, "exclusion_percentage": share} for share in (0, 30, 100)]),
    ("feature_enrollment", 9, [True]),
    ("early_exit", 3, [True]),
    ("aggregation_group_type_index", 9, [0, 1, 5]),
)


def _variants(weights: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"key": key, "rollout_percentage": weight} for key, weight in zip("ab", weights, strict=True)]


_leaves = st.builds(
    lambda entry, negation: {**entry, "negation": negation}, property_filters(), st.sampled_from([False, False, True])
).map(lambda entry: {**entry, "type": "person"})
trees = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["AND", "OR"]), "values": st.lists(_leaves, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["AND", "OR"]), "values": st.lists(inner | _leaves, max_size=2)}
    ),
    max_leaves=3,
)
_static = st.sampled_from([[], ["u1"], ["u1", "u2"], ["u2", "u3"]]).map(
    lambda members: {"is_static": True, "drysail": {"members": members}}
)
_within = {"key": "id", "type": "cohort", "value": 1, "operator": "in"}


@st.composite
def feeds(draw: st.DrawFn) -> Feed:
    """Three flags, later ones sometimes in need of earlier ones, and three cohorts, one within another."""
    second = draw(trees)
    if draw(st.booleans()):
        second = {**second, "values": [*second["values"], _within]}
    return {
        "flags": [draw(flags(position)) for position in range(3)],
        "cohorts": {"1": draw(trees), "2": second, "3": draw(_static)},
        "group_type_mapping": GROUP_TYPES,
        "property_matching_version": draw(st.sampled_from([1, 2])),
        "timezone": draw(st.sampled_from(["UTC", "UTC", "Europe/Berlin"])),
    }


@st.composite
def edited_feeds(draw: st.DrawFn, feed: Feed) -> Feed:
    """The feed after one to three edits, mostly of the last flag."""
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        feed = draw(_edited_once(feed))
    return feed


@st.composite
def _edited_once(draw: st.DrawFn, feed: Feed) -> Feed:
    kind = draw(st.integers(0, 11))
    if kind == 0:
        return {**feed, "cohorts": {**feed["cohorts"], "1": draw(trees)}}
    if kind == 1:
        return {**feed, "cohorts": {**feed["cohorts"], "3": draw(_static)}}
    if kind == 2 and draw(st.booleans()):
        return {**feed, "timezone": "Europe/Berlin", "property_matching_version": draw(st.sampled_from([1, 2]))}
    position = draw(st.sampled_from([0, 1, 2, 2, 2, 2]))
    edited = list(feed["flags"])
    edited[position] = draw(edited_flags(edited[position], position))
    return {**feed, "flags": edited}


@st.composite
def edited_flags(draw: st.DrawFn, flag: dict[str, Any], position: int) -> dict[str, Any]:
    """The flag after one edit."""
    rules = flag["filters"]
    own, index = list(rules["groups"]), draw(st.integers(0, 3))
    match draw(st.integers(0, 9)):
        case 0:
            return {**flag, "name": "New name", "active": draw(st.sampled_from([True, flag["active"]]))}
        case 1:
            return {
                **flag,
                "filters": {**rules, "multivariate": {"variants": _variants(draw(st.sampled_from(WEIGHTS)))}},
            }
        case 2:
            return {**flag, "filters": {**rules, "payloads": draw(payloads)}}
        case 3:
            name, _, values = draw(st.sampled_from(_RARE))
            return {**flag, "filters": {**rules, name: draw(st.sampled_from([None, *values]))}}
        case 4:
            own.insert(index, draw(conditions(position)))
        case 5:
            own = own[:index] + own[index + 1 :]
        case 6:
            own = draw(st.permutations(own))
        case _ if own:
            own[index % len(own)] = draw(edited_conditions(own[index % len(own)], position))
    return {**flag, "filters": {**rules, "groups": own}}


def subjects(random: Random, feed: Feed, count: int) -> Iterator[Context]:
    """Subjects with values that the feed mentions, values next to these, odd ones, and none."""
    pool = values_near(feed)
    for _ in range(count):
        yield Context(
            distinct_id=random.choice(["", "u1", "u2", "u3", "pro", "x" * 300, *[f"id-{random.random()}"] * 6]),
            properties=_properties(random, pool),
            groups={
                name: random.choice(["acme", "org", f"g-{random.random()}", "", 42, 5, True])
                for name in ("company", "project")
                if random.random() < 0.7
            },
            group_properties={name: _properties(random, pool) for name in ("company", "project")},
            device_id=random.choice([None, "", "dev", f"dev-{random.random()}"]),
            hash_key_overrides={key: f"anon-{random.random()}" for key in FLAGS if random.random() < 0.3},
        )


def values_near(feed: Feed) -> list[Any]:
    """The values that the filters of a feed mention, their neighbours, and odd ones."""
    return [*(value for entry in _filters(feed) for value in _near(entry.get("value"))), *ODD_VALUES]


ODD_VALUES: list[Any] = [
    *TEXTS,
    *(None, True, False, 0, 5, -0.0, float("nan"), float("inf"), 10**400, [], [True], ["true", [True]], ["pro"], {}),
    *(
        {"a": 1},
        "NaN",
        "+nan",
        "TRUE",
        "\u212a",
        "u\u212a",
        "[]",
        "[1]",
        "1E1",
        " 1.2.3",
        "V1.2",
        "-8d",
        "0d",
        1767225600,
    ),
]


def _properties(random: Random, pool: list[Any]) -> dict[str, Any]:
    names = [
        "plan",
        "email",
        "age",
        "app",
        "signup",
        "any",
        "distinct_id",
        *[f"$feature_enrollment/{key}" for key in FLAGS],
    ]
    found = {}
    for name in names:
        if random.random() < (0.2 if name in ("distinct_id",) or name.startswith("$") else 0.8):
            family = random.choice(list(ORACLE_PROPERTIES.values()))
            found[name] = random.choice(pool) if random.random() < 0.9 else random_value(random, family, oddness=0.3)
    return found


def _filters(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "operator" in value:
            yield value
        for part in value.values():
            yield from _filters(part)
    elif isinstance(value, list):
        for part in value:
            yield from _filters(part)


def _near(value: Any) -> Iterator[Any]:
    for item in [value, *value] if isinstance(value, list) else [value]:
        yield item
        if isinstance(item, str):
            yield from (
                item.upper(),
                item.lower(),
                item.swapcase(),
                f"{item}x",
                f"x{item}",
                item.replace("k", "\u212a"),
            )
            yield from (f"{item}.0", f"{item}-0", [item], item[:-1])
        elif isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 1e300:
            yield from (str(item), item + 1, item - 1, item + 0.5, float(item), f"{item}.0", [item])
