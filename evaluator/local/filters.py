"""Compiles one filter of a condition or of a cohort's tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.context import MISSING, JsonValue
from evaluator.local.cohorts import CohortFilter
from evaluator.local.compiled import Filter, Scan, Scope, Unscannable
from evaluator.local.dependencies import DependencyFilter, Miss
from evaluator.local.operators import OPERATORS, compile_operator
from evaluator.local.unknown import BEYOND_PYTHON, MALFORMED, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest


@dataclass(frozen=True, slots=True)
class PropertyFilter:
    """A filter on a property, looked up in whatever map the condition is evaluated on."""

    key: JsonValue
    test: ValueTest

    def decide(self, scope: Scope) -> Truth:
        return self.test.answer(scope.properties.get(self.key, MISSING), scope.run.now)

    def unsupported(self, scan: Scan) -> bool:
        return self.test.unusable(scan.now)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that is no filter, or not one that the SDK survives."""

    def decide(self, scope: Scope) -> Truth:
        return MALFORMED

    def unsupported(self, scan: Scan) -> bool:
        raise Unscannable


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """A filter under whose key the SDK cannot look anything up, though it may look at the operator first."""

    test: ValueTest
    known_operator: bool

    def decide(self, scope: Scope) -> Truth:
        return MALFORMED if self.known_operator else UNSUPPORTED

    def unsupported(self, scan: Scan) -> bool:
        return self.test.unusable(scan.now)


def compile_filter(entry: Any, *, explicit_equality: bool) -> Filter:
    """The filter by its ``type``; any type but ``cohort`` and ``flag`` is a property of whatever is at hand."""
    if not isinstance(entry, Mapping):
        return Broken()
    kind = entry.get("type")
    if kind == "cohort":
        return CohortFilter(str(entry.get("value")), entry.get("operator") or "exact")
    if kind == "flag":
        return _compile_dependency(entry)
    key, operator = entry.get("key"), entry.get("operator") or "exact"
    try:
        test = compile_operator(operator, entry.get("value"), explicit_equality=explicit_equality)
    except BEYOND_PYTHON:
        return Broken()
    if isinstance(key, list | dict):
        return Unkeyed(test, isinstance(operator, str) and operator in OPERATORS)
    return PropertyFilter(key, test)


def _compile_dependency(entry: Mapping[str, Any]) -> Filter:
    key, expected, chain = entry.get("key"), entry.get("value"), entry.get("dependency_chain")
    if entry.get("operator") != "flag_evaluates_to" or not key or expected is None:
        return Miss()
    usable = isinstance(key, str) and isinstance(chain, list) and all(isinstance(member, str) for member in chain)
    return DependencyFilter(str(key), expected, tuple(chain) if usable and chain else ())
