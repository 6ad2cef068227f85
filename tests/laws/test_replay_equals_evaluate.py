"""The columnar replay and the scalar evaluator are one semantics: equal, context for context.

Random definitions (every operator, cohort shapes, dependencies, groups, variants, holdouts, enrollment, early exit, and
malformed ones) meet random subjects, some of whose values were redacted.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from evaluator import REDACTED, Context, Definitions, Facts, Ruleset, compile_definitions, evaluate
from evaluator.needs import needs
from evaluator.result import Reason
from policies.impact import FlagValue
from policies.replay.identity import MemberLists
from policies.replay.outcome import FAILED, UNDETERMINED
from policies.replay.recording import Recording
from policies.replay.side import Side
from policies.replay.stage import prepare
from tests.oracles.random_contexts import MOMENTS, random_context
from tests.oracles.random_definitions import Feed, random_feed
from tests.policies.replay.recordings import recording_of

FEEDS = 60
FLAGS = 12
CONTEXTS = 60
"""60 feeds × 12 flags × 60 contexts: 43,200 answers compared."""

Answer = tuple[FlagValue | str, int | None]
"""The value, and the condition that gave it; ``"error"`` and ``"undetermined"`` where there is none."""


@pytest.mark.parametrize("seed", range(FEEDS))
def test_columns_answer_as_the_evaluator_does_one_by_one(seed: int) -> None:
    random = Random(seed)
    ruleset, facts = _random_ruleset(random)
    recording = recording_of([_redacted(random, random_context(random, oddness=0.2)) for _ in range(CONTEXTS)])
    now = random.choice(MOMENTS)
    side = Side(ruleset, facts, prepare(recording, now), MemberLists())
    for key in ruleset.flags:
        expected = [_scalar(ruleset, key, recording.context(row), now, facts) for row in range(recording.size)]
        assert list(_columnar(side, key, recording)) == expected, (seed, key)


def _random_ruleset(random: Random) -> tuple[Ruleset, Facts]:
    feed = random_feed(random, flags=FLAGS, oddness=random.choice([0.0, 0.1, 0.3]))
    for cohort_id in ("5", "6"):
        feed["cohorts"][cohort_id] = {"name": cohort_id, "is_static": True}
    members = {cohort_id: frozenset(f"user-{random.randrange(10_000)}" for _ in range(5_000)) for cohort_id in ("5",)}
    return compile_definitions(Definitions.from_posthog(feed)), Facts(members=members)


def _redacted(random: Random, context: Context) -> Context:
    """The context as a recording shows it that did not keep everything."""
    share = random.choice([0.0, 0.0, 0.1, 0.3])

    def hide(values: Any) -> dict[str, Any]:
        return {name: REDACTED if random.random() < share else value for name, value in values.items()}

    return replace(
        context,
        properties=hide(context.properties),
        groups=hide(context.groups) if random.random() < 0.2 else context.groups,
        group_properties={name: hide(values) for name, values in context.group_properties.items()},
    )


def _scalar(ruleset: Ruleset, key: str, context: Context, now: datetime, facts: Facts) -> Answer:
    result = evaluate(ruleset, key, context, now=now, facts=facts)
    if result.reason is Reason.ERROR:
        return "error", None
    if result.reason is Reason.UNDETERMINED:
        return "undetermined", None
    return result.value, result.condition_index if result.reason is Reason.CONDITION_MATCH else None


def _columnar(side: Side, key: str, recording: Recording) -> Iterator[Answer]:
    outcome = side.outcome(key)
    for answer, condition in zip(outcome.answers.tolist(), outcome.conditions.tolist(), strict=True):
        if answer in (FAILED, UNDETERMINED):
            yield ("error" if answer == FAILED else "undetermined"), None
        else:
            yield outcome.values[answer], None if condition < 0 else condition
