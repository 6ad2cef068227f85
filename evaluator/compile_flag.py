"""Turns one flag into the form that evaluation, explanation and replay read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evaluator.compile_cohort import NOT_FOUND, PARSING_ERROR, CompiledCohorts
from evaluator.compile_filter import Reading, compile_condition_filter, is_unusable
from evaluator.compiled import (
    CohortTest,
    CompiledCondition,
    CompiledFlag,
    FlagTest,
    Holdout,
    Never,
    PropertyTest,
    Test,
)
from evaluator.definitions.condition_ids import stored_condition_ids
from evaluator.definitions.problem import Problem, Undecodable
from evaluator.definitions.structure import canonical_problem, format_problem, structural_problems
from evaluator.hashing import holdout_bound, rollout_bound, variant_bounds
from evaluator.json_text import brief

DATA_ERROR: Final = "flag_data_parsing_error"
"""What PostHog's server says of a flag that it cannot decode."""


def compile_flag(flag: Mapping[str, Any], reading: Reading, cohorts: CompiledCohorts) -> CompiledFlag:
    """Compiles a flag of a usable key. Dependencies are not looked at here. Raises Undecodable."""
    _require_readable(flag)
    filters: Mapping[str, Any] = flag.get("filters") or {}
    aggregation = filters.get("aggregation_group_type_index")
    bare = CompiledFlag(
        key=flag["key"],
        definition=flag,
        served=is_served(flag),
        conditions=(),
        variants=_variants(filters),
        payloads=_payloads(flag, filters),
        aggregation=aggregation,
        group_type=None if aggregation is None else reading.group_types.get(aggregation),
        device_bucketing=flag.get("bucketing_identifier") == "device_id",
        continuity=flag.get("ensure_experience_continuity") is True,
        enrollment=filters.get("feature_enrollment") is True,
        early_exit=filters.get("early_exit") is True,
        holdout=_holdout(filters.get("holdout")),
        dependencies=(),
        cohorts=(),
        missing_dependency=False,
        error=None,
    )
    return with_conditions(bare, tuple(_conditions(flag, filters, reading)), cohorts)


def with_conditions(
    flag: CompiledFlag, conditions: Sequence[CompiledCondition], cohorts: CompiledCohorts
) -> CompiledFlag:
    """The flag with these conditions, and with all that it needs for them."""
    tests = [test for condition in conditions for test in condition.tests]
    named = tuple(dict.fromkeys(test.cohort_id for test in tests if isinstance(test, CohortTest)))
    errors = (cohorts.error(cohort_id) for cohort_id in named)
    return replace(
        flag,
        conditions=conditions,
        dependencies=tuple(dict.fromkeys(test.flag for test in tests if isinstance(test, FlagTest))),
        cohorts=named,
        error=next(filter(None, errors), None),
    )


def quarantined_flag(flag: Mapping[str, Any], problem: Problem) -> CompiledFlag:
    """A flag whose every evaluation fails, because it cannot be decoded."""
    filters = flag.get("filters")
    other_format = isinstance(filters, Mapping) and format_problem(filters) is not None
    return CompiledFlag(
        key=flag["key"],
        definition=flag,
        served=is_served(flag),
        conditions=(),
        variants=(),
        payloads={},
        aggregation=None,
        group_type=None,
        device_bucketing=False,
        continuity=False,
        enrollment=False,
        early_exit=False,
        holdout=None,
        dependencies=(),
        cohorts=(),
        missing_dependency=False,
        error=PARSING_ERROR if problem.code == PARSING_ERROR else DATA_ERROR,
        off_for_dependents=other_format,
    )


def is_served(flag: Mapping[str, Any]) -> bool:
    """Whether answers include the flag. One whose ``active`` cannot be read is served, as a failure that shows."""
    return flag.get("active", False) is not False and flag.get("deleted") is not True


def remarks(flag: Mapping[str, Any], compiled: CompiledFlag, cohorts: CompiledCohorts) -> Iterator[Problem]:
    """What works in this flag, though perhaps not as its author believes."""
    if flag.get("has_encrypted_payloads") is True:
        message = "The payloads are encrypted with PostHog's key, so nobody gets them."
        yield Problem("filters.payloads", "encrypted_payloads", message, "Store the payloads in plain JSON.")
    for condition in compiled.conditions:
        path = f"filters.groups[{condition.index}]"
        yield from _condition_remarks(condition, path, group=flag["filters"]["groups"][condition.index])
    for cohort_id in compiled.cohorts:
        error = cohorts.error(cohort_id)
        if error is not None:
            what = "does not exist" if error == NOT_FOUND else "cannot be used"
            message = f"The flag needs cohort {cohort_id}, which {what}: every check of the flag fails."
            yield Problem("filters.groups", error, message, f"Add or repair cohort {cohort_id}.")


