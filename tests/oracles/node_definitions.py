"""What posthog-node finds in definitions alone: which filters it supports, and the reason that gives for a flag."""

from collections.abc import Callable, Mapping
from typing import Any

from evaluator.context import MISSING
from evaluator.local.cohorts import COHORT_OPERATORS
from evaluator.local.compiled import LocalRuleset, Run, Scan, Scope
from evaluator.local.filters import compile_filter
from evaluator.local.unknown import Unknown
from tests.oracles.node_filter_differences import Answer, node_filter_row
from tests.oracles.node_outcomes import Stumble, filters_of, graver, iterated, javascript_text
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter

Properties = Mapping[str, Any]
Matcher = Callable[[Filter, Properties], Answer]
"""Asks the SDK about one filter."""


class NodeDefinitions:
    """One feed. ``rows`` are the rows that were met; None among them: a filter in ``unexplained`` has none."""

    def __init__(self, feed: Feed, local: LocalRuleset, run: Run, matcher: Matcher) -> None:
        self.rows: set[str | None] = set()
        self.unexplained: list[tuple[Filter, Any, Answer, Answer]] = []
        self._flags = {flag["key"]: flag for flag in feed["flags"]}
        self._feed = feed
        self._local = local
        self._run = run
        self._matcher = matcher
        self._explicit = feed.get("property_matching_version") == 2

    def _graver_by_definition(self, reason: str | None, other: str, flag: Feed) -> str:
        try:
            found = self._definition_reason(flag)
        except Stumble:
            found = None
        return graver(graver(reason, other), found or other)

    def _definition_reason(self, flag: Feed) -> str | None:
        for condition in iterated(filters_of(flag).get("groups")):
            if condition is None:
                raise Stumble
            for entry in condition.get("properties") or []:
                if self._unsupported(entry, set()):
                    return "unsupported_definition"
        return None

    def _unsupported(self, entry: Any, seen: set[str]) -> bool:
        if entry is None:
            raise Stumble
        if isinstance(entry, dict) and entry.get("type") == "flag":
            self._note_shape(entry)
            chain = entry.get("dependency_chain")
            return not isinstance(chain, list) or not chain or any(key not in self._flags for key in chain)
        if not isinstance(entry, dict) or entry.get("type") != "cohort":
            answer = self._matcher(entry, {})
            known = entry if isinstance(entry, dict) else {}
            truth = compile_filter(entry, explicit_equality=self._explicit).decide(self._scope({}))
            self._note_filter(known, MISSING, truth.cause.value if isinstance(truth, Unknown) else truth, answer)
            return answer == "unsupported_definition"
        identity = javascript_text(entry.get("value"))
        if identity not in self._feed["cohorts"]:
            return True
        if identity in seen:
            return False
        seen.add(identity)
        unsupported = self._unsupported_tree(self._feed["cohorts"][identity], seen)
        python = compile_filter(entry, explicit_equality=self._explicit)
        if python.unsupported(Scan(self._local, self._run.now)) is not unsupported:
            self.rows.add("N33" if (entry.get("operator") or "exact") not in COHORT_OPERATORS else "N36")
        return unsupported

    def _unsupported_tree(self, tree: Any, seen: set[str]) -> bool:
        for entry in (tree.get("values") if isinstance(tree, dict) else None) or []:
            if not isinstance(entry, dict):
                raise Stumble
            if self._unsupported_tree(entry, seen) if "values" in entry else self._unsupported(entry, seen):
                return True
        return False

    def _note_shape(self, entry: Filter) -> None:
        if entry.get("operator") != "flag_evaluates_to" or not entry.get("key") or entry.get("value") is None:
            self.rows.add("N26")

    def _note_filter(self, entry: Filter, found: Any, python: Answer, node: Answer) -> None:
        if python == ("unsupported_definition" if node == "regex" else node):
            return
        row = node_filter_row(entry, found, python, node)
        self.rows.add(row)
        if row is None:
            self.unexplained.append((entry, found, python, node))

    def _scope(self, properties: Properties) -> Scope:
        return Scope(properties, None, self._run)
