"""What would have to change for another value."""

from typing import Any

import pytest

from evaluator import (
    MISSING,
    REDACTED,
    Context,
)
from evaluator.explaining import rebuilding
from evaluator.explaining.alternatives import DefinitionChange, SubjectChange
from evaluator.explaining.definition_changes import largest_without, smallest_with
from evaluator.hashing import SCALE
from tests.evaluator.explaining.given import (
    COHORTS,
    GERMAN,
    PRO,
    VARIANTS,
    condition,
    flag,
    member_of,
    needs_flag,
    wanted,
)


def test_an_attribute_comes_first_and_is_put_as_what_if() -> None:
    told = wanted({"flags": [flag("f", condition(PRO))]}, "f", Context("ada", {"plan": "free"}), True)
    first = told.suggestions[0]
    assert isinstance(first.change, SubjectChange)
    assert (first.change.name, first.change.before, first.change.after) == ("plan", "free", "pro")
    assert first.sentence == 'If plan were "pro" (it is "free"), it would be on.'
    assert told.as_dict()["suggestions"][0]["change"]["after"] == "pro"


def test_the_smallest_rollout_is_told_with_where_the_subject_stands() -> None:
    told = wanted({"flags": [flag("ship-it", condition(rollout=30))]}, "ship-it", Context("ada"), True)
    assert [suggestion.sentence for suggestion in told.suggestions] == [
        "If the rollout of condition 1 were 96 % (now 30 %; the subject stands at 95.4280 %), it would be on."
    ]


@pytest.mark.parametrize(
    ("exact", "with_it", "without_it"),
    [
        (95.428, 96, 95),
        (42, 42, 41),
        (2.345, 2.4, 2.3),
        (0.1234, 0.13, 0.12),
        (0.00123, 0.0013, 0.0012),
        (99.99, 100, 99),
    ],
)
def test_rollouts_are_rounded_as_people_type_them(exact: float, with_it: float, without_it: float) -> None:
    place = round(exact / 100 * SCALE)
    assert smallest_with(place) == with_it
    assert largest_without(place) == without_it


def test_nobody_can_be_left_out_of_a_rollout_below_hash_0() -> None:
    assert largest_without(0) is None
    assert smallest_with(SCALE - 1) == 100


@pytest.mark.parametrize(
    ("filter", "value"),
    [
        ({"operator": "gt", "value": 5}, 6),
        ({"operator": "lt", "value": "5"}, 4),
        ({"operator": "icontains", "value": "@acme"}, "@acme"),
        ({"operator": "regex", "value": "^/shop/.*$"}, "/shop/"),
        ({"operator": "semver_gt", "value": "1.2.3"}, "1.2.4"),
        ({"operator": "semver_lt", "value": "1.0.0"}, "0.0.0"),
        ({"operator": "is_date_before", "value": "-7d"}, "2026-11-14"),
        ({"operator": "is_date_after", "value": "2026-01-01"}, "2026-01-02"),
        ({"operator": "between", "value": [5, 9]}, 5),
        ({"operator": "is_set"}, "any"),
    ],
)  # fmt: skip
def test_a_value_is_found_for_every_kind_of_filter(filter: dict[str, Any], value: Any) -> None:
    told = wanted({"flags": [flag("f", condition({"key": "x", "type": "person", **filter}))]}, "f", Context("u"), True)
    change = told.suggestions[0].change
    assert isinstance(change, SubjectChange)
    assert change.after == value


def test_a_property_may_have_to_go() -> None:
    unset = {"key": "phone", "type": "person", "operator": "is_not_set"}
    told = wanted({"flags": [flag("f", condition(unset))]}, "f", Context("u", {"phone": "1"}), True)
    assert told.suggestions[0].change.after is MISSING  # type: ignore[union-attr]
    assert told.suggestions[0].sentence == 'If phone were not passed (it is "1"), it would be on.'


def test_what_the_recording_did_not_keep_can_be_supposed() -> None:
    told = wanted({"flags": [flag("f", condition(PRO))]}, "f", Context("u", {"plan": REDACTED}), True)
    assert "(it is not known (the recording did not keep it))" in told.suggestions[0].sentence


def test_a_parent_or_a_cohort_that_is_in_the_way_is_found() -> None:
    feed = {
        "flags": [flag("parent", condition(), active=False), flag("f", condition(needs_flag("parent")))],
    }
    told = wanted(feed, "f", Context("u"), True)
    assert "If flag “parent” were active, it would be on." in [s.sentence for s in told.suggestions]
    listed = {"flags": [flag("f", condition(member_of(2)))], "cohorts": COHORTS}
    told = wanted(listed, "f", Context("bob"), True)
    assert told.suggestions[0].sentence == "If the person were in cohort 2 “Staff”, it would be on."


