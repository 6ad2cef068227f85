"""Fidelity: recorded answers against those of the base definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from evaluator import REDACTED, Context, Ruleset
from policies.impact import Fidelity
from policies.replay.replayer import replay
from tests.policies.replay.flags import condition, flag, has, rules
from tests.policies.replay.recordings import RecordedAnswer, recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)

ANN, BOB = Context("ann", {"plan": "pro"}), Context("bob", {"plan": "free"})
HIDDEN = Context("cyd", {"plan": REDACTED})
PRO = rules(flag("f", condition(has("plan", "pro"))))


def test_answers_under_the_definitions_in_force_are_compared() -> None:
    fidelity = _fidelity(PRO, {"f": [(0, True, 7, 10), (1, True, 7, 4)]}, revision=7)
    assert (fidelity.compared, fidelity.differing) == (2, 1)
    assert (fidelity.compared_checks, fidelity.differing_checks) == (14, 4)
    assert fidelity.causes == {"older_revision": 0, "undetermined": 0, "unexplained": 1}


def test_older_answers_that_differ_are_set_aside() -> None:
    fidelity = _fidelity(PRO, {"f": [(0, False, 6, 10), (1, False, 6, 4)]}, revision=7)
    assert (fidelity.compared, fidelity.differing) == (0, 0)
    assert fidelity.causes == {"older_revision": 1, "undetermined": 0, "unexplained": 0}


def test_answers_of_an_unknown_revision_are_compared() -> None:
    fidelity = _fidelity(PRO, {"f": [(0, False, 0, 1), (1, False, 0, 1)]}, revision=7)
    assert (fidelity.compared, fidelity.differing) == (2, 1)


def test_without_a_revision_the_newest_recorded_one_counts() -> None:
    answers = {"f": [(0, False, 6, 1), (1, False, 8, 1)], "other": [(0, True, 9, 1)]}
    assert _fidelity(PRO, answers, revision=None).compared == 0
    assert _fidelity(PRO, {"f": answers["f"]}, revision=None).compared == 1


def test_answers_that_hang_on_a_redacted_value_are_not_compared() -> None:
    fidelity = _fidelity(PRO, {"f": [(0, True, 7, 1), (2, True, 7, 1)]}, revision=7)
    assert (fidelity.compared, fidelity.differing, fidelity.causes["undetermined"]) == (1, 0, 1)


def test_a_recorded_failure_is_reproduced_by_a_failing_flag() -> None:
    broken = rules(flag("f", condition({"key": "id", "type": "cohort", "operator": "in", "value": 404})))
    fidelity = _fidelity(broken, {"f": [(0, None, 7, 1), (1, False, 7, 1)]}, revision=7)
    assert (fidelity.compared, fidelity.differing) == (2, 1)


def test_a_variant_that_no_longer_exists_differs() -> None:
    fidelity = _fidelity(PRO, {"f": [(0, "true", 7, 1), (1, "gone", 7, 1)]}, revision=7)
    assert fidelity.differing == 2


def test_a_subject_counts_once_over_several_flags() -> None:
    ruleset = rules(flag("f", condition()), flag("g", condition()))
    fidelity = _fidelity(ruleset, {"f": [(0, False, 7, 1)], "g": [(0, False, 7, 1)]}, revision=7, edited=("f", "g"))
    assert (fidelity.compared, fidelity.differing, fidelity.compared_checks) == (1, 1, 2)


def test_only_the_replayed_flags_are_compared() -> None:
    ruleset = rules(flag("f", condition()), flag("g", condition()))
    assert _fidelity(ruleset, {"g": [(0, False, 7, 1)]}, revision=7, edited=("f",)).compared == 0


def test_filters_on_dates_are_asked_at_the_time_of_the_answer() -> None:
    """Three days after the recording, somebody who was new then is no longer; the answer was right all the same."""
    ruleset = rules(flag("f", condition(has("signup", "-7d", "is_date_after"))))
    people = [Context("new", {"signup": "2026-06-06"}), Context("old", {"signup": "2026-01-01"})]
    recording = recording_of(
        people, {"f": [(0, True, 7, 1), (1, True, 7, 1)]}, recorded_at=datetime(2026, 6, 12, tzinfo=UTC)
    )
    impact = replay(ruleset, ruleset, recording, now=NOW + timedelta(hours=1), edited=["f"], revision=7)
    assert impact.flags[0].on_before == 0
    assert (impact.fidelity.compared, impact.fidelity.differing) == (2, 1)


def test_an_answer_is_right_if_it_was_at_its_first_or_its_last_time() -> None:
    ruleset = rules(flag("f", condition(has("signup", "-7d", "is_date_after"))))
    recording = recording_of([Context("new", {"signup": "2026-06-01"})], {"f": [(0, True, 7, 9), (0, False, 7, 9)]})
    answers = recording.answers["f"]
    early, late = (round(datetime(2026, 6, day, tzinfo=UTC).timestamp() * 1_000_000) for day in (5, 10))
    stretched = replace(answers, first_us=np.array([early, early]), last_us=np.array([late, late]))
    recording = replace(recording, answers={"f": stretched})
    assert replay(ruleset, ruleset, recording, now=NOW, edited=["f"], revision=7).fidelity.differing == 0


def _fidelity(
    base: Ruleset,
    answers: Mapping[str, Sequence[RecordedAnswer]],
    *,
    revision: int | None,
    edited: Sequence[str] = ("f",),
) -> Fidelity:
    recording = recording_of((ANN, BOB, HIDDEN), answers)
    return replay(base, rules(), recording, now=NOW, edited=edited, revision=revision).fidelity
