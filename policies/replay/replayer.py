"""Replaying a change: who gets another answer, on the traffic that was recorded."""

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluator import NO_FACTS, Facts, Ruleset
from evaluator.needs import dependents
from policies.impact import Impact
from policies.replay.columns import sums
from policies.replay.comparison import Audience, compare
from policies.replay.fidelity import measure_fidelity
from policies.replay.identity import MemberLists
from policies.replay.pace import Progress
from policies.replay.recording import Recording
from policies.replay.side import Side
from policies.replay.stage import prepare
from policies.replay.summary import impact_of
from policies.replay.tally import FidelityTally, FlagTally, Tally


def replay(
    before: Ruleset,
    after: Ruleset,
    recording: Recording,
    *,
    now: datetime,
    edited: Sequence[str],
    flags: Sequence[str] | None = None,
    facts_before: Facts = NO_FACTS,
    facts_after: Facts = NO_FACTS,
    breakdowns: Sequence[str] = (),
    progress: Progress | None = None,
    revision: int | None = None,
) -> Impact:
    """Evaluates old and new definitions on the same recorded contexts. Equal inputs give an equal impact.

    See ``Replayer``, which this is for a single use.
    """
    replayer = Replayer(recording, before, now=now, facts_before=facts_before, revision=revision)
    return replayer.replay(
        after, edited=edited, flags=flags, facts_after=facts_after, breakdowns=breakdowns, progress=progress
    )


class Replayer:
    """A recording and the base definitions, ready for any number of replays against other definitions.

    What a replay finds out about values, hashes and flags is kept, so that the next one costs only what differs.
    ``now`` is the moment of all filters on dates. ``revision`` is the environment's revision since which the base
    definitions are in force: recorded answers of that revision or a later one tell the fidelity (None: those of the
    newest revision that was recorded).
    """

    def __init__(
        self,
        recording: Recording,
        before: Ruleset,
        *,
        now: datetime,
        facts_before: Facts = NO_FACTS,
        revision: int | None = None,
    ) -> None:
        self._now = now
        self._revision = _newest_revision(recording) if revision is None else revision
        self._recording = recording
        self._stage = prepare(recording, now)
        self._lists = MemberLists()
        self._before = Side(before, facts_before, stage=self._stage, lists=self._lists)
        self._checks: dict[str, NDArray[np.int64]] = {}
        self._fidelity: dict[tuple[str, ...], FidelityTally] = {}

    def from_base(self, before: Ruleset, facts_before: Facts = NO_FACTS) -> "Replayer":
        """The same recording at the same moment, from another base. The two share what they find out."""
        other = copy(self)
        other._before = Side(before, facts_before, stage=self._stage, lists=self._lists)
        other._fidelity = {}
        return other

    def replay(
        self,
        after: Ruleset,
        *,
        edited: Sequence[str],
        flags: Sequence[str] | None = None,
        facts_after: Facts = NO_FACTS,
        breakdowns: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Impact:
        """The impact of going from the base to ``after``.

        ``edited`` are the keys of the flags that the change touches. ``flags`` are those to measure; by default the
        edited ones and all that depend on them, before or after. ``breakdowns`` are properties of persons to split
        the impact by; by default, for each flag the up to three properties that tell most about who changes.
        """
        tally = self.measure(
            after, edited=edited, flags=flags, facts_after=facts_after, breakdowns=breakdowns, progress=progress
        )
        return impact_of(tally, breakdowns=breakdowns, now=self._now)

    def measure(
        self,
        after: Ruleset,
        *,
        edited: Sequence[str],
        flags: Sequence[str] | None = None,
        facts_after: Facts = NO_FACTS,
        breakdowns: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Tally:
        """What ``replay`` counts, before it is summed up.

        Tallies can be added if their recordings have the same columns and share no subject.
        """
        side = Side(after, facts_after, stage=self._stage, lists=self._lists)
        keys = self._order(after, edited, flags)
        steps = [self._steps(key, after) for key in keys]
        self._stage.pace.start(progress, sum(steps))
        audience = self._audience(breakdowns)
        changed, undetermined = np.zeros((2, self._recording.size), dtype=np.bool_)
        tallies: list[FlagTally] = []
        for key, of_flag in zip(keys, steps, strict=True):
            with self._stage.pace.flag(of_flag):
                old, new = self._before.outcome(key), side.outcome(key)
                comparison = compare(old, new, audience, checks=self._checks_of(key), edited=key in edited)
            tallies.append(comparison.tally)
            changed |= comparison.changed
            undetermined |= comparison.undetermined
        fidelity = self._fidelity_of(tuple(keys))
        self._stage.forget_unused()
        return Tally(
            flags=tallies,
            subjects=self._stage.population.subjects,
            changed_subjects=self._stage.population.count(changed),
            undetermined_subjects=self._stage.population.count(undetermined),
            fidelity=fidelity,
        )

    def _order(self, after: Ruleset, edited: Sequence[str], flags: Iterable[str] | None) -> list[str]:
        """Edited flags first, then the others, both by key."""
        if flags is None:
            flags = {*edited, *dependents(self._before.ruleset, edited), *dependents(after, edited)}
        return sorted(set(flags), key=lambda key: (key not in edited, key))

    def _steps(self, key: str, after: Ruleset) -> int:
        """One for each condition of either side, and one for the comparison."""
        flags = [ruleset.flags.get(key) for ruleset in (self._before.ruleset, after)]
        return 1 + sum(len(flag.conditions) for flag in flags if flag is not None)

    def _checks_of(self, key: str) -> NDArray[np.int64]:
        """The recorded checks of a flag, by context."""
        if key not in self._checks:
            answers = self._recording.answers.get(key)
            contexts = self._recording.size
            nothing = np.zeros(contexts, dtype=np.int64)
            self._checks[key] = nothing if answers is None else sums(answers.contexts, answers.checks, contexts)
        return self._checks[key]

    def _fidelity_of(self, flags: tuple[str, ...]) -> FidelityTally:
        """Measured once for the same flags: the change has no part in it."""
        if flags not in self._fidelity:
            self._fidelity[flags] = measure_fidelity(flags, self._before, stage=self._stage, revision=self._revision)
        return self._fidelity[flags]

    def _audience(self, breakdowns: Sequence[str]) -> Audience:
        names, ground = breakdowns or sorted(self._recording.properties), self._stage.ground
        return Audience(
            population=ground.population,
            raffle=ground.raffle,
            slicers={name: ground.slicer(name, named=bool(breakdowns)) for name in names},
        )


def _newest_revision(recording: Recording) -> int:
    revisions: Final = [
        int(answers.revisions.max()) for answers in recording.answers.values() if len(answers.revisions)
    ]
    return max(revisions, default=0)
