"""What may be written, and what a refusal says."""

from typing import Any

import pytest

from evaluator import Definitions, validate_flag

GOOD: dict[str, Any] = {
    "key": "new-checkout",
    "name": "New checkout",
    "active": True,
    "filters": {
        "groups": [
            {
                "properties": [
                    {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]},
                    {"key": "id", "type": "cohort", "operator": "in", "value": 1},
                    {"key": "parent", "type": "flag", "operator": "flag_evaluates_to", "value": "blue"},
                    {"key": "tier", "type": "group", "operator": "is_set", "group_type_index": 0},
                ],
                "rollout_percentage": 12.5,
                "variant": "a",
            }
        ],
        "multivariate": {
            "variants": [
                {"key": "a", "rollout_percentage": 33.33},
                {"key": "b", "rollout_percentage": 33.33},
                {"key": "c", "rollout_percentage": 33.34},
            ]
        },
        "payloads": {"a": '{"colour": "#00f"}', "b": "null", "c": None},
        "holdout": {"id": 3, "exclusion_percentage": 10},
    },
    "drysail": {"condition_ids": ["c1"]},
}
PARENT = {
    "key": "parent",
    "active": True,
    "filters": {
        "groups": [],
        "multivariate": {"variants": [{"key": "blue", "rollout_percentage": 100}]},
        "holdout": {"id": 9, "exclusion_percentage": 1},
    },
}
DEFINITIONS = Definitions.from_posthog(
    {"flags": [PARENT], "cohorts": {"1": {}, "2": {"deleted": True}}, "group_type_mapping": {"0": "company"}}
)


def edited(path: tuple[Any, ...], value: Any) -> Any:
    """GOOD with the value at a path replaced."""

    def edit(document: Any, rest: tuple[Any, ...]) -> Any:
        if not rest:
            return value
        if isinstance(document, list):
            return [edit(entry, rest[1:]) if index == rest[0] else entry for index, entry in enumerate(document)]
        return {**document, rest[0]: edit(document.get(rest[0]), rest[1:])}

    return edit(GOOD, path)


FILTERS = ("filters",)
CONDITION = (*FILTERS, "groups", 0)
FILTER = (*CONDITION, "properties", 0)
COHORT = (*CONDITION, "properties", 1)
DEPENDENCY = (*CONDITION, "properties", 2)
GROUP = (*CONDITION, "properties", 3)
VARIANTS = (*FILTERS, "multivariate", "variants")

