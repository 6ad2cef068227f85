"""What the recording did not keep is counted as undetermined, unless it cannot matter to the change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from evaluator import REDACTED, Context, Facts
from evaluator.hashing import rollout_hash, unit
from policies.impact import FlagImpact
from policies.replay.recording import Recording
from policies.replay.replayer import replay
from tests.policies.replay.flags import Json, condition, flag, has, in_cohort, needs, rules, variants
from tests.policies.replay.recordings import recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)

ANN = Context("ann", {"email": REDACTED, "plan": "pro"})
BOB = Context("bob", {"email": "bob@acme.dev", "plan": "pro"})
CYD = Context("cyd", {"email": REDACTED, "plan": "free"})
PEOPLE = (ANN, BOB, CYD)

STAFF = has("email", "@acme.dev", "ends_with")
OFF = flag("f", active=False)


def test_a_redacted_value_leaves_the_answer_open() -> None:
    impact = _impact(OFF, flag("f", condition(STAFF)))
    assert (impact.entered, impact.undetermined) == (1, 2)
    assert [(move.before, move.after, move.subjects) for move in impact.transitions] == [
        (False, True, 1),
        (False, None, 2),
    ]


def test_a_filter_that_fails_anyway_makes_the_redacted_one_not_matter() -> None:
    impact = _impact(OFF, flag("f", condition(STAFF, has("plan", "pro"))))
    assert (impact.entered, impact.undetermined) == (1, 1)


def test_a_later_condition_of_the_same_value_makes_the_open_one_not_matter() -> None:
    impact = _impact(OFF, flag("f", condition(STAFF), condition()))
    assert (impact.entered, impact.undetermined) == (3, 0)


def test_subjects_out_of_the_rollout_are_told_whatever_was_redacted() -> None:
    below_ann = unit(rollout_hash("f", "ann")) * 100 - 0.001
    impact = _impact(OFF, flag("f", condition(STAFF, rollout=below_ann)), people=(ANN,))
    assert (impact.changed, impact.undetermined) == (0, 0)


def test_an_edit_elsewhere_is_not_held_up_by_an_old_unknown() -> None:
    before = flag("f", condition(STAFF), condition(has("plan", "free"), rollout=0))
    after = flag("f", condition(STAFF), condition(has("plan", "free"), rollout=100))
    impact = _impact(before, after)
    assert impact.undetermined == 1, "Only cyd: ann hangs on her e-mail alone, before and after."


def test_a_filter_known_to_hold_may_go_without_raising_doubt() -> None:
    impact = _impact(flag("f", condition(has("plan", "pro"), STAFF)), flag("f", condition(STAFF)))
    assert (impact.changed, impact.undetermined) == (0, 1)


def test_the_order_of_the_same_filters_raises_no_doubt() -> None:
    city = has("city", "Oslo")
    impact = _impact(flag("f", condition(STAFF, city)), flag("f", condition(city, STAFF)), people=(_nowhere(),))
    assert impact.undetermined == 0


def test_another_question_about_the_same_value_raises_doubt() -> None:
    impact = _impact(flag("f", condition(STAFF)), flag("f", condition(has("email", "@acme.com", "ends_with"))))
    assert (impact.left, impact.undetermined) == (1, 2)


def test_another_variant_behind_the_same_unknown_raises_doubt() -> None:
    two = variants(control=50, fast=50)
    before = flag("f", condition(STAFF, variant="control"), multivariate=two)
    impact = _impact(before, flag("f", condition(STAFF, variant="fast"), multivariate=two))
    assert (impact.switched, impact.undetermined) == (1, 2)


def test_dependents_of_an_unchanged_undetermined_flag_raise_no_doubt() -> None:
    parent = flag("parent", condition(STAFF))
    before, after = flag("f", condition(needs("parent"))), flag("f", condition(needs("parent")), condition(rollout=0))
    impact = _impact(before, after, others=(parent,))
    assert (impact.changed, impact.undetermined) == (0, 0)


def test_dependents_of_a_flag_that_hangs_on_something_else_raise_doubt() -> None:
    child = flag("child", condition(needs("f")))
    before, after = flag("f", condition(STAFF)), flag("f", condition(has("email", "b", "starts_with")))
    old, new = rules(child, before), rules(child, after)
    parent, dependent = replay(old, new, recording_of(PEOPLE), now=NOW, edited=["f"]).flags
    assert (parent.undetermined, dependent.undetermined) == (2, 2)


def test_an_unknown_cohort_raises_doubt_only_when_it_is_edited() -> None:
    tree = {"type": "OR", "values": [STAFF, has("plan", "team")]}
    edited = {"type": "OR", "values": [STAFF, has("plan", "free")]}
    before, after = flag("f", condition(in_cohort(1))), flag("f", condition(in_cohort(1)), condition(rollout=0))
    assert _impact(before, after, cohorts={"1": tree}).undetermined == 0
    old, new = rules(before, cohorts={"1": tree}), rules(before, cohorts={"1": edited})
    assert replay(old, new, recording_of(PEOPLE), now=NOW, edited=["f"]).flags[0].undetermined == 2


def test_an_unknown_group_key_leaves_the_rollout_open() -> None:
    hidden = Context("ann", groups={"company": REDACTED})
    half = flag("f", condition(rollout=50), aggregation_group_type_index=0)
    more = flag("f", condition(rollout=60), aggregation_group_type_index=0)
    assert _impact(half, half, people=(hidden,)).undetermined == 0
    assert _impact(half, more, people=(hidden,)).undetermined == 1


def test_a_property_that_was_not_kept_is_unknown_for_everybody() -> None:
    after = flag("f", condition(has("city", "Oslo")))
    kept = recording_of(PEOPLE, kept=frozenset({"email", "plan"}))
    assert _flag(OFF, after, kept).undetermined == 3
    everything = recording_of(PEOPLE, kept=None)
    assert _flag(OFF, after, everything).undetermined == 0


def test_undetermined_subjects_of_several_flags_count_once() -> None:
    before = rules(flag("a", active=False), flag("b", active=False))
    after = rules(flag("a", condition(STAFF)), flag("b", condition(STAFF)))
    impact = replay(before, after, recording_of(PEOPLE), now=NOW, edited=["a", "b"])
    assert (impact.undetermined_subjects, impact.changed_subjects) == (2, 1)


def _nowhere() -> Context:
    return Context("eve", {"email": REDACTED, "city": REDACTED})


def _impact(
    before: Json,
    after: Json,
    *,
    people: Sequence[Context] = PEOPLE,
    others: Sequence[Json] = (),
    cohorts: Json | None = None,
) -> FlagImpact:
    old, new = (rules(definition, *others, cohorts=cohorts) for definition in (before, after))
    return replay(old, new, recording_of(people), now=NOW, edited=["f"]).flags[0]


def _flag(before: Json, after: Json, recording: Recording) -> FlagImpact:
    return replay(rules(before), rules(after), recording, now=NOW, edited=["f"]).flags[0]


def test_nobody_can_tell_whether_a_hashed_id_is_on_a_list() -> None:
    ruleset = rules(flag("f", condition(in_cohort(1))), cohorts={"1": {"name": "list", "is_static": True}})
    people = recording_of([Context("ann"), Context("bob")])
    hashed = replace(people, facts=people.facts.model_copy(update={"mode": "statistical"}))
    before, after = Facts({"1": {"ann"}}), Facts({"1": {"bob"}})
    impact = replay(ruleset, ruleset, hashed, now=NOW, edited=["f"], facts_before=before, facts_after=after).flags[0]
    assert (impact.changed, impact.undetermined) == (0, 2)
