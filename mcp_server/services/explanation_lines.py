"""An explanation as plain lines, the same for agents and terminals."""

from collections.abc import Iterator
from shlex import quote
from typing import Any, Literal

from evaluator import Alternatives, ContextComparison, RevisionComparison, json_text
from evaluator.context import Mark
from evaluator.explaining.alternatives import SubjectChange
from evaluator.explaining.edits import Edit
from evaluator.explaining.explanation import (
    BucketTrace,
    CohortTrace,
    ConditionTrace,
    Explanation,
    FilterTrace,
    NodeTrace,
)
from evaluator.explaining.phrases import share, standing
from mcp_server.services.explaining import Explained
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


Surface = Literal["agent", "terminal"]
"""Who reads: what to do next is named in their terms."""

MOST_SUGGESTIONS = 10
MOST_EDITS = 8
"""How many are told in lines; how many more there are is told, too."""

TO_TYPE = "drysail simulate "
"""How a line begins that is meant to be typed as it is, whole and on one line."""

LONGEST_OPERATION = 600
"""Characters of an operation in a line. A longer one is not shown: cut JSON is of no use."""


def headline_of(explained: Explained) -> str:
    """The one sentence that answers what was asked."""
    told = explained.comparison or explained.alternatives or explained.explanation
    return clean(told.sentence, 1200)


def lines_of(explained: Explained, surface: Surface) -> list[str]:
    """What stands behind the headline, in lines."""
    notes = [f"Note: {clean(note)}" for note in explained.notes]
    match explained.comparison, explained.alternatives:
        case ContextComparison() as compared, _:
            return [*notes, *_subjects(compared)]
        case RevisionComparison() as compared, _:
            return [*notes, *_revisions(compared)]
        case None, Alternatives() as alternatives:
            return [*notes, *_alternatives(explained, alternatives, surface)]
        case _:
            return [*notes, *explanation_lines(explained.explanation)]


_NEXT = {
    "agent": {
        "operations": "simulate_flag shows whom such operations would move; modify_flag proposes them.",
        "revisions": "get_flag shows the flag's history; explain_flag with at tells more of either side.",
        "explain": "get_flag shows the flag; explain_flag with want says what would have to change; "
        "simulate_flag tries a change.",
    },
    "terminal": {
        "operations": "drysail simulate shows whom such an operation would move.",
        "revisions": "--at or --revision alone tells more of either side.",
        "explain": "--want VALUE says what would have to change; --compare-to ID compares with another subject.",
    },
}


def next_step_of(explained: Explained, surface: Surface) -> str:
    """What to ask or do next."""
    words = _NEXT[surface]
    if explained.alternatives is not None and explained.alternatives.suggestions:
        if any(operation is not None for operation in explained.operations):
            return words["operations"]
        return "What is said of the subject is a hypothesis; check whether its properties are what they should be."
    return words["revisions" if isinstance(explained.comparison, RevisionComparison) else "explain"]


def _subjects(compared: ContextComparison) -> Iterator[str]:
    same_name = compared.one.subject == compared.other.subject
    names = ("the first: ", "the second: ") if same_name else ("", "")
    for name, explanation in zip(names, (compared.one, compared.other), strict=True):
        yield f"{name}{clean(explanation.sentence, 600)}"
        if explanation.nearest_miss and not compared.same:
            yield f"  {clean(explanation.nearest_miss, 300)}"


def _revisions(compared: RevisionComparison) -> Iterator[str]:
    yield f"before: {clean(compared.before.sentence, 600)}"
    yield f"after: {clean(compared.after.sentence, 600)}"
    yield from (f"edit: {_edit(edit)}" for edit in compared.cause[:MOST_EDITS])
    yield from (f"would have done it, too: {_edit(edit)}" for edit in compared.others[:MOST_EDITS])
    untold = len(compared.cause[MOST_EDITS:]) + len(compared.others[MOST_EDITS:])
    if untold:
        yield f"and {untold} more"
    if compared.cause:
        yield f"{len(compared.cause)} of {compared.edits} edits, found by evaluating with and without each."


def _edit(edit: Edit) -> str:
    owner = f"flag {edit.document}: " if edit.kind == "flag" else ""
    return clean(f"{owner}{edit.words}", 400)


def _alternatives(explained: Explained, alternatives: Alternatives, surface: Surface) -> Iterator[str]:
    hypotheses = [entry for entry in alternatives.suggestions if isinstance(entry.change, SubjectChange)]
    if hypotheses:
        yield "If the subject were otherwise (a hypothesis, no advice to change anybody's data):"
        yield from (f"  {clean(entry.sentence, 300)}" for entry in hypotheses[:MOST_SUGGESTIONS])
    others = alternatives.suggestions[len(hypotheses) :]
    if others:
        yield "If the definition were otherwise (this moves other subjects, too):"
    operations = explained.operations[len(hypotheses) :]
    for entry, operation in list(zip(others, operations, strict=False))[:MOST_SUGGESTIONS]:
        yield f"  {clean(entry.sentence, 300)}"
        if operation is not None:
            yield f"    {_operation(operation, explained.environment, surface)}"
    untold = len(hypotheses[MOST_SUGGESTIONS:]) + len(others[MOST_SUGGESTIONS:])
    if untold:
        yield f"and {untold} larger changes"
    if alternatives.suggestions:
        yield "Each was tried and is enough by itself; the smallest change comes first."
    elif not alternatives.already:
        yield from explanation_lines(explained.explanation)


def _operation(operation: dict[str, Any], environment: str, surface: Surface) -> str:
    if surface == "agent":
        line, where = f"modify_flag {json_text.dumps(operation)}", "suggestions[].modify_flag has it"
    else:
        told = (json_text.dumps(one) for one in operation["operations"])
        options = " ".join(f"--op {quote(text)}" for text in told)
        line = f"{TO_TYPE}{quote(operation['flag_key'])} --environment {quote(environment)} {options}"
        where = "`--json` has it under operations"
    return line if clean(line, LONGEST_OPERATION) == line else f"(the operation is not fit for a line; {where})"


def explanation_lines(explanation: Explanation) -> list[str]:
    """The conditions in order, each filter with what it expects and what it found, then cohorts and other flags."""
    lines = []
    if explanation.nearest_miss:
        lines.append(clean(explanation.nearest_miss, 300))
    if explanation.enrollment is not None:
        lines.append(f"enrollment {_filter(explanation.enrollment)}")
    if explanation.holdout is not None:
        lines.append(_bucket("holdout", explanation.holdout))
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
        yield f"  {_bucket('rollout', condition.bucket)}"
    if condition.variant is not None:
        how = "pinned" if condition.variant.pinned else _place(condition.variant.unit)
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


def _bucket(what: str, bucket: BucketTrace) -> str:
    if bucket.unit is None:
        return f"? {what} {bucket.threshold * 100:.6g} %; the {bucket.hashed} to hash is not known"
    return f"{'+' if bucket.inside else '-'} {what}: {standing(bucket)}"


def _place(unit: float | None) -> str:
    return "its place is not known" if unit is None else f"its place is {share(unit)}"


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
