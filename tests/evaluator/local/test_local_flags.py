"""How the SDK puts a flag together, where random cases seldom look."""

from typing import Any

import pytest

from evaluator import Context, Definitions, Reason, compile_definitions, evaluate
from evaluator.hashing import rollout_hash, unit, variant_hash
from evaluator.local import compile_local, evaluate_local
from tests.evaluator.local.feeds import NOW, ask, condition, flag, person
from tests.oracles.posthog_sdk import PosthogSdk, sdk_clock

COMPANY: dict[str, Any] = {"group_type_mapping": {"0": "company"}}
BEYOND = {"key": "absent", "type": "cohort", "value": 99, "operator": "in"}


def depends_on(key: str, expected: Any, chain: Any) -> dict[str, Any]:
    return {
        "key": key, "type": "flag", "operator": "flag_evaluates_to", "value": expected, "dependency_chain": chain
    }  # fmt: skip


def test_a_subject_exactly_at_the_limit_is_inside_the_rollout() -> None:
    percentage = unit(rollout_hash("flag", "ada")) * 100
    assert percentage / 100 == unit(rollout_hash("flag", "ada"))
    assert ask([flag(condition(rollout=percentage))]).value is True


def test_a_subject_exactly_at_a_variant_s_limit_has_the_next_one() -> None:
    percentage = unit(variant_hash("flag", "ada")) * 100
    assert percentage / 100 == unit(variant_hash("flag", "ada"))
    variants = [{"key": "a", "rollout_percentage": percentage}, {"key": "b", "rollout_percentage": 100 - percentage}]
    assert ask([flag(condition(), multivariate={"variants": variants})]).value == "b"


def test_a_subject_beyond_all_variants_gets_plain_true() -> None:
    assert ask([flag(condition(), multivariate={"variants": [{"key": "a", "rollout_percentage": 0}]})]).value is True


def test_a_pinned_variant_counts_only_if_it_exists() -> None:
    variants = {"variants": [{"key": "a", "rollout_percentage": 100}, {"key": "b", "rollout_percentage": 0}]}
    assert ask([flag(condition(variant="b"), multivariate=variants)]).value == "b"
    assert ask([flag(condition(variant="c"), multivariate=variants)]).value == "a"


def test_negation_means_nothing_on_a_flag() -> None:
    negated = person("plan", "exact", "pro", negation=True)
    assert ask([flag(condition(negated))], properties={"plan": "pro"}).value is True


def test_a_miss_outweighs_what_is_unknown_in_the_same_condition() -> None:
    asked = flag(condition(person("absent", "exact", 1), BEYOND, person("plan", "exact", "pro")))
    assert ask([asked], properties={"plan": "free"}).value is False


def test_a_later_match_outweighs_what_is_unknown_in_an_earlier_condition() -> None:
    result = ask([flag(condition(person("absent", "exact", 1)), condition())])
    assert (result.value, result.reason, result.condition_index) == (True, Reason.CONDITION_MATCH, 1)


def test_a_condition_that_needs_the_server_ends_the_flag() -> None:
    assert ask([flag(condition(BEYOND), condition())]).error == "unsupported_definition"


def test_but_not_behind_another_unknown() -> None:
    assert ask([flag(condition(person("absent", "exact", 1), BEYOND), condition())]).value is True


def test_of_several_reasons_the_gravest_is_reported() -> None:
    unknown = flag(condition(person("absent", "exact", 1)), condition(person("plan", "resembles", "pro")))
    assert ask([unknown]).error == "unsupported_definition"


def test_a_filter_that_was_not_reached_can_hold_the_gravest_reason() -> None:
    target = flag(condition(BEYOND), key="target")
    asked = flag(condition(depends_on("target", True, ["target"])), condition(person("plan", "resembles", "pro")))
    assert ask([asked, target], properties={"plan": "pro"}).error == "unsupported_definition"
    assert ask([flag(condition(depends_on("target", True, ["target"]))), target]).error == "unresolved_dependency"


@pytest.mark.parametrize(
    ("expected", "value"),
    [(True, True), (False, False), ("a", True), ("A", False), (1, False), (["a"], False)],
)
def test_a_dependency_is_compared_by_type(expected: Any, value: bool) -> None:
    target = flag(condition(), key="target", multivariate={"variants": [{"key": "a", "rollout_percentage": 100}]})
    assert ask([flag(condition(depends_on("target", expected, ["target"]))), target]).value is value


def test_an_inactive_dependency_is_off_whatever_else_it_is() -> None:
    target = {**flag(condition(), key="target"), "active": False, "ensure_experience_continuity": True}
    assert ask([flag(condition(depends_on("target", False, ["target"]))), target]).value is True


def test_flags_that_ask_each_other_end_the_evaluation() -> None:
    other = flag(condition(depends_on("flag", True, ["flag"])), key="other")
    assert ask([flag(condition(depends_on("other", True, ["other"]))), other]).error == "unsupported_definition"


