"""Whether the definitions in force reproduce the answers that were recorded."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator import evaluate
from evaluator.check import DISTINCT_ID
from evaluator.needs import needs
from policies.impact import FlagValue
from policies.replay.columns import spread
from policies.replay.outcome import FAILED, UNDETERMINED, Outcome
from policies.replay.population import Mask
from policies.replay.recording import Answers, Recording
from policies.replay.side import Side
from policies.replay.stage import Stage
from policies.replay.tally import FidelityTally

_NO_SUCH_VALUE = -3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure_fidelity(flags: Iterable[str], base: Side, *, stage: Stage, revision: int) -> FidelityTally:
    """Compares the recorded answers of these flags with those of the base definitions.

    Answers given at ``revision`` or later count, and those of which the revision is not known. Older ones that differ
    are set aside, and so is what cannot be told.
    """
    count = _Count(stage)
    for key in flags:
        answers = stage.recording.answers.get(key)
        if answers is not None and key in base.ruleset.flags:
            count.add(key, answers, base, revision)
    return count.tally()


class _Count:
    """Contexts by what became of their answers, over several flags."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._compared, self._differing, self._older, self._unknown = np.zeros((4, stage.view.size), dtype=np.bool_)
        self._compared_checks = 0
        self._differing_checks = 0

    def add(self, key: str, answers: Answers, base: Side, revision: int) -> None:
        """Compares the answers of one flag."""
        outcome = base.outcome(key)
        expected = spread(outcome.answers, answers.contexts)
        unknown = expected == UNDETERMINED
        in_force = (answers.revisions == 0) | (answers.revisions >= revision)
        wrong = ~unknown & (expected != spread(_codes(outcome, answers.values), answers.codes))
        compared, differing = in_force & ~unknown, in_force & wrong
        if differing.any() and base.asks_now(key):
            rows = np.flatnonzero(differing)
            right = _right_at_the_time(key, answers, rows, base, self._stage.recording)
            differing[rows] = [not each for each in right]
        for found, where in (
            (self._compared, compared),
            (self._differing, differing),
            (self._older, wrong & ~in_force),
            (self._unknown, unknown & in_force),
        ):
            if where.any():
                found[answers.contexts if where.all() else answers.contexts[where]] = True
        self._compared_checks += _sum(answers.checks, compared)
        self._differing_checks += _sum(answers.checks, differing)

    def tally(self) -> FidelityTally:
        """The counts of distinct subjects."""
        count = self._stage.population.count
        return FidelityTally(
            compared=count(self._compared),
            differing=count(self._differing),
            compared_checks=self._compared_checks,
            differing_checks=self._differing_checks,
            older_revision=count(self._older),
            undetermined=count(self._unknown),
        )


def _sum(checks: NDArray[np.signedinteger[Any]], rows: Mask) -> int:
    return int(checks.sum(where=rows, dtype=np.int64)) if rows.any() else 0


def _codes(outcome: Outcome, recorded: Sequence[FlagValue]) -> NDArray[np.int16]:
    """The outcome's code for each recorded value; an answer without a value is a failed one."""
    known: dict[FlagValue, int] = {value: code for code, value in enumerate(outcome.values)}
    known[None] = FAILED
    return np.array([known.get(value, _NO_SUCH_VALUE) for value in recorded], dtype=np.int16)


def _right_at_the_time(
    key: str, answers: Answers, rows: NDArray[np.intp], base: Side, recording: Recording
) -> Iterator[bool]:
    """Whether answers that would be wrong now were right when they were given: filters on dates move with time."""
    covered = recording.covering(_asked(key, base))
    for row in rows.tolist():
        context = covered.context(int(answers.contexts[row]))
        recorded = answers.values[answers.codes[row]]
        moments = {int(answers.first_us[row]), int(answers.last_us[row])}
        results = (
            evaluate(base.ruleset, key, context, now=_EPOCH + timedelta(microseconds=moment), facts=base.facts)
            for moment in moments
        )
        yield any(result.value == recorded for result in results)


def _asked(key: str, base: Side) -> list[tuple[str | None, str]]:
    asked = needs(base.ruleset, [key])
    return [*((None, name) for name in asked.properties if name != DISTINCT_ID), *asked.group_properties]
