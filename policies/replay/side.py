"""One side of a replay, old or new: definitions and facts on a recording."""

from evaluator import Facts, Ruleset
from evaluator.compiled import All, AnyOf, CohortTest, CompiledFlag, FlagTest, Never, Node, PropertyTest, Test
from policies.replay.deciding import Decision
from policies.replay.filters import Filters
from policies.replay.identity import Identities, MemberLists
from policies.replay.outcome import FAILED, Outcome, constant
from policies.replay.stage import Stage


class Side:
    """The answers of one ruleset to everybody in the recording."""

    def __init__(self, ruleset: Ruleset, facts: Facts, *, stage: Stage, lists: MemberLists) -> None:
        self.ruleset = ruleset
        self.facts = facts
        self._stage = stage
        self._identities = Identities(ruleset, facts, lists)
        self._filters = Filters(ruleset, facts, self._identities, stage, self._for_dependents)

    def outcome(self, key: str) -> Outcome:
        """The answers of one flag. A flag that is absent or not served is off for everybody."""
        flag = self.ruleset.flags.get(key)
        if flag is None or not flag.served or flag.missing_dependency:
            return constant(key, self._stage.view.size)
        if flag.error is not None:
            return constant(key, self._stage.view.size, FAILED)
        return self._stage.outcomes.get(self._identities.flag(key), lambda: self._decided(flag))

    def asks_now(self, key: str) -> bool:
        """Whether the flag's answers can depend on the moment."""
        flag = self.ruleset.flags.get(key)
        if flag is None or not flag.served or flag.missing_dependency:
            return False
        tests = (test for condition in flag.conditions for test in condition.tests)
        return any(self._asks_now(test) for test in tests)

    def _asks_now(self, node: Node | Test) -> bool:
        match node:
            case PropertyTest():
                return node.uses_now
            case All() | AnyOf():
                return any(map(self._asks_now, node.parts))
            case FlagTest():
                return self.asks_now(node.flag)
            case CohortTest():
                cohort = self.ruleset.cohorts.get(node.cohort_id)
                return cohort is not None and cohort.tree is not None and self._asks_now(cohort.tree)
            case Never():
                return False

    def _decided(self, flag: CompiledFlag) -> Outcome:
        return Decision(flag, self._identities.flag(flag.key), stage=self._stage, filters=self._filters).outcome()

    def _for_dependents(self, key: str) -> Outcome:
        flag = self.ruleset.flags.get(key)
        if flag is not None and flag.off_for_dependents:
            return constant(key, self._stage.view.size)
        return self.outcome(key)
