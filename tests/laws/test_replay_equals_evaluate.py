"""The columnar replay and the scalar evaluator are one semantics.

Random definitions (every operator, cohort shapes, dependencies, groups, variants, holdouts, enrollment, early exit, and
malformed ones) meet random subjects, some of whose values were redacted.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

import numpy as np
import pytest

from evaluator import Context, Facts, Ruleset, evaluate
from evaluator.compiled import CohortTest, FlagTest, Never, PropertyTest
from evaluator.hashing import MAX_DISTINCT_ID, rollout_hash, variant_hash
from evaluator.result import Reason
from policies.impact import FlagValue
from policies.replay import tables
from policies.replay.identity import MemberLists
from policies.replay.outcome import FAILED, UNDETERMINED
from policies.replay.recording import NOT_RECORDED, Recording
from policies.replay.side import Side
from policies.replay.stage import prepare
from tests.oracles.random_contexts import MOMENTS
from tests.policies.replay.random_changes import compiled, random_definitions, random_facts, random_subjects
from tests.policies.replay.recordings import recording_of

SEEDS = range(60)
FLAGS = 12
CONTEXTS = 60

Answer = tuple[FlagValue, int | None]
"""The value and the condition that gave it. A flag that failed or is undetermined has its reason for a value."""


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_answer_as_the_evaluator_does_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if seed % 2:
        monkeypatch.setattr(tables, "SMALL", 0)  # every dictionary counts as large, and is asked piecemeal
    random = Random(seed)
    ruleset, facts = compiled(random_definitions(random, flags=FLAGS)), random_facts(random)
    recording = _with_buckets(random, recording_of(random_subjects(random, CONTEXTS)), ruleset)
    now = random.choice(MOMENTS)
    side = Side(ruleset, facts, stage=prepare(recording, now), lists=MemberLists())
    for key in ruleset.flags:
        expected = [_scalar(ruleset, key, recording.context(row), now, facts) for row in range(recording.size)]
        assert list(_columnar(side, key)) == expected, key


def test_the_random_cases_reach_everything() -> None:
    """Guards the law above: at least 20,000 answers, with every reason and every kind of filter among them."""
    reasons, kinds, operators = Counter[Reason](), Counter[type](), Counter[str]()
    for seed in SEEDS:
        random = Random(seed)
        ruleset, facts = compiled(random_definitions(random, flags=FLAGS)), random_facts(random)
        contexts, now = random_subjects(random, CONTEXTS), random.choice(MOMENTS)
        results = [
            evaluate(ruleset, key, context, now=now, facts=facts) for key in ruleset.flags for context in contexts
        ]
        reasons.update(result.reason for result in results)
        tests = [test for flag in ruleset.flags.values() for each in flag.conditions for test in each.tests]
        kinds.update(map(type, tests))
        operators.update(str(test.filter.get("operator")) for test in tests if isinstance(test, PropertyTest))
    assert reasons.total() >= 20_000
    assert set(reasons) == set(Reason)
    assert min(reasons.values()) >= 50
    assert set(kinds) == {PropertyTest, CohortTest, FlagTest, Never}
    assert len(operators) >= 30


def _scalar(ruleset: Ruleset, key: str, context: Context, now: datetime, facts: Facts) -> Answer:
    result = evaluate(ruleset, key, context, now=now, facts=facts)
    if result.reason in (Reason.ERROR, Reason.UNDETERMINED):
        return result.reason.value, None
    return result.value, result.condition_index if result.reason is Reason.CONDITION_MATCH else None


def _columnar(side: Side, key: str) -> Iterator[Answer]:
    outcome = side.outcome(key)
    none = {FAILED: Reason.ERROR.value, UNDETERMINED: Reason.UNDETERMINED.value}
    for answer, condition in zip(outcome.answers.tolist(), outcome.conditions.tolist(), strict=True):
        yield none.get(answer, outcome.values[answer]), None if condition < 0 else condition


def _with_buckets(random: Random, recording: Recording, ruleset: Ruleset) -> Recording:
    """The recording with the hashes that a recorder would have kept of some checks."""
    subjects = [str(subject)[:MAX_DISTINCT_ID] for subject in recording.subjects.values]
    buckets = {}
    for key in ruleset.flags:
        for kind, hashed in (("rollout", rollout_hash), ("variant", variant_hash)):
            hashes = [hashed(key, subject) if random.random() < 0.5 else NOT_RECORDED for subject in subjects]
            buckets[key, kind] = np.array(hashes, dtype=np.uint64)
    return replace(recording, buckets=buckets)
