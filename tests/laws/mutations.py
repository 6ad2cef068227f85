"""Valid definitions with random damage: much better than arbitrary JSON at reaching what lies deep in the code."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from evaluator import MISSING, REDACTED, Context

LONG = "x" * 3000
NASTY: list[Callable[[Random], Any]] = [
    lambda random: None,
    lambda random: random.choice([True, False]),
    lambda random: random.choice([0, 1, -1, 2, 63, 100, 101, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 10**5000]),
    lambda random: random.choice([0.0, -0.0, 0.5, 99.999, 1e-320, 1.7e308, -1e300, float("nan"), float("inf")]),
    lambda random: random.choice(
        ["", "a", "true", "\ud800", "0", "1.2.3", "\x00", "-7d", "İ", LONG, "a\nb", "9" * 5000]
    ),
    lambda random: random.choice(["AND", "OR", "property", "cohort", "flag", "group", "person", "person_metadata"]),
    lambda random: random.choice(["exact", "regex", "between", "in", "not_in", "flag_evaluates_to", "semver_wildcard"]),
    lambda random: random.choice(
        ["(", "a{1000}{1000}", "(?=x)", "[[:", "\\p{", "a**", "(?P<", "\\", "x{2,1}", "[b-a]"]
    ),
    lambda random: random.choice(["victim", "other", "base", "company", "1", "9", "0", "c1", "holdout-3"]),
    lambda random: random.choice(
        ["9999-12-31T23:59:60-23:59", "0000-01-01", "-9999y", "9999-12-31", "1e400", "253402300800"]
    ),
    lambda random: random.choice([[], {}, [[]], [None], [{}], {"": None}, {"a": {"a": {}}}]),
    lambda random: [random.choice(NASTY)(random) for _ in range(random.randrange(4))],
    lambda random: {random.choice(["key", "type", "value", "values", "groups", "id"]): random.choice(NASTY)(random)},
    lambda random: nested(random.choice([3, 70, 199, 250, 2000])),
    lambda random: {"type": "AND", "values": tree_values(random.choice([2, 66, 300]))},
]


def nested(depth: int) -> Any:
    value: Any = []
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def tree_values(depth: int) -> list[Any]:
    values: list[Any] = []
    for _ in range(depth):
        values = [{"type": "OR", "values": values}]
    return values


def person(key: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "person", "operator": operator, "value": value, **more}


def member(cohort_id: int, **more: Any) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id, **more}


def depends(key: str, value: Any = True) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}


VICTIM: dict[str, Any] = {
    "id": 7,
    "key": "victim",
    "name": "Everything at once",
    "active": True,
    "deleted": False,
    "version": 3,
    "tags": ["billing"],
    "ensure_experience_continuity": False,
    "has_encrypted_payloads": False,
    "bucketing_identifier": "device_id",
    "evaluation_runtime": "server",
    "evaluation_contexts": ["web"],
    "filters": {
        "groups": [
            {
                "properties": [
                    person("plan", "exact", ["pro", "free"]),
                    person("age", "between", [1, 99]),
                    person("version", "semver_gte", "1.2.3"),
                    person("joined", "is_date_after", "-7d"),
                ],
                "rollout_percentage": 50,
                "variant": "b",
            },
            {
                "properties": [
                    person("email", "regex", "@acme\\.(com|org)$"),
                    person("name", "icontains_multi", ["a", "b"]),
                    {"key": "size", "type": "group", "group_type_index": 0, "operator": "gt", "value": "5"},
                    member(1),
                ],
                "rollout_percentage": 99.5,
                "aggregation_group_type_index": 0,
            },
            {"properties": [member(2, operator="not_in"), depends("base", "a"), depends("other", False)]},
            {"properties": [person("plan", "is_not_set", None)], "rollout_percentage": 0},
        ],
        "multivariate": {
            "variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}],
        },
        "payloads": {"a": '{"color": "red"}', "b": "1"},
        "holdout": {"id": 3, "exclusion_percentage": 10},
        "early_exit": False,
        "feature_enrollment": False,
        "aggregation_group_type_index": None,
        "super_groups": None,
        "holdout_groups": [{"variant": "holdout-3", "properties": [], "rollout_percentage": 10}],
    },
    "drysail": {"condition_ids": ["c1", "c2", "c3", "c4"], "next_condition": 5, "owner": "ann"},
}

FEED: dict[str, Any] = {
    "flags": [
        VICTIM,
        {
            "key": "base",
            "active": True,
            "filters": {
                "groups": [{"properties": [member(3)], "rollout_percentage": 80}],
                "multivariate": {"variants": [{"key": "a", "rollout_percentage": 100}]},
            },
        },
        {
            "key": "other",
            "active": True,
            "filters": {"groups": [{"properties": [person("plan", "is_not", "free")], "rollout_percentage": 70}]},
        },
        {"key": "open", "active": True, "filters": {"groups": [{"properties": [], "rollout_percentage": 100}]}},
    ],
    "cohorts": {
        "1": {
            "id": 1,
            "name": "Big",
            "filters": {
                "properties": {
                    "type": "AND",
                    "values": [
                        {"type": "OR", "values": [person("plan", "exact", "pro"), member(2, negation=True)]},
                        person("age", "lt", 40, negation=True),
                    ],
                }
            },
        },
        "2": {"type": "OR", "values": [{"type": "property", "values": [person("email", "regex", "^a")]}, member(3)]},
        "3": {"id": 3, "name": "Listed", "is_static": True, "drysail": {"members": ["ada", "bob", 5]}},
    },
    "group_type_mapping": {"0": "company", "1": "project"},
    "property_matching_version": 2,
    "timezone": "Europe/Berlin",
}

SUBJECT = Context(
    distinct_id="ada",
    properties={
        "plan": "pro",
        "age": 30,
        "version": "1.4.0",
        "joined": "2026-11-20",
        "email": "a@acme.com",
        "name": "ab",
    },
    groups={"company": "acme"},
    group_properties={"company": {"size": 9}},
    device_id="dev-1",
    hash_key_overrides={"victim": "anon"},
)


def damaged(value: Any, random: Random, times: int) -> Any:
    """A copy in which some nodes, anywhere inside, were replaced, taken out, or put where others belong."""
    whole, value = value, deepcopy(value)
    for _ in range(times):
        places = list(_places(value))
        if not places:
            return random.choice(NASTY)(random)
        holder, place = random.choice(places)
        match random.randrange(8):
            case 0:
                del holder[place]
            case 1:
                other, where = random.choice(list(_places(whole)))
                holder[place] = deepcopy(other[where])
            case 2 if isinstance(holder, list):
                holder.extend([holder[place]] * random.choice([1, 3, 40]))
            case 3 if isinstance(holder, dict):
                holder[random.choice(["key", "type", "value", "\ud800", "", LONG, "a.b[0]"])] = holder.pop(place)
            case _:
                holder[place] = random.choice(NASTY)(random)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of every list and object inside, as the holder and the key or position."""
    pending, visited = [value], 0
    while pending and visited < 500:
        holder = pending.pop()
        visited += 1
        inner = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for place in inner:
            yield holder, place
            pending.append(holder[place])


