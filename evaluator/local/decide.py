"""Decides one flag for one subject, in the SDK's order: enrolment, holdout, conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evaluator.context import MISSING, REDACTED, JsonValue
from evaluator.local.bucketing import holdout_place, rollout_place, variant_place
from evaluator.local.compiled import (
    Decided,
    Decision,
    FlagValue,
    Group,
    LocalCondition,
    LocalFlag,
    LocalHoldout,
    Properties,
    Run,
    Scope,
)
from evaluator.local.unknown import (
    MISSING_CONTEXT,
    REDACTED_VALUE,
    UNSUPPORTED,
    Cause,
    Reach,
    Truth,
    Unknown,
    graver,
)
from evaluator.result import Reason

_RANK: Final = {Reason.NO_GROUP_TYPE: 1, Reason.NO_CONDITION_MATCH: 2, Reason.OUT_OF_ROLLOUT_BOUND: 3}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a flag is decided for.

    ``identity`` is what the flags it depends on are hashed with, ``bucket`` what the flag itself is hashed with.
    ``groups`` are those the caller named, by group type index; a flag that is asked for another flag's sake sees none.
    """

    properties: Properties
    identity: JsonValue
    bucket: JsonValue
    groups: Mapping[str, Group]
    run: Run


def bucket_for(flag: LocalFlag, identity: JsonValue, device_id: str | None) -> JsonValue | Unknown:
    """The id that a flag is hashed with. Group flags take the group's key, unless it is null."""
    if not flag.device_bucketing or (flag.group_index is not None and identity is not None):
        return identity
    return device_id or MISSING_CONTEXT


def decide_flag(flag: LocalFlag, subject: Subject) -> Decision:
    """The flag's value for the subject. Whether the flag is active is the caller's to check."""
    if flag.enrollment:
        return _decide_enrollment(flag, subject.properties)
    held_out = _is_held_out(flag.holdout, subject.bucket)
    if isinstance(held_out, Unknown):
        return held_out
    if held_out and isinstance(flag.holdout, LocalHoldout):
        return Decided(flag.holdout.variant, Reason.HOLDOUT_CONDITION_VALUE)
    return _decide_conditions(flag, subject)


def _decide_enrollment(flag: LocalFlag, properties: Properties) -> Decision:
    if flag.group_index is not None:
        return UNSUPPORTED
    enrolled = properties.get(f"$feature_enrollment/{flag.key}", MISSING)
    if enrolled is MISSING:
        return MISSING_CONTEXT
    if enrolled is REDACTED:
        return REDACTED_VALUE
    return Decided(enrolled is True or enrolled == "true", Reason.SUPER_CONDITION_VALUE, 0)


def _is_held_out(holdout: LocalHoldout | Unknown | None, bucket: JsonValue) -> Truth:
    if holdout is None or isinstance(holdout, Unknown):
        return holdout or False
    if holdout.bound is None:
        return True
    place = holdout_place(bucket)
    return place if isinstance(place, Unknown) else place <= holdout.bound


def _decide_conditions(flag: LocalFlag, subject: Subject) -> Decision:
    if isinstance(flag.variant_keys, Unknown):
        return flag.variant_keys
    cause: Cause | None = None
    best = Decided(False, Reason.NO_GROUP_TYPE)
    for index, condition in enumerate(flag.conditions):
        outcome = _decide_condition(flag, condition, subject)
        if isinstance(outcome, Unknown):
            if outcome.reach is not Reach.FILTER or outcome.cause is Cause.REDACTED:
                return outcome
            cause = graver(cause, outcome.cause)
            continue
        if not isinstance(outcome, Reason):
            return Decided(outcome, Reason.CONDITION_MATCH, index)
        if _RANK[outcome] >= _RANK[best.reason]:
            best = Decided(False, outcome, index)
        if flag.early_exit and outcome is Reason.OUT_OF_ROLLOUT_BOUND:
            break
    return best if cause is None else Unknown(cause)


def _decide_condition(
    flag: LocalFlag, condition: LocalCondition | Unknown, subject: Subject
) -> FlagValue | Reason | Unknown:
    """The value that the condition gives, or why it does not match."""
    if isinstance(condition, Unknown):
        return condition
    properties, bucket = subject.properties, subject.bucket
    if condition.group_index is not None:
        group = subject.groups.get(condition.group_index)
        if group is None:
            return Reason.NO_GROUP_TYPE
        if group.properties is None:
            return MISSING_CONTEXT
        properties, bucket = group.properties, group.key
    matches = _decide_filters(condition, Scope(properties, subject.identity, subject.run))
    if isinstance(matches, Unknown):
        return matches
    if not matches:
        return Reason.NO_CONDITION_MATCH
    included = _is_in_rollout(flag.key, condition, bucket)
    if isinstance(included, Unknown):
        return included
    return _value(flag, condition, bucket) if included else Reason.OUT_OF_ROLLOUT_BOUND


def _decide_filters(condition: LocalCondition, scope: Scope) -> Truth:
    """Every filter is asked until one misses: what cannot be decided may not matter."""
    cause: Cause | None = None
    needs_server: Unknown | None = None
    for part in condition.filters:
        answer = part.decide(scope)
        if answer is True:
            continue
        if answer is False:
            return False
        if answer.reach is Reach.EVALUATION:
            if cause is None:
                return answer
            break
        if answer.reach is Reach.FLAG and cause is None:
            needs_server = answer
        cause = graver(cause, answer.cause)
    if cause is None:
        return True
    return Unknown(cause) if needs_server is None or cause is Cause.REDACTED else needs_server


def _is_in_rollout(flag_key: str, condition: LocalCondition, bucket: JsonValue) -> Truth:
    if condition.bound is None or isinstance(condition.bound, Unknown):
        return condition.bound or True
    place = rollout_place(flag_key, bucket)
    return place if isinstance(place, Unknown) else place <= condition.bound


def _value(flag: LocalFlag, condition: LocalCondition, bucket: JsonValue) -> FlagValue | Unknown:
    if condition.override is not None:
        return condition.override
    place = variant_place(flag.key, bucket)
    if isinstance(place, Unknown):
        return place
    if isinstance(flag.variants, Unknown):
        return flag.variants
    return next((key for bound, key in flag.variants if place < bound), "") or True
