"""Old against new: what happens to whom between two outcomes of one flag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.impact import FlagValue
from policies.replay.columns import occurrences, spread, sums
from policies.replay.examples import Raffle
from policies.replay.outcome import NO_CONDITION, Outcome
from policies.replay.population import Mask, Population
from policies.replay.possibilities import might_differ
from policies.replay.slices import Slicer
from policies.replay.tally import Amount, Candidate, FlagTally, Move, SideName, Slice, Totals

Kinds = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of a recording, ready to be counted, drawn from and sliced."""

    population: Population
    raffle: Raffle
    slicers: Mapping[str, Slicer | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The tally of one flag, and in which contexts it changes or cannot be told."""

    tally: FlagTally
    changed: Mask
    undetermined: Mask


def compare(
    before: Outcome, after: Outcome, audience: Audience, *, checks: NDArray[np.int64], edited: bool
) -> Comparison:
    """Compares two outcomes context by context; ``checks`` are the recorded checks of the flag in each."""
    moves = _Moves(before, after)
    changed, undetermined = spread(moves.changed, moves.pairs), might_differ(before, after)
    count = audience.population.count_kinds(moves.pairs, moves.verdicts)
    on_before, on_after, entered, left, switched, payload_changed, errors, all_changed = count[: len(moves.questions)]
    totals = Totals(
        subjects=audience.population.subjects,
        checks=int(checks.sum()),
        on_before=on_before,
        on_after=on_after,
        entered=entered,
        left=left,
        switched=switched,
        payload_changed=payload_changed,
        undetermined=audience.population.count(undetermined) if undetermined.any() else 0,
        errors=errors,
        changed=all_changed,
    )
    tally = FlagTally(
        flag=after.flag,
        edited=edited,
        totals=totals,
        moves=_amounts(moves, count[len(moves.questions) :], checks),
        attribution=_attribution(before, after, moves, audience.population),
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        slices=_slices(audience.slicers, moves),
        examples=_examples(moves, changed, audience),
    )
    return Comparison(tally, changed, undetermined)


class _Moves:
    """All pairs of old and new value, numbered: verdicts on each pair, and the pair of each context.

    A failed flag serves nothing, so it counts as not on; an undetermined one may be either, and counts as neither.
    ``verdicts`` answers the ``questions`` for all pairs, and then says of each pair that occurs which one it is.
    """

    def __init__(self, before: Outcome, after: Outcome) -> None:
        values = tuple(dict.fromkeys((*before.values, *after.values)))
        self._values: tuple[FlagValue, ...] = (*values, None, None)
        size = len(self._values)
        on = np.array([value is not False for value in values] + [False, False])
        known = np.array([True] * len(values) + [True, False])
        paid = np.array([before.payload(v) != after.payload(v) for v in values] + [False, False])
        old, new = np.divmod(np.arange(size * size), size)
        determined = known[old] & known[new]
        kind = np.uint8 if size * size <= 256 else np.uint32
        self.pairs: Kinds = spread(_numbered(before, values, kind, size), before.answers)
        self.pairs += spread(_numbered(after, values, kind), after.answers)
        self.occupied: list[int] = np.flatnonzero(occurrences(self.pairs, size * size)).tolist()
        self.on_before, self.on_after = on[old], on[new]
        entered, left = determined & ~on[old] & on[new], determined & on[old] & ~on[new]
        switched = on[old] & on[new] & (old != new)
        self.changed: Mask = entered | left | switched
        payload_changed = on[old] & (old == new) & paid[old]
        failed = new == len(values)
        self.questions = (
            self.on_before,
            self.on_after,
            entered,
            left,
            switched,
            payload_changed,
            failed,
            self.changed,
        )
        self.verdicts: Mask = np.vstack((*self.questions, np.eye(size * size, dtype=np.bool_)[self.occupied]))

    def move(self, pair: int) -> Move:
        """The values that a pair stands for."""
        old, new = divmod(pair, len(self._values))
        return self._values[old], self._values[new]


def _numbered(outcome: Outcome, values: Sequence[bool | str], kind: type, factor: int = 1) -> Kinds:
    """From the outcome's codes to numbers in the list of both; the last two stand for failed and undetermined."""
    numbers = {value: number for number, value in enumerate(values)}
    codes = [*(numbers[value] for value in outcome.values), len(values), len(values) + 1]
    numbered: Kinds = np.array(codes, dtype=kind) * kind(factor)
    return numbered


def _amounts(moves: _Moves, subjects: Sequence[int], checks: NDArray[np.int64]) -> dict[Move, Amount]:
    weights = sums(moves.pairs, checks, moves.verdicts.shape[1])
    amounts: dict[Move, Amount] = {}
    for pair, count in zip(moves.occupied, subjects, strict=True):
        move, amount = moves.move(pair), Amount(count, int(weights[pair]))
        amounts[move] = amounts[move] + amount if move in amounts else amount
    return amounts


def _examples(moves: _Moves, changed: Mask, audience: Audience) -> dict[Move, Sequence[Candidate]]:
    audience.raffle.admit(changed)
    return {
        moves.move(pair): audience.raffle.draw(moves.pairs == pair) for pair in moves.occupied if moves.changed[pair]
    }


def _attribution(
    before: Outcome, after: Outcome, moves: _Moves, population: Population
) -> dict[tuple[SideName, int | None], int]:
    """To the new condition that turns a subject on or switches it, else to the old one that no longer does."""
    sides: tuple[tuple[SideName, Outcome, Mask], ...] = (
        ("before", before, moves.changed & ~moves.on_after),
        ("after", after, moves.changed & moves.on_after),
    )
    counts: dict[tuple[SideName, int | None], int] = {}
    for side, outcome, verdict in sides:
        rows = np.flatnonzero(spread(verdict, moves.pairs))
        conditions = outcome.conditions[rows]
        for index in (np.flatnonzero(np.bincount(conditions - NO_CONDITION)) + NO_CONDITION).tolist():
            subjects = population.count_rows(rows[conditions == index])
            counts[side, None if index == NO_CONDITION else index] = subjects
    return counts


def _slices(slicers: Mapping[str, Slicer | None], moves: _Moves) -> dict[str, Mapping[str, Slice] | None]:
    bits = np.array(moves.on_before + 2 * moves.on_after + 4 * moves.changed, dtype=np.uint8)
    kinds = spread(bits, moves.pairs)
    return {name: None if slicer is None else slicer.slices(kinds) for name, slicer in slicers.items()}
