"""Definitions of unusual size and shape are answered or refused, never a crash."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator import Context, Definitions, Reason, compile_definitions, evaluate, explain, validate_flag
from evaluator.definitions.limits import (
    LONGEST_PATTERN,
    MOST_CONDITIONS,
    MOST_FILTERS,
    MOST_NEEDED_FLAGS,
    MOST_OUTCOMES,
    MOST_VALUES,
)
from evaluator.diff import diff

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def flag(key: str, *filters: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": [{"properties": list(filters)}]}}


def member_of(cohort_id: int) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": "AND", "values": []}
    for _ in range(depth - 1):
        tree = {"type": "AND", "values": [tree]}
    return tree


def answer(feed: dict[str, Any], key: str = "f") -> tuple[Any, str | None]:
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    result = evaluate(ruleset, key, Context("ada"), now=NOW)
    assert explain(ruleset, key, Context("ada"), now=NOW).result == result
    return result.value, result.error


def test_a_long_chain_of_flags_is_answered_up_to_a_limit() -> None:
    def needs(index: int) -> dict[str, Any]:
        return {"key": f"f{index}", "type": "flag", "operator": "flag_evaluates_to", "value": True}

    flags = [flag("f0"), *(flag(f"f{index}", needs(index - 1)) for index in range(1, 2 * MOST_NEEDED_FLAGS))]
    last, beyond = f"f{MOST_NEEDED_FLAGS}", f"f{MOST_NEEDED_FLAGS + 1}"
    assert answer({"flags": flags}, last) == (True, None)
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags}))
    assert evaluate(ruleset, beyond, Context("ada"), now=NOW).reason is Reason.MISSING_DEPENDENCY
    told = next(warning.problem for warning in ruleset.warnings if warning.key == beyond)
    assert (told.path, told.code) == ("filters.groups", "too_many_dependencies")
    assert [problem.code for problem in validate_flag(flags[-1], ruleset.definitions)] == ["too_many_dependencies"]


def test_a_cohort_tree_of_64_levels_is_read_and_one_of_65_is_not() -> None:
    assert answer({"flags": [flag("f", member_of(1))], "cohorts": {"1": nested(64)}}) == (True, None)
    refused = answer({"flags": [flag("f", member_of(1))], "cohorts": {"1": nested(65)}})
    assert refused == (None, "cohort_filters_parsing_error")


def test_cohorts_within_cohorts_go_only_so_deep() -> None:
    def chain(length: int) -> dict[str, Any]:
        links = {str(index): {"type": "AND", "values": [member_of(index + 1)]} for index in range(1, length)}
        return {"flags": [flag("f", member_of(1))], "cohorts": {**links, str(length): {"type": "AND", "values": []}}}

    assert answer(chain(50)) == (True, None)
    assert answer(chain(5000)) == (None, "cohort_filters_parsing_error")


def test_a_diamond_of_cohorts_is_asked_once_per_cohort() -> None:
    """Without remembering answers, 40 levels of doubled references would take longer than the universe is old."""
    links = {
        str(index): {"type": "AND", "values": [member_of(index + 1), member_of(index + 1)]} for index in range(1, 40)
    }
    feed = {"flags": [flag("f", member_of(1))], "cohorts": {**links, "40": {"type": "AND", "values": []}}}
    assert answer(feed) == (True, None)


def test_a_flag_that_nests_without_end_is_quarantined_alone() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    deep = flag("deep", {"key": "a", "type": "person", "operator": "exact", "value": value})
    feed = {"flags": [deep, flag("f")]}
    assert answer(feed, "deep") == (None, "flag_data_parsing_error")
    assert answer(feed) == (True, None)


def test_a_number_beyond_binary64_is_quarantined() -> None:
    huge = flag("f", {"key": "a", "type": "person", "operator": "gt", "value": 10**400})
    huge["filters"]["groups"][0]["rollout_percentage"] = 10**400
    assert answer({"flags": [huge]}) == (None, "flag_data_parsing_error")


def over_the_limit(**filters: Any) -> tuple[str, str]:
    """Path and code of the problem that quarantines a flag with these filters, while another goes on."""
    flags = [{"key": "big", "active": True, "filters": filters}, flag("f")]
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags}))
    told = next(warning.problem for warning in ruleset.warnings if warning.level == "quarantined")
    assert told.fix
    assert evaluate(ruleset, "big", Context("ada"), now=NOW).error == "flag_data_parsing_error"
    assert evaluate(ruleset, "f", Context("ada"), now=NOW).value is True
    return told.path, told.code


def test_a_flag_with_too_many_conditions_filters_or_outcomes_is_quarantined_alone() -> None:
    entry = {"key": "a", "type": "person", "operator": "exact", "value": "x"}
    variants = [{"key": f"v{number}", "rollout_percentage": 0.01} for number in range(1000)]
    conditions = [{"properties": []}] * (MOST_OUTCOMES // 1000 + 1)
    assert over_the_limit(groups=[{"properties": []}] * (MOST_CONDITIONS + 1)) == ("filters.groups", "too_large")
    assert over_the_limit(groups=[{"properties": [entry] * (MOST_FILTERS + 1)}]) == ("filters.groups", "too_large")
    assert over_the_limit(groups=conditions, multivariate={"variants": variants}) == (
        "filters.multivariate.variants",
        "too_large",
    )


def test_a_million_values_are_one_too_many_and_half_of_them_are_fine() -> None:
    few, many = [None] * (MOST_VALUES // 2), [None] * MOST_VALUES
    entry = {"key": "a", "type": "person", "operator": "exact"}
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", {**entry, "value": few})]}))
    assert evaluate(ruleset, "f", Context("ada"), now=NOW).error is None
    assert over_the_limit(groups=[{"properties": [{**entry, "value": many}]}]) == ("", "too_large")


def test_aliases_of_one_list_count_as_often_as_they_occur() -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value, value]
    assert over_the_limit(groups=[{"properties": [{"key": "a", "type": "person", "value": value}]}]) == (
        "",
        "too_large",
    )


def test_a_listed_member_does_not_count_among_a_cohorts_values() -> None:
    cohort = {"is_static": True, "drysail": {"members": ["ada"] * (MOST_VALUES + 1)}}
    ruleset = compile_definitions(
        Definitions.from_posthog({"flags": [flag("f", member_of(1))], "cohorts": {"1": cohort}})
    )
    facts = ruleset.definitions.facts()
    assert evaluate(ruleset, "f", Context("ada"), now=NOW, facts=facts).value is True


def test_a_cohort_with_too_many_filters_breaks_only_those_that_use_it() -> None:
    entry = {"key": "a", "type": "person", "operator": "exact", "value": "x"}
    cohort = {"type": "OR", "values": [entry] * (MOST_FILTERS + 1)}
    feed = {"flags": [flag("f", member_of(1)), flag("g")], "cohorts": {"1": cohort}}
    assert answer(feed) == (None, "cohort_filters_parsing_error")
    assert answer(feed, "g") == (True, None)


@pytest.mark.parametrize("pattern", ["a" * (LONGEST_PATTERN + 1), "(?=a)", "((a{100}){100}){100}"])
def test_a_pattern_beyond_re2_is_refused_with_the_reason(pattern: str) -> None:
    entry = {"key": "a", "type": "person", "operator": "regex", "value": pattern}
    assert over_the_limit(groups=[{"properties": [entry]}]) == (
        "filters.groups[0].properties[0].value",
        "unsupported_regex",
    )


@pytest.mark.parametrize("count", ["0" * 9000 + "3", "3," + "0" * 9000 + "3"])
def test_a_count_with_very_many_zeros_is_the_number_it_is(count: str) -> None:
    entry = {"key": "a", "type": "person", "operator": "regex", "value": f"^a{{{count}}}$"}
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", entry)]}))
    assert evaluate(ruleset, "f", Context("ada", {"a": "aaa"}), now=NOW).value is True
    assert evaluate(ruleset, "f", Context("ada", {"a": "aa"}), now=NOW).value is False


def test_what_a_message_quotes_is_short_whatever_the_definition_holds() -> None:
    entry = {"key": "a", "type": "person", "operator": "o" * 1_000_000, "value": "x"}
    for bad in (entry, {**entry, "type": "t" * 1_000_000}, {**entry, "operator": 10**4000}):
        ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", bad)]}))
        (told,) = (warning.problem for warning in ruleset.warnings if warning.level == "quarantined")
        assert len(told.message) + len(told.fix) < 1000


def test_an_explanation_holds_values_of_any_depth() -> None:
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    entry = {"key": "a", "type": "person", "operator": "exact", "value": "x"}
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", entry)]}))
    told = explain(ruleset, "f", Context("ada", {"a": value}), now=NOW).as_dict()
    assert told["conditions"][0]["filters"][0]["actual"] is value


def test_two_large_flags_are_compared_in_few_steps() -> None:
    def large(plan: str) -> dict[str, Any]:
        groups = [
            {"properties": [{"key": f"p{number}", "type": "person", "operator": "exact", "value": plan}]}
            for number in range(1_000)
        ]
        return {"key": "f", "filters": {"groups": groups}}

    assert diff(large("pro"), large("pro")).is_empty
    changed = diff(large("pro"), large("free")).conditions
    assert len(changed) == 1_000
    assert {condition.kind for condition in changed} == {"changed"}
