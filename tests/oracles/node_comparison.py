"""Runs random cases through posthog-node and through both profiles of the evaluator, side by side."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from evaluator import evaluate
from evaluator.context import Context
from evaluator.local import evaluate_local
from evaluator.local.compiled import Run
from evaluator.result import Result
from tests.oracles.cases import Batch
from tests.oracles.flag_differences import Investigation, Project
from tests.oracles.flag_differences import Row as ServerRow
from tests.oracles.node_definitions import Properties
from tests.oracles.node_filter_differences import Answer
from tests.oracles.node_outcomes import javascript_text
from tests.oracles.node_prediction import NodePrediction
from tests.oracles.posthog_node import NodeAnswer, PosthogNode
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter

Row = ServerRow | str
"""Text: a row of the table on posthog-node; a number: one of the table on server and SDKs."""


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """A case that the tables do not explain; ``batch`` names the seed that makes it again."""

    batch: str
    flag: Feed
    context: Context
    node: NodeAnswer
    ours: Result
    predicted: Any
    rows: frozenset[Row]


@dataclass
class NodeComparison:
    """What posthog-node said, next to the local and the server profile.

    ``local`` and ``server`` count differences by the rows that explain them; ``differences`` are those without.
    ``circles`` are cases that were not asked, because the SDK never ends on them.
    """

    cases: int = 0
    circles: int = 0
    decided: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    local: Counter[frozenset[Row]] = field(default_factory=Counter)
    server: Counter[frozenset[Row]] = field(default_factory=Counter)
    differences: list[NodeDifference] = field(default_factory=list)

    def add(self, other: "NodeComparison") -> None:
        """Count another comparison in."""
        self.cases += other.cases
        self.circles += other.circles
        self.decided += other.decided
        for counts in ("answers", "local", "server"):
            getattr(self, counts).update(getattr(other, counts))
        self.differences += other.differences


def compare_node(batches: Iterable[Batch], node: PosthogNode) -> NodeComparison:
    """Asks posthog-node everything, and both profiles as well; the server profile where posthog-node decides."""
    comparison = NodeComparison()
    for batch in batches:
        batch = replace(batch, feed=as_json(batch.feed))
        _compare_batch(comparison, batch, node)
    return comparison


def as_json(value: Any) -> Any:
    """The value as it comes over a wire: numbers that JSON cannot hold are null."""
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _compare_batch(comparison: NodeComparison, batch: Batch, node: PosthogNode) -> None:
    project = Project(batch.feed)
    circular = set(_circular_flags(batch.feed))
    flags = [flag for flag in batch.feed["flags"] if flag["key"] not in circular]
    asks = [(flag["key"], number) for number in range(len(batch.contexts)) for flag in flags]
    comparison.circles += len(circular) * len(batch.contexts)
    answers = iter(node.answers(batch.feed, asks, batch.contexts, batch.now))
    for context in batch.contexts:
        case = _Case(comparison, batch, project, context, node)
        for flag in flags:
            case.compare(flag, next(answers))


class _Case:
    """One subject of a batch."""

    def __init__(
        self, comparison: NodeComparison, batch: Batch, project: Project, context: Context, node: PosthogNode
    ) -> None:
        self.comparison = comparison
        self.batch = batch
        self.project = project
        self.context = context
        self.node = node
        self.investigation = Investigation(project, context, batch.now)

    def compare(self, flag: Feed, said: NodeAnswer) -> None:
        counts = self.comparison
        counts.cases += 1
        counts.decided += said.value is not None
        counts.answers[_kind_of(said)] += 1
        local = evaluate_local(self.project.local, flag["key"], self.context, now=self.batch.now)
        rows, predicted = self._local_rows(flag, said, local)
        if rows:
            self._count(counts.local, rows, flag, said, local, predicted)
        if said.value is not None:
            self._compare_server(flag, said, local, rows, predicted)

    def _compare_server(self, flag: Feed, said: NodeAnswer, local: Result, node_rows: set[Row], predicted: Any) -> None:
        project = self.project
        server = evaluate(project.ruleset, flag["key"], self.context, now=self.batch.now, facts=project.facts)
        if _same_value(server.value, said.value):
            return
        rows: set[Row] = set(node_rows)
        if local.value is not None and not _same_value(local.value, server.value):
            rows |= self.investigation.rows(flag["key"]) or {None}
        self._count(self.comparison.server, rows, flag, said, server, predicted)

    def _count(
        self,
        counts: Counter[frozenset[Row]],
        rows: set[Row],
        flag: Feed,
        said: NodeAnswer,
        ours: Result,
        predicted: Any,
    ) -> None:
        if rows and None not in rows:
            counts[frozenset(rows)] += 1
        else:
            difference = NodeDifference(self.batch.name, flag, self.context, said, ours, predicted, frozenset(rows))
            self.comparison.differences.append(difference)

    def _local_rows(self, flag: Feed, said: NodeAnswer, local: Result) -> tuple[set[Row], Any]:
        """The rows that explain how node and the local profile differ; None among them: nothing does."""
        rows: set[Row] = set()
        predicted: Any = None
        if not _same_value(local.value, said.value) or not (said.error is None or said.error == local.error):
            prediction = NodePrediction(
                self.batch.feed,
                self.project.local,
                self.context,
                Run(self.project.local, self.batch.now, self.context.device_id),
                self._match,
            )
            predicted = (*prediction.answer(flag["key"]), prediction.unexplained)
            foretold = _same_value(predicted[0], said.value) and predicted[1] == said.error
            rows |= (prediction.rows or {None}) if foretold else {None}
        elif local.payload is not None and local.payload != said.payload:
            rows.add("N32" if said.value is False else "N31")
        if said.value is not None and said.payload != node_payload(flag, said.value):
            rows.add(None)
        return rows, predicted

    def _match(self, entry: Filter, properties: Properties) -> Answer:
        key = javascript_text(entry.get("key")) if isinstance(entry, dict) else ""
        relevant = {key: properties[key]} if key in properties else {}
        version = self.batch.feed.get("property_matching_version")
        return self.node.matches([(entry, relevant, version)], self.batch.now)[0]


def node_payload(flag: Feed, value: bool | str) -> Any:
    """The payload that posthog-node returns: none for false, read as JSON where it is, and none if that is falsy."""
    payloads = flag["filters"].get("payloads") if isinstance(flag["filters"], dict) else None
    payload = (payloads or {}).get("true" if value is True else value) if value is not False else None
    with suppress(ValueError):
        payload = json.loads(payload) if isinstance(payload, str) else payload
    return payload if payload or isinstance(payload, list | dict) else None


def _same_value(first: Any, second: Any) -> bool:
    return type(first) is type(second) and first == second


def _kind_of(said: NodeAnswer) -> str:
    if said.value is None:
        return "unknown"
    return "variant" if isinstance(said.value, str) else str(said.value).lower()


def _circular_flags(feed: Feed) -> Iterator[str]:
    """Flags that ask a cohort which contains itself: those never end, or exhaust the stack."""
    circular = {name for name in feed["cohorts"] if _leads_back(feed["cohorts"], name, frozenset())}
    asking: set[str] = set()
    for flag in feed["flags"]:
        filters = flag["filters"] if isinstance(flag["filters"], dict) else {}
        conditions = filters.get("groups")
        for condition in conditions if isinstance(conditions, list) else []:
            for entry in (condition or {}).get("properties") or []:
                kind = entry.get("type") if isinstance(entry, dict) else None
                named = javascript_text(entry.get("value")) if kind == "cohort" else None
                chain = (entry.get("dependency_chain") or []) if kind == "flag" else []
                if named in circular or asking.intersection(chain):
                    asking.add(flag["key"])
    yield from asking


def _leads_back(cohorts: Feed, name: str, above: frozenset[str]) -> bool:
    if name in above:
        return True
    inner = set(_cohorts_in(cohorts.get(name)))
    return any(_leads_back(cohorts, other, above | {name}) for other in inner)


def _cohorts_in(tree: Any) -> Iterator[str]:
    for entry in (tree.get("values") if isinstance(tree, dict) else None) or []:
        if isinstance(entry, dict) and entry.get("type") == "cohort":
            yield javascript_text(entry.get("value"))
        yield from _cohorts_in(entry)
