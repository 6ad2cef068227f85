"""Turns one filter of a condition or of a cohort tree into a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Final

from evaluator.compiled import ANY_MOMENT, CohortTest, FlagTest, Never, Predicate, PropertyTest, Test
from evaluator.definitions.problem import Problem, Undecodable
from evaluator.definitions.structure import filter_problems, is_integer
from evaluator.json_text import brief, dumps
from evaluator.matching import CompiledPredicate, compile_predicate
from evaluator.matching.errors import BadFilter
from evaluator.text_test import Memory

OPPOSITES: Final = {"regex": "not_regex", "not_regex": "regex", "between": "not_between", "not_between": "between"}

NEVER: Final = compile_predicate({"operator": "in"}, matching_version=1, timezone=UTC).predicate
"""The predicate of a filter on a property that cannot match: its operator does not fit, or not its value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How filters are read in one project.

    ``shared``: predicates already made, by operator and value, if kept. ``memory`` is what they remember in together.
    """

    matching_version: int
    timezone: tzinfo
    group_types: Mapping[int, str]
    shared: dict[str, CompiledPredicate] | None = None
    memory: Memory = field(default_factory=Memory)


FREE_READING: Final = Reading(matching_version=1, timezone=UTC, group_types={})
"""How filters are read where no project is known: only to tell whether they can be read."""


def compile_condition_filter(entry: Mapping[str, Any], reading: Reading, aggregation: int | None, path: str) -> Test:
    """A filter of a condition that hashes by group type ``aggregation`` (None: by person).

    ``negation`` has no meaning here. Raises Undecodable for an operator or type that PostHog's server cannot read.
    """
    kind = entry.get("type", "person")
    if kind == "cohort":
        return _cohort_test(entry, negated=False, path=path)
    if kind == "flag":
        return _flag_test(entry, path)
    if kind == "group":
        index = entry.get("group_type_index")
        return _group_test(entry, reading, aggregation if index is None else index, path)
    return _person_test(entry, reading, negated=False, path=path)


def compile_cohort_filter(entry: Mapping[str, Any], reading: Reading, path: str) -> PropertyTest | CohortTest | Never:
    """A leaf of a cohort tree: always about the person, and the one place where ``negation`` counts.

    Raises Undecodable for an operator or type that cannot be read; flags cannot be asked for within cohorts.
    """
    for problem in filter_problems(entry, path):
        raise Undecodable(problem)
    negated = entry.get("negation") is True
    if entry.get("type") == "cohort":
        return _cohort_test(entry, negated=negated, path=path)
    if entry.get("type") == "flag":
        message = "A cohort cannot depend on a flag."
        raise Undecodable(Problem(f"{path}.type", "flag_in_cohort", message, "Put the dependency on the flag itself."))
    return _person_test(entry, reading, negated=negated, path=path)


def _person_test(entry: Mapping[str, Any], reading: Reading, *, negated: bool, path: str) -> PropertyTest | Never:
    test = _property_test(entry, reading, None, negated=negated, path=path)
    if entry.get("type") == "person_metadata":
        return Never("data about the person record is kept by PostHog alone", entry, negated)
    return test


def _group_test(entry: Mapping[str, Any], reading: Reading, index: int | None, path: str) -> PropertyTest | Never:
    test = _property_test(entry, reading, index, negated=False, path=path)
    if index is None:
        return Never("the filter asks for a group, but neither it nor its condition names a group type", entry)
    if test.source is None:
        return Never(f"group type {index} is not in the group type mapping", entry)
    return test


def _property_test(
    entry: Mapping[str, Any], reading: Reading, group_index: int | None, *, negated: bool, path: str
) -> PropertyTest:
    compiled = compiled_predicate(entry, reading, path)
    return PropertyTest(
        property=entry["key"],
        group_index=group_index,
        source=None if group_index is None else reading.group_types.get(group_index),
        predicate=compiled.predicate,
        uses_now=compiled.uses_now,
        negated=negated,
        filter=entry,
        text=compiled.text,
        remembered=compiled.remembered,
    )


def compiled_predicate(entry: Mapping[str, Any], reading: Reading, path: str) -> CompiledPredicate:
    """The predicate of a filter on a property. Raises Undecodable for an operator or pattern that cannot be read.

    Filters that mean the same have the same predicate where the reading shares them.
    """
    meaning = None if reading.shared is None else dumps([entry.get("operator"), entry.get("value")])
    if reading.shared is not None and meaning in reading.shared:
        return reading.shared[meaning]
    try:
        compiled = compile_predicate(
            entry, matching_version=reading.matching_version, timezone=reading.timezone, memory=reading.memory
        )
    except BadFilter as bad:
        raise Undecodable(Problem(f"{path}.{bad.path}", bad.code, _sentence(bad.message), _sentence(bad.fix))) from bad
    if reading.shared is not None and meaning is not None:
        reading.shared[meaning] = compiled
    return compiled


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".")) else ".")


def is_unusable(entry: Mapping[str, Any], predicate: Predicate) -> bool:
    """Whether a filter on a property matches no present value at all: its operator does not fit, or not its value.

    Where one operator negates another, that shows in both saying no to the same value.
    """
    operator = entry.get("operator")
    opposite = OPPOSITES.get(operator) if isinstance(operator, str) else None
    if opposite is None or predicate is NEVER:
        return predicate is NEVER
    if predicate("", ANY_MOMENT):
        return False
    return not compiled_predicate({**entry, "operator": opposite}, FREE_READING, "").predicate("", ANY_MOMENT)


def _cohort_test(entry: Mapping[str, Any], *, negated: bool, path: str) -> CohortTest | Never:
    operator, cohort_id = entry.get("operator"), entry.get("value")
    if operator not in (None, "in", "not_in"):
        _require_known_operator(entry, path)
        return Never(f"a cohort filter takes “in” or “not_in”, not “{operator}”", entry, negated)
    if not is_integer(cohort_id):
        fix = "Name the cohort by its numeric id."
        message = f"The cohort is named by {brief(cohort_id)}, which is no integer."
        raise Undecodable(Problem(f"{path}.value", "cohort_filters_parsing_error", message, fix))
    return CohortTest(str(cohort_id), negated != (operator == "not_in"), entry)


def _flag_test(entry: Mapping[str, Any], path: str) -> FlagTest | Never:
    operator, key, expected = entry.get("operator"), entry.get("key"), entry.get("value")
    if operator != "flag_evaluates_to":
        _require_known_operator(entry, path)
        return Never(f"a flag filter takes “flag_evaluates_to”, not “{operator}”", entry)
    if not isinstance(key, str) or not key:
        return Never("the filter names no flag", entry)
    if not isinstance(expected, bool | str):
        return Never("a flag evaluates to true, false or the key of a variant", entry)
    return FlagTest(key, expected, entry)


def _require_known_operator(entry: Mapping[str, Any], path: str) -> None:
    """An operator that does not fit never matches; one that nobody knows makes the flag undecodable."""
    compiled_predicate({"operator": entry.get("operator"), "value": None}, FREE_READING, path)
