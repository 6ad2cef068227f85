"""Reading definitions: nothing is lost, older spellings become current ones, and the bad harm no others."""

import json
from typing import Any

import pytest

from evaluator import Definitions, compile_definitions
from evaluator.definitions import BadDefinitions
from evaluator.json_text import dumps, loads


def flag(key: str, **filters: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": [], **filters}}


def with_filter(entry: Any, **other: Any) -> dict[str, Any]:
    return {**flag("f", groups=[{"properties": [entry], "rollout_percentage": 100}]), **other}


def read_filter(entry: Any, *flags: Any) -> Any:
    definitions = Definitions.from_posthog({"flags": [with_filter(entry), *flags]})
    return definitions.flags[0]["filters"]["groups"][0]["properties"][0]


def test_a_current_feed_comes_back_byte_by_byte() -> None:
    text = (
        '{"flags":[{"id":7,"key":"f","active":true,"name":null,"odd":{"kept":[1,1.0,1.50,1e5,12345678901234567890]},'
        '"filters":{"groups":[{"properties":[{"key":"plan","type":"person","operator":"exact","value":["pro"],'
        '"label":"x"}],"rollout_percentage":33.30,"sort_key":"a"}],"payloads":{"true":"{\\"a\\": 1}"}}}],'
        '"cohorts":{"1":{"id":1,"name":"A","filters":{"properties":{"type":"OR","values":[]}},"count":null}},'
        '"group_type_mapping":{"0":"company"},"property_matching_version":2,"something":"else"}'
    )
    assert dumps(Definitions.from_posthog(loads(text)).to_posthog()) == text


def test_a_flag_in_current_spelling_is_kept_as_the_same_object() -> None:
    given = with_filter({"key": "plan", "type": "person", "operator": "exact", "value": "pro"})
    definitions = Definitions.from_posthog({"flags": [given]})
    assert definitions.flags[0] is given
    assert definitions.warnings == ()


def test_what_was_given_is_never_changed() -> None:
    feed = {"flags": [with_filter({"key": 5, "operator": "min", "value": 1}, evaluation_tags=["web"])]}
    before = json.dumps(feed)
    Definitions.from_posthog(feed)
    assert json.dumps(feed) == before


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"key": 5, "type": "person", "value": 1}, {"key": "5", "type": "person", "value": 1}),
        ({"key": "a", "value": 1}, {"key": "a", "value": 1, "type": "person"}),
        (
            {"key": "a", "value": 1, "group_type_index": 0},
            {"key": "a", "value": 1, "group_type_index": 0, "type": "group"},
        ),
        (
            {"key": "a", "type": "person", "operator": "min", "value": 1},
            {"key": "a", "type": "person", "operator": "gte", "value": 1},
        ),
        (
            {"key": "a", "type": "person", "operator": "max", "value": 1},
            {"key": "a", "type": "person", "operator": "lte", "value": 1},
        ),
        (
            {"key": "id", "type": "cohort", "operator": "exact", "value": 1},
            {"key": "id", "type": "cohort", "operator": "in", "value": 1},
        ),
    ],
)
def test_older_spellings_of_filters_become_current_ones(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert read_filter(given) == read


def test_flag_ids_in_dependencies_become_keys() -> None:
    dependency = {"key": "12", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    assert read_filter(dependency, {"id": 12, "key": "parent", "filters": {}})["key"] == "parent"


def test_a_flag_key_that_reads_like_an_id_stays_a_key() -> None:
    dependency = {"key": "12", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    flags = ({"id": 12, "key": "parent", "filters": {}}, {"id": 3, "key": "12", "filters": {}})
    assert read_filter(dependency, *flags)["key"] == "12"


def test_a_dependency_in_feed_form_names_a_key_already() -> None:
    dependency = {"key": "12", "type": "flag", "operator": "flag_evaluates_to", "value": True, "dependency_chain": []}
    assert read_filter(dependency, {"id": 12, "key": "parent", "filters": {}})["key"] == "12"


def test_evaluation_tags_become_evaluation_contexts() -> None:
    definitions = Definitions.from_posthog({"flags": [{**flag("f"), "evaluation_tags": ["web"]}]})
    assert definitions.flags[0]["evaluation_contexts"] == ["web"]
    assert "evaluation_tags" not in definitions.flags[0]


def test_both_names_of_evaluation_contexts_are_left_alone() -> None:
    given = {**flag("f"), "evaluation_tags": ["web"], "evaluation_contexts": ["app"]}
    assert Definitions.from_posthog({"flags": [given]}).flags[0] == given


def test_the_early_access_form_of_super_groups_becomes_feature_enrollment() -> None:
    block = {"properties": [{"key": "$feature_enrollment/f", "type": "person", "operator": "exact", "value": ["true"]}]}
    read = Definitions.from_posthog({"flags": [flag("f", super_groups=[block])]})
    assert read.flags[0]["filters"] == {"groups": [], "feature_enrollment": True}
    assert [warning.problem.code for warning in read.warnings] == ["older_spelling"]


@pytest.mark.parametrize(
    "block",
    [
        {"properties": [{"key": "$feature_enrollment/other", "value": ["true"]}]},
        {"properties": [{"key": "$feature_enrollment/f", "value": ["false"]}]},
        {"properties": [{"key": "$feature_enrollment/f", "value": ["true"]}, {"key": "plan", "value": "pro"}]},
        {"properties": []},
        7,
    ],
)
def test_other_super_groups_stay_and_do_nothing(block: Any) -> None:
    given = flag("f", super_groups=[block])
    read = Definitions.from_posthog({"flags": [given]})
    assert read.flags[0] == given
    assert [warning.problem.code for warning in read.warnings] == ["inert_legacy"]


def test_the_first_holdout_group_becomes_the_holdout() -> None:
    blocks = [{"properties": [], "rollout_percentage": 12.5, "variant": "holdout-42"}, {"variant": "holdout-43"}]
    read = Definitions.from_posthog({"flags": [flag("f", holdout_groups=blocks)]})
    assert read.flags[0]["filters"] == {"groups": [], "holdout": {"id": 42, "exclusion_percentage": 12.5}}


@pytest.mark.parametrize(
    "block",
    [
        {"properties": [], "rollout_percentage": 10, "variant": "control"},
        {"properties": [{"key": "plan", "value": "pro"}], "rollout_percentage": 10, "variant": "holdout-1"},
        {"properties": [], "rollout_percentage": "10", "variant": "holdout-1"},
        {"properties": []},
    ],
)
def test_other_holdout_groups_stay_and_do_nothing(block: Any) -> None:
    given = flag("f", holdout_groups=[block])
    assert Definitions.from_posthog({"flags": [given]}).flags[0] == given


def test_a_current_holdout_wins_over_an_older_one() -> None:
    block = {"properties": [], "rollout_percentage": 12.5, "variant": "holdout-42"}
    given = flag("f", holdout={"id": 1, "exclusion_percentage": 5}, holdout_groups=[block])
    assert Definitions.from_posthog({"flags": [given]}).flags[0] == given


def test_filters_inside_cohorts_are_converted_in_both_forms() -> None:
    tree = {"type": "AND", "values": [{"type": "OR", "values": [{"key": "age", "operator": "min", "value": 18}]}]}
    stored = {"id": 2, "name": "Adults", "filters": {"properties": tree}}
    read = Definitions.from_posthog({"cohorts": {"1": tree, "2": stored}}).cohorts
    leaf = {"key": "age", "type": "person", "operator": "gte", "value": 18}
    assert read["1"]["values"][0]["values"][0] == leaf
    assert read["2"]["filters"]["properties"]["values"][0]["values"][0] == leaf
    assert read["2"]["name"] == "Adults"


@pytest.mark.parametrize("feed", [[], "flags", {"flags": {}}, {"cohorts": []}, {"group_type_mapping": []}])
def test_what_is_no_feed_at_all_is_refused_with_the_place_and_the_fix(feed: Any) -> None:
    with pytest.raises(BadDefinitions, match="Pass an object like") as refused:
        Definitions.from_posthog(feed)
    assert refused.value.problem.code == "bad_definitions"


def test_an_empty_feed_has_no_flags() -> None:
    assert compile_definitions(Definitions.from_posthog({})).flags == {}


def test_a_quarantined_flag_is_told_with_its_place_and_a_fix() -> None:
    bad = with_filter({"key": "plan", "type": "person", "operator": "resembles", "value": "pro"})
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [bad, flag("good")]}))
    (warning,) = ruleset.warnings
    assert (warning.kind, warning.key, warning.level) == ("flag", "f", "quarantined")
    assert warning.problem.path == "filters.groups[0].properties[0].operator"
    assert warning.problem.code == "unknown_operator"
    assert warning.problem.fix
    assert ruleset.flags["good"].error is None
    assert ruleset.definitions.to_posthog()["flags"][0] == bad


