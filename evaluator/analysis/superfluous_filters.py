"""Filters that do nothing within their condition, and filters that exclude each other."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from evaluator.analysis.clauses import Clauses, TooManyClauses, conjunction
from evaluator.analysis.masks import masks
from evaluator.analysis.model import Finding, TooMany
from evaluator.analysis.outcomes import Outlook
from evaluator.analysis.variables import Clause
from evaluator.compiled import CompiledCondition
from evaluator.describe import describe_filter


def contradiction(outlook: Outlook, condition: CompiledCondition) -> str | None:
    """Why the filters can never match together; None where they might. Raises TooMany."""
    parts = [outlook.translators[0].test(test) for test in condition.tests]
    if _possible(outlook, parts):
        return None
    words = [describe_filter(test.filter) for test in condition.tests]
    for index, part in enumerate(parts):
        if not _possible(outlook, [part]):
            return f"its filter “{words[index]}” never matches"
    for one, other in combinations(range(len(parts)), 2):
        if not _possible(outlook, [parts[one], parts[other]]):
            return f"its filters “{words[one]}” and “{words[other]}” exclude each other"
    return "its filters exclude each other"


def filter_findings(outlook: Outlook, condition: CompiledCondition) -> Iterator[Finding]:
    """Filters that could be left out of a condition that can match. Raises TooMany."""
    parts = [outlook.translators[0].test(test) for test in condition.tests]
    words = [describe_filter(test.filter) for test in condition.tests]
    kept = list(range(len(parts)))
    for index in reversed(range(len(parts))):
        others = [number for number in kept if number != index]
        if not _implies(outlook, [parts[number] for number in others], parts[index]):
            continue
        kept = others
        path = f"filters.groups[{condition.index}].properties[{index}]"
        place = f"In condition {condition.index + 1}, the filter “{words[index]}”"
        if _implies(outlook, [], parts[index]):
            yield Finding("filter_always_matches", path, f"{place} always matches.", condition.index)
            continue
        because = next((words[number] for number in others if _implies(outlook, [parts[number]], parts[index])), None)
        reason = f"“{because}” implies it" if because is not None else "the other filters imply it"
        yield Finding("filter_implied", path, f"{place} has no effect: {reason}.", condition.index)


def _possible(outlook: Outlook, parts: Sequence[Clauses]) -> bool:
    clauses = _all_of(parts)
    return any(masks(clauses, outlook.variables)) if clauses else False


def _implies(outlook: Outlook, parts: Sequence[Clauses], implied: Clauses) -> bool:
    """Whether the last matches wherever all others do."""
    premises = _all_of(parts)
    clauses: list[Clause] = [*premises, *implied]
    own = (1 << len(premises)) - 1
    return all(mask & ~own for mask in masks(clauses, outlook.variables) if mask & own)


def _all_of(parts: Sequence[Clauses]) -> Clauses:
    try:
        return conjunction(parts)
    except TooManyClauses as too_many:
        raise TooMany from too_many
