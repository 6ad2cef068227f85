"""Filters as alternatives of requirements: a condition matches where all requirements of one of its clauses hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Protocol

from evaluator.analysis.questions import Manner
from evaluator.analysis.variables import Clause, Requirement, Variables
from evaluator.compiled import (
    All,
    AnyOf,
    CohortTest,
    CompiledCohort,
    FlagTest,
    Never,
    Node,
    PropertyTest,
    Test,
)

MOST_CLAUSES: Final = 24
"""Alternatives of one condition, and of one cohort. A cohort with more is taken as something nothing is known of."""

Clauses = Sequence[Clause]
"""Alternatives; none of them: never. One that is empty: always."""

ALWAYS: Final[Clauses] = (frozenset(),)
NEVER: Final[Clauses] = ()


class TooManyClauses(Exception):
    """A formula has more alternatives than are looked at."""


class Surroundings(Protocol):
    """What else the requirements of one side are about."""

    def member(self, cohort_id: str) -> Requirement:
        """Whether the subject is on the list of a static cohort."""

    def inside(self, cohort_id: str) -> Requirement:
        """Whether the subject is in a cohort, whatever that means."""

    def flag_is(self, key: str, expected: bool | str) -> Requirement:
        """Whether another flag has a value."""


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns the filters of one set of definitions into clauses."""

    cohorts: Mapping[str, CompiledCohort]
    manner: Manner
    variables: Variables
    surroundings: Surroundings

    def condition(self, tests: Sequence[Test]) -> Clauses:
        """The alternatives under which all filters match. Raises TooManyClauses."""
        try:
            return conjunction([self.test(test) for test in tests])
        except TooManyClauses:
            return conjunction([self._unopened(test) for test in tests])

    def test(self, test: Test) -> Clauses:
        """The alternatives under which one filter matches."""
        match test:
            case FlagTest():
                return (frozenset({self.surroundings.flag_is(test.flag, test.expected)}),)
            case _:
                return self._node(test, wanted=True)

    def _unopened(self, test: Test) -> Clauses:
        """The same, with nothing known of what a cohort with a tree means."""
        if not isinstance(test, CohortTest) or (cohort := self.cohorts.get(test.cohort_id)) is None:
            return self.test(test)
        return self.test(test) if cohort.tree is None else self._opaque(test.cohort_id, wanted=not test.negated)

    def _opaque(self, cohort_id: str, *, wanted: bool) -> Clauses:
        requirement = self.surroundings.inside(cohort_id)
        return (frozenset({requirement if wanted else _opposite(requirement)}),)

    def _node(self, node: Node, *, wanted: bool) -> Clauses:
        match node:
            case Never():
                return ALWAYS if node.negated is wanted else NEVER
            case PropertyTest():
                requirement = self.variables.property(node, self.manner)
                return (frozenset({requirement if wanted else _opposite(requirement)}),)
            case CohortTest():
                return self._cohort(node.cohort_id, wanted=wanted is not node.negated)
            case All():
                parts = [self._node(part, wanted=wanted) for part in node.parts]
                return conjunction(parts) if wanted else _alternatives(parts)
            case AnyOf():
                parts = [self._node(part, wanted=wanted) for part in node.parts]
                return _alternatives(parts) if wanted else conjunction(parts)

    def _cohort(self, cohort_id: str, *, wanted: bool) -> Clauses:
        cohort = self.cohorts.get(cohort_id)
        if cohort is None:
            return NEVER if wanted else ALWAYS
        if cohort.tree is None:
            requirement = self.surroundings.member(cohort_id)
            return (frozenset({requirement if wanted else _opposite(requirement)}),)
        try:
            return self._node(cohort.tree, wanted=wanted)
        except TooManyClauses:
            return self._opaque(cohort_id, wanted=wanted)


def _opposite(requirement: Requirement) -> Requirement:
    return Requirement(requirement.variable, requirement.question, not requirement.wanted)


def conjunction(parts: Sequence[Clauses]) -> Clauses:
    """The alternatives under which all parts hold. Raises TooManyClauses."""
    clauses: Clauses = ALWAYS
    for part in parts:
        clauses = _different([frozenset(left | right) for left, right in product(clauses, part)])
    return clauses


def _alternatives(parts: Sequence[Clauses]) -> Clauses:
    return _different([clause for part in parts for clause in part])


def _different(clauses: Sequence[Clause]) -> Clauses:
    """Without clauses that another makes superfluous."""
    unique = sorted(dict.fromkeys(clauses), key=len)
    kept: list[Clause] = []
    for clause in unique:
        if not any(shorter <= clause for shorter in kept):
            kept.append(clause)
    if len(kept) > MOST_CLAUSES:
        raise TooManyClauses
    return tuple(kept)