@pytest.mark.parametrize("bad", [7, None, [], {}, {"key": ""}, {"key": 5}])
def test_a_flag_without_a_key_is_kept_but_cannot_be_asked_for(bad: Any) -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("good"), bad]}))
    assert list(ruleset.flags) == ["good"]
    assert [(warning.key, warning.problem.code) for warning in ruleset.warnings] == [("#1", "no_key")]
    assert ruleset.definitions.to_posthog()["flags"][1] == bad


@pytest.mark.parametrize(("value", "code"), [(float("nan"), "not_canonical"), ("\ud800", "not_canonical")])
def test_a_value_that_cannot_be_signed_quarantines_its_flag(value: Any, code: str) -> None:
    ruleset = compile_definitions(
        Definitions.from_posthog({"flags": [with_filter({"key": "a", "type": "person", "value": value})]})
    )
    assert [warning.problem.code for warning in ruleset.warnings] == [code]
    assert ruleset.flags["f"].error == "flag_data_parsing_error"


def test_of_two_flags_with_one_key_the_first_that_is_not_deleted_counts() -> None:
    old = {**flag("f"), "deleted": True}
    first = flag("f", groups=[{"properties": []}])
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [old, first, flag("f")]}))
    assert ruleset.flags["f"].definition == first
    assert [warning.problem.code for warning in ruleset.warnings] == ["duplicate_key"]


