"""Definitions of unusual size and shape are answered or refused, never a crash."""

from datetime import UTC, datetime
from typing import Any

from evaluator import Context, Definitions, Reason, compile_definitions, evaluate, explain, validate_flag
from evaluator.definitions.limits import MOST_NEEDED_FLAGS

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
