"""Follows one check filter by filter, asking the same tests that evaluation asks."""

from collections.abc import Iterable, Mapping
from typing import Literal

from evaluator.ask import Question, ask_test
from evaluator.check import Check
from evaluator.compiled import (
    All,
    AnyOf,
    CohortTest,
    CompiledCondition,
    CompiledFlag,
    FlagTest,
    Never,
    Node,
    PropertyTest,
    Test,
)
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.explaining.explanation import BucketTrace, CohortTrace, FilterTrace, NodeTrace, Outcome, VariantTrace
from evaluator.hashing import rollout_hash, unit, variant_hash
from evaluator.result import Reason, Result
from evaluator.ruleset import Ruleset


def trace_filter(test: Test, check: Check, ruleset: Ruleset) -> FilterTrace:
    """One filter: what it asks for, what there is, and whether that matches."""
    default = "in" if isinstance(test, CohortTest) else "exact"
    return FilterTrace(
        kind=_kind(test),
        subject=_subject(test),
        operator=str(test.filter.get("operator") or default),
        expected=test.filter.get("value"),
        actual=_actual(test, check, ruleset.questions),
        outcome=outcome_of(ask_test(test, ruleset.questions)(check)),
        negated=_is_negated(test),
        inert=isinstance(test, Never),
        note=_note(test, check, ruleset),
    )


def trace_cohorts(wanted: Iterable[str], check: Check, ruleset: Ruleset) -> tuple[CohortTrace, ...]:
    """The wanted cohorts, each after those it needs, with the whole of their trees."""
    names = set(wanted)
    return tuple(
        CohortTrace(
            id=cohort_id,
            name=cohort.name,
            outcome=outcome_of(ruleset.questions[cohort_id](check)),
            tree=None if cohort.tree is None else _trace_node(cohort.tree, check, ruleset),
        )
        for cohort_id, cohort in ruleset.cohorts.items()
        if cohort_id in names
    )


def trace_bucket(flag: CompiledFlag, condition: CompiledCondition, identity: str | Mark, check: Check) -> BucketTrace:
    """Where the subject stands in the condition's rollout. ``identity`` is the id that is hashed."""
    threshold = min(max(condition.percentage / 100, 0.0), 1.0)
    hashed = _hashed(flag, condition, check)
    if isinstance(identity, Mark):
        return BucketTrace(hashed, None, None, threshold, True if condition.rollout_bound is None else None)
    place = rollout_hash(flag.key, identity)
    inside = condition.rollout_bound is None or place <= condition.rollout_bound
    return BucketTrace(hashed, identity, unit(place), threshold, inside)


def trace_variant(flag: CompiledFlag, condition: CompiledCondition, identity: str | Mark) -> VariantTrace | None:
    """How a condition that admits the subject finds the variant; None for a boolean flag."""
    if not flag.variants:
        return None
    bounds = tuple((key, unit(bound)) for bound, key in flag.variants)
    if condition.override is not None:
        return VariantTrace(condition.override, True, None, bounds)
    if isinstance(identity, Mark):
        return VariantTrace(None, False, None, bounds)
    place = variant_hash(flag.key, identity)
    found = next((key for bound, key in flag.variants if place < bound), None)
    return VariantTrace(found, False, unit(place), bounds)


def outcome_of(answer: bool | None) -> Outcome:
    """A three-valued answer in words."""
    if answer is None:
        return "unknown"
    return "match" if answer else "miss"


def _trace_node(node: Node, check: Check, ruleset: Ruleset) -> NodeTrace:
    if not isinstance(node, All | AnyOf):
        traced = trace_filter(node, check, ruleset)
        return NodeTrace("filter", traced.outcome, filter=traced)
    parts = tuple(_trace_node(part, check, ruleset) for part in node.parts)
    outcomes = [part.outcome for part in parts]
    deciding: Outcome = "miss" if isinstance(node, All) else "match"
    otherwise: Outcome = "match" if isinstance(node, All) else "miss"
    outcome = deciding if deciding in outcomes else "unknown" if "unknown" in outcomes else otherwise
    return NodeTrace("all" if isinstance(node, All) else "any", outcome, parts)


def _kind(test: Test) -> Literal["person", "group", "cohort", "flag"]:
    match test:
        case CohortTest():
            return "cohort"
        case FlagTest():
            return "flag"
        case PropertyTest():
            return "person" if test.group_index is None else "group"
        case Never():
            kind = test.filter.get("type")
            return kind if kind in ("group", "cohort", "flag") else "person"


def _subject(test: Test) -> str:
    if isinstance(test, CohortTest):
        return test.cohort_id
    return str(test.filter.get("value" if test.filter.get("type") == "cohort" else "key"))


def _actual(test: Test, check: Check, cohorts: Mapping[str, Question]) -> JsonValue | Mark:
    match test:
        case PropertyTest():
            if test.source is None:
                return check.person_property(test.property)
            return check.group_property(test.source, test.property)
        case CohortTest():
            member = cohorts[test.cohort_id](check) if test.cohort_id in cohorts else False
            return REDACTED if member is None else member
        case FlagTest():
            return _flag_value(check.results[test.flag])
        case Never():
            return MISSING


def _flag_value(result: Result) -> JsonValue | Mark:
    if result.value is None:
        return REDACTED if result.reason is Reason.UNDETERMINED else MISSING
    return result.value


def _is_negated(test: Test) -> bool:
    if isinstance(test, CohortTest):
        return test.negated != (test.filter.get("operator") == "not_in")
    return not isinstance(test, FlagTest) and test.negated


def _note(test: Test, check: Check, ruleset: Ruleset) -> str | None:
    match test:
        case Never():
            return test.why
        case FlagTest():
            return check.results[test.flag].description
        case CohortTest():
            return ruleset.cohorts[test.cohort_id].name
        case PropertyTest():
            return None


def _hashed(flag: CompiledFlag, condition: CompiledCondition, check: Check) -> str:
    if condition.aggregation is not None:
        return condition.group_type or f"group type {condition.aggregation}"
    if flag.device_bucketing:
        return "device_id"
    overridden = flag.continuity and flag.aggregation is None and flag.key in check.context.hash_key_overrides
    return "continuity" if overridden else "distinct_id"