def test_an_unknown_time_zone_is_told_and_read_as_utc() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"timezone": "Mars/Olympus"}))
    assert [warning.problem.code for warning in ruleset.warnings] == ["unknown_timezone"]


def test_doubtful_parts_of_a_flag_are_told() -> None:
    group = {
        "properties": [{"key": "age", "type": "person", "operator": "gt", "value": "old"}],
        "rollout_percentage": 130,
        "variant": "ghost",
        "aggregation_group_type_index": 3,
    }
    given = {**flag("f", groups=[group], payloads={"true": "x"}), "has_encrypted_payloads": True}
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [given]}))
    assert {warning.problem.code for warning in ruleset.warnings} == {
        "encrypted_payloads",
        "bad_percentage",
        "unknown_group_type",
        "unknown_variant",
        "never_matches",
    }
    assert {warning.level for warning in ruleset.warnings} == {"warning"}


def test_flags_can_be_replaced_and_added() -> None:
    definitions = Definitions.from_posthog({"flags": [flag("a"), flag("b")]})
    changed = definitions.with_flag({**flag("a"), "active": False}).with_flag(flag("c"))
    assert [(entry["key"], entry["active"]) for entry in changed.flags] == [("a", False), ("b", True), ("c", True)]
    assert [entry["key"] for entry in definitions.flags] == ["a", "b"]


def test_listed_members_become_facts() -> None:
    cohorts = {"1": {"is_static": True, "drysail": {"members": ["ada", 5, None]}}, "2": {"type": "AND", "values": []}}
    assert Definitions.from_posthog({"cohorts": cohorts}).facts().members == {"1": frozenset({"ada", "5"})}
