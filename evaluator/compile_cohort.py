"""Turns cohorts into trees of tests, and finds those that cannot be used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from evaluator.compile_filter import Reading, compile_cohort_filter
from evaluator.compiled import All, AnyOf, CohortTest, CompiledCohort, Node, leaves
from evaluator.definitions.cohort_document import (
    EXTERNAL_TYPES,
    TREE_TYPES,
    has_behaviour,
    is_group,
    is_static,
    is_stored,
    members_of,
    name_of,
    tree_of,
)
from evaluator.definitions.limits import DEEPEST_NESTING, DEEPEST_TREE, MOST_FILTERS, size_problem
from evaluator.definitions.problem import DefinitionWarning, Level, Problem, Undecodable
from evaluator.definitions.structure import canonical_problem
from evaluator.graph import Arrangement, arrange

PARSING_ERROR: Final = "cohort_filters_parsing_error"
NOT_FOUND: Final = "dependency_not_found_cohort"
CYCLE: Final = "dependency_cycle_cohort"


@dataclass(frozen=True, slots=True)
class CompiledCohorts:
    """All cohorts of a project, sorted out.

    ``usable`` by id, each after those it needs; ``broken`` maps the ids of the others to the error of flags that use
    them. ``references`` lists, for every cohort, the cohorts that its tree names itself.
    """

    usable: Mapping[str, CompiledCohort]
    broken: Mapping[str, str]
    references: Mapping[str, Sequence[str]]
    warnings: Sequence[DefinitionWarning]

    def error(self, cohort_id: str) -> str | None:
        """Why a flag that asks for this cohort fails; None if it does not."""
        return None if cohort_id in self.usable else self.broken.get(cohort_id, NOT_FOUND)


def compile_cohorts(cohorts: Mapping[str, Any], reading: Reading) -> CompiledCohorts:
    """Compiles every cohort.

    One that cannot be read, or that needs a missing one or itself, breaks only those that use it.
    """
    compiled: dict[str, CompiledCohort] = {}
    broken: dict[str, str] = {}
    warnings: list[DefinitionWarning] = []
    for cohort_id, document in cohorts.items():
        try:
            if isinstance(document, Mapping) and document.get("deleted") is True:
                continue
            compiled[cohort_id] = _compile_cohort(cohort_id, document, reading)
        except Undecodable as undecodable:
            broken[cohort_id] = PARSING_ERROR
            warnings.append(_warn(cohort_id, "quarantined", undecodable.problem))
            continue
        warnings.extend(_remarks(cohort_id, document, compiled[cohort_id]))
    references = {cohort_id: tuple(named_cohorts(cohort.tree)) for cohort_id, cohort in compiled.items()}
    arranged = arrange(references)
    for cohort_id, problem in _unusable(compiled, references, arranged, broken):
        broken[cohort_id] = problem.code
        warnings.append(_warn(cohort_id, "quarantined", problem))
    usable = {cohort_id: compiled[cohort_id] for cohort_id in arranged.order if cohort_id not in broken}
    return CompiledCohorts(usable, broken, references, warnings)


def named_cohorts(node: Node | None) -> Iterator[str]:
    """The ids of the cohorts that a tree asks for itself."""
    return (test.cohort_id for test in leaves(node) if isinstance(test, CohortTest))


def _compile_cohort(cohort_id: str, document: Any, reading: Reading) -> CompiledCohort:
    if not isinstance(document, Mapping):
        raise Undecodable(_unreadable("", "The cohort is no JSON object."))
    _require_writable(document)
    name = name_of(cohort_id, document)
    if is_static(document) or _is_external(document):
        return CompiledCohort(cohort_id, name, None)
    tree = tree_of(document)
    if tree is None or tree == {}:
        return CompiledCohort(cohort_id, name, AnyOf(()))
    path = "" if not is_stored(document) else "filters" if tree is document.get("filters") else "filters.properties"
    _require_bounded(tree, path)
    return CompiledCohort(cohort_id, name, _node(tree, reading, path, 1))


def _require_writable(document: Mapping[str, Any]) -> None:
    """Refuses what is too large, or has no canonical JSON form (NaN, half a character)."""
    problem = size_problem(document) or next(canonical_problem(document), None)
    if problem is not None:
        raise Undecodable(replace(problem, code=PARSING_ERROR))


def _require_bounded(tree: Any, path: str) -> None:
    pending, count = [tree], 0
    while pending:
        entry = pending.pop()
        values = entry.get("values") if isinstance(entry, Mapping) else None
        pending.extend(values if isinstance(values, list) else ())
        count += 1
        if count + len(pending) > MOST_FILTERS:
            message = f"The cohort has more than {MOST_FILTERS:,} filters."
            raise Undecodable(Problem(path, PARSING_ERROR, message, "Put lists of values into one filter."))


def _is_external(document: Mapping[str, Any]) -> bool:
    """Whether something outside decides on the members, because the tree asks for events."""
    if not has_behaviour(tree_of(document)):
        return False
    return document.get("cohort_type") in EXTERNAL_TYPES or members_of(document) is not None


def _node(entry: Any, reading: Reading, path: str, depth: int) -> Node:
    if not isinstance(entry, Mapping):
        raise Undecodable(_unreadable(path, "An entry of the tree is no object."))
    if not is_group(entry):
        if depth == 1:
            raise Undecodable(_unreadable(path, "The tree is neither AND nor OR, but a single filter."))
        return compile_cohort_filter(entry, reading, path)
    kind, values = entry.get("type"), entry.get("values")
    if kind not in TREE_TYPES or not isinstance(values, list):
        raise Undecodable(_unreadable(path, "A group of the tree needs a “type” of AND or OR and a list of “values”."))
    if depth > DEEPEST_TREE:
        raise Undecodable(_unreadable(path, f"The tree is deeper than {DEEPEST_TREE} levels."))
    place = f"{path}.values" if path else "values"
    parts = tuple(_node(value, reading, f"{place}[{index}]", depth + 1) for index, value in enumerate(values))
    return AnyOf(parts) if kind == "OR" else All(parts)


def _unusable(
    compiled: Mapping[str, CompiledCohort],
    references: Mapping[str, Sequence[str]],
    arranged: Arrangement,
    broken: Mapping[str, str],
) -> Iterator[tuple[str, Problem]]:
    """Cohorts that can be read but not used, and why. Those needed come first."""
    for cohort_id in arranged.stuck:
        message = "The cohort contains itself, directly or through another."
        yield cohort_id, Problem("", CYCLE, message, "Break the circle of cohorts.")
    reasons = dict(broken) | dict.fromkeys(arranged.stuck, CYCLE)
    depths: dict[str, int] = {}
    for cohort_id in arranged.order:
        depths[cohort_id] = _depth(compiled[cohort_id].tree, depths)
        problem = _reference_problem(references[cohort_id], compiled, reasons)
        if problem is None and depths[cohort_id] > DEEPEST_NESTING:
            problem = _unreadable("", f"Cohorts within cohorts go deeper than {DEEPEST_NESTING} levels.")
        if problem is not None:
            reasons[cohort_id] = problem.code
            yield cohort_id, problem


def _reference_problem(
    named: Sequence[str], compiled: Mapping[str, CompiledCohort], reasons: Mapping[str, str]
) -> Problem | None:
    for cohort_id in named:
        if cohort_id in reasons:
            message = f"The cohort needs cohort {cohort_id}, which cannot be used."
            return Problem("", reasons[cohort_id], message, f"Repair cohort {cohort_id}.")
        if cohort_id not in compiled:
            message = f"The cohort needs cohort {cohort_id}, which does not exist."
            return Problem("", NOT_FOUND, message, f"Add cohort {cohort_id}, or take it out of the tree.")
    return None


def _depth(node: Node | None, depths: Mapping[str, int]) -> int:
    match node:
        case CohortTest():
            return 1 + depths.get(node.cohort_id, 0)
        case All() | AnyOf():
            return 1 + max((_depth(part, depths) for part in node.parts), default=0)
        case _:
            return 1


def _remarks(cohort_id: str, document: Mapping[str, Any], cohort: CompiledCohort) -> Iterator[DefinitionWarning]:
    if cohort.tree is None and members_of(document) is None:
        message = f"Nothing says who belongs to “{cohort.name}”, so nobody does."
        fix = "List its members (distinct ids), or replace it by a cohort with conditions."
        yield _warn(cohort_id, "warning", Problem("", "no_members", message, fix))


def _warn(cohort_id: str, level: Level, problem: Problem) -> DefinitionWarning:
    return DefinitionWarning("cohort", cohort_id, level, problem)


def _unreadable(path: str, message: str) -> Problem:
    return Problem(path, PARSING_ERROR, message, 'Write it like {"type": "AND", "values": [...]}.')
