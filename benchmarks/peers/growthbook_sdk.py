"""growthbook: every condition is an experiment rule, with the filters as its targeting."""

import re
from typing import Any

from growthbook import GrowthBook

from benchmarks.peers.peer import Json, Peer
from evaluator import Context

OPERATORS = {"exact": "$in", "semver_gte": "$vgte", "icontains": "$regexi"}


def peer(one: Json, hundred: Json, key: str) -> Peer:
    """One instance that is given the attributes of one subject after the other, as ``set_attributes`` is for."""
    single, many = GrowthBook(features=_features(one)), GrowthBook(features=_features(hundred))
    keys = [flag["key"] for flag in hundred["flags"]]

    def check(attributes: Json) -> Any:
        single.set_attributes(attributes)
        return single.get_feature_value(key, False)

    def check_all(attributes: Json) -> Json:
        many.set_attributes(attributes)
        return {name: many.get_feature_value(name, False) for name in keys}

    return Peer("growthbook", "growthbook", _attributes, check, check_all, dict)


def _attributes(context: Context) -> Json:
    return {"id": context.distinct_id, **context.properties}


def _features(feed: Json) -> Json:
    return {
        flag["key"]: {
            "defaultValue": False,
            "rules": [_rule(group, flag["filters"]["multivariate"]["variants"]) for group in flag["filters"]["groups"]],
        }
        for flag in feed["flags"]
    }


def _rule(group: Json, variants: list[Json]) -> Json:
    """An experiment must have two variations, so that a single variant stands there as two halves."""
    halves = 2 if len(variants) == 1 else 1
    return {
        "condition": {entry["key"]: {OPERATORS[entry["operator"]]: _wanted(entry)} for entry in group["properties"]},
        "coverage": group["rollout_percentage"] / 100,
        "variations": [variant["key"] for variant in variants] * halves,
        "weights": [variant["rollout_percentage"] / 100 / halves for variant in variants] * halves,
        "hashAttribute": "id",
    }


def _wanted(entry: Json) -> Any:
    return re.escape(entry["value"]) if entry["operator"] == "icontains" else entry["value"]
