"""A flag or cohort that cannot be read is told with its place, whatever is wrong, and others go on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator import Context, Definitions, compile_definitions, evaluate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILTER = {"key": "plan", "type": "person", "operator": "exact", "value": "pro"}


def in_filter(**changes: Any) -> dict[str, Any]:
    return {"groups": [{"properties": [{**FILTER, **changes}]}]}


SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"active": 1}, "active"),
    ({"deleted": "no"}, "deleted"),
    ({"ensure_experience_continuity": "yes"}, "ensure_experience_continuity"),
    ({"has_encrypted_payloads": 0}, "has_encrypted_payloads"),
    ({"filters": "all"}, "filters"),
    ({"filters": {"version": 3}}, "filters.version"),
    ({"filters": {"aggregation_group_type_index": "0"}}, "filters.aggregation_group_type_index"),
    ({"filters": {"feature_enrollment": "true"}}, "filters.feature_enrollment"),
    ({"filters": {"early_exit": 1}}, "filters.early_exit"),
    ({"filters": {"multivariate": []}}, "filters.multivariate"),
    ({"filters": {"multivariate": {"variants": {}}}}, "filters.multivariate"),
    ({"filters": {"multivariate": {"variants": ["a"]}}}, "filters.multivariate.variants[0]"),
    (
        {"filters": {"multivariate": {"variants": [{"key": 1, "rollout_percentage": 100}]}}},
        "filters.multivariate.variants[0].key",
    ),
    (
        {"filters": {"multivariate": {"variants": [{"key": "a", "rollout_percentage": True}]}}},
        "filters.multivariate.variants[0].rollout_percentage",
    ),
    ({"filters": {"holdout": 3}}, "filters.holdout"),
    ({"filters": {"holdout": {"id": "3", "exclusion_percentage": 1}}}, "filters.holdout.id"),
    ({"filters": {"holdout": {"id": 3}}}, "filters.holdout.exclusion_percentage"),
    ({"filters": {"groups": {}}}, "filters.groups"),
    ({"filters": {"groups": [None]}}, "filters.groups[0]"),
    ({"filters": {"groups": [{"properties": {}}]}}, "filters.groups[0].properties"),
    ({"filters": {"groups": [{"properties": ["plan"]}]}}, "filters.groups[0].properties[0]"),
    ({"filters": {"groups": [{"rollout_percentage": float("inf")}]}}, "filters.groups[0].rollout_percentage"),
    ({"filters": {"groups": [{"variant": ["a"]}]}}, "filters.groups[0].variant"),
    (
        {"filters": {"groups": [{"aggregation_group_type_index": 0.5}]}},
        "filters.groups[0].aggregation_group_type_index",
    ),
    ({"filters": in_filter(type=7)}, "filters.groups[0].properties[0].type"),
    ({"filters": in_filter(key=None)}, "filters.groups[0].properties[0].key"),
    ({"filters": in_filter(operator=["exact"])}, "filters.groups[0].properties[0].operator"),
    ({"filters": in_filter(group_type_index="0")}, "filters.groups[0].properties[0].group_type_index"),
    ({"filters": in_filter(negation="yes")}, "filters.groups[0].properties[0].negation"),
    ({"filters": in_filter(operator="regex", value="(?=x)")}, "filters.groups[0].properties[0].value"),
    ({"filters": in_filter(type="cohort", operator="near", value=1)}, "filters.groups[0].properties[0].operator"),
    ({"filters": in_filter(type="flag", operator="near")}, "filters.groups[0].properties[0].operator"),
]


@pytest.mark.parametrize(("changes", "path"), SHAPES)
def test_a_flag_of_a_wrong_shape_fails_alone_and_says_where(changes: dict[str, Any], path: str) -> None:
    bad = {"key": "bad", "active": True, "filters": {}, **changes}
    good = {"key": "good", "active": True, "filters": {"groups": [{"properties": []}]}}
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [bad, good]}))
    quarantined = [warning for warning in ruleset.warnings if warning.level == "quarantined"]
    assert [(warning.key, warning.problem.path) for warning in quarantined] == [("bad", path)]
    assert quarantined[0].problem.message
    assert quarantined[0].problem.fix
    assert evaluate(ruleset, "bad", Context("ada"), now=NOW).error == "flag_data_parsing_error"
    assert evaluate(ruleset, "good", Context("ada"), now=NOW).value is True


COHORTS: list[tuple[Any, str]] = [
    (7, ""),
    ({"type": "person", "key": "a", "value": 1}, ""),
    ({"type": "AND"}, ""),
    ({"type": "and", "values": []}, ""),
    ({"type": "AND", "values": {}}, ""),
    ({"type": "AND", "values": [7]}, "values[0]"),
    ({"type": "AND", "values": [{"type": "OR"}]}, "values[0]"),
    ({"type": "AND", "values": [{**FILTER, "operator": "near"}]}, "values[0].operator"),
    ({"type": "AND", "values": [{**FILTER, "type": "flag"}]}, "values[0].type"),
    ({"type": "AND", "values": [{**FILTER, "type": "behavioral"}]}, "values[0].type"),
    ({"type": "OR", "values": [{"type": "OR", "values": [{**FILTER, "key": None}]}]}, "values[0].values[0].key"),
    ({"id": 1, "filters": {"properties": []}}, "filters.properties"),
    ({"id": 1, "filters": {"properties": {"type": "AND", "values": [7]}}}, "filters.properties.values[0]"),
    ({"id": 1, "filters": "all"}, "filters"),
]


@pytest.mark.parametrize(("document", "path"), COHORTS)
def test_a_cohort_that_cannot_be_read_fails_only_those_that_use_it(document: Any, path: str) -> None:
    member = {"key": "id", "type": "cohort", "operator": "in", "value": 1}
    flags = [
        {"key": "user", "active": True, "filters": {"groups": [{"properties": [member]}]}},
        {"key": "good", "active": True, "filters": {"groups": [{"properties": []}]}},
    ]
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags, "cohorts": {"1": document}}))
    (told,) = (warning for warning in ruleset.warnings if warning.kind == "cohort")
    assert (told.key, told.level, told.problem.path) == ("1", "quarantined", path)
    assert evaluate(ruleset, "user", Context("ada"), now=NOW).error == "cohort_filters_parsing_error"
    assert evaluate(ruleset, "good", Context("ada"), now=NOW).value is True
    assert "1" not in ruleset.cohorts


def test_a_cohort_whose_members_nobody_lists_is_told() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"cohorts": {"1": {"is_static": True}}}))
    assert [(warning.key, warning.problem.code) for warning in ruleset.warnings] == [("1", "no_members")]


def test_a_key_of_a_cohort_that_is_no_number_does_no_harm() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"cohorts": {"beta": {"type": "AND", "values": []}}}))
    assert list(ruleset.cohorts) == ["beta"]