def test_a_variant_is_pinned_where_the_hash_gives_another() -> None:
    feed = {"flags": [flag("f", condition(), multivariate=VARIANTS)]}
    present = wanted(feed, "f", Context("u"), True).present.value
    told = wanted(feed, "f", Context("u"), "b" if present == "a" else "a")
    assert [suggestion.change.kind for suggestion in told.suggestions] == ["variant"]


def test_the_whole_flag_is_the_last_thing_to_change() -> None:
    told = wanted({"flags": [flag("f", condition(PRO))]}, "f", Context("u", {"plan": "pro"}), False)
    kinds = [suggestion.change.kind for suggestion in told.suggestions]
    assert kinds == ["property", "rollout", "remove_condition", "active"]
    last = told.suggestions[-1].change
    assert isinstance(last, DefinitionChange)
    assert last.definition["active"] is False


def test_why_nothing_works_is_said() -> None:
    feed = {"flags": [flag("f", condition(PRO, GERMAN, rollout=0))]}
    assert wanted(feed, "f", Context("ada"), True).sentence == (
        "“f” is off for “ada”, and nothing that was tried turns it on. No single change is enough. "
        'Condition 1 came nearest: plan is missing (wanted: one of ["pro"]) and country is missing '
        '(wanted: one of ["DE","AT"]) and its rollout leaves the subject out '
        "(the subject's place is 72.8130 %; places up to 0 % are in)."
    )
    assert wanted(feed, "f", Context("ada"), "blue").why_none == "The flag cannot give “blue”: it has no variants."
    assert wanted(feed, "nowhere", Context("ada"), True).why_none == "There is no flag “nowhere”."


def test_nothing_is_suggested_where_the_value_is_given_already() -> None:
    told = wanted({"flags": [flag("f", condition())]}, "f", Context("ada"), True)
    assert told.already
    assert told.suggestions == ()
    assert told.sentence == "“f” for “ada” is on already; nothing has to change."


def test_a_very_large_flag_is_answered_and_the_cut_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [condition(PRO, {**GERMAN, "value": [f"{i}-{j}" for j in range(20)]}, rollout=30) for i in range(1000)]
    built: list[int] = []
    build = rebuilding.compile_flag

    def counted(definition: Any, *rest: Any) -> Any:
        built.append(sum(len(group["properties"]) for group in definition["filters"]["groups"]))
        return build(definition, *rest)

    monkeypatch.setattr(rebuilding, "compile_flag", counted)
    told = wanted({"flags": [flag("f", *groups)]}, "f", Context("ada", {"plan": "free"}), True)
    assert told.why_none is not None
    assert told.why_none.endswith("the search was cut, because the flag is very large.")
    assert 0 < len(built) < 300
    assert max(built) <= 2


def test_whom_a_condition_without_its_filter_would_be_for_is_said() -> None:
    ada = next(
        name
        for name in map(str, range(99))
        if wanted({"flags": [flag("f", condition(rollout=30))]}, "f", Context(name), True).already
    )
    told = wanted({"flags": [flag("f", condition(PRO, rollout=30))]}, "f", Context(ada), True)
    assert "(it would then be for 30 % of everybody)" in told.suggestions[-1].sentence
    feed = {
        "flags": [flag("f", condition(PRO), aggregation_group_type_index=0)],
        "group_type_mapping": {"0": "company"},
    }
    told = wanted(feed, "f", Context("ada", groups={"company": "acme"}), True)
    assert "(it would then be for every company)" in told.suggestions[-1].sentence


def test_to_be_held_out_is_not_to_be_on() -> None:
    held = flag("f", condition(), holdout={"id": 3, "exclusion_percentage": 100})
    told = wanted({"flags": [held]}, "f", Context("ada"), True)
    assert not told.already
    assert told.why_none is not None
    assert told.why_none.startswith("The subject is held back by its holdout")
    assert wanted({"flags": [held]}, "f", Context("ada"), "holdout-3").already


@pytest.mark.parametrize(
    ("other", "kind"),
    [({"bucketing_identifier": "device_id"}, "device"), ({}, "group")],
)
def test_an_id_that_the_check_lacks_is_supposed(other: dict[str, Any], kind: str) -> None:
    rules = {"aggregation_group_type_index": 0} if kind == "group" else {}
    lacking = {**flag("f", condition(), multivariate=VARIANTS, **rules), **other}
    feed = {"flags": [lacking], "group_type_mapping": {"0": "company"}}
    told = wanted(feed, "f", Context("ada"), True)
    assert [suggestion.change.kind for suggestion in told.suggestions] == [kind]
    certain = wanted(feed, "f", Context("ada"), "a")
    assert kind not in [suggestion.change.kind for suggestion in certain.suggestions]
