"""Old against new: what happens to whom between two outcomes of one flag."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.impact import FlagValue
from policies.replay.examples import Raffle
from policies.replay.outcome import FAILED, NO_CONDITION, Outcome
from policies.replay.population import Mask, Population
from policies.replay.possibilities import might_differ
from policies.replay.slices import Slicer
from policies.replay.tally import Amount, Candidate, FlagTally, Move, SideName, Slice, Totals


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
    changed = moves.where(moves.changed)
    undetermined = might_differ(before, after)
    on_before, on_after = moves.where(moves.on_before), moves.where(moves.on_after)
    count = audience.population.count
    totals = Totals(
        subjects=audience.population.subjects,
        checks=int(checks.sum()),
        on_before=count(on_before),
        on_after=count(on_after),
        entered=count(moves.where(moves.entered)),
        left=count(moves.where(moves.left)),
        switched=count(moves.where(moves.switched)),
        payload_changed=count(moves.where(moves.payload_changed)),
        undetermined=count(undetermined),
        errors=count(after.answers == FAILED),
        changed=count(changed),
    )
    tally = FlagTally(
        flag=after.flag,
        edited=edited,
        totals=totals,
        moves=_amounts(moves, audience.population, checks),
        attribution=_attribution(before, after, changed=changed, on_after=on_after, population=audience.population),
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        slices=_slices(audience.slicers, on_before, on_after, changed),
        examples=_examples(moves, audience),
    )
    return Comparison(tally, changed, undetermined)


class _Moves:
    """All pairs of old and new value, numbered: a verdict for each pair, and the pair of each context.

    A failed flag serves nothing, so it counts as not on; an undetermined one may be either, and counts as neither.
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
        self._pairs = _numbered(before, values)[before.answers] * size + _numbered(after, values)[after.answers]
        self._occupied = np.flatnonzero(np.bincount(self._pairs, minlength=size * size))
        self.on_before, self.on_after = on[old], on[new]
        self.entered = determined & ~on[old] & on[new]
        self.left = determined & on[old] & ~on[new]
        self.switched = on[old] & on[new] & (old != new)
        self.changed = self.entered | self.left | self.switched
        self.payload_changed = on[old] & (old == new) & paid[old]

    def where(self, verdict: Mask) -> Mask:
        """The contexts whose pair has the verdict."""
        contexts: Mask = verdict[self._pairs]
        return contexts

    def each(self, verdict: Mask | None = None) -> Iterator[tuple[Move, Mask]]:
        """The pairs that occur (and have the verdict), each with its contexts."""
        for pair in self._occupied.tolist():
            if verdict is None or verdict[pair]:
                old, new = divmod(pair, len(self._values))
                yield (self._values[old], self._values[new]), self._pairs == pair


def _numbered(outcome: Outcome, values: Sequence[bool | str]) -> NDArray[np.int32]:
    """From the outcome's codes to numbers in the list of both; the last two stand for failed and undetermined."""
    numbers = {value: number for number, value in enumerate(values)}
    codes = [*(numbers[value] for value in outcome.values), len(values), len(values) + 1]
    return np.array(codes, dtype=np.int32)


def _amounts(moves: _Moves, population: Population, checks: NDArray[np.int64]) -> dict[Move, Amount]:
    amounts: dict[Move, Amount] = {}
    for move, contexts in moves.each():
        amount = Amount(population.count(contexts), int(checks[contexts].sum()))
        amounts[move] = amounts[move] + amount if move in amounts else amount
    return amounts


def _examples(moves: _Moves, audience: Audience) -> dict[Move, Sequence[Candidate]]:
    examples: dict[Move, Sequence[Candidate]] = {}
    for move, contexts in moves.each(moves.changed):
        examples[move] = audience.raffle.draw(contexts)
    return examples


def _attribution(
    before: Outcome, after: Outcome, *, changed: Mask, on_after: Mask, population: Population
) -> dict[tuple[SideName, int | None], int]:
    """To the new condition that turns a subject on or switches it, else to the old one that no longer does."""
    sides: tuple[tuple[SideName, Outcome, Mask], ...] = (
        ("before", before, changed & ~on_after),
        ("after", after, changed & on_after),
    )
    counts: dict[tuple[SideName, int | None], int] = {}
    for side, outcome, contexts in sides:
        for index in np.unique(outcome.conditions[contexts]).tolist():
            subjects = population.count(contexts & (outcome.conditions == index))
            counts[side, None if index == NO_CONDITION else index] = subjects
    return counts


def _slices(
    slicers: Mapping[str, Slicer | None], on_before: Mask, on_after: Mask, changed: Mask
) -> dict[str, Mapping[str, Slice] | None]:
    return {
        name: None if slicer is None else slicer.slices(on_before, on_after, changed)
        for name, slicer in slicers.items()
    }
