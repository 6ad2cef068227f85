"""How far subjects come in each condition."""

from collections.abc import Sequence
from datetime import UTC, datetime

from evaluator import REDACTED, Context
from policies.impact import ConditionCoverage
from policies.replay.replayer import replay
from tests.policies.replay.flags import Json, condition, flag, has, needs, rules, variants
from tests.policies.replay.recordings import recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)

ANN = Context("ann", {"plan": "pro", "country": "NO"})
BOB = Context("bob", {"plan": "pro", "country": "SE"})
CYD = Context("cyd", {"plan": "free", "country": "NO"})
DEE = Context("dee", {"plan": "free"})
HID = Context("hid", {"plan": REDACTED, "country": "NO"})


def test_subjects_are_counted_from_reaching_a_condition_to_being_decided_by_it() -> None:
    after = flag("f", condition(has("plan", "pro")), condition(has("country", "NO"), rollout=0), condition())
    first, second, third = _coverage(after, ANN, BOB, CYD, DEE)
    assert _row(first) == {"reached": 4, "eligible": 2, "matched": 2, "in_rollout": 2, "decided": 2, "undetermined": 0}
    assert _row(second) == {"reached": 2, "eligible": 2, "matched": 1, "in_rollout": 0, "decided": 0, "undetermined": 0}
    assert _row(third) == {"reached": 2, "eligible": 4, "matched": 2, "in_rollout": 2, "decided": 2, "undetermined": 0}


def test_early_exit_keeps_subjects_from_later_conditions() -> None:
    after = flag("f", condition(has("plan", "pro"), rollout=0), condition(), early_exit=True)
    assert [row.reached for row in _coverage(after, ANN, BOB, CYD)] == [3, 1]


def test_a_holdout_comes_before_all_conditions() -> None:
    after = flag("f", condition(), holdout={"id": 1, "exclusion_percentage": 100})
    assert _row(_coverage(after, ANN)[0])["reached"] == 0
    assert _row(_coverage(after, ANN)[0])["eligible"] == 1


def test_a_subject_whose_filter_is_unknown_still_reaches_the_next_condition() -> None:
    first, second = _coverage(flag("f", condition(has("plan", "pro")), condition()), HID)
    assert _row(first) == {"reached": 1, "eligible": 0, "matched": 0, "in_rollout": 0, "decided": 0, "undetermined": 1}
    assert _row(second) == {"reached": 1, "eligible": 1, "matched": 1, "in_rollout": 1, "decided": 1, "undetermined": 0}


def test_unknown_filters_of_conditions_that_are_not_reached_are_not_counted() -> None:
    _, second = _coverage(flag("f", condition(), condition(has("plan", "pro"))), HID)
    assert (second.reached, second.undetermined) == (0, 0)


def test_no_condition_decides_an_answer_that_stays_open() -> None:
    weights = variants(control=50, fast=50)
    open_first = condition(has("plan", "pro"), variant="control")
    first, second = _coverage(flag("f", open_first, condition(variant="fast"), multivariate=weights), HID)
    assert (second.in_rollout, second.decided) == (1, 0)
    assert first.decided == 0


def test_who_names_no_group_passes_no_condition_on_groups() -> None:
    after = flag("f", condition(), aggregation_group_type_index=0)
    (row,) = _coverage(after, ANN, Context("org", groups={"company": "acme"}))
    assert _row(row) == {"reached": 2, "eligible": 1, "matched": 1, "in_rollout": 1, "decided": 1, "undetermined": 0}


def test_whose_group_is_not_known_is_undetermined() -> None:
    after = flag("f", condition(), aggregation_group_type_index=0)
    (row,) = _coverage(after, Context("org", groups={"company": REDACTED}))
    assert _row(row) == {"reached": 1, "eligible": 0, "matched": 0, "in_rollout": 0, "decided": 0, "undetermined": 1}


def test_a_dependency_counts_as_a_filter() -> None:
    ruleset = rules(flag("f", condition(needs("parent"))), flag("parent", condition(has("plan", "pro"))))
    recording = recording_of((ANN, CYD, HID))
    (row,) = replay(rules(), ruleset, recording, now=NOW, edited=["f"]).flags[0].coverage_after
    assert (row.eligible, row.undetermined) == (1, 1)


def test_a_subject_counts_once_however_many_contexts_it_has() -> None:
    (row,) = _coverage(flag("f", condition(has("plan", "pro"))), ANN, ANN, Context("ann", {"plan": "free"}))
    assert (row.reached, row.matched) == (1, 1)


def test_conditions_are_named_by_their_ids_and_both_sides_are_covered() -> None:
    before = flag("f", condition(), own={"drysail": {"condition_ids": ["c1"]}})
    after = flag("f", condition(), condition(), own={"drysail": {"condition_ids": ["c2", "c1"]}})
    impact = replay(rules(before), rules(after), recording_of((ANN,)), now=NOW, edited=["f"]).flags[0]
    assert [(row.id, row.index) for row in impact.coverage_before] == [("c1", 0)]
    assert [(row.id, row.index) for row in impact.coverage_after] == [("c2", 0), ("c1", 1)]


def test_new_ids_of_old_conditions_are_reported() -> None:
    before, after = (flag("f", condition(), own={"drysail": {"condition_ids": [name]}}) for name in ("c1", "c2"))
    impact = replay(rules(before), rules(after), recording_of((ANN,)), now=NOW, edited=["f"]).flags[0]
    assert (impact.coverage_before[0].id, impact.coverage_after[0].id) == ("c1", "c2")


def test_a_flag_that_is_off_has_no_coverage() -> None:
    assert _coverage(flag("f", condition(), active=False), ANN) == ()


def _coverage(after: Json, *people: Context) -> Sequence[ConditionCoverage]:
    return replay(rules(), rules(after), recording_of(people), now=NOW, edited=["f"]).flags[0].coverage_after


def _row(coverage: ConditionCoverage) -> dict[str, int]:
    return coverage.model_dump(exclude={"id", "index"})
