"""Asks one flag, as the SDK's own getters do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from evaluator.context import Context, JsonValue, Mark
from evaluator.local.compiled import Decided, Decision, Group, LocalFlag, LocalRuleset, Run, Scan, Unscannable
from evaluator.local.decide import Subject, bucket_for, decide_flag
from evaluator.local.unknown import (
    BEYOND_PYTHON,
    CONTINUITY,
    MALFORMED,
    MISSING_CONTEXT,
    UNSUPPORTED,
    Cause,
    Reach,
    Unknown,
    graver,
)
from evaluator.result import Reason, Result

_SENTENCES: Final = {
    Cause.REDACTED: "The answer depends on a value that the recording did not keep",
    Cause.EXPERIENCE_CONTINUITY: "SDKs never decide a flag with experience continuity",
    Cause.UNSUPPORTED_DEFINITION: "The definition uses something that SDKs leave to the server",
    Cause.UNRESOLVED_DEPENDENCY: "A flag that this one depends on is unknown to the SDK",
    Cause.MISSING_CONTEXT: "The caller did not pass a property or an id that the flag needs, or not in a usable form",
}


def evaluate_local(ruleset: LocalRuleset, key: str, context: Context, *, now: datetime) -> Result:
    """What posthog-python 7.91.1 answers for the flag without asking the server.

    Where it would ask, ``value`` is None with ``Reason.UNDETERMINED``, and ``error`` is the reason that the SDK
    reports: ``experience_continuity``, ``unsupported_definition``, ``unresolved_dependency`` or ``missing_context``;
    or ``redacted_value`` where the answer depends on a value that the recording did not keep. A flag that is not in the
    feed is ``unsupported_definition`` as well. ``now`` must be aware of its zone. Never raises.
    """
    flag = ruleset.flags.get(key)
    if flag is None:
        return _unknown(key, UNSUPPORTED)
    try:
        decision = decide_for(flag, ruleset, prepare(context), now=now)
    except BEYOND_PYTHON:  # the SDK gives up on such values as well
        decision = MALFORMED
    return _unknown(key, decision) if isinstance(decision, Unknown) else _decided(flag, decision)


def prepare(context: Context) -> Context:
    """The context with what SDKs add to it: the person's ``distinct_id`` and each group's ``$group_key``."""
    return Context(
        distinct_id=context.distinct_id,
        properties={"distinct_id": context.distinct_id, **context.properties},
        groups=context.groups,
        group_properties={
            name: {"$group_key": key, **_mapping(context.group_properties.get(name))}
            for name, key in context.groups.items()
        },
        device_id=context.device_id,
    )


def _mapping(properties: Any) -> Mapping[str, JsonValue | Mark]:
    """A caller may pass anything; what is no mapping holds no properties."""
    return properties if isinstance(properties, Mapping) else {}


def decide_for(flag: LocalFlag, ruleset: LocalRuleset, context: Context, *, now: datetime) -> Decision:
    """Decide a flag on exactly the properties of ``context``, as the SDK does once it has prepared them."""
    if not flag.active:
        return Decided(False, Reason.FLAG_DISABLED)
    if flag.continuity:
        return CONTINUITY
    if flag.malformed:
        return MALFORMED
    run = Run(ruleset, now, context.device_id, open_flags={flag.key})
    subject = (
        _group_subject(flag, context, run) if flag.group_index is not None else _person_subject(flag, context, run)
    )
    decision = decide_flag(flag, subject) if isinstance(subject, Subject) else subject
    if isinstance(decision, Unknown) and decision.reach is Reach.FLAG:
        return _with_definition_cause(decision, flag, run)
    return decision


def _person_subject(flag: LocalFlag, context: Context, run: Run) -> Subject | Decision:
    bucket = bucket_for(flag, context.distinct_id, context.device_id)
    if isinstance(bucket, Unknown):
        return _with_definition_cause(bucket, flag, run)
    return Subject(context.properties, context.distinct_id, bucket, _groups(context, run), run)


def _group_subject(flag: LocalFlag, context: Context, run: Run) -> Subject | Decision:
    name = run.ruleset.group_types.get(flag.group_index or "")
    if not name:
        return UNSUPPORTED
    if name not in context.groups:
        return Decided(False, Reason.NO_GROUP_TYPE)
    properties = context.group_properties.get(name)
    if properties is None:
        return MISSING_CONTEXT
    key = context.groups[name]
    bucket = bucket_for(flag, key, context.device_id)
    return bucket if isinstance(bucket, Unknown) else Subject(properties, key, bucket, _groups(context, run), run)


def _groups(context: Context, run: Run) -> dict[str, Group]:
    return {
        index: Group(context.groups[name], context.group_properties.get(name))
        for index, name in run.ruleset.group_types.items()
        if name and name in context.groups
    }


def _with_definition_cause(unknown: Unknown, flag: LocalFlag, run: Run) -> Unknown:
    """Where evaluation stops early, a filter that it did not reach may hold the graver cause.

    The search for it ends without a finding at a condition or filter that is none.
    """
    for condition in flag.conditions:
        if isinstance(condition, Unknown):
            break
        try:
            unsupported = any(part.unsupported(Scan(run.ruleset, run.now)) for part in condition.filters)
        except Unscannable:
            break
        if unsupported:
            return Unknown(graver(unknown.cause, Cause.UNSUPPORTED_DEFINITION), unknown.reach)
    return unknown


def _unknown(key: str, unknown: Unknown) -> Result:
    return Result(
        key=key,
        enabled=False,
        variant=None,
        value=None,
        payload=None,
        reason=Reason.UNDETERMINED,
        condition_index=None,
        error=unknown.cause.value,
        description=_SENTENCES[unknown.cause],
    )


def _decided(flag: LocalFlag, decision: Decided) -> Result:
    """SDKs look up a payload under ``false`` too."""
    value = decision.value
    payload_key = value if isinstance(value, str) else ("true" if value else "false")
    return Result(
        key=flag.key,
        enabled=value is not False,
        variant=value if isinstance(value, str) else None,
        value=value,
        payload=flag.payloads.get(payload_key),
        reason=decision.reason,
        condition_index=decision.index,
        error=None,
        description="Evaluated locally",
    )