def test_cohorts_that_contain_each_other_end_the_evaluation() -> None:
    def inside(cohort_id: int) -> dict[str, Any]:
        return {"key": "id", "type": "cohort", "value": cohort_id, "operator": "in"}

    cohorts = {"1": {"type": "AND", "values": [inside(2)]}, "2": {"type": "AND", "values": [inside(1)]}}
    assert ask([flag(condition(inside(1)), condition())], feed={"cohorts": cohorts}).error == "unsupported_definition"


def test_a_group_flag_hashes_the_group() -> None:
    grouped = flag(condition(rollout=60), key="organization-flag", aggregation_group_type_index=0)
    ruleset = compile_local({"flags": [grouped], **COMPANY})
    values = {
        key: evaluate_local(ruleset, grouped["key"], Context("ada", groups={"company": key}), now=NOW).value
        for key in ("org-1", "org-2", "org-3", "org-4", "org-5", "org-6")
    }
    expected = {key: unit(rollout_hash(grouped["key"], key)) <= 0.6 for key in values}
    assert values == expected
    assert set(expected.values()) == {True, False}


def test_a_group_flag_without_its_group_is_off_for_good() -> None:
    result = ask([flag(condition(), aggregation_group_type_index=0)], feed=COMPANY)
    assert (result.value, result.reason) == (False, Reason.NO_GROUP_TYPE)


def test_an_id_that_cannot_be_encoded_is_no_id() -> None:
    assert ask([flag(condition(rollout=50))], distinct_id="\ud800").error == "missing_context"


def test_a_flag_that_is_not_in_the_feed_is_left_to_the_server() -> None:
    assert ask([]).error == "unsupported_definition"


def test_payloads_are_returned_for_false_too() -> None:
    result = ask([flag(condition(rollout=0), payloads={"false": "1", "true": "2"})])
    assert (result.value, result.payload) == (False, "1")


def test_the_local_profile_of_a_ruleset_reads_the_feed_that_sdks_download() -> None:
    definitions = {
        "flags": [
            {**flag(condition(depends_on("7", True, None))), "id": 6},
            {**flag(condition(person("plan", "min", 5)), key="target"), "id": 7},
        ]
    }
    del definitions["flags"][0]["filters"]["groups"][0]["properties"][0]["dependency_chain"]
    ruleset = compile_definitions(Definitions.from_posthog(definitions))
    context = Context("ada", properties={"plan": 5})
    assert evaluate(ruleset, "flag", context, now=NOW, profile="local").value is True


def test_an_sdk_notices_a_missing_link_of_a_chain_only_once() -> None:
    asking = condition(depends_on("target", True, ["ghost", "target"]))
    target = flag(condition(), key="target")
    assert ask([flag(asking), target]).error == "unsupported_definition"
    assert ask([flag(asking, asking), target]).value is True


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, True),
        ({"type": "OR", "values": []}, True),
        ({"type": "AND", "values": [{}]}, True),
        ({"type": "OR", "values": [{}, person("absent", "exact", 1)]}, True),
        ({"type": "property", "values": []}, None),
        ({"type": "OR", "values": [{}, {"type": "AND"}]}, None),
        ({"type": "AND", "values": [person("absent", "exact", 1), person("plan", "exact", "free")]}, False),
        ({"type": "AND", "values": [person("plan", "exact", "free", negation=True)]}, True),
        ({"type": "AND", "values": [person("absent", "exact", 1, negation=True)]}, None),
    ],
)
def test_a_cohort_s_tree_is_read_like_the_sdk_reads_it(tree: Any, expected: bool | None) -> None:
    feed = {"flags": [flag(condition({**BEYOND, "value": 1}))], "cohorts": {"1": tree}}
    context = Context("ada", {"plan": "pro"})
    with sdk_clock(NOW):
        assert PosthogSdk(feed).answer("flag", context).value is expected
    assert evaluate_local(compile_local(feed), "flag", context, now=NOW).value is expected


@pytest.mark.parametrize("operator", ["is_set", "semver_eq", "no_such"])
@pytest.mark.parametrize("bucketing", ["device_id", "distinct_id"])
def test_a_filter_whose_key_is_a_list_is_blamed_only_for_its_operator_and_value(operator: str, bucketing: str) -> None:
    asked = flag(condition({"key": ["plan"], "type": "person", "operator": operator, "value": "x"}))
    feed = {"flags": [{**asked, "bucketing_identifier": bucketing}]}
    with sdk_clock(NOW):
        answer = PosthogSdk(feed).answer("flag", Context("ada"))
    local = evaluate_local(compile_local(feed), "flag", Context("ada"), now=NOW)
    assert (local.value, answer.value) == (None, None)
    assert answer.stumbled or local.error == answer.error


def test_the_search_for_a_graver_cause_ends_at_what_is_no_filter() -> None:
    base = flag(condition(BEYOND), key="base")
    undecided = {"properties": [person("absent", "exact", "x"), None]}
    late = condition(person("plan", "no_such", "x"))
    feed = {"flags": [base, flag(undecided, condition(depends_on("base", True, ["base"])), late)]}
    with sdk_clock(NOW):
        answer = PosthogSdk(feed).answer("flag", Context("ada"))
    local = evaluate_local(compile_local(feed), "flag", Context("ada"), now=NOW)
    assert (answer.value, answer.error) == (local.value, local.error) == (None, "unresolved_dependency")
