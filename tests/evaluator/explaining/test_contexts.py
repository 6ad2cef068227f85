"""Where two subjects part."""

from evaluator import (
    Context,
)
from tests.evaluator.explaining.given import (
    COHORTS,
    GERMAN,
    PRO,
    VARIANTS,
    compared,
    condition,
    flag,
    member_of,
    needs_flag,
)


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
