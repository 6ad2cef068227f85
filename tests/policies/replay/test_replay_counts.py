"""What an impact counts, on recordings small enough to count by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from evaluator import Context, Facts
from evaluator.hashing import rollout_hash, unit, variant_hash
from policies.impact import Attribution, FlagImpact, FlagValue
from policies.replay.pace import Progress
from policies.replay.replayer import Replayer, replay
from tests.policies.replay.flags import Json, condition, flag, group_has, has, in_cohort, needs, rules, variants
from tests.policies.replay.recordings import RecordedAnswer, recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)

ANN = Context("ann", {"plan": "pro", "country": "NO"})
BOB = Context("bob", {"plan": "pro", "country": "SE"})
CYD = Context("cyd", {"plan": "free", "country": "NO"})
DEE = Context("dee", {"plan": "free"})
PEOPLE = (ANN, BOB, CYD, DEE)


def test_who_enters_and_who_leaves_are_counted_apart() -> None:
    impact = _impact(flag("f", condition(has("plan", "pro"))), flag("f", condition(has("country", "NO"))))
    assert (impact.on_before, impact.on_after) == (2, 2)
    assert (impact.entered, impact.left, impact.switched, impact.changed) == (1, 1, 0, 2)
    assert _moves(impact) == {(False, False): 1, (False, True): 1, (True, False): 1, (True, True): 1}


def test_a_subject_with_several_contexts_counts_once_per_transition() -> None:
    later = Context("ann", {"plan": "free"})
    impact = _impact(
        flag("f", condition(has("plan", "pro"))),
        flag("f", condition(has("plan", "free"))),
        people=(ANN, ANN, later, later),
    )
    assert _moves(impact) == {(False, True): 1, (True, False): 1}
    assert (impact.subjects, impact.entered, impact.left, impact.changed) == (1, 1, 1, 1)


def test_checks_are_those_of_the_flag_and_follow_their_context() -> None:
    answers = {"f": [(0, True, 1, 5), (0, False, 1, 2), (2, False, 1, 11)], "other": [(1, True, 1, 1000)]}
    impact = _impact(
        flag("f", condition(has("plan", "pro"))), flag("f", condition(has("country", "NO"))), answers=answers
    )
    assert impact.checks == 18
    checks = {(move.before, move.after): move.checks for move in impact.transitions}
    assert checks == {(True, True): 7, (False, True): 11, (True, False): 0, (False, False): 0}


def test_a_flag_that_nobody_asked_for_has_no_checks_and_still_an_impact() -> None:
    impact = _impact(flag("f", active=False), flag("f", condition()))
    assert (impact.checks, impact.entered) == (0, 4)


def test_another_variant_is_a_switch_and_no_entry() -> None:
    two = variants(control=50, fast=50)
    before = flag("f", condition(variant="control"), multivariate=two)
    impact = _impact(before, flag("f", condition(variant="fast"), multivariate=two))
    assert (impact.switched, impact.entered, impact.left, impact.changed) == (4, 0, 0, 4)


def test_variants_and_rollout_follow_the_hash() -> None:
    weights = variants(control=30, fast=30)
    impact = _impact(flag("f", active=False), flag("f", condition(rollout=70), multivariate=weights))
    expected: dict[tuple[FlagValue, FlagValue], int] = {}
    for person in PEOPLE:
        place = unit(variant_hash("f", person.distinct_id))
        value = "control" if place < 0.3 else "fast" if place < 0.6 else True
        inside = unit(rollout_hash("f", person.distinct_id)) <= 0.7
        move = (False, value if inside else False)
        expected[move] = expected.get(move, 0) + 1
    assert _moves(impact) == expected


@pytest.mark.parametrize(
    ("before", "after", "entered", "left"),
    [
        (None, flag("f", condition()), 4, 0),
        (flag("f", condition()), None, 0, 4),
        (flag("f", condition()), flag("f", condition(), active=False), 0, 4),
        (flag("f", condition()), flag("f", condition(), own={"deleted": True}), 0, 4),
        (None, flag("f", active=False), 0, 0),
    ],
    ids=["created", "removed", "turned off", "deleted", "created inactive"],
)
def test_a_flag_that_is_absent_on_one_side_is_off_there(before: Json, after: Json, entered: int, left: int) -> None:
    impact = _impact(before, after)
    assert (impact.entered, impact.left) == (entered, left)


def test_another_payload_for_the_same_value_is_counted_by_itself() -> None:
    before = flag("f", condition(has("plan", "pro")), payloads={"true": "1"})
    after = flag("f", condition(has("country", "NO")), payloads={"true": "2"})
    impact = _impact(before, after)
    assert (impact.payload_changed, impact.changed) == (1, 2)


def test_a_flag_that_fails_serves_nothing() -> None:
    impact = _impact(flag("f", condition()), flag("f", condition(in_cohort(404))))
    assert (impact.errors, impact.left, impact.undetermined, impact.on_after) == (4, 4, 0, 0)
    assert _moves(impact) == {(True, None): 4}
    repaired = _impact(flag("f", condition(in_cohort(404))), flag("f", condition()))
    assert (repaired.errors, repaired.entered) == (0, 4)


def test_a_dependent_moves_with_the_flag_it_needs() -> None:
    child = flag("child", condition(needs("parent")))
    before, after = rules(child, flag("parent", condition(has("plan", "pro")))), rules(child, flag("parent"))
    impact = replay(before, after, recording_of(PEOPLE), now=NOW, edited=["parent"])
    assert [(each.flag, each.edited, each.left) for each in impact.flags] == [("parent", True, 2), ("child", False, 2)]
    assert impact.changed_subjects == 2


@pytest.mark.parametrize("reverse", [False, True])
def test_dependents_are_found_on_either_side(reverse: bool) -> None:
    sides = (flag("child", condition()), flag("child", condition(needs("parent", False))))
    before, after = (rules(child, flag("parent", condition())) for child in (reversed(sides) if reverse else sides))
    impact = replay(before, after, recording_of(PEOPLE), now=NOW, edited=["parent"])
    assert [(each.flag, each.changed) for each in impact.flags] == [("parent", 0), ("child", 4)]


def test_a_flag_in_another_format_fails_itself_and_is_off_for_its_dependents() -> None:
    parent = {"key": "parent", "active": True, "filters": {"version": 2, "rules": []}}
    child = flag("child", condition(needs("parent", False)))
    impact = replay(rules(), rules(parent, child), recording_of(PEOPLE), now=NOW, edited=["parent", "child"])
    assert [(each.flag, each.errors, each.entered) for each in impact.flags] == [("child", 0, 4), ("parent", 4, 0)]


def test_members_of_a_static_cohort_come_from_the_facts() -> None:
    ruleset = rules(flag("f", condition(in_cohort(1))), cohorts={"1": {"name": "list", "is_static": True}})
    impact = replay(
        ruleset,
        ruleset,
        recording_of(PEOPLE),
        now=NOW,
        edited=["f"],
        facts_before=Facts({"1": {"ann", "bob"}}),
        facts_after=Facts({"1": {"bob", "cyd", "dee"}}),
    ).flags[0]
    assert (impact.on_before, impact.on_after, impact.entered, impact.left) == (2, 3, 2, 1)


def test_a_group_flag_counts_people_and_hashes_the_group() -> None:
    ann, bob = (
        Context(name, groups={"company": "acme"}, group_properties={"company": {"size": "big"}})
        for name in ("ann", "bob")
    )
    people = (ann, bob, Context("cyd"))
    after = flag("f", condition(group_has("size", "big")), aggregation_group_type_index=0)
    impact = _impact(flag("f", active=False), after, people=people)
    assert (impact.subjects, impact.entered) == (3, 2)
    inside = unit(rollout_hash("f", "acme")) * 100
    just_out = flag("f", condition(rollout=inside - 0.001), aggregation_group_type_index=0)
    assert _impact(after, just_out, people=people).left == 2


def test_changes_are_attributed_to_the_condition_behind_them() -> None:
    old = {"drysail": {"condition_ids": ["c1", "c2"]}}
    new = {"drysail": {"condition_ids": ["c1", "c3"]}}
    before = flag("f", condition(has("plan", "pro")), condition(has("distinct_id", "dee")), own=old)
    after = flag("f", condition(has("plan", "pro")), condition(has("country", "NO")), own=new)
    assert _impact(before, after).attribution == (
        Attribution(side="before", condition_id="c2", condition_index=1, changed=1),
        Attribution(side="after", condition_id="c3", condition_index=1, changed=1),
    )


def test_a_holdout_is_attributed_to_no_condition() -> None:
    after = flag("f", condition(), holdout={"id": 3, "exclusion_percentage": 100})
    impact = _impact(flag("f", condition()), after)
    assert impact.attribution == (Attribution(side="after", condition_id=None, condition_index=None, changed=4),)
    assert _moves(impact) == {(True, "holdout-3"): 4}


def test_examples_are_the_movers_with_the_smallest_numbers_in_the_raffle() -> None:
    people = [Context(f"user-{number}") for number in range(50)]
    impact = _impact(flag("f", active=False), flag("f", condition()), people=people)
    by_number = sorted((person.distinct_id for person in people), key=_raffle_number)
    assert [example.subject for example in impact.examples] == by_number[:3]
    assert {(example.before, example.after) for example in impact.examples} == {(False, True)}


def test_examples_of_the_most_frequent_move_come_first() -> None:
    people = [Context(f"user-{number}", {"plan": "pro" if number < 3 else "free"}) for number in range(20)]
    impact = _impact(flag("f", condition(has("plan", "pro"))), flag("f", condition(has("plan", "free"))), people=people)
    assert [(example.before, example.after) for example in impact.examples] == [(False, True)] * 3 + [(True, False)] * 3


def test_progress_rises_to_one_within_each_flag() -> None:
    told: list[float] = []
    conditions = [condition(has("plan", plan)) for plan in ("pro", "free", "team")]
    before, after = (rules(flag("a", *conditions), flag("b", *some)) for some in (conditions, conditions[:2]))
    replay(before, after, recording_of(PEOPLE), now=NOW, edited=["a", "b"], progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert len(set(told)) >= 8, "more than a step per flag"


def test_a_replay_that_is_stopped_can_be_repeated() -> None:
    class Stop(Exception):
        pass

    def stop_at(limit: float) -> Progress:
        def progress(done: float) -> None:
            if done >= limit:
                raise Stop

        return progress

    before, after = (rules(flag("f", condition(has("plan", "pro"), rollout=share))) for share in (20, 70))
    replayer = Replayer(recording_of(PEOPLE), before, now=NOW)
    for limit in (0, 0.3, 0.6, 1):
        with pytest.raises(Stop):
            replayer.replay(after, edited=["f"], progress=stop_at(limit))
    again = replayer.replay(after, edited=["f"])
    assert again == replay(before, after, recording_of(PEOPLE), now=NOW, edited=["f"])


def test_an_empty_recording_moves_nobody() -> None:
    impact = _impact(flag("f", active=False), flag("f", condition(has("plan", "pro"), rollout=10)), people=())
    assert (impact.subjects, impact.changed, impact.undetermined) == (0, 0, 0)


def _raffle_number(name: str) -> int:
    """64-bit FNV-1a of the id's JSON text, stirred."""
    number = 0xCBF29CE484222325
    for letter in f'"{name}"'.encode():
        number = (number ^ letter) * 0x100000001B3 % 2**64
    number = (number ^ (number >> 32)) * 0x9E3779B97F4A7C15 % 2**64
    return number ^ (number >> 29)


def _impact(
    before: Json | None,
    after: Json | None,
    *,
    people: Sequence[Context] = PEOPLE,
    answers: Mapping[str, Sequence[RecordedAnswer]] | None = None,
) -> FlagImpact:
    old, new = (rules(*([definition] if definition else [])) for definition in (before, after))
    return replay(old, new, recording_of(people, answers), now=NOW, edited=["f"]).flags[0]


def _moves(impact: FlagImpact) -> dict[tuple[FlagValue, FlagValue], int]:
    return {(move.before, move.after): move.subjects for move in impact.transitions}
