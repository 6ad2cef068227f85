"""When two definitions ask the same: names for questions and for flags that are equal exactly if the answers must be.

Names do not depend on what has no influence on answers (edit counters, descriptions, the order of keys), so that a
replay reuses whatever an edit leaves alone.
"""

import json
from collections.abc import Container, Sequence
from hashlib import sha256
from typing import Any

from evaluator import Facts, Ruleset
from evaluator.compiled import (
    All,
    AnyOf,
    CohortTest,
    CompiledCondition,
    CompiledFlag,
    FlagTest,
    Never,
    Node,
    PropertyTest,
    Test,
)


class MemberLists:
    """Numbers the lists of members that facts hold: equal lists have equal numbers."""

    def __init__(self) -> None:
        self._lists: list[Container[str]] = []

    def number(self, members: Container[str]) -> int:
        """The number of the list."""
        for number, known in enumerate(self._lists):
            if known is members or known == members:
                return number
        self._lists.append(members)
        return len(self._lists) - 1


class Identities:
    """Names within one ruleset and its facts; comparable with those of another that shares the member lists."""

    def __init__(self, ruleset: Ruleset, facts: Facts, lists: MemberLists) -> None:
        self._ruleset = ruleset
        self._facts = facts
        self._lists = lists
        self._reading = [ruleset.definitions.matching_version, ruleset.definitions.timezone]
        self._cohorts: dict[str, str] = {}
        self._flags: dict[str, str] = {}

    def question(self, test: PropertyTest) -> str:
        """What is asked of which property, before any negation."""
        of_group = test.group_index is not None
        return name_of("property", self._reading, of_group, test.source, test.property, test.filter)

    def test(self, test: Test) -> str:
        """What a filter asks. Of a flag filter, only the question: the flag itself is not named."""
        match test:
            case PropertyTest():
                return name_of("test", self.question(test), test.negated)
            case CohortTest():
                return name_of("cohort", self.cohort(test.cohort_id), test.negated)
            case FlagTest():
                return name_of("flag", test.flag, test.expected)
            case Never():
                return name_of("never", test.negated)

    def cohort(self, cohort_id: str) -> str:
        """Who belongs to a cohort."""
        if cohort_id not in self._cohorts:
            self._cohorts[cohort_id] = self._cohort(cohort_id)
        return self._cohorts[cohort_id]

    def flag(self, key: str) -> str:
        """How a flag answers."""
        if key not in self._flags:
            flag = self._ruleset.flags.get(key)
            self._flags[key] = name_of("no flag", key) if flag is None else self._flag(flag)
        return self._flags[key]

    def _cohort(self, cohort_id: str) -> str:
        cohort = self._ruleset.cohorts.get(cohort_id)
        if cohort is None:
            return name_of("no cohort")
        if cohort.tree is not None:
            return name_of("tree", self._node(cohort.tree))
        members = self._facts.members.get(cohort_id)
        return name_of("list", None if members is None else self._lists.number(members))

    def _node(self, node: Node) -> Any:
        match node:
            case All():
                return ["all", [self._node(part) for part in node.parts]]
            case AnyOf():
                return ["any", [self._node(part) for part in node.parts]]
            case _:
                return self.test(node)

    def _flag(self, flag: CompiledFlag) -> str:
        standing = [flag.key, flag.served, flag.missing_dependency, flag.error, flag.off_for_dependents]
        if not flag.served or flag.missing_dependency or flag.error is not None:
            return name_of("constant", standing)
        holdout = None if flag.holdout is None else [flag.holdout.variant, flag.holdout.bound]
        hashing = [flag.aggregation, flag.group_type, flag.device_bucketing, flag.continuity]
        conditions = [self._condition(condition) for condition in flag.conditions]
        needs = {needed: self.flag(needed) for needed in flag.dependencies}
        rest = [flag.enrollment, flag.early_exit, holdout, flag.variants, dict(flag.payloads)]
        return name_of("flag", standing, hashing, conditions, needs, rest)

    def _condition(self, condition: CompiledCondition) -> Sequence[Any]:
        tests = [self.test(test) for test in condition.tests]
        hashing = [condition.aggregation, condition.group_type, condition.rollout_bound, condition.override]
        return [condition.id, condition.index, tests, hashing]


def name_of(*parts: Any) -> str:
    """One name for parts that JSON can hold; other parts, another name."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
