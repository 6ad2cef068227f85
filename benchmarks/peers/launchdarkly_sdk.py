"""launchdarkly-server-sdk: every condition is a rule with a percentage rollout; flags come from a file."""

import json
import logging
import re
from tempfile import NamedTemporaryFile

from ldclient import Context as Subject
from ldclient import LDClient
from ldclient.config import Config
from ldclient.integrations import Files

from benchmarks.peers.peer import Json, Peer
from evaluator import Context

OPERATORS = {"exact": "in", "semver_gte": "semVerGreaterThan", "icontains": "matches"}


def peer(one: Json, hundred: Json, key: str) -> Peer:
    """``variation`` for one flag, ``all_flags_state`` for all."""
    logging.getLogger("ldclient").setLevel(logging.CRITICAL)
    single, many = _client(one), _client(hundred)

    def close() -> None:
        single.close()
        many.close()

    return Peer(
        "launchdarkly-server-sdk",
        "launchdarkly-server-sdk",
        subject=_subject,
        one=lambda subject: single.variation(key, subject, None),
        hundred=many.all_flags_state,
        values=lambda state: state.to_values_map(),
        close=close,
    )


def _subject(context: Context) -> Subject:
    builder = Subject.builder(context.distinct_id)
    for name, value in context.properties.items():
        builder.set(name, value)
    return builder.build()


def _client(feed: Json) -> LDClient:
    flags = {flag["key"]: _flag(flag) for flag in feed["flags"]}
    with NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"flags": flags}, file)
        file.flush()
        source = Files.new_data_source(paths=[file.name])
        return LDClient(Config("sdk-key", update_processor_class=source, send_events=False), start_wait=10)


def _flag(flag: Json) -> Json:
    variants = flag["filters"]["multivariate"]["variants"]
    return {
        "key": flag["key"],
        "version": 1,
        "on": True,
        "salt": flag["key"],
        "variations": [False, *(variant["key"] for variant in variants)],
        "offVariation": 0,
        "fallthrough": {"variation": 0},
        "rules": [_rule(f"rule-{index}", group, variants) for index, group in enumerate(flag["filters"]["groups"])],
    }


def _rule(name: str, group: Json, variants: list[Json]) -> Json:
    """Weights count in thousandths of a percent; whom the rollout leaves out gets the value that means off."""
    share = group["rollout_percentage"]
    weights = [round(variant["rollout_percentage"] * share * 10) for variant in variants]
    return {
        "id": name,
        "clauses": [_clause(entry) for entry in group["properties"]],
        "rollout": {
            "variations": [
                *({"variation": index, "weight": weight} for index, weight in enumerate(weights, start=1)),
                {"variation": 0, "weight": 100_000 - sum(weights)},
            ]
        },
    }


def _clause(entry: Json) -> Json:
    """There is no "at least" for versions; above the least pre-release of a version is the same for all releases."""
    wanted = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
    if entry["operator"] == "icontains":
        wanted = [f"(?i){re.escape(text)}" for text in wanted]
    if entry["operator"] == "semver_gte":
        wanted = [f"{version}-0" for version in wanted]
    return {"attribute": entry["key"], "op": OPERATORS[entry["operator"]], "values": wanted, "negate": False}
