"""Cohorts: their own trees, and what asking for them means."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evaluator.compile_cohort import named_cohorts
from evaluator.compiled import ANY_MOMENT, All, AnyOf, CohortTest, CompiledCohort, Never, Node, PropertyTest
from evaluator.context import MISSING
from evaluator.definitions.cohort_document import is_stored, tree_of
from evaluator.definitions.problem import Problem
from evaluator.portability.filters import filter_lints
from evaluator.portability.project import Project
from evaluator.portability.table import lint


def cohort_lints(cohort_id: str, project: Project) -> Iterator[Problem]:
    """Everything in the cohort's own tree that SDKs answer otherwise; nothing for a list of members."""
    cohort, document = project.cohorts[cohort_id], project.definitions.cohorts[cohort_id]
    if cohort.tree is not None:
        path = "filters.properties" if is_stored(document) else ""
        yield from _node_lints(cohort.tree, tree_of(document), path, project)


def membership_lints(test: CohortTest, path: str, project: Project) -> Iterator[Problem]:
    """What asking for a cohort means, in a condition or in another cohort's tree."""
    reached = reached_cohorts([test.cohort_id], project.cohorts)
    external = next((cohort for cohort in reached if cohort.tree is None), None)
    if external is not None:
        whose = f"Cohort “{external.name}”"
        if external.id != test.cohort_id:
            whose += f", which cohort {test.cohort_id} asks for,"
        message = f"{whose} is a list of members; a Python SDK evaluating locally does not have it and does not decide."
        yield lint(33, path, message, "Describe the members by their properties, or let the server decide.")
    elif test.negated and _takes_absence(project.cohorts[test.cohort_id].tree, project.cohorts, inverted=True):
        message = (
            f"A subject without the properties that cohort {test.cohort_id} asks for is not in it and matches here; "
            "a Python SDK evaluating locally does not decide."
        )
        yield lint(1, path, message, "Pass these properties with every check.")


def operator_lint(operator: Any, path: str) -> Problem:
    """An operator that asks a cohort nothing."""
    message = f"“{operator}” asks a cohort nothing and never matches; a Python SDK evaluating locally does not decide."
    return lint(30, f"{path}.operator", message, "Use “in” or “not_in”.")


def metadata_lint(path: str) -> Problem:
    """A filter on the person record."""
    message = "Nobody matches “person_metadata” here; a Python SDK evaluating locally takes it for a property."
    return lint(56, f"{path}.type", message, "Use a property of the person.")


def _node_lints(node: Node, entry: Any, path: str, project: Project) -> Iterator[Problem]:
    match node:
        case All() | AnyOf():
            if isinstance(node, AnyOf) and not node.parts:
                message = "Nobody belongs to an empty cohort; a Python SDK evaluating locally takes everybody in."
                yield lint(31, path, message, "Add an entry, or take the cohort out.")
            values = entry.get("values") if isinstance(entry, Mapping) else None
            place = f"{path}.values" if path else "values"
            for index, (part, value) in enumerate(zip(node.parts, values or (), strict=True)):
                yield from _node_lints(part, value, f"{place}[{index}]", project)
        case PropertyTest():
            yield from filter_lints(node, path, project.zone)
        case CohortTest():
            yield from membership_lints(node, path, project)
        case Never():
            is_metadata = node.filter.get("type") == "person_metadata"
            yield metadata_lint(path) if is_metadata else operator_lint(node.filter.get("operator"), path)


def reached_cohorts(asked: Iterable[str], cohorts: Mapping[str, CompiledCohort]) -> Iterator[CompiledCohort]:
    """The cohorts asked for, and all that they ask for in turn, each once. Those that cannot be used are left out."""
    pending, seen = list(asked), set[str]()
    while pending:
        cohort = cohorts.get(pending.pop(0))
        if cohort is not None and cohort.id not in seen:
            seen.add(cohort.id)
            pending.extend(named_cohorts(cohort.tree))
            yield cohort


def _takes_absence(node: Node | None, cohorts: Mapping[str, CompiledCohort], *, inverted: bool) -> bool:
    """Whether some entry, seen through the negations around it, matches subjects without its property."""
    match node:
        case All() | AnyOf():
            return any(_takes_absence(part, cohorts, inverted=inverted) for part in node.parts)
        case CohortTest():
            tree = cohorts[node.cohort_id].tree
            return _takes_absence(tree, cohorts, inverted=inverted is not node.negated)
        case PropertyTest() if node.property != "distinct_id":
            return node.predicate(MISSING, ANY_MOMENT) is not (inverted is not node.negated)
        case _:
            return False
