"""What a replay counts, in a form that adds up: tallies of disjoint sets of subjects give the tally of their union."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from policies.impact import ConditionCoverage, FlagValue

SideName = Literal["before", "after"]
Move = tuple[FlagValue, FlagValue]
"""From which value to which."""

EXAMPLES_PER_MOVE = 3

K = TypeVar("K")
V = TypeVar("V", int, "Amount", "Slice")


@dataclass(frozen=True, slots=True)
class Amount:
    """Distinct subjects and recorded checks."""

    subjects: int
    checks: int

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.subjects + other.subjects, self.checks + other.checks)


@dataclass(frozen=True, slots=True)
class Slice:
    """What happens to the subjects with one value of a property."""

    subjects: int
    on_before: int
    on_after: int
    changed: int

    def __add__(self, other: "Slice") -> "Slice":
        return Slice(
            self.subjects + other.subjects,
            self.on_before + other.on_before,
            self.on_after + other.on_after,
            self.changed + other.changed,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Distinct subjects of one flag, by what happens to them; only ``checks`` counts checks."""

    subjects: int
    checks: int
    on_before: int
    on_after: int
    entered: int
    left: int
    switched: int
    payload_changed: int
    undetermined: int
    errors: int
    changed: int

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A subject that may serve as an example; the smallest numbers win."""

    number: int
    subject: str


@dataclass(frozen=True, slots=True)
class FlagTally:
    """Everything counted for one flag.

    ``slices`` maps a property to its values (as JSON text) and what happens there; None where the property has
    too many values to be worth it.
    """

    flag: str
    edited: bool
    totals: Totals
    moves: Mapping[Move, Amount]
    attribution: Mapping[tuple[SideName, int | None], int]
    coverage_before: Sequence[ConditionCoverage]
    coverage_after: Sequence[ConditionCoverage]
    slices: Mapping[str, Mapping[str, Slice] | None]
    examples: Mapping[Move, Sequence[Candidate]]

    def __add__(self, other: "FlagTally") -> "FlagTally":
        return FlagTally(
            flag=self.flag,
            edited=self.edited,
            totals=self.totals + other.totals,
            moves=_added(self.moves, other.moves),
            attribution=_added(self.attribution, other.attribution),
            coverage_before=_added_coverage(self.coverage_before, other.coverage_before),
            coverage_after=_added_coverage(self.coverage_after, other.coverage_after),
            slices={name: _added_slices(self.slices[name], other.slices[name]) for name in self.slices},
            examples=_merged_examples(self.examples, other.examples),
        )


@dataclass(frozen=True, slots=True)
class FidelityTally:
    """Recorded answers against those of the base definitions, in distinct subjects unless it says checks."""

    compared: int
    differing: int
    compared_checks: int
    differing_checks: int
    older_revision: int
    undetermined: int

    def __add__(self, other: "FidelityTally") -> "FidelityTally":
        return FidelityTally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything counted by one replay of some subjects."""

    flags: Sequence[FlagTally]
    subjects: int
    changed_subjects: int
    undetermined_subjects: int
    fidelity: FidelityTally

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            flags=tuple(mine + theirs for mine, theirs in zip(self.flags, other.flags, strict=True)),
            subjects=self.subjects + other.subjects,
            changed_subjects=self.changed_subjects + other.changed_subjects,
            undetermined_subjects=self.undetermined_subjects + other.undetermined_subjects,
            fidelity=self.fidelity + other.fidelity,
        )


def _added(mine: Mapping[K, V], theirs: Mapping[K, V]) -> dict[K, V]:
    total = dict(mine)
    for key, value in theirs.items():
        total[key] = total[key] + value if key in total else value
    return total


def _added_slices(mine: Mapping[str, Slice] | None, theirs: Mapping[str, Slice] | None) -> dict[str, Slice] | None:
    return None if mine is None or theirs is None else _added(mine, theirs)


def _added_coverage(mine: Sequence[ConditionCoverage], theirs: Sequence[ConditionCoverage]) -> list[ConditionCoverage]:
    counts = ("reached", "matched", "in_rollout", "decided", "undetermined", "eligible")
    return [
        one.model_copy(update={name: getattr(one, name) + getattr(two, name) for name in counts})
        for one, two in zip(mine, theirs, strict=True)
    ]


def _merged_examples(
    mine: Mapping[Move, Sequence[Candidate]], theirs: Mapping[Move, Sequence[Candidate]]
) -> dict[Move, list[Candidate]]:
    return {
        move: sorted([*mine.get(move, ()), *theirs.get(move, ())])[:EXAMPLES_PER_MOVE] for move in {**mine, **theirs}
    }