REFUSED: list[tuple[tuple[Any, ...], Any, str, str]] = [
    (("key",), "", "wrong_type", "key"),
    (("key",), " new", "bad_key", "key"),
    (("key",), "a\nb", "bad_key", "key"),
    (("key",), "k" * 401, "bad_key", "key"),
    (("active",), "true", "wrong_type", "active"),
    (FILTERS, [], "wrong_type", "filters"),
    ((*FILTERS, "version"), 2, "unsupported_format", "filters.version"),
    ((*FILTERS, "groups"), {}, "wrong_type", "filters.groups"),
    ((*FILTERS, "early_exit"), "yes", "wrong_type", "filters.early_exit"),
    ((*CONDITION, "rollout_percentage"), "12", "wrong_type", "filters.groups[0].rollout_percentage"),
    ((*CONDITION, "rollout_percentage"), 100.5, "bad_percentage", "filters.groups[0].rollout_percentage"),
    ((*CONDITION, "rollout_percentage"), -1, "bad_percentage", "filters.groups[0].rollout_percentage"),
    ((*CONDITION, "variant"), 5, "wrong_type", "filters.groups[0].variant"),
    ((*FILTER, "operator"), "resembles", "unknown_operator", "filters.groups[0].properties[0].operator"),
    ((*FILTER, "operator"), "in", "bad_operator", "filters.groups[0].properties[0].operator"),
    ((*FILTER, "type"), "astral", "unknown_type", "filters.groups[0].properties[0].type"),
    ((*FILTER, "key"), "", "no_property", "filters.groups[0].properties[0].key"),
    ((*FILTER, "value"), None, "null_value", "filters.groups[0].properties[0].value"),
    (FILTER, {"key": "a", "operator": "gt", "value": "x"}, "unusable_value", "filters.groups[0].properties[0].value"),
    (
        FILTER,
        {"key": "a", "operator": "regex", "value": "("},
        "unusable_value",
        "filters.groups[0].properties[0].value",
    ),
    (
        FILTER,
        {"key": "a", "operator": "between", "value": [5, 1]},
        "unusable_value",
        "filters.groups[0].properties[0].value",
    ),
    (
        FILTER,
        {"key": "a", "operator": "semver_wildcard", "value": "1.*.3"},
        "unusable_value",
        "filters.groups[0].properties[0].value",
    ),
    (
        FILTER,
        {"key": "a", "operator": "is_date_after", "value": "soon"},
        "unusable_value",
        "filters.groups[0].properties[0].value",
    ),
    (FILTER, {"key": "a", "type": "group", "value": 1}, "no_group_type", "filters.groups[0].properties[0]"),
    ((*COHORT, "operator"), "gt", "bad_operator", "filters.groups[0].properties[1].operator"),
    ((*COHORT, "value"), "1", "bad_cohort_id", "filters.groups[0].properties[1].value"),
    ((*COHORT, "value"), 404, "no_such_cohort", "filters.groups[0].properties[1].value"),
    ((*COHORT, "value"), 2, "no_such_cohort", "filters.groups[0].properties[1].value"),
    ((*DEPENDENCY, "operator"), "exact", "bad_operator", "filters.groups[0].properties[2].operator"),
    ((*DEPENDENCY, "key"), "", "no_flag", "filters.groups[0].properties[2].key"),
    ((*DEPENDENCY, "value"), 1, "bad_flag_value", "filters.groups[0].properties[2].value"),
    ((*DEPENDENCY, "key"), "parnt", "no_such_flag", "filters.groups[0].properties[2].key"),
    ((*DEPENDENCY, "key"), "new-checkout", "self_dependency", "filters.groups[0].properties[2].key"),
    ((*DEPENDENCY, "value"), "green", "no_such_variant", "filters.groups[0].properties[2].value"),
    ((*GROUP, "group_type_index"), 7, "no_such_group_type", "filters.groups[0].properties[3]"),
    ((*CONDITION, "aggregation_group_type_index"), 7, "no_such_group_type", "filters.groups[0]"),
    ((*FILTERS, "aggregation_group_type_index"), 7, "no_such_group_type", "filters"),
    (VARIANTS, [], "no_variants", "filters.multivariate.variants"),
    ((*VARIANTS, 0, "rollout_percentage"), 30, "variant_weights", "filters.multivariate.variants"),
    ((*VARIANTS, 0, "rollout_percentage"), -5, "bad_percentage", "filters.multivariate.variants[0].rollout_percentage"),
    ((*VARIANTS, 1, "key"), "a", "bad_variant_key", "filters.multivariate.variants[1].key"),
    ((*VARIANTS, 1, "key"), "", "bad_variant_key", "filters.multivariate.variants[1].key"),
    ((*VARIANTS, 1, "key"), None, "wrong_type", "filters.multivariate.variants[1].key"),
    ((*FILTERS, "payloads"), [], "wrong_type", "filters.payloads"),
    ((*FILTERS, "payloads", "a"), "blue", "bad_payload", "filters.payloads.a"),
    ((*FILTERS, "payloads", "a"), "NaN", "bad_payload", "filters.payloads.a"),
    ((*FILTERS, "payloads", "a"), {"b": 1}, "bad_payload", "filters.payloads.a"),
    (
        (*FILTERS, "holdout", "exclusion_percentage"),
        101,
        "bad_percentage",
        "filters.holdout.exclusion_percentage",
    ),
    ((*FILTERS, "holdout", "id"), "3", "wrong_type", "filters.holdout.id"),
    (("name",), float("inf"), "not_canonical", "name"),
    (("drysail",), [], "wrong_type", "drysail"),
    (("drysail", "condition_ids"), ["c1", "c2"], "condition_ids", "drysail.condition_ids"),
    (("drysail", "condition_ids"), "c", "condition_ids", "drysail.condition_ids"),
]


def test_a_good_flag_has_no_problems() -> None:
    assert validate_flag(GOOD, DEFINITIONS) == []


@pytest.mark.parametrize(("path", "value", "code", "place"), REFUSED)
def test_a_bad_flag_is_refused_with_the_place_and_the_fix(
    path: tuple[Any, ...], value: Any, code: str, place: str
) -> None:
    problems = validate_flag(edited(path, value), DEFINITIONS)
    assert (code, place) in [(problem.code, problem.path) for problem in problems]
    assert all(problem.message.endswith((".", "?")) and problem.fix.endswith((".", "?")) for problem in problems)


def test_references_are_only_looked_up_where_definitions_are_given() -> None:
    assert validate_flag(edited((*COHORT, "value"), 404)) == []


def test_a_dependency_may_name_a_holdout_of_its_target() -> None:
    assert validate_flag(edited((*DEPENDENCY, "value"), "holdout-9"), DEFINITIONS) == []


def test_a_near_miss_is_suggested() -> None:
    (problem,) = validate_flag(edited((*DEPENDENCY, "key"), "parnt"), DEFINITIONS)
    assert problem.fix == "Did you mean “parent”?"


def test_a_circle_is_refused_on_the_flag_that_would_close_it() -> None:
    asks = {"key": "new-checkout", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    parent = {**PARENT, "filters": {**PARENT["filters"], "groups": [{"properties": [asks]}]}}
    problems = validate_flag(GOOD, DEFINITIONS.with_flag(parent))
    assert [problem.code for problem in problems] == ["circular_dependency"]


def test_the_flag_that_is_replaced_does_not_count() -> None:
    asks = {"key": "new-checkout", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    circular = {**GOOD, "filters": {**GOOD["filters"], "groups": [{"properties": [asks]}]}}
    assert validate_flag(GOOD, DEFINITIONS.with_flag(circular)) == []


def test_a_flag_that_cannot_be_read_among_the_definitions_does_not_matter() -> None:
    assert validate_flag(GOOD, DEFINITIONS.with_flag({"key": "broken", "filters": 7})) == []
