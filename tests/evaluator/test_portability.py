"""Portability lints: what they say, where, and that they keep quiet where server and SDKs agree."""

from typing import Any

import pytest
from hypothesis import given

from evaluator import Definitions, Ruleset, compile_definitions
from evaluator.definitions import DefinitionWarning
from evaluator.portability import DIFFERENCES, NODE_ONLY, Lint
from tests.evaluator.json_strategies import values


def flag(*filters: dict[str, Any], **filters_more: Any) -> dict[str, Any]:
    groups = [{"properties": list(filters), "rollout_percentage": 50}]
    return {"key": "flag", "active": True, "filters": {"groups": groups, **filters_more}}


def on(key: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "person", "operator": operator, "value": value, **more}


def ruleset(*flags: dict[str, Any], **feed: Any) -> Ruleset:
    return compile_definitions(Definitions.from_posthog({"flags": list(flags), **feed}))


def lints(rules: Ruleset) -> list[DefinitionWarning]:
    return [warning for warning in rules.warnings if warning.level == "portability"]


@pytest.mark.parametrize(
    "entry",
    [
        on("plan", "exact", ["pro", "team"]),
        on("plan", "icontains", "pro"),
        on("plan", "starts_with", "p"),
        on("plan", "regex", "^(pro|team)$"),
        on("plan", "is_set", None),
        on("age", "gte", 18),
        on("ratio", "exact", [9.99]),
        on("app", "semver_gte", "1.2.3"),
        on("app", "semver_wildcard", "1.2.*"),
        on("app", "semver_caret", "1.2.3+build"),
        on("signup", "is_date_before", "2026-01-01"),
        on("signup", "is_date_after", "-7d"),
        on("beta", "exact", [True]),
        on("age", "exact", ["5"]),
        on("age", "lt", "65"),
        on("distinct_id", "is_not", ["ada"]),
        on("distinct_id", "not_regex", "^test-"),
    ],
)
def test_a_filter_that_everybody_reads_alike_has_no_lint(entry: dict[str, Any]) -> None:
    assert lints(ruleset(flag(entry))) == []


def test_plain_rollouts_variants_and_holdouts_have_no_lint() -> None:
    variants = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}
    holdout = {"id": 1, "exclusion_percentage": 5}
    assert lints(ruleset(flag(multivariate=variants, holdout=holdout, payloads={"a": "1"}, early_exit=True))) == []


def test_a_lint_says_what_happens_where_and_what_to_do() -> None:
    (found,) = lints(ruleset(flag(on("plan", "exact", "pro"), on("mail", "not_icontains", "@test"))))
    assert (found.kind, found.key, found.problem.code) == ("flag", "flag", "portability.absent_property")
    assert found.problem.path == "filters.groups[0].properties[1]"
    assert found.problem.difference == 1
    assert "“mail”" in found.problem.message
    assert "Python SDK evaluating locally does not decide" in found.problem.message
    assert found.problem.fix


@pytest.mark.parametrize(
    ("entry", "empty_text"),
    [
        (on("plan", "is_not", "pro"), True),
        (on("plan", "not_icontains", "pro"), True),
        (on("plan", "not_regex", "^pro"), True),
        (on("plan", "is_not_set", None), False),
        (on("plan", "is_not", [""]), False),
        (on("plan", "not_icontains", ""), False),
        (on("plan", "not_regex", "^$"), False),
    ],
)
def test_an_empty_text_is_offered_only_where_it_changes_no_answer(entry: dict[str, Any], empty_text: bool) -> None:
    found = [warning.problem for warning in lints(ruleset(flag(entry)))]
    (fix,) = (problem.fix for problem in found if problem.code == Lint.ABSENT_PROPERTY)
    assert ("empty text" in fix) is empty_text
    assert ("Let the server decide" in fix) is not empty_text


