"""Cohorts: trees of filters, evaluated on whatever properties the asking condition has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluator.local.compiled import Filter, Scan, Scope
from evaluator.local.unknown import MALFORMED, NEEDS_SERVER, UNSUPPORTED, Cause, Reach, Truth, Unknown, graver

COHORT_OPERATORS: Final = ("exact", "in", "not_in")


@dataclass(frozen=True, slots=True)
class CohortFilter:
    """Membership in a cohort of the feed. One that is not in the feed (static, real-time) only the server knows."""

    cohort_id: str
    operator: object

    def decide(self, scope: Scope) -> Truth:
        cohort = scope.run.ruleset.cohorts.get(self.cohort_id)
        if cohort is None:
            return NEEDS_SERVER
        if self.operator not in COHORT_OPERATORS:
            return UNSUPPORTED
        if self.cohort_id in scope.run.open_cohorts:
            return MALFORMED
        answer = self._membership(cohort, scope)
        return answer if isinstance(answer, Unknown) else answer is not (self.operator == "not_in")

    def unsupported(self, scan: Scan) -> bool:
        cohort = scan.ruleset.cohorts.get(self.cohort_id)
        if cohort is None or self.operator not in COHORT_OPERATORS:
            return True
        if self.cohort_id in scan.seen:
            return False
        scan.seen.add(self.cohort_id)
        return cohort.unsupported(scan)

    def _membership(self, cohort: Filter, scope: Scope) -> Truth:
        """Cohorts may lead to the same one on very many ways, so it is decided once."""
        answers, open_cohorts = scope.run.answers, scope.run.open_cohorts
        known, remembered = len(answers), scope.memberships.get(self.cohort_id)
        if remembered is not None and remembered[0] == known:
            return remembered[1]
        open_cohorts.add(self.cohort_id)
        answer = cohort.decide(scope)
        open_cohorts.discard(self.cohort_id)
        if len(answers) == known:
            scope.memberships[self.cohort_id] = (known, answer)
        return answer


@dataclass(frozen=True, slots=True)
class Tree:
    """Parts joined by AND or OR; without any, it matches either way.

    All parts are asked: an unknown yields to a part that settles the tree, but not one that needs the server.
    """

    parts: Sequence[Filter]
    every: bool

    def decide(self, scope: Scope) -> Truth:
        if not self.parts:
            return True
        settled = False
        cause: Cause | None = None
        for part in self.parts:
            answer = part.decide(scope)
            if not isinstance(answer, Unknown):
                settled |= answer is not self.every
            elif answer.reach is Reach.FILTER:
                cause = graver(cause, answer.cause)
            else:
                return answer
        if settled:
            return not self.every
        return self.every if cause is None else Unknown(cause)

    def unsupported(self, scan: Scan) -> bool:
        return any(part.unsupported(scan) for part in self.parts)


@dataclass(frozen=True, slots=True)
class MalformedTree:
    """A tree, or a part of one, that SDKs cannot read and leave to the server."""

    def decide(self, scope: Scope) -> Truth:
        return NEEDS_SERVER

    def unsupported(self, scan: Scan) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Negated:
    """A leaf of a tree with ``negation``; what is unknown stays unknown."""

    part: Filter

    def decide(self, scope: Scope) -> Truth:
        answer = self.part.decide(scope)
        return answer if isinstance(answer, Unknown) else not answer

    def unsupported(self, scan: Scan) -> bool:
        return self.part.unsupported(scan)
