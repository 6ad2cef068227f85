"""Two subjects, two revisions, and what would have to change: in values and in plain sentences."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator import (
    MISSING,
    REDACTED,
    Alternatives,
    Context,
    ContextComparison,
    Definitions,
    RevisionComparison,
    compare_contexts,
    compare_revisions,
    compile_definitions,
    what_would_change,
)
from evaluator.explaining.alternatives import DefinitionChange, SubjectChange
from evaluator.explaining.definition_changes import largest_without, smallest_with
from evaluator.hashing import SCALE

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRO = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}
GERMAN = {"key": "country", "type": "person", "operator": "exact", "value": ["DE", "AT"]}
VARIANTS = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}


def flag(key: str, *conditions: Any, active: bool = True, **other: Any) -> dict[str, Any]:
    return {"key": key, "active": active, "filters": {"groups": list(conditions), **other}}


def condition(*filters: Any, rollout: float = 100, **other: Any) -> dict[str, Any]:
    return {"properties": list(filters), "rollout_percentage": rollout, **other}


def member_of(cohort_id: int) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def needs_flag(key: str, value: bool | str = True) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}


COHORTS = {
    "1": {"id": 1, "name": "Buyers", "filters": {"properties": {"type": "OR", "values": [GERMAN]}}},
    "2": {"id": 2, "name": "Staff", "is_static": True, "drysail": {"members": ["ada"]}},
}


def compared(feed: dict[str, Any], key: str, one: Context, other: Context) -> ContextComparison:
    definitions = Definitions.from_posthog(feed)
    ruleset = compile_definitions(definitions)
    return compare_contexts(ruleset, key, one, other, now=NOW, facts=definitions.facts())


def revised(before: dict[str, Any], after: dict[str, Any], key: str, context: Context) -> RevisionComparison:
    old, new = Definitions.from_posthog(before), Definitions.from_posthog(after)
    facts = (old.facts(), new.facts())
    return compare_revisions(compile_definitions(old), compile_definitions(new), key, context, now=NOW, facts=facts)


def wanted(feed: dict[str, Any], key: str, context: Context, value: bool | str) -> Alternatives:
    definitions = Definitions.from_posthog(feed)
    return what_would_change(compile_definitions(definitions), key, context, value, now=NOW, facts=definitions.facts())


def test_two_subjects_part_at_a_filter() -> None:
    told = compared(
        {"flags": [flag("f", condition(PRO))]}, "f", Context("ada", {"plan": "pro"}), Context("bob", {"plan": "free"})
    )
    assert not told.same
    assert told.parting is not None
    assert (told.parting.place, told.parting.condition_index) == ("filter", 0)
    assert told.sentence == (
        '“f” is on for “ada” and off for “bob”: condition 1 asks for plan one of ["pro"]; '
        'it is "pro" for “ada” and "free" for “bob”.'
    )


def test_two_subjects_part_at_the_rollout() -> None:
    told = compared({"flags": [flag("ship-it", condition(rollout=80))]}, "ship-it", Context("ada"), Context("bob"))
    assert told.parting is not None
    assert told.parting.place == "bucket"
    assert "“ada” stands at 95.4280 %" in told.sentence


def test_two_subjects_part_at_the_variant() -> None:
    feed = {"flags": [flag("f", condition(), multivariate=VARIANTS)]}
    one = next(
        Context(name)
        for name in map(str, range(20))
        if compared(feed, "f", Context(name), Context(name)).one.result.value == "a"
    )
    other = next(
        Context(name)
        for name in map(str, range(20))
        if compared(feed, "f", Context(name), Context(name)).one.result.value == "b"
    )
    told = compared(feed, "f", one, other)
    assert told.parting is not None
    assert told.parting.place == "variant"
    assert told.sentence.endswith("by their places among the variants.")


def test_one_holdout_keeps_one_of_two_out() -> None:
    feed = {"flags": [flag("f", condition(), holdout={"id": 3, "exclusion_percentage": 25})]}
    told = compared(feed, "f", Context("cyd"), Context("ada"))
    assert told.parting is not None
    assert told.parting.place == "holdout"
    assert told.sentence.startswith("“f” is “holdout-3” for “cyd” and on for “ada”: it keeps a share")


def test_the_parting_is_followed_into_a_flag_and_a_cohort() -> None:
    feed = {
        "flags": [flag("parent", condition(member_of(1))), flag("f", condition(needs_flag("parent")))],
        "cohorts": COHORTS,
    }
    told = compared(feed, "f", Context("u", {"country": "DE"}), Context("u", {"country": "FR"}))
    inside_flag = told.parting.inside if told.parting is not None else None
    assert inside_flag is not None
    assert inside_flag.inside is not None
    assert inside_flag.inside.cohort == "1"
    assert told.sentence == (
        "“f” is on for the first and off for the second: condition 1 asks for flag “parent” on; it is on for the first "
        "and off for the second, because in flag “parent”, condition 1 depends on cohort 1 “Buyers”: the first is in "
        'it, the second is not in it, because cohort 1 asks for country one of ["DE","AT"]; '
        'it is "DE" for the first and "FR" for the second.'
    )


def test_only_one_of_two_names_the_group() -> None:
    grouped = flag("f", condition(), aggregation_group_type_index=0)
    feed = {"flags": [grouped], "group_type_mapping": {"0": "company"}}
    told = compared(feed, "f", Context("u", groups={"company": "acme"}), Context("u"))
    assert told.parting is not None
    assert told.parting.place == "identity"
    assert "cannot be tried without the key of a “company”, and only one of them has it" in told.sentence


def test_the_same_answer_for_another_reason_is_said() -> None:
    told = compared(
        {"flags": [flag("f", condition(PRO), condition(GERMAN))]},
        "f",
        Context("ada", {"plan": "pro"}),
        Context("ada", {"country": "DE"}),
    )
    assert told.same
    assert told.sentence.startswith("“f” is on for both, but not in the same way: condition 1 asks for plan")
    assert told.as_dict()["parting"]["place"] == "filter"


def test_the_edit_that_altered_the_outcome_is_named() -> None:
    before = {"flags": [flag("f", condition(PRO), condition(GERMAN, rollout=50), multivariate=None)]}
    after = deepcopy(before)
    after["flags"][0]["filters"]["groups"][0]["properties"] = [{**PRO, "value": ["team"]}]
    after["flags"][0]["filters"]["groups"][1]["rollout_percentage"] = 60
    after["flags"][0]["name"] = "A new name"
    told = revised(before, after, "f", Context("ada", {"plan": "pro"}))
    assert (told.verdict, told.edits) == ("alone", 2)
    assert told.sentence == (
        "“f” for “ada” turned from on to off because of one edit: "
        "condition 1: plan = team (gains [team] and loses [pro])."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda flag: flag.update(active=False), "turns the flag off"),
        (lambda flag: flag["filters"]["groups"].pop(0), "removes condition 1"),
        (lambda flag: flag["filters"]["groups"].insert(0, condition(variant="b")), "adds condition 1"),
        (lambda flag: flag["filters"]["groups"].reverse(), "moves condition"),
        (lambda flag: flag["filters"]["groups"][0].update(rollout_percentage=0), "rollout 100 % → 0 %"),
        (lambda flag: flag["filters"]["groups"][0].update(variant="b"), "pinned variant a → b"),
        (lambda flag: flag["filters"]["groups"][0]["properties"].append(GERMAN), "adds the filter country"),
        (lambda flag: flag["filters"]["payloads"].update(a="2"), "filters.payloads.a"),
    ],
)
def test_every_kind_of_edit_can_be_the_cause(change: Any, words: str) -> None:
    both = flag(
        "f", condition(PRO, variant="a"), condition(PRO, variant="b"), multivariate=VARIANTS, payloads={"a": "1"}
    )
    before, after = {"flags": [both]}, {"flags": [deepcopy(both)]}
    change(after["flags"][0])
    told = revised(before, after, "f", Context("ada", {"plan": "pro"}))
    assert told.verdict == "alone"
    assert words in told.cause[0].words


def test_edits_that_only_work_together_are_named_together() -> None:
    before = {"flags": [flag("f", condition(PRO, GERMAN))]}
    after = {"flags": [flag("f", condition({**PRO, "value": ["free"]}, {**GERMAN, "value": ["FR"]}))]}
    told = revised(before, after, "f", Context("ada", {"plan": "free", "country": "FR"}))
    assert told.verdict == "together"
    assert len(told.cause) == 2
    assert "through these 2 edits together" in told.sentence


def test_a_cohort_a_membership_or_a_parent_can_be_the_cause() -> None:
    before = {
        "flags": [
            flag("parent", condition(GERMAN)),
            flag("f", condition(needs_flag("parent")), condition(member_of(2))),
        ],
        "cohorts": COHORTS,
    }
    joined = deepcopy(before)
    joined["cohorts"]["2"]["drysail"]["members"] = ["ada", "bob"]
    told = revised(before, joined, "f", Context("bob"))
    assert [(edit.kind, edit.words) for edit in told.cause] == [
        ("membership", "cohort 2 “Staff” now lists the subject")
    ]
    parent = deepcopy(before)
    parent["flags"][0]["active"] = False
    told = revised(before, parent, "f", Context("bob", {"country": "DE"}))
    assert told.sentence.endswith("because of one edit: flag “parent” turns the flag off.")


def test_the_same_answer_from_two_revisions_has_no_cause() -> None:
    before, after = {"flags": [flag("f", condition(PRO))]}, {"flags": [flag("f", condition(PRO), condition(GERMAN))]}
    told = revised(before, after, "f", Context("ada", {"plan": "pro"}))
    assert (told.verdict, told.cause) == ("same", ())
    assert told.sentence == "“f” for “ada” is on before and after."


def test_a_flag_that_was_created_is_one_edit() -> None:
    told = revised({"flags": []}, {"flags": [flag("f", condition())]}, "f", Context("ada"))
    assert [edit.words for edit in told.cause] == ["creates the flag"]


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
    assert "If flag “parent” were switched on for everybody, it would be on." in [s.sentence for s in told.suggestions]
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
