"""Plain words for flags, conditions and filters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.describe import describe_condition, describe_filter, describe_flag, shown
from evaluator.matching import OPERATORS
from tests.evaluator.json_strategies import flags, values

NAMES = {"5": "Beta testers"}


def test_a_condition_is_one_line() -> None:
    condition = {
        "properties": [
            {"key": "plan", "type": "person", "operator": "exact", "value": "enterprise"},
            {"key": "country", "type": "person", "operator": "exact", "value": ["DE", "FR"]},
        ],
        "rollout_percentage": 10,
    }
    assert describe_condition(condition) == "plan = enterprise and country in [DE, FR] · 10 %"


@pytest.mark.parametrize(
    ("filter", "words"),
    [
        ({"key": "plan", "value": ["pro"]}, "plan = pro"),
        ({"key": "plan", "operator": "is_not", "value": ["pro", "free"]}, "plan not in [pro, free]"),
        ({"key": "plan", "operator": "is_not", "value": "pro"}, "plan ≠ pro"),
        ({"key": "email", "operator": "is_set", "value": "is_set"}, "email is set"),
        ({"key": "email", "operator": "is_not_set"}, "email is not set"),
        ({"key": "email", "operator": "icontains", "value": "@acme.com"}, "email contains @acme.com"),
        ({"key": "path", "operator": "regex", "value": "^/shop"}, "path matches the pattern ^/shop"),
        ({"key": "age", "operator": "gte", "value": 18}, "age ≥ 18"),
        ({"key": "age", "operator": "gte", "value": "18"}, 'age ≥ "18"'),
        ({"key": "age", "operator": "between", "value": [18, 25]}, "age between 18 and 25"),
        ({"key": "age", "operator": "not_between", "value": [18, 25]}, "age not between 18 and 25"),
        ({"key": "signup", "operator": "is_date_after", "value": "-7d"}, "signup is after 7 days ago"),
        ({"key": "signup", "operator": "is_date_before", "value": "1y"}, "signup is before 1 year ago"),
        ({"key": "signup", "operator": "is_date_exact", "value": "2026-01-01"}, "signup is exactly 2026-01-01"),
        ({"key": "app", "operator": "semver_gte", "value": "1.2.3"}, "app ≥ version 1.2.3"),
        ({"key": "app", "operator": "semver_tilde", "value": "1.2"}, 'app is a version in ~"1.2"'),
        ({"key": "id", "type": "cohort", "value": 5, "operator": "in"}, "in cohort “Beta testers”"),
        ({"key": "id", "type": "cohort", "value": 6, "operator": "not_in"}, "not in cohort 6"),
        ({"key": "id", "type": "cohort", "value": 6, "cohort_name": "Staff"}, "in cohort “Staff”"),
        ({"key": "other", "type": "flag", "operator": "flag_evaluates_to", "value": False}, "flag other is off"),
        ({"key": "other", "type": "flag", "operator": "flag_evaluates_to", "value": "b"}, "flag other gives b"),
        ({"key": "seats", "type": "group", "group_type_index": 1, "operator": "gt", "value": 5},
         "seats > 5 (of group type 1)"),
        ({"key": "x", "operator": "no_such", "value": True}, "x no_such true"),
        ("nonsense", '"nonsense"'),
    ],
)  # fmt: skip
def test_a_filter_is_a_phrase(filter: Any, words: str) -> None:
    assert describe_filter(filter, NAMES) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "everyone · 100 %"),
        ({"properties": [], "rollout_percentage": 12.5}, "everyone · 12.5 %"),
        ({"rollout_percentage": 50.0, "variant": "blue"}, "everyone · 50 % · variant blue"),
        ({"aggregation_group_type_index": 0, "rollout_percentage": 5}, "every group of type 0 · 5 %"),
        (
            {"properties": [{"key": "plan", "value": "pro"}], "aggregation_group_type_index": 0},
            "plan = pro · 100 % · counted by group type 0",
        ),
        ({"properties": "all"}, '"all" · 100 %'),
        (None, "null"),
    ],
)
def test_the_rest_of_a_condition_is_told_as_well(condition: Any, words: str) -> None:
    assert describe_condition(condition) == words


def test_many_values_are_counted_and_long_ones_cut() -> None:
    values = [f"v{number}" for number in range(30)]
    assert describe_filter({"key": "k", "value": values}).endswith("v7, and 22 more]")
    assert len(describe_filter({"key": "k", "value": "x" * 5000})) < 100


def test_text_that_would_be_misread_is_quoted() -> None:
    assert [shown(value) for value in ("true", "5", "", " a", "a, b", "a b")] == [
        '"true"', '"5"', '""', '" a"', '"a, b"', "a b",
    ]  # fmt: skip


def test_text_cannot_break_or_disguise_the_line() -> None:
    line = describe_filter({"key": "pl\nan", "operator": "exact", "value": "\u202eorp\x1b[2J"})
    assert line.isprintable()
    assert "\\n" in line
    assert "\\u202e" in line


def test_a_flag_is_told_from_its_state_to_its_variants() -> None:
    flag = {
        "key": "checkout",
        "active": True,
        "ensure_experience_continuity": True,
        "filters": {
            "feature_enrollment": True,
            "holdout": {"id": 3, "exclusion_percentage": 5},
            "early_exit": True,
            "groups": [{"properties": [{"key": "id", "type": "cohort", "value": 5}], "rollout_percentage": 10}, {}],
            "multivariate": {
                "variants": [{"key": "a", "rollout_percentage": 60}, {"key": "b", "rollout_percentage": 30}],
            },
            "payloads": {"a": "{}"},
        },
    }
    assert describe_flag(flag, NAMES) == [
        "On for whoever matches one of its conditions; the first that matches decides.",
        "Early access: a person who joined gets it and one who declined does not, whatever the conditions say.",
        "Holdout 3 keeps 5 % of the subjects out of all conditions; they get “holdout-3” instead.",
        "Condition 1: in cohort “Beta testers” · 10 %",
        "Condition 2: everyone · 100 %",
        "Who matches a condition but is outside its rollout gets nothing from the later ones.",
        "Whoever gets it is given one of 2 variants: a 60 %, b 30 %.",
        "The weights add up to 90.0 %; the rest is on without a variant.",
        "Carries a payload for a.",
        "A person keeps the answer they had before logging in.",
    ]


@pytest.mark.parametrize(
    ("flag", "line"),
    [
        ({"active": False}, "Off: nobody gets it."),
        ({}, "Off: nobody gets it."),
        ({"filters": {"groups": [{}]}}, "Off: nobody gets it, whatever its conditions say."),
        ({"active": True, "filters": {"payloads": {"true": "1"}}}, "Whoever gets it gets a payload with it."),
        ({"active": True, "deleted": True}, "Deleted: nobody gets it."),
        ({"active": True, "filters": {"groups": []}}, "On, but without conditions: nobody gets it by itself."),
        ({"active": True, "bucketing_identifier": "device_id"}, "Rollouts and variants go by device, not by person."),
        ({"filters": {"aggregation_group_type_index": 1}}, "Everybody of one group of type 1 gets the same answer."),
        ({"filters": {"version": 2}}, "Written in config format 2, which is not understood."),
        ({"evaluation_runtime": "server"}, "Only for SDKs that run on a server."),
        ({"evaluation_contexts": ["web"]}, "Only where the caller names one of the contexts [web], or none."),
        ([1], "This is no flag: [1]"),
    ],
)
def test_whatever_sets_a_flag_apart_is_told(flag: Any, line: str) -> None:
    assert line in describe_flag(flag)


@given(flag=flags | values)
def test_anything_can_be_described_in_printable_lines(flag: Any) -> None:
    for line in describe_flag(flag):
        assert line.isprintable()


@given(operator=st.sampled_from(OPERATORS), value=values)
def test_every_operator_has_words(operator: str, value: Any) -> None:
    words = describe_filter({"key": "k", "operator": operator, "value": value})
    assert words.startswith("k ")
    assert "_" not in operator or operator in ("not_in", "flag_evaluates_to") or operator not in words


def test_groups_go_by_the_name_of_their_type_where_it_has_one() -> None:
    seats = {"key": "seats", "type": "group", "group_type_index": 1, "operator": "gt", "value": 5}
    condition = {"properties": [seats], "aggregation_group_type_index": 1, "rollout_percentage": 50}
    everyone = {"properties": [], "aggregation_group_type_index": 1}
    flag = {"active": True, "filters": {"groups": [condition, everyone], "aggregation_group_type_index": 1}}
    assert describe_flag(flag, group_types={1: "company"})[1:] == [
        "Condition 1: seats > 5 (of the company) · 50 % · counted by company",
        "Condition 2: every company · 100 %",
        "Everybody of one company gets the same answer.",
    ]
