"""Says why a subject gets a value."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from evaluator import answers
from evaluator.check import Check
from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.context import MISSING, REDACTED, Context, Mark
from evaluator.decide import decide
from evaluator.explaining.explanation import (
    BucketTrace,
    ConditionOutcome,
    ConditionTrace,
    Explanation,
    FilterTrace,
    Outcome,
)
from evaluator.explaining.sentences import nearest_miss, sentence
from evaluator.explaining.trace import trace_bucket, trace_cohorts, trace_filter, trace_variant
from evaluator.facts import NO_FACTS, Facts
from evaluator.graph import reachable
from evaluator.hashing import holdout_hash, unit
from evaluator.prepared import answer_dependencies
from evaluator.program import Program, Step, enrollment_property, holdout_identity
from evaluator.ruleset import Ruleset


def explain(ruleset: Ruleset, key: str, context: Context, *, now: datetime, facts: Facts = NO_FACTS) -> Explanation:
    """Why ``evaluate`` answers as it does (server profile): every filter with what it wanted and what there was.

    Conditions after the deciding one are listed, but not tried. Never raises.
    """
    check = Check(context, now, facts)
    program = ruleset.programs.get(key)
    if program is None:
        result = answers.failed(key, "flag_not_found")
        return Explanation(key, check.distinct_id, result, f"There is no flag “{key}”.")
    answer_dependencies(ruleset.programs, program, check)
    explained = _explain(ruleset, key, check)
    return replace(explained, dependencies=tuple(_explain(ruleset, needed, check) for needed in program.requires))


def _explain(ruleset: Ruleset, key: str, check: Check) -> Explanation:
    flag, program = ruleset.flags[key], ruleset.programs[key]
    bare = Explanation(key, check.distinct_id, program.fixed or decide(program, check), "")
    if not flag.served or flag.missing_dependency or flag.error is not None:
        problems = [warning.problem for warning in ruleset.warnings if (warning.kind, warning.key) == ("flag", key)]
        return replace(bare, sentence=sentence(bare, flag, problems))
    ended = program.gate is not None and program.gate(check) is not None
    conditions = tuple(_trace_conditions(ruleset, key, check, ended=ended))
    asked = {trace.subject for traced in conditions for trace in traced.filters if trace.kind == "cohort"}
    reached = {*asked, *reachable(asked, ruleset.cohort_references)}
    traced = replace(
        bare,
        enrollment=_trace_enrollment(flag, check),
        holdout=_trace_holdout(flag, check),
        conditions=conditions,
        cohorts=trace_cohorts(reached, check, ruleset),
    )
    return replace(traced, sentence=sentence(traced, flag), nearest_miss=nearest_miss(traced))


def _trace_conditions(ruleset: Ruleset, key: str, check: Check, *, ended: bool) -> Iterator[ConditionTrace]:
    flag, program = ruleset.flags[key], ruleset.programs[key]
    for condition, step in zip(flag.conditions, program.steps, strict=True):
        if ended:
            yield ConditionTrace(condition.index, condition.id, "not_reached", ())
            continue
        identity = check.distinct_id if step.identify is None else step.identify(check)
        if identity is MISSING:
            outcome: ConditionOutcome = "no_group" if step.of_group else "no_device"
            yield ConditionTrace(condition.index, condition.id, outcome, (), lacks=_lacks(condition))
            continue
        filters = tuple(trace_filter(test, check, ruleset) for test in condition.tests)
        bucket = trace_bucket(flag, condition, identity, check)
        outcome = _outcome(program, filters, bucket, step)
        variant = trace_variant(flag, condition, identity) if outcome in ("decided", "unknown") else None
        yield ConditionTrace(condition.index, condition.id, outcome, filters, bucket, variant)
        left_early = outcome == "out_of_rollout" and program.early_exit
        ended = outcome == "decided" or left_early


def _lacks(condition: CompiledCondition) -> str:
    if condition.aggregation is None:
        return "a device id"
    if condition.group_type is None:
        return f"a group of type {condition.aggregation}, which is not in the group type mapping"
    return f"the key of a “{condition.group_type}”"


def _outcome(program: Program, filters: tuple[FilterTrace, ...], bucket: BucketTrace, step: Step) -> ConditionOutcome:
    outcomes = {trace.outcome for trace in filters}
    if "miss" in outcomes:
        return "miss"
    if bucket.unit is None:
        return "unknown"
    if bucket.inside is False:
        return "unknown" if program.early_exit and "unknown" in outcomes else "out_of_rollout"
    return "unknown" if "unknown" in outcomes else "decided"


def _trace_enrollment(flag: CompiledFlag, check: Check) -> FilterTrace | None:
    if not flag.enrollment:
        return None
    name = enrollment_property(flag.key)
    actual = check.person_property(name)
    outcome: Outcome = "unknown" if actual is REDACTED else "match" if actual is True or actual == "true" else "miss"
    return FilterTrace("person", name, "exact", "true", actual, outcome)


def _trace_holdout(flag: CompiledFlag, check: Check) -> BucketTrace | None:
    if flag.holdout is None:
        return None
    hashed = flag.group_type or ("device_id" if flag.device_bucketing else "distinct_id")
    identity = holdout_identity(flag, check)
    bound = flag.holdout.bound
    threshold = min(max(flag.holdout.percentage / 100, 0.0), 1.0)
    if isinstance(identity, Mark):
        return BucketTrace(hashed, None, None, threshold, True if bound is None else None)
    place = holdout_hash(identity)
    return BucketTrace(hashed, identity, unit(place), threshold, bound is None or place <= bound)
