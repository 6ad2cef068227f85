"""Laws of the impact: it counts what happens one by one, it adds up, it repeats, and it hides nobody."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import add
from random import Random

import numpy as np
import pytest

from evaluator import Context, Facts, Result, Ruleset, evaluate
from evaluator.result import Reason
from policies.impact import FlagImpact, FlagValue
from policies.replay.identity import MemberLists
from policies.replay.outcome import UNDETERMINED
from policies.replay.possibilities import might_differ
from policies.replay.recording import Recording
from policies.replay.replayer import Replayer, replay
from policies.replay.side import Side
from policies.replay.stage import prepare
from policies.replay.summary import impact_of
from tests.oracles.random_contexts import MOMENTS
from tests.policies.replay.random_changes import (
    changed_definitions,
    compiled,
    random_definitions,
    random_facts,
    random_subjects,
    revealed,
)
from tests.policies.replay.recordings import RecordedAnswer, part_of, recording_of

FLAGS = 8
CONTEXTS = 80
PARTS = 7


@dataclass(frozen=True)
class Change:
    """A random change, and random traffic to replay it on."""

    before: Ruleset
    after: Ruleset
    facts: Facts
    now: datetime
    recording: Recording
    flags: Sequence[str]
    checks: Mapping[str, Mapping[int, int]]


def _random_change(seed: int) -> Change:
    random = Random(seed)
    feed = random_definitions(random, flags=FLAGS)
    before, after = compiled(feed), compiled(changed_definitions(random, feed))
    contexts = random_subjects(random, CONTEXTS)
    answers = {key: _random_answers(random) for key in before.flags}
    checks = {key: {row: count for row, _, _, count in rows} for key, rows in answers.items()}
    now, facts = random.choice(MOMENTS), random_facts(random)
    return Change(before, after, facts, now, recording_of(contexts, answers), sorted(before.flags), checks)


def _random_answers(random: Random) -> list[RecordedAnswer]:
    rows = random.sample(range(CONTEXTS), k=CONTEXTS // 2)
    return [
        (row, random.choice([False, True, "v0", "v1", None]), random.choice([0, 3, 7]), random.randrange(1, 9))
        for row in rows
    ]


def _replayer(change: Change, recording: Recording | None = None) -> Replayer:
    recording = change.recording if recording is None else recording
    return Replayer(recording, change.before, now=change.now, facts_before=change.facts, revision=7)


@pytest.mark.parametrize("seed", range(25))
def test_an_impact_counts_what_the_evaluator_answers_one_by_one(seed: int) -> None:
    change = _random_change(seed)
    impact = _replayer(change).replay(change.after, edited=[], flags=change.flags, facts_after=change.facts)
    subjects = {context.distinct_id for context in _contexts(change.recording)}
    assert impact.subjects == len(subjects)
    moved: set[str] = set()
    for flag in impact.flags:
        count = _count_one_by_one(change, flag.flag)
        moved |= count.subjects["changed"]
        assert _counts(flag) == {name: len(count.subjects[name]) for name in _counts(flag)}, flag.flag
        assert {(move.before, move.after): move.subjects for move in flag.transitions} == {
            move: len(who) for move, who in count.moves.items()
        }
        assert {(move.before, move.after): move.checks for move in flag.transitions} == dict(count.checks)
        assert flag.checks == sum(change.checks[flag.flag].values())
    assert impact.changed_subjects == len(moved)


@pytest.mark.parametrize("seed", range(60))
def test_whoever_is_not_counted_keeps_their_value_whatever_was_redacted(seed: int) -> None:
    """A subject neither *changed* nor *undetermined* does not move, whichever values the recording left out."""
    change, random = _random_change(seed), Random(-seed)
    before, after = _sides(change)
    contexts = _contexts(change.recording)
    for flag in change.flags:
        undetermined = might_differ(before.outcome(flag), after.outcome(flag))
        for row in np.flatnonzero(~undetermined).tolist():
            said = [_answer(ruleset, flag, contexts[row], change).value for ruleset in (change.before, change.after)]
            for _ in range(3):
                real = revealed(random, contexts[row])
                true = [_answer(ruleset, flag, real, change).value for ruleset in (change.before, change.after)]
                assert said in (true, [None, None]), (flag, row)
                assert said != [None, None] or true[0] == true[1], (flag, row)


def test_equal_unknowns_are_told_from_different_ones() -> None:
    """Guards the law above: both kinds of doubly undetermined subjects occur, and often."""
    equal, different = 0, 0
    for seed in range(160):
        change = _random_change(seed)
        stage, lists = prepare(change.recording, change.now), MemberLists()
        before, after = (
            Side(ruleset, change.facts, stage=stage, lists=lists) for ruleset in (change.before, change.after)
        )
        for flag in change.flags:
            old, new = before.outcome(flag), after.outcome(flag)
            both = (old.answers == UNDETERMINED) & (new.answers == UNDETERMINED)
            if old is not new:
                equal += int(np.count_nonzero(both & ~might_differ(old, new)))
                different += int(np.count_nonzero(both & might_differ(old, new)))
    assert equal >= 30
    assert different >= 30


@pytest.mark.parametrize("seed", range(15))
def test_tallies_of_disjoint_subjects_add_up_to_the_tally_of_all(seed: int) -> None:
    change = _random_change(seed)
    whole = _replayer(change).measure(change.after, edited=change.flags[:2], facts_after=change.facts)
    parts = [part_of(change.recording, rows) for rows in _partition(change.recording)]
    tallies = [
        _replayer(change, part).measure(change.after, edited=change.flags[:2], facts_after=change.facts)
        for part in parts
    ]
    total, again = reduce(add, tallies), reduce(add, reversed(tallies))
    impacts = [impact_of(tally, breakdowns=(), now=change.now) for tally in (whole, total, again)]
    assert impacts[0] == impacts[1] == impacts[2]


@pytest.mark.parametrize("seed", range(15))
def test_a_replay_repeats_to_the_byte_whatever_was_replayed_before(seed: int) -> None:
    change, other = _random_change(seed), _random_change(seed + 1000)
    fresh = replay(
        change.before,
        change.after,
        change.recording,
        now=change.now,
        edited=change.flags[:1],
        facts_before=change.facts,
        facts_after=change.facts,
        revision=7,
    )
    used = _replayer(change)
    used.replay(other.after, edited=[], flags=change.flags)
    used.replay(change.after, edited=[], flags=change.flags[2:])
    again = used.replay(change.after, edited=change.flags[:1], facts_after=change.facts)
    assert fresh.model_dump_json() == again.model_dump_json()


def _sides(change: Change) -> tuple[Side, Side]:
    stage, lists = prepare(change.recording, change.now), MemberLists()
    old, new = (Side(ruleset, change.facts, stage=stage, lists=lists) for ruleset in (change.before, change.after))
    return old, new


@dataclass
class _Count:
    """The same counts as in an impact, by sets of subjects."""

    subjects: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    moves: dict[tuple[FlagValue, FlagValue], set[str]] = field(default_factory=lambda: defaultdict(set))
    checks: dict[tuple[FlagValue, FlagValue], int] = field(default_factory=lambda: defaultdict(int))


def _count_one_by_one(change: Change, flag: str) -> _Count:
    count = _Count()
    for row, context in enumerate(_contexts(change.recording)):
        old = _answer(change.before, flag, context, change)
        new = _answer(change.after, flag, context, change)
        for name in _verdicts(old, new):
            count.subjects[name].add(context.distinct_id)
        count.moves[old.value, new.value].add(context.distinct_id)
        count.checks[old.value, new.value] += change.checks.get(flag, {}).get(row, 0)
    return count


def _answer(ruleset: Ruleset, flag: str, context: Context, change: Change) -> Result:
    return evaluate(ruleset, flag, context, now=change.now, facts=change.facts)


def _verdicts(old: Result, new: Result) -> Iterable[str]:
    yield "subjects"
    if new.reason is Reason.ERROR:
        yield "errors"
    yield from (name for name, result in (("on_before", old), ("on_after", new)) if result.enabled)
    if Reason.UNDETERMINED in (old.reason, new.reason):
        return
    if old.enabled != new.enabled:
        yield "entered" if new.enabled else "left"
    if old.enabled and new.enabled and old.value != new.value:
        yield "switched"
    if old.enabled != new.enabled or (old.enabled and old.value != new.value):
        yield "changed"
    elif old.enabled and old.payload != new.payload:
        yield "payload_changed"


def _counts(flag: FlagImpact) -> dict[str, int]:
    names = ("subjects", "on_before", "on_after", "entered", "left", "switched", "changed", "payload_changed", "errors")
    return {name: getattr(flag, name) for name in names}


def _contexts(recording: Recording) -> list[Context]:
    return [recording.context(row) for row in range(recording.size)]


def _partition(recording: Recording) -> list[list[int]]:
    parts: list[list[int]] = [[] for _ in range(PARTS)]
    for row in range(recording.size):
        parts[int(recording.subjects.codes[row]) % PARTS].append(row)
    return parts
