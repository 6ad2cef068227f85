"""The truth of filters, cohorts and conditions in every context."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator import Facts, Ruleset
from evaluator.compiled import All, AnyOf, CohortTest, FlagTest, Never, Node, PropertyTest, Test
from policies.replay.columns import spread
from policies.replay.identity import Identities
from policies.replay.outcome import Outcome, Unknown
from policies.replay.population import Mask
from policies.replay.recording import Column
from policies.replay.screening import letters_in_every_match
from policies.replay.stage import Stage
from policies.replay.tables import Asking
from policies.replay.truth import FALSE, TRUE, UNKNOWN, Truths

ConditionTest = PropertyTest | CohortTest | Never


class Filters:
    """Filters of one ruleset. ``outcome`` answers the flags that filters depend on, as their dependents see them."""

    def __init__(
        self, ruleset: Ruleset, facts: Facts, identities: Identities, stage: Stage, outcome: Callable[[str], Outcome]
    ) -> None:
        self._ruleset = ruleset
        self._facts = facts
        self._identities = identities
        self._stage = stage
        self._outcome = outcome

    def all_of(self, tests: Sequence[Test]) -> Truths:
        """The truth of a condition's filters together."""
        plain = [test for test in tests if not isinstance(test, FlagTest)]
        names = tuple(sorted(map(self._identities.test, plain)))
        truths = self._stage.truths.get(names, lambda: self._conjunction(plain))
        for test in tests:
            if isinstance(test, FlagTest):
                truths = np.minimum(truths, self._flag(test))
        return truths

    def unknowns(self, tests: Sequence[Test], rows: NDArray[np.intp]) -> list[Unknown]:
        """The filters that cannot be told in some of these contexts, in none of which the filters are false."""
        found = []
        for test in tests:
            unknown = self._unknown(test, rows)
            if unknown.any():
                outcome = self._outcome(test.flag) if isinstance(test, FlagTest) else None
                found.append(Unknown(self._identities.test(test), unknown, outcome))
        return found

    def _unknown(self, test: Test, rows: NDArray[np.intp]) -> Mask:
        match test:
            case PropertyTest():
                question = self._identities.question(test)
                return self._stage.tables.are_unknown(question, self._column(test), rows)
            case FlagTest():
                truths = self._flag(test)
            case CohortTest():
                truths = self._cohort(test)
            case Never():
                truths = self._everywhere(False)
        unknown: Mask = truths[rows] == UNKNOWN
        return unknown

    def _conjunction(self, tests: Sequence[ConditionTest]) -> Truths:
        """Asks the cheap filters first, and of a large dictionary only what they leave open."""
        truths = self._everywhere(True)
        for test in sorted(tests, key=self._cost):
            np.minimum(truths, self._leaf(test, truths != FALSE), out=truths)
        return truths

    def _cost(self, test: ConditionTest) -> int:
        return len(self._column(test).values) if isinstance(test, PropertyTest) else 0

    def _node(self, node: Node) -> Truths:
        match node:
            case All():
                truths = self._everywhere(True)
                for part in node.parts:
                    np.minimum(truths, self._node(part), out=truths)
            case AnyOf():
                truths = self._everywhere(False)
                for part in node.parts:
                    np.maximum(truths, self._node(part), out=truths)
            case _:
                truths = self._leaf(node)
        return truths

    def _leaf(self, test: ConditionTest, wanted: Mask | None = None) -> Truths:
        match test:
            case PropertyTest():
                question, column = self._identities.question(test), self._column(test)
                asking = Asking(None if test.negated else wanted, letters_in_every_match(test.text))
                truths = self._stage.tables.truths(test, question, column, asking)
            case CohortTest():
                truths = self._cohort(test)
            case Never():
                truths = self._everywhere(False)
        return TRUE - truths if test.negated else truths

    def _cohort(self, test: CohortTest) -> Truths:
        """Membership, before any negation."""
        name = self._identities.cohort(test.cohort_id)
        return self._stage.truths.get(name, lambda: self._members(test.cohort_id))

    def _members(self, cohort_id: str) -> Truths:
        cohort = self._ruleset.cohorts.get(cohort_id)
        if cohort is None:
            return self._everywhere(False)
        if cohort.tree is not None:
            return self._node(cohort.tree)
        members, persons = self._facts.members.get(cohort_id, ()), self._stage.view.persons
        if cohort_id in self._facts.members and self._stage.view.recording.facts.mode == "statistical":
            # A list names plain ids; of hashed ones nobody can tell whether they are on it.
            return np.full(len(persons.codes), UNKNOWN, dtype=np.int8)
        table = np.array([TRUE if text in members else FALSE for text in persons.texts], dtype=np.int8)
        return spread(table, persons.codes)

    def _flag(self, test: FlagTest) -> Truths:
        outcome = self._outcome(test.flag)
        matching = [value is not False if test.expected is True else value == test.expected for value in outcome.values]
        table = np.array([TRUE if matches else FALSE for matches in matching] + [FALSE, UNKNOWN], dtype=np.int8)
        return spread(table, outcome.answers)

    def _column(self, test: PropertyTest) -> Column:
        return self._stage.view.column(test.property, test.source)

    def _everywhere(self, truth: bool) -> Truths:
        return np.full(self._stage.view.size, TRUE if truth else FALSE, dtype=np.int8)
