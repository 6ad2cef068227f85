"""statsig-python-core (its core is Rust): a gate has the conditions and rollouts, an experiment behind it the variants.

That is how Statsig builds such a flag, and it takes two hashes like PostHog's. The specs come from a data store.
"""

import json
from typing import Any

from statsig_python_core import (
    DataStore,
    DataStoreResponse,
    ExperimentEvaluationOptions,
    Statsig,
    StatsigOptions,
    StatsigUser,
)

from benchmarks.peers.peer import Json, Peer

OPERATORS = {"exact": "any", "semver_gte": "version_gte", "icontains": "str_contains_any"}
BUCKETS = 1000


def peer(one: Json, hundred: Json, key: str) -> Peer:
    """``get_experiment`` per flag, without exposure events."""
    single, many = _client(one), _client(hundred)
    options = ExperimentEvaluationOptions(disable_exposure_logging=True)
    keys = [flag["key"] for flag in hundred["flags"]]

    def close() -> None:
        single.shutdown().wait()
        many.shutdown().wait()

    return Peer(
        "statsig-python-core",
        "statsig-python-core",
        subject=lambda context: StatsigUser(user_id=context.distinct_id, custom=dict(context.properties)),
        one=lambda user: single.get_experiment(user, key, options).get_string("value", "") or False,
        hundred=lambda user: {name: many.get_experiment(user, name, options) for name in keys},
        values=lambda found: {name: experiment.get_string("value", "") or False for name, experiment in found.items()},
        close=close,
    )


class _Specs(DataStore):
    """Hands out the specs; a data store is Statsig's own way to start without the network."""

    def __init__(self, specs: Json) -> None:
        super().__init__()
        self._text = json.dumps(specs)

    def get(self, key: str) -> DataStoreResponse:
        return DataStoreResponse(result=self._text, time=1)


def _client(feed: Json) -> Statsig:
    options = StatsigOptions()
    options.disable_network = True
    options.disable_all_logging = True
    options.disable_country_lookup = True
    options.output_log_level = "none"
    options.data_store = _Specs(_specs(feed))
    client = Statsig("secret-key", options)
    client.initialize().wait()
    return client


def _specs(feed: Json) -> Json:
    conditions: Json = {}
    gates = {f"{flag['key']}-gate": _gate(flag, conditions) for flag in feed["flags"]}
    experiments = {flag["key"]: _experiment(flag, conditions) for flag in feed["flags"]}
    return {
        "feature_gates": gates,
        "dynamic_configs": experiments,
        "layer_configs": {},
        "condition_map": conditions,
        "experiment_to_layer": {},
        "has_updates": True,
        "time": 1,
    }


def _gate(flag: Json, conditions: Json) -> Json:
    rules = [
        _rule(
            f"{flag['key']}-{number}",
            [_user_field(entry, conditions) for entry in group["properties"]],
            True,
            share=group["rollout_percentage"],
            salt=f"{flag['key']}-rollout",
        )
        for number, group in enumerate(flag["filters"]["groups"])
    ]
    return _spec(f"{flag['key']}-gate", "feature_gate", "feature_gate", rules, False)


def _experiment(flag: Json, conditions: Json) -> Json:
    key, below = flag["key"], 0
    gate = _condition(conditions, "fail_gate", f"{key}-gate")
    rules = [_rule("targeting", [gate], {})]
    for variant in flag["filters"]["multivariate"]["variants"]:
        below += variant["rollout_percentage"] * BUCKETS // 100
        bucket = _condition(conditions, "user_bucket", below, operator="lt", additionalValues={"salt": key})
        rules.append(_rule(f"{key}-{variant['key']}", [bucket], {"value": variant["key"]}))
    return _spec(key, "dynamic_config", "experiment", rules, {}, isActive=True)


def _spec(name: str, kind: str, entity: str, rules: list[Json], default: Any, **more: Any) -> Json:
    return {
        "name": name,
        "type": kind,
        "entity": entity,
        "salt": name,
        "enabled": True,
        "defaultValue": default,
        "rules": rules,
        "idType": "userID",
        "version": 1,
        **more,
    }


def _rule(name: str, conditions: list[str], value: Any, *, share: float = 100, salt: str = "") -> Json:
    return {
        "name": name,
        "id": name,
        "groupName": name,
        "passPercentage": share,
        "conditions": conditions,
        "returnValue": value,
        "salt": salt or name,
        "idType": "userID",
    }


def _user_field(entry: Json, conditions: Json) -> str:
    many = entry["operator"] in ("exact", "icontains")
    wanted = entry["value"] if isinstance(entry["value"], list) or not many else [entry["value"]]
    return _condition(conditions, "user_field", wanted, operator=OPERATORS[entry["operator"]], field=entry["key"])


def _condition(conditions: Json, kind: str, wanted: Any, **more: Any) -> str:
    """Adds a condition to those that rules name, and returns its name. Equal ones are one, as in real specs."""
    condition = {
        "type": kind,
        "targetValue": wanted,
        "operator": None,
        "field": None,
        "additionalValues": {},
        "idType": "userID",
        **more,
    }
    name = json.dumps(condition, sort_keys=True)
    conditions[name] = condition
    return name
