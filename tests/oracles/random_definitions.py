"""Seeded random feeds, in the form that SDKs download: flags, cohorts, dependencies with their chains."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from tests.oracles.random_values import Filter, random_property_filter

Feed = dict[str, Any]

GROUP_TYPES: Final = {"0": "company", "1": "project"}
PERCENTAGES: Final = [0, 10, 30, 33.33, 50, 66.67, 80, 99.9, 100, 100, None, None]
VARIANT_WEIGHTS: Final = [
    [50, 50],
    [33.33, 33.33, 33.34],
    [10],
    [0, 100],
    [10, 20, 30, 40],
    [25, 25],
    [100],
    [0.1, 99.9],
]
DAMAGED_DEPENDENCIES: Final[list[Feed | None]] = [
    None,
    {"operator": "exact"},
    {"key": ""},
    {"value": None},
    {"value": 1},
    {"value": ["v0"]},
    {"dependency_chain": []},
    {"dependency_chain": None},
    {"key": "ghost", "dependency_chain": ["ghost"]},
    {"key": "flag-0"},
]
ODD_CONDITIONS: Final[list[Feed]] = [
    {"rollout_percentage": "50"},
    {"rollout_percentage": -5},
    {"rollout_percentage": 150},
    {"properties": None},
    {"properties": [{}, None]},
    {"properties": [{"key": ["plan"], "type": "person", "operator": "is_set", "value": "x"}]},
]
DAMAGED_FILTERS: Final[list[Any]] = [
    None,
    [],
    {"groups": None},
    {"groups": [None]},
    {"groups": [], "holdout": "x"},
    {"groups": 5},
    {"groups": [{"properties": []}], "multivariate": {"variants": 5}},
    {"version": 2, "return_type": "boolean", "default_value": False, "rules": []},
]
LEGACY_FILTERS: Final[list[Feed]] = [
    {"super_groups": [{"properties": [{"key": "plan", "type": "person", "operator": "is_set"}]}]},
    {"holdout_groups": [{"properties": [], "rollout_percentage": 40, "variant": "holdout-3"}]},
]
STATIC_COHORT: Final = {
    "id": 7,
    "is_static": True,
    "drysail": {"members": [f"user-{number}" for number in range(0, 10_000, 25)]},
}
COHORT_IDS: Final = ("1", "2", "3", "4", "5", "6")


def random_feed(random: Random, *, flags: int, oddness: float) -> Feed:
    """A feed of ``flags`` flags; ``oddness`` (0 to 1) is how often something unusual or malformed is chosen."""
    feed: Feed = {
        "flags": [],
        "cohorts": {name: _cohort(random, name, oddness) for name in COHORT_IDS} | {"7": STATIC_COHORT},
        "group_type_mapping": dict(GROUP_TYPES),
    }
    if random.random() < 0.7:
        feed["property_matching_version"] = random.choice([1, 2, 2, "2", 3] if random.random() < oddness else [1, 2])
    if random.random() < oddness:
        feed["timezone"] = random.choice(["America/New_York", "Asia/Kolkata"])
    for position in range(flags):
        feed["flags"].append(_flag(random, position, feed["flags"], oddness))
    for flag in feed["flags"]:
        _damage(random, flag, oddness)
    if feed["flags"] and random.random() < 0.1:
        feed["flags"][-1]["has_encrypted_payloads"] = True
    return feed


def _flag(random: Random, position: int, earlier: list[Feed], oddness: float) -> Feed:
    filters: Feed = {}
    targeting = random.random()
    if targeting < 0.2:
        filters["aggregation_group_type_index"] = random.choice([0, 0, 0, 1, 7])
    elif targeting < 0.4:
        filters["aggregation_group_type_index"] = None
    if random.random() < 0.6:
        filters["multivariate"] = _multivariate(random, oddness)
    if random.random() < 0.15:
        filters["holdout"] = {
            "id": random.randrange(9),
            "exclusion_percentage": random.choice([0, 5, 20, 100, 150, -5]),
        }
        if random.random() < oddness / 4:
            filters["holdout"]["id"] = None
    if random.random() < 0.07:
        filters["feature_enrollment"] = "true" if random.random() < oddness else random.random() < 0.8
    if random.random() < 0.3:
        filters["early_exit"] = 1 if random.random() < oddness / 4 else random.random() < 0.8
    if random.random() < 0.5:
        filters["payloads"] = {
            name: f'{{"for":"{name}"}}' for name in ("true", "false", "v0", "v1", "holdout-1") if random.random() < 0.6
        }
    filters["groups"] = [
        _condition(random, filters, earlier, oddness)
        for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3] if oddness else [1, 1, 2, 3]))
    ]
    flag: Feed = {"id": 100 + position, "key": f"flag-{position}", "active": random.random() < 0.95, "filters": filters}
    if random.random() < 0.03:
        flag["ensure_experience_continuity"] = True
    if random.random() < 0.1:
        where = flag if random.random() < 0.7 else filters
        where["bucketing_identifier"] = random.choice(["device_id", "device_id", "distinct_id", "other"])
    return flag


def _multivariate(random: Random, oddness: float) -> Any:
    weights = random.choice(VARIANT_WEIGHTS)
    variants: list[Any] = [{"key": f"v{index}", "rollout_percentage": weight} for index, weight in enumerate(weights)]
    if random.random() < oddness / 4:
        variants[0] = random.choice([{"key": "v0"}, {"rollout_percentage": 50}, {"key": "", "rollout_percentage": 50}])
    return random.choice([None, {}, {"variants": None}]) if random.random() < oddness / 4 else {"variants": variants}


def _condition(random: Random, filters: Feed, earlier: list[Feed], oddness: float) -> Feed:
    amount = random.choice([0, 1, 1, 1, 2, 2, 3])
    condition: Feed = {"properties": [_filter(random, earlier, oddness) for _ in range(amount)]}
    if random.random() < 0.85:
        condition["rollout_percentage"] = random.choice(PERCENTAGES)
    if random.random() < 0.25:
        condition["variant"] = random.choice(["v0", "v1", "v2", "no-such-variant", None, ""])
    if random.random() < 0.15:
        condition["aggregation_group_type_index"] = random.choice([0, 1, None, 7])
    if random.random() < oddness / 10:
        condition.update(random.choice(ODD_CONDITIONS))
    return condition


def _filter(random: Random, earlier: list[Feed], oddness: float) -> Filter:
    kind = random.random()
    if kind < 0.14:
        return _cohort_filter(random, oddness)
    if kind < 0.28 and earlier:
        return _dependency(random, earlier, oddness)
    kinds = ["person", "person", "person", "group"]
    if random.random() < oddness / 4:
        kinds = ["person_metadata", "person_metadata", "event"]
    entry = random_property_filter(random, oddness=oddness, kind=random.choice(kinds))
    if entry["type"] == "group" and random.random() < oddness:
        entry["group_type_index"] = random.choice([0, 1, 7, None])
    return entry


def _cohort_filter(random: Random, oddness: float, among: Sequence[str] = COHORT_IDS) -> Filter:
    identity: Any = random.choice(among)
    identity = int(identity)
    if random.random() < oddness:
        identity = random.choice([7, 7, 99, 1.0, True, None, str(identity), str(identity)])
    entry: Filter = {
        "key": "id",
        "type": "cohort",
        "value": identity,
        "operator": random.choice(["in", "in", "not_in", None]),
    }
    if random.random() < oddness / 2:
        entry["operator"] = random.choice(["exact", "is_not", "icontains"])
    return entry


def _dependency(random: Random, earlier: list[Feed], oddness: float) -> Filter:
    target = random.choice(earlier)
    chain = [*_dependencies(target, earlier), target["key"]]
    entry: Filter = {
        "key": target["key"],
        "type": "flag",
        "operator": "flag_evaluates_to",
        "value": random.choice([True, True, False, "v0", "v1"]),
        "dependency_chain": list(dict.fromkeys(chain)),
    }
    if random.random() < oddness:
        damage = random.choice(DAMAGED_DEPENDENCIES)
        entry.update({"dependency_chain": ["ghost", *chain]} if damage is None else damage)
        if random.random() < 0.2:
            del entry["dependency_chain"]
    return entry


def _dependencies(flag: Feed, flags: list[Feed]) -> list[str]:
    """Keys of the flags that a flag depends on, each after those it depends on itself."""
    by_key = {known["key"]: known for known in flags}
    found: list[str] = []
    for condition in flag["filters"]["groups"]:
        for entry in condition["properties"] or []:
            if isinstance(entry, dict) and entry.get("type") == "flag" and entry.get("key") in by_key:
                found += [*_dependencies(by_key[entry["key"]], flags), entry["key"]]
    return found


def _cohort(random: Random, name: str, oddness: float) -> Any:
    if random.random() < oddness / 4:
        return random.choice(
            [{}, None, [], {"type": "property", "values": []}, {"type": "OR", "values": []}, {"type": "AND"}]
        )
    circular = random.random() < oddness / 10
    others = COHORT_IDS if circular else [other for other in COHORT_IDS if other < name]
    return _group(random, others, oddness, depth=0)


def _group(random: Random, others: Sequence[str], oddness: float, depth: int) -> Feed:
    values: list[Any] = [_entry(random, others, oddness, depth) for _ in range(random.choice([1, 2, 2, 3]))]
    if random.random() < oddness / 8:
        values.append(
            random.choice([{}, None, "x", {"type": "OR", "values": []}, {"type": "AND"}, {"values": [], "type": "XOR"}])
        )
    if random.random() < oddness / 4:
        values.append(values[0])
    return {"type": random.choice(["AND", "OR"]), "values": values}


def _entry(random: Random, others: Sequence[str], oddness: float, depth: int) -> Feed:
    kind = random.random()
    if kind < 0.25 and depth < 3:
        return _group(random, others, oddness, depth + 1)
    if random.random() < oddness / 30:
        entry = {"key": "ghost", "type": "flag", "operator": "flag_evaluates_to", "value": True}
        if random.random() < 0.7:
            entry["dependency_chain"] = ["ghost"]
    elif kind < 0.4 and others:
        entry = _cohort_filter(random, oddness, others)
    else:
        entry = random_property_filter(
            random, oddness=oddness, kind="behavioral" if random.random() < oddness / 10 else "person"
        )
    if random.random() < 0.3:
        entry["negation"] = random.choice([True, True, False])
    return entry


def _damage(random: Random, flag: Feed, oddness: float) -> None:
    if random.random() < oddness / 12:
        flag["filters"] = random.choice(DAMAGED_FILTERS)
    elif random.random() < oddness / 40 and flag["active"]:
        flag["filters"] = "x"
    elif random.random() < oddness / 10:
        flag["filters"] = {**flag["filters"], **random.choice(LEGACY_FILTERS)}