def _condition_remarks(condition: CompiledCondition, path: str, group: Mapping[str, Any]) -> Iterator[Problem]:
    if not 0 <= condition.percentage <= 100:
        who = "nobody" if condition.percentage < 0 else "everybody"
        message = f"A rollout of {brief(condition.percentage)} % means {who}."
        yield Problem(f"{path}.rollout_percentage", "bad_percentage", message, "Use a number from 0 to 100.")
    if condition.aggregation is not None and condition.group_type is None:
        message = f"Group type {condition.aggregation} is not in the group type mapping, so nobody matches."
        yield Problem(path, "unknown_group_type", message, "Add it to “group_type_mapping”.")
    if group.get("variant") and condition.override is None:
        message = f"There is no variant {brief(group['variant'])}, so the hash decides."
        yield Problem(f"{path}.variant", "unknown_variant", message, "Name an existing variant, or none.")
    for index, test in enumerate(condition.tests):
        why = test.why if isinstance(test, Never) else _unusable(test)
        if why is not None:
            message = f"The filter never matches: {why}."
            yield Problem(f"{path}.properties[{index}]", "never_matches", message, "Correct the filter or remove it.")


def _unusable(test: Test) -> str | None:
    if not isinstance(test, PropertyTest) or not is_unusable(test.filter, test.predicate):
        return None
    return f"“{test.filter.get('operator') or 'exact'}” cannot be applied to its value"


def _require_readable(flag: Mapping[str, Any]) -> None:
    for problem in structural_problems(flag):
        raise Undecodable(problem)
    for problem in canonical_problem(flag):
        raise Undecodable(problem)


def _conditions(flag: Mapping[str, Any], filters: Mapping[str, Any], reading: Reading) -> Iterator[CompiledCondition]:
    groups: Sequence[Mapping[str, Any]] = filters.get("groups") or ()
    ids = stored_condition_ids(flag)
    flag_level = filters.get("aggregation_group_type_index")
    known = {variant["key"] for variant in _variant_list(filters)}
    for index, group in enumerate(groups):
        aggregation = group.get("aggregation_group_type_index", flag_level)
        percentage = group.get("rollout_percentage")
        percentage = 100.0 if percentage is None else percentage
        override = group.get("variant")
        yield CompiledCondition(
            id=ids[index] if ids else None,
            index=index,
            aggregation=aggregation,
            group_type=None if aggregation is None else reading.group_types.get(aggregation),
            tests=_tests(group, reading, aggregation, f"filters.groups[{index}]"),
            percentage=percentage,
            rollout_bound=rollout_bound(percentage),
            override=override if override in known else None,
        )


def _tests(group: Mapping[str, Any], reading: Reading, aggregation: int | None, path: str) -> tuple[Test, ...]:
    return tuple(
        compile_condition_filter(entry, reading, aggregation, f"{path}.properties[{index}]")
        for index, entry in enumerate(group.get("properties") or ())
    )


def _variant_list(filters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (filters.get("multivariate") or {}).get("variants") or ()


def _variants(filters: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    variants = _variant_list(filters)
    bounds = variant_bounds(variant["rollout_percentage"] for variant in variants)
    return tuple((bound, variant["key"]) for bound, variant in zip(bounds, variants, strict=True))


def _payloads(flag: Mapping[str, Any], filters: Mapping[str, Any]) -> dict[str, str]:
    payloads = filters.get("payloads")
    if not isinstance(payloads, Mapping) or flag.get("has_encrypted_payloads") is True:
        return {}
    return {name: payload for name, payload in payloads.items() if isinstance(payload, str)}


def _holdout(holdout: Mapping[str, Any] | None) -> Holdout | None:
    if holdout is None:
        return None
    percentage = holdout["exclusion_percentage"]
    return Holdout(f"holdout-{holdout['id']}", percentage, holdout_bound(percentage))