def subjects(random: Random) -> Context:
    """Somebody, or something that no caller should send."""
    properties, group = dict(SUBJECT.properties), {"company": random.choice(NASTY)(random)}
    for name in random.sample(sorted(properties), random.randrange(4)):
        properties[name] = random.choice([*NASTY, lambda random: REDACTED])(random)
    return Context(
        distinct_id=random.choice(["ada", "", "\ud800", LONG, "bob"]),
        properties=properties,
        groups=random.choice([SUBJECT.groups, {}, group]),
        group_properties=random.choice(
            [SUBJECT.group_properties, {}, {"company": {"size": random.choice(NASTY)(random)}}]
        ),
        device_id=random.choice([None, "", "dev-1", "\udfff"]),
        hash_key_overrides=random.choice([{}, SUBJECT.hash_key_overrides, {"other": "\ud800"}]),
    )


def holds(document: Any, path: str) -> bool:
    """Whether a problem's path leads to a place in the document: its last step may name what is missing there."""
    steps = list(_steps(path))
    for number, step in enumerate(steps):
        is_last = number == len(steps) - 1
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return False
            document = document[step]
            continue
        if not isinstance(document, dict):
            return False
        document = document.get(step, MISSING)
        if document is MISSING:
            return is_last
    return True


def _steps(path: str) -> Iterator[str | int]:
    position = 0
    decoder = json.JSONDecoder()
    while position < len(path):
        if path.startswith('["', position):
            text, position = decoder.raw_decode(path, position + 1)
            yield text
            position += 1
        elif path[position] == "[":
            end = path.index("]", position)
            yield int(path[position + 1 : end])
            position = end + 1
        else:
            position += path[position] == "."
            ends = [end for end in (path.find(".", position), path.find("[", position)) if end >= 0]
            end = min(ends, default=len(path))
            yield path[position:end]
            position = end
