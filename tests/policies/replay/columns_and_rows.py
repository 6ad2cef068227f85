"""The same random definitions and contexts answered in columns and one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

import numpy as np

from evaluator import Context, Facts, Ruleset, evaluate
from evaluator.hashing import MAX_DISTINCT_ID, rollout_hash, variant_hash
from evaluator.result import Reason
from policies.impact import FlagValue
from policies.replay.identity import MemberLists
from policies.replay.outcome import FAILED, UNDETERMINED
from policies.replay.recording import NOT_RECORDED, Recording
from policies.replay.side import Side
from policies.replay.stage import prepare
from tests.oracles.random_contexts import MOMENTS
from tests.policies.replay.random_changes import compiled, random_definitions, random_facts, random_subjects
from tests.policies.replay.recordings import as_stored, recording_of

Answer = tuple[FlagValue, int | None]
"""The value and the condition that gave it. A flag that failed or is undetermined has its reason for a value."""


@dataclass(frozen=True)
class Case:
    """Definitions, facts, a moment, and a recording of random subjects."""

    seed: int
    ruleset: Ruleset
    facts: Facts
    now: datetime
    recording: Recording


def random_case(seed: int, *, flags: int, contexts: int) -> Case:
    """Every other three recordings of four are in the form in which one comes from disk."""
    random = Random(seed)
    ruleset, facts = compiled(random_definitions(random, flags=flags)), random_facts(random)
    recording = _with_buckets(random, recording_of(random_subjects(random, contexts)), ruleset)
    now = random.choice(MOMENTS)
    return Case(seed, ruleset, facts, now, as_stored(recording) if seed % 4 else recording)


def differences(case: Case) -> Iterator[str]:
    """Each answer that differs, in words."""
    side = Side(case.ruleset, case.facts, stage=prepare(case.recording, case.now), lists=MemberLists())
    contexts = [case.recording.context(row) for row in range(case.recording.size)]
    for key in case.ruleset.flags:
        for row, columnar in enumerate(_columnar(side, key)):
            scalar = _scalar(case, key, contexts[row])
            if (scalar, type(scalar[0])) != (columnar, type(columnar[0])):
                yield f"seed {case.seed}, flag {key}, context {row}: {scalar} one by one, {columnar} in columns"


def _scalar(case: Case, key: str, context: Context) -> Answer:
    result = evaluate(case.ruleset, key, context, now=case.now, facts=case.facts)
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
