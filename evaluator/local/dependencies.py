"""Filters on other flags. SDKs follow the ``dependency_chain`` that the feed computed, target last."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.context import JsonValue
from evaluator.local.compiled import Decision, FlagValue, LocalFlag, Scan, Scope
from evaluator.local.decide import Subject, bucket_for, decide_flag
from evaluator.local.unknown import (
    MALFORMED,
    UNRESOLVED_DEPENDENCY,
    UNSUPPORTED,
    Cause,
    Reach,
    Truth,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class DependencyFilter:
    """A flag's value against an expected one. ``chain`` is empty where the feed gives none, or marks a circle."""

    flag: str
    expected: JsonValue
    chain: Sequence[str]

    def decide(self, scope: Scope) -> Truth:
        answers, flags = scope.run.answers, scope.run.ruleset.flags
        if not self.chain:
            return UNSUPPORTED
        absent = next((key for key in self.chain if key not in answers and key not in flags), None)
        if absent is not None:
            answers[absent] = None
            return UNSUPPORTED
        for key in self.chain:
            if key not in answers and (failure := _answer(flags[key], scope)) is not None:
                return failure
        value = answers.get(self.flag)
        if value is None:
            return UNRESOLVED_DEPENDENCY if self.flag in flags and self.flag in answers else UNSUPPORTED
        return _meets(value, self.expected)

    def unsupported(self, scan: Scan) -> bool:
        return not self.chain or any(key not in scan.ruleset.flags for key in self.chain)


@dataclass(frozen=True, slots=True)
class Miss:
    """A filter on a flag that is malformed in a way that SDKs read as no match."""

    def decide(self, scope: Scope) -> Truth:
        return False

    def unsupported(self, scan: Scan) -> bool:
        return False


def _answer(flag: LocalFlag, scope: Scope) -> Unknown | None:
    """Note the flag's value among the answers; what stands in the way where there is none."""
    run = scope.run
    if not flag.active:
        run.answers[flag.key] = False
        return None
    if flag.key in run.open_flags:
        return MALFORMED
    run.open_flags.add(flag.key)
    decision = UNRESOLVED_DEPENDENCY if flag.continuity else _decide_on_behalf(flag, scope)
    run.open_flags.discard(flag.key)
    if not isinstance(decision, Unknown):
        run.answers[flag.key] = decision.value
        return None
    if decision.reach is Reach.EVALUATION or decision.cause is Cause.REDACTED:
        return decision
    if decision.reach is Reach.FILTER:
        run.answers[flag.key] = None
    return Unknown(Cause.UNRESOLVED_DEPENDENCY, decision.reach)


def _decide_on_behalf(flag: LocalFlag, scope: Scope) -> Decision:
    """Decide a flag with the properties and the id of the condition that asks, not its own."""
    if flag.malformed:
        return MALFORMED
    bucket = bucket_for(flag, scope.identity, scope.run.device_id)
    if isinstance(bucket, Unknown):
        return bucket
    return decide_flag(flag, Subject(scope.properties, scope.identity, bucket, {}, scope.run))


def _meets(value: FlagValue, expected: JsonValue) -> bool:
    """True is anything but off, False exactly off, a text exactly that variant."""
    if isinstance(expected, bool):
        return expected is (value is not False)
    return isinstance(value, str) and value == expected
