"""Which edit between two revisions altered what a subject gets."""

from copy import deepcopy
from typing import Any

import pytest

from evaluator import (
    Context,
)
from tests.evaluator.explaining.given import (
    COHORTS,
    GERMAN,
    PRO,
    VARIANTS,
    condition,
    flag,
    member_of,
    needs_flag,
    revised,
)


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


def test_edits_of_a_very_large_flag_are_not_all_tried() -> None:
    groups = [condition({**GERMAN, "value": [f"{i}-{j}" for j in range(20)]}, rollout=30) for i in range(300)]
    before = {"flags": [flag("f", *groups)]}
    after = {"flags": [flag("f", *({**group, "rollout_percentage": 99} for group in groups), condition())]}
    told = revised(before, after, "f", Context("ada"))
    assert told.verdict == "unknown"
    assert "(they are too many, or too large, to try)" in told.sentence


def test_one_other_edit_that_suffices_is_told_as_one() -> None:
    before = {"flags": [flag("f", condition(PRO))]}
    after = {"flags": [flag("f", condition(PRO, GERMAN, rollout=0))]}
    told = revised(before, after, "f", Context("ada", {"plan": "pro"}))
    assert "(1 other edit would have done it, too)" in told.sentence
