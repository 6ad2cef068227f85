"""Deciding one flag for all contexts: its gates, then its conditions in order.

``evaluator.evaluate`` is the authority on what is decided; this is the same, column by column.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.program import enrollment_property, needs_no_hash
from policies.impact import ConditionCoverage
from policies.replay.filters import Filters
from policies.replay.hashes import HashKind
from policies.replay.identity import name_of
from policies.replay.outcome import NO_CONDITION, OFF, ON, UNDETERMINED, Outcome, Possibility, Unknown, Values
from policies.replay.population import Mask
from policies.replay.stage import Stage
from policies.replay.truth import FALSE, TRUE
from policies.replay.view import ABSENT, HIDDEN, PERSON, Ids

_NOTHING = -3
"""Nothing unknown so far could have decided."""

Rows = NDArray[np.intp]


class Decision:
    """One flag while it is decided. ``identity`` names the flag with everything that its answers hang on."""

    def __init__(self, flag: CompiledFlag, identity: str, *, stage: Stage, filters: Filters) -> None:
        size = stage.view.size
        variants = [key for _, key in flag.variants] + ([flag.holdout.variant] if flag.holdout else [])
        self._flag = flag
        self._identity = identity
        self._stage = stage
        self._filters = filters
        self._values: tuple[bool | str, ...] = (False, True, *dict.fromkeys(variants))
        self._codes = {value: code for code, value in enumerate(self._values)}
        self._open = np.ones(size, dtype=np.bool_)
        self._answers = np.full(size, OFF, dtype=np.int16)
        self._conditions = np.full(size, NO_CONDITION, dtype=np.int16)
        self._possible = np.full(size, _NOTHING, dtype=np.int16)
        self._possibilities: list[Possibility] = []

    def outcome(self) -> Outcome:
        """Decides everything."""
        self._ask_enrollment()
        self._hold_out()
        coverage = [self._pass(condition) for condition in self._flag.conditions]
        self._settle()
        return Outcome(
            flag=self._flag.key,
            values=self._values,
            answers=self._answers,
            conditions=self._conditions,
            payloads=self._flag.payloads,
            coverage=tuple(map(self._with_decided, coverage)),
            possibilities=tuple(self._possibilities),
        )

    def _ask_enrollment(self) -> None:
        """Whoever joined or declined the early access is decided, and so is everybody of whom that is not known."""
        if not self._flag.enrollment:
            return
        column = self._stage.view.column(enrollment_property(self._flag.key))
        choices = np.array([_choice(value) for value in column.values], dtype=np.int16)[column.codes]
        self._hide(np.flatnonzero(choices == UNDETERMINED), ON, name_of("enrollment", self._flag.key))
        self._decide(np.flatnonzero(choices >= OFF), choices[choices >= OFF], NO_CONDITION)

    def _hold_out(self) -> None:
        """Members of the holdout get its pseudo-variant."""
        holdout = self._flag.holdout
        if holdout is None:
            return
        rows = np.flatnonzero(self._open)
        variant = self._codes[holdout.variant]
        if holdout.bound is not None:
            ids = self._stage.view.holdout_ids(self._flag)
            hidden = ids.states[ids.codes[rows]] == HIDDEN
            self._hide(rows[hidden], variant, name_of("holdout", self._identity))
            rows = rows[~hidden]
            rows = rows[self._at_most(holdout.bound, rows, ids, "holdout")]
        self._decide(rows, _same(rows, variant), NO_CONDITION)

    def _pass(self, condition: CompiledCondition) -> ConditionCoverage:
        """Lets everybody who is still open through the filters and the rollout of one condition."""
        truths = self._filters.all_of(condition.tests)
        ids = self._ids(condition)
        askable, hidden = self._standing(condition, ids)
        reached = self._open.copy()
        rows = np.flatnonzero(reached & askable & (truths != FALSE))
        certain = truths[rows] == TRUE
        concealed = hidden[rows]
        self._leave_open(condition, rows[concealed], ids)
        rows, certain = rows[~concealed], certain[~concealed]
        inside = self._admitted(condition, rows, ids)
        if self._flag.early_exit:
            self._end(condition, rows[~inside], certain[~inside])
        rows, certain = rows[inside], certain[inside]
        values = self._assigned(condition, rows, ids)
        self._decide(rows[certain], values[certain], condition.index)
        self._might(rows[~certain], values[~certain], self._filters.unknowns(condition.tests, rows[~certain]))
        passing = (truths == TRUE) & askable & ~hidden
        uncertain = reached & askable & (truths != FALSE) & ~passing
        coverage = self._coverage(condition, reached, passing, uncertain, rows[certain])
        self._stage.pace.step()
        return coverage

    def _ids(self, condition: CompiledCondition) -> Ids:
        if condition.aggregation is not None:
            return self._stage.view.group_keys(condition.group_type)
        return self._stage.view.devices() if self._flag.device_bucketing else self._stage.view.persons

    def _standing(self, condition: CompiledCondition, ids: Ids) -> tuple[Mask, Mask]:
        """Who has an id to hash (or needs none), and of whom the id is not known."""
        size = self._stage.view.size
        if ids.name == PERSON:
            return np.ones(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
        states = ids.states[ids.codes]
        by_device = condition.aggregation is None and self._flag.device_bucketing
        if by_device and needs_no_hash(self._flag, condition):
            return np.ones(size, dtype=np.bool_), states == HIDDEN
        return states != ABSENT, states == HIDDEN

    def _admitted(self, condition: CompiledCondition, rows: Rows, ids: Ids) -> Mask:
        if condition.rollout_bound is None:
            return np.ones(len(rows), dtype=np.bool_)
        return self._at_most(condition.rollout_bound, rows, ids, "rollout")

    def _at_most(self, bound: int, rows: Rows, ids: Ids, kind: HashKind) -> Mask:
        if bound < 0:
            return np.zeros(len(rows), dtype=np.bool_)
        hashes = self._stage.hashes.of(rows, ids, self._stage.pace, flag=self._flag.key, kind=kind)
        inside: Mask = hashes <= np.uint64(bound)
        return inside

    def _assigned(self, condition: CompiledCondition, rows: Rows, ids: Ids) -> Values:
        """The value of each subject that the condition admits."""
        pinned = self._pinned(condition)
        if pinned is not None:
            return _same(rows, pinned)
        bounds = np.maximum.accumulate(np.array([bound for bound, _ in self._flag.variants], dtype=np.uint64))
        codes = np.array([*(self._codes[key] for _, key in self._flag.variants), ON], dtype=np.int16)
        hashes = self._stage.hashes.of(rows, ids, self._stage.pace, flag=self._flag.key, kind="variant")
        return codes[np.searchsorted(bounds, hashes, side="right")]

    def _pinned(self, condition: CompiledCondition) -> int | None:
        """The value of everybody whom the condition admits; None where the hash decides."""
        if condition.override is not None:
            return self._codes[condition.override]
        return None if self._flag.variants else ON

    def _leave_open(self, condition: CompiledCondition, rows: Rows, ids: Ids) -> None:
        """The id is not known: the rollout may admit the subject or not, and any variant may be its."""
        if not len(rows):
            return
        pinned = self._pinned(condition)
        unit = name_of("id", ids.name, self._flag.key, condition.rollout_bound, pinned, self._flag.variants)
        unknowns = [*self._filters.unknowns(condition.tests, rows), _everywhere(unit, rows)]
        self._might(rows, _same(rows, UNDETERMINED if pinned is None else pinned), unknowns)
        if self._flag.early_exit and condition.rollout_bound is not None:
            self._might(rows, _same(rows, OFF), unknowns)

    def _end(self, condition: CompiledCondition, rows: Rows, certain: Mask) -> None:
        """Early exit: a rollout that excludes somebody who passed the filters ends the flag."""
        self._decide(rows[certain], _same(rows[certain], OFF), NO_CONDITION)
        maybe = rows[~certain]
        self._might(maybe, _same(maybe, OFF), self._filters.unknowns(condition.tests, maybe))

    def _decide(self, rows: Rows, values: Values, condition: int) -> None:
        self._answers[rows] = values
        self._conditions[rows] = condition
        self._open[rows] = False

    def _hide(self, rows: Rows, value: int, identity: str) -> None:
        """A gate that cannot be told keeps everything behind it from mattering."""
        self._might(rows, _same(rows, value), [_everywhere(identity, rows)])
        self._open[rows] = False

    def _might(self, rows: Rows, values: Values, unknowns: Sequence[Unknown]) -> None:
        """Something unknown might give these subjects these values."""
        if not len(rows):
            return
        known = self._possible[rows]
        self._possible[rows] = np.where((known == _NOTHING) | (known == values), values, UNDETERMINED)
        self._possibilities.append(Possibility(rows, values, unknowns))

    def _settle(self) -> None:
        """An answer is certain if nothing unknown might give another one."""
        uncertain = np.flatnonzero((self._possible != _NOTHING) & (self._possible != self._answers))
        self._possibilities.append(Possibility(uncertain, self._answers[uncertain], ()))
        self._answers[uncertain] = UNDETERMINED
        self._conditions[uncertain] = NO_CONDITION

    def _coverage(
        self, condition: CompiledCondition, reached: Mask, passing: Mask, uncertain: Mask, admitted: Rows
    ) -> ConditionCoverage:
        in_rollout = np.zeros(len(reached), dtype=np.bool_)
        in_rollout[admitted] = True
        masks = (reached, reached & passing, in_rollout, uncertain, passing)
        counts = self._stage.population.counts(masks)
        return ConditionCoverage(
            id=condition.id,
            index=condition.index,
            reached=counts[0],
            matched=counts[1],
            in_rollout=counts[2],
            decided=0,
            undetermined=counts[3],
            eligible=counts[4],
        )

    def _with_decided(self, coverage: ConditionCoverage) -> ConditionCoverage:
        rows = np.flatnonzero(self._conditions == coverage.index)
        return coverage.model_copy(update={"decided": self._stage.population.count_rows(rows)})


def _choice(value: JsonValue | Mark) -> int:
    if value is REDACTED:
        return UNDETERMINED
    if value is MISSING:
        return _NOTHING
    return ON if value is True or value == "true" else OFF


def _everywhere(identity: str, rows: Rows) -> Unknown:
    return Unknown(identity, np.ones(len(rows), dtype=np.bool_))


def _same(rows: Rows, value: int) -> Values:
    return np.full(len(rows), value, dtype=np.int16)
