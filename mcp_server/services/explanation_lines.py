"""An explanation as plain lines, the same for agents and terminals."""

from collections.abc import Iterator
from typing import Any

from evaluator import json_text
from evaluator.context import Mark
from evaluator.explaining.explanation import (
    BucketTrace,
    CohortTrace,
    ConditionTrace,
    Explanation,
    FilterTrace,
    NodeTrace,
)
from mcp_server.services.foreign_text import clean

SIGNS = {"match": "+", "miss": "-", "unknown": "?"}
OUTCOMES = {
    "decided": "decides",
    "miss": "does not match",
    "out_of_rollout": "matches, but the subject is outside of the rollout",
    "no_group": "skipped, the subject has no such group",
    "no_device": "cannot be hashed without a device id",
    "unknown": "hangs on a value that is not known",
    "not_reached": "not reached",
}


def explanation_lines(explanation: Explanation) -> list[str]:
    """The conditions in order, each filter with what it expects and what it found, then cohorts and other flags."""
    lines = []
    if explanation.nearest_miss:
        lines.append(f"Nearest miss: {clean(explanation.nearest_miss, 300)}")
    if explanation.enrollment is not None:
        lines.append(f"enrollment {_filter(explanation.enrollment)}")
    if explanation.holdout is not None:
        lines.append(f"holdout: {_bucket(explanation.holdout)}")
    for condition in explanation.conditions:
        lines.extend(_condition(condition))
    for cohort in explanation.cohorts:
        lines.extend(_cohort(cohort))
    for dependency in explanation.dependencies:
        lines.append(f"needs {dependency.flag}: {clean(dependency.sentence, 300)}")
        lines.extend(f"  {line}" for line in explanation_lines(dependency))
    return lines


def _condition(condition: ConditionTrace) -> Iterator[str]:
    yield f"condition {condition.id or condition.index + 1} {OUTCOMES[condition.outcome]}"
    for each in condition.filters:
        yield f"  {_filter(each)}"
    if condition.bucket is not None:
        yield f"  {_bucket(condition.bucket)}"
    if condition.variant is not None:
        how = "pinned" if condition.variant.pinned else f"hash {condition.variant.unit:.4f}"
        yield f"  variant {clean(condition.variant.variant or 'none', 60)} ({how})"


def _filter(each: FilterTrace) -> str:
    negated = "not " if each.negated else ""
    expected = "" if each.operator in ("is_set", "is_not_set") else f" {_value(each.expected)}"
    note = f" ({clean(each.note)})" if each.note else ""
    what = "" if each.kind == "person" else f"{each.kind} "
    subject = clean(each.subject, 60)
    return (
        f"{SIGNS[each.outcome]} {negated}{what}{subject} {each.operator}{expected}; actual {_value(each.actual)}{note}"
    )


def _bucket(bucket: BucketTrace) -> str:
    if bucket.unit is None:
        return f"? rollout {bucket.threshold * 100:g} %; the {bucket.hashed} to hash is not known"
    sign = "+" if bucket.inside else "-"
    return f"{sign} rollout {bucket.threshold * 100:g} %; hash of {bucket.hashed} is {bucket.unit * 100:.2f} %"


def _cohort(cohort: CohortTrace) -> Iterator[str]:
    yield f"cohort {cohort.id} {clean(cohort.name, 60)}: {cohort.outcome}"
    if cohort.tree is not None:
        yield from _node(cohort.tree, "  ")


def _node(node: NodeTrace, indent: str) -> Iterator[str]:
    if node.filter is not None:
        yield f"{indent}{_filter(node.filter)}"
        return
    yield f"{indent}{SIGNS[node.outcome]} {node.kind} of:"
    for part in node.parts:
        yield from _node(part, indent + "  ")


def _value(value: Any) -> str:
    if isinstance(value, Mark):
        return value.value
    return clean(json_text.dumps(value), 80)