def test_a_lint_of_a_cohort_stands_at_the_cohort_and_is_told_of_the_flags_that_ask_for_it() -> None:
    tree = {"type": "OR", "values": [{"type": "AND", "values": [on("app", "semver_eq", "01.2.3")]}]}
    cohorts = {"1": {"id": 1, "filters": {"properties": tree}}, "2": {"type": "AND", "values": [cohort(1)]}}
    rules = ruleset(flag(cohort(2)), {"key": "other", "active": True, "filters": {}}, cohorts=cohorts)
    (found,) = lints(rules)
    assert (found.kind, found.key) == ("cohort", "1")
    assert found.problem.path == "filters.properties.values[0].values[0].value"
    assert rules.warnings_about("flag") == (found,)
    assert rules.warnings_about("other") == ()
    assert rules.warnings_about("no-such-flag") == ()


def cohort(identity: int) -> dict[str, Any]:
    return on("id", "in", identity) | {"type": "cohort"}


@pytest.mark.parametrize(
    ("zone", "told"), [("UTC", False), ("Etc/UTC", False), ("Europe/Berlin", True), ("Nowhere", False)]
)
def test_the_time_zone_is_told_only_where_it_is_not_utc(zone: str, told: bool) -> None:
    rules = ruleset(flag(on("signup", "is_date_after", "2026-01-01")), timezone=zone)
    codes = [warning.problem.code for warning in lints(rules)]
    assert (Lint.TIME_ZONE in codes) is told


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (on("age", "gt", "6px"), Lint.NODE_NUMBER),
        (on("age", "lte", [5]), Lint.NODE_NUMBER),
        (on("age", "exact", 5), Lint.NODE_WHOLE_NUMBER),
        (on("age", "exact", [5.0]), Lint.NODE_WHOLE_NUMBER),
        (on("age", "is_not", ["a", {"b": [-0.0]}]), Lint.NODE_WHOLE_NUMBER),
    ],
)
def test_what_only_posthog_node_answers_otherwise_is_told_without_a_row(entry: dict[str, Any], code: Lint) -> None:
    (found,) = (warning.problem for warning in lints(ruleset(flag(entry))) if warning.problem.code == code)
    assert "posthog-node" in found.message
    assert found.difference is None


def test_a_flag_that_fails_for_everybody_or_that_feeds_never_carry_has_no_lints() -> None:
    negative = on("plan", "is_not", "pro")
    quarantined = flag(negative, on("plan", "resembles", "pro"))
    without_cohort = flag(negative, cohort(9))
    deleted = {**flag(negative), "deleted": True}
    encrypted = {**flag(negative), "has_encrypted_payloads": True}
    for definition in (quarantined, without_cohort, deleted, encrypted):
        assert lints(ruleset(definition)) == []


def test_the_problems_of_a_ruleset_are_told_without_any_lint() -> None:
    rules = ruleset(flag(on("plan", "is_not", "pro"), on("id", "is_set", None) | {"key": 5}))
    assert {warning.level for warning in rules.problems} == {"converted"}
    assert {warning.level for warning in rules.warnings} == {"converted", "portability"}


def test_every_lint_belongs_to_a_difference_or_to_posthog_node() -> None:
    assert {what for what in DIFFERENCES.values() if isinstance(what, Lint)} | set(NODE_ONLY) == set(Lint)


@given(values)
def test_no_definition_makes_lints_fail(value: Any) -> None:
    feed = {
        "flags": [
            flag(on("p", operator, value))
            for operator in ("exact", "regex", "gt", "is_date_after", "semver_wildcard", "semver_eq", "not_between")
        ]
        + [{"key": "whole", "active": True, "filters": value}],
        "cohorts": {"1": value, "2": {"type": "OR", "values": [on("p", "exact", value, negation=True)]}},
    }
    for position, definition in enumerate(feed["flags"][:-1]):
        definition["key"] = f"flag-{position}"
    compile_definitions(Definitions.from_posthog(feed)).warnings  # noqa: B018 - it is computed when it is asked for
