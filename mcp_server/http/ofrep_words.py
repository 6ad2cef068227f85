"""Says results in OpenFeature's words."""

from collections.abc import Mapping
from typing import Any, Final

from evaluator.compiled import CompiledFlag
from evaluator.result import Reason, Result

_DISABLED: Final = "DISABLED"
_STATIC: Final = "STATIC"
_SPLIT: Final = "SPLIT"
_TARGETING_MATCH: Final = "TARGETING_MATCH"
_UNKNOWN: Final = "UNKNOWN"


def evaluated(flag: CompiledFlag, result: Result) -> dict[str, Any]:
    """One successful evaluation. All five fields are always there: providers fail without ``variant`` or ``value``.

    ``variant`` is the variant's key, and ``true`` or ``false`` where there is none, as in PostHog's payloads. PostHog's
    own reason goes into the metadata, next to the payload.
    """
    return {
        "key": result.key,
        "value": result.value,
        "reason": _reason(flag, result),
        "variant": result.variant or ("true" if result.enabled else "false"),
        "metadata": _metadata(flag, result),
    }


def switched_off(flag: CompiledFlag) -> dict[str, Any]:
    """A flag that exists and is inactive, or meant for another runtime."""
    metadata = {"reason": Reason.FLAG_DISABLED.value}
    return {"key": flag.key, "value": False, "reason": _DISABLED, "variant": "false", "metadata": metadata}


def _reason(flag: CompiledFlag, result: Result) -> str:
    """The protocol's enumeration has no DEFAULT: a subject that no condition admits was still targeted."""
    match result.reason:
        case Reason.CONDITION_MATCH:
            return _reason_of_match(flag, result)
        case Reason.OUT_OF_ROLLOUT_BOUND | Reason.HOLDOUT_CONDITION_VALUE:
            return _SPLIT
        case Reason.NO_CONDITION_MATCH | Reason.NO_GROUP_TYPE | Reason.SUPER_CONDITION_VALUE:
            return _TARGETING_MATCH
        case Reason.FLAG_DISABLED:
            return _DISABLED
        case _:
            return _UNKNOWN


def _reason_of_match(flag: CompiledFlag, result: Result) -> str:
    condition = flag.conditions[result.condition_index or 0]
    if condition.rollout_bound is not None or (flag.variants and condition.override is None):
        return _SPLIT
    return _TARGETING_MATCH if condition.tests else _STATIC


def _metadata(flag: CompiledFlag, result: Result) -> Mapping[str, str | int]:
    version = flag.definition.get("version")
    return {
        "reason": result.reason.value,
        "description": result.description,
        **({"version": version} if isinstance(version, int) else {}),
        **({} if result.payload is None else {"payload": result.payload}),
    }
