"""The hashes that a recording keeps are those that a replay would compute."""

from datetime import UTC, datetime
from typing import Any

from evaluator import Context, Definitions, compile_definitions, evaluate_all
from evaluator.hashing import rollout_hash, variant_hash
from evaluator.recorded_hashes import Hashes, hashes_of_answers

NOW = datetime(2026, 11, 20, tzinfo=UTC)
VARIANTS = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}


def hashes(flag: dict[str, Any], subject: str = "ada") -> Hashes:
    feed = {"flags": [{"key": "f", "active": True, **flag}], "group_type_mapping": {"0": "company"}}
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    context = Context(distinct_id=subject, groups={"company": "acme"}, device_id="phone")
    return hashes_of_answers(ruleset, context, evaluate_all(ruleset, context, now=NOW).values())


def test_a_partial_rollout_and_a_variant_are_told() -> None:
    partial = {"filters": {"groups": [{"rollout_percentage": 99.9}], "multivariate": VARIANTS}}
    assert hashes(partial) == {"f": (rollout_hash("f", "ada"), variant_hash("f", "ada"))}


def test_what_needed_no_hash_is_not_told() -> None:
    assert hashes({"filters": {"groups": [{"rollout_percentage": 100}]}}) == {}
    nobody = {"filters": {"groups": [{"properties": [{"key": "p", "type": "person", "value": "x"}]}]}}
    assert hashes(nobody) == {}


def test_hashes_of_groups_and_devices_are_left_out() -> None:
    by_group = {"filters": {"groups": [{"rollout_percentage": 50}], "aggregation_group_type_index": 0}}
    assert hashes(by_group) == {}
    by_device = {"bucketing_identifier": "device_id", "filters": {"groups": [{"rollout_percentage": 50}]}}
    assert hashes(by_device) == {}


def test_a_long_id_is_hashed_as_it_is_when_answering() -> None:
    partial = {"filters": {"groups": [{"rollout_percentage": 50}]}}
    assert hashes(partial, "u" * 300) == {"f": (rollout_hash("f", "u" * 200), None)}
