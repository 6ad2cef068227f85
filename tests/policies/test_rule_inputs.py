"""A rule reads what it says it reads, and nothing else."""

from typing import Any

import pytest

from policies.case import Case
from policies.rules.registry import RULES
from policies.rules.rule import AnyRule
from tests.policies.test_rule_cases import ROWS, built_case

ATTRIBUTES = {
    "definition": {"edits", "dependents", "alters_nothing", "towards_safe"},
    "impact": {"impact"},
    "traffic": {"traffic"},
    "drift": {"drift"},
    "history": {"retired_keys"},
    "dependencies": {"dependencies"},
    "environment": {"environment", "sandbox"},
    "actor": {"actor"},
    "time": {"now"},
    "expectation": {"expect"},
}


class Watched:
    """Stands in front of a case and notes what is read."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._case, name)


def _read_by(rule: AnyRule) -> set[str]:
    read: set[str] = set()
    for _, row in ROWS:
        if row["rule"] != rule.id or row["name"] == "an expectation that cannot be read counts as failed":
            continue
        watched: Any = Watched(built_case(row.get("given", {})))
        list(rule.check(watched, rule.params(**row.get("params", {}))))
        read |= watched.read
    return read


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_reads_exactly_its_declared_inputs(rule: AnyRule) -> None:
    read = _read_by(rule)

    assert read <= set().union(*(ATTRIBUTES[name] for name in rule.inputs))
    assert {name for name in rule.inputs if not ATTRIBUTES[name] & read} == set()
