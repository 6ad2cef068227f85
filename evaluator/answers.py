"""Builds results, with PostHog's descriptions. Called while compiling, so that a check only picks one."""

from functools import lru_cache
from typing import Final

from evaluator.compiled import CompiledFlag
from evaluator.result import Reason, Result

UNDETERMINED_CODE: Final = "redacted_value"
"""``Result.error`` of an answer that hangs on a value which the recording did not keep."""

NO_MATCH: Final = "No matching condition set"
NO_MATCH_BESIDE_GROUP: Final = f"{NO_MATCH} (group conditions were not evaluated because no group type was provided)"


def matched(flag: CompiledFlag, index: int, variant: str | None) -> Result:
    """A condition decided: its pinned or hashed variant, or plain on."""
    return _on(flag, variant, Reason.CONDITION_MATCH, index, _matched_text(index))


@lru_cache(maxsize=1024)
def _matched_text(index: int) -> str:
    return f"Matched condition set {index + 1}"


def held_out(flag: CompiledFlag, variant: str) -> Result:
    """The subject belongs to the holdout and gets its pseudo-variant."""
    return _on(flag, variant, Reason.HOLDOUT_CONDITION_VALUE, None, "Holdout condition value")


def enrolled(flag: CompiledFlag) -> Result:
    """The subject joined the early access feature."""
    return _on(flag, None, Reason.SUPER_CONDITION_VALUE, 0, "Super condition value")


def opted_out(flag: CompiledFlag) -> Result:
    """The subject declined the early access feature."""
    return _off(flag.key, Reason.SUPER_CONDITION_VALUE, 0, "Super condition value")


def out_of_rollout(flag: CompiledFlag, index: int) -> Result:
    """The condition's filters passed, its rollout did not."""
    return _off(flag.key, Reason.OUT_OF_ROLLOUT_BOUND, index, "Out of rollout bound")


def not_matching(flag: CompiledFlag, index: int, *, group_skipped: bool = False) -> Result:
    """No condition's filters passed. ``group_skipped``: some condition could not be tried for lack of a group key."""
    return _off(flag.key, Reason.NO_CONDITION_MATCH, index, NO_MATCH_BESIDE_GROUP if group_skipped else NO_MATCH)


def no_group_type(key: str, index: int | None) -> Result:
    """The check named no usable key for the group, or the flag has no condition at all (``index`` None)."""
    return _off(key, Reason.NO_GROUP_TYPE, index, "No group type")


def disabled(key: str) -> Result:
    """The flag is inactive or deleted."""
    return _off(key, Reason.FLAG_DISABLED, None, "Feature flag is disabled")


def missing_dependency(key: str) -> Result:
    """A flag that it needs does not exist, or the flags need each other in a circle."""
    return _off(key, Reason.MISSING_DEPENDENCY, None, "Flag cannot be evaluated due to missing dependency")


def failed(key: str, error: str) -> Result:
    """The flag has no answer for anybody."""
    description = f"The flag could not be evaluated: {error}"
    return Result(key, False, None, None, None, Reason.ERROR, None, error, description)


def undetermined(key: str, index: int | None) -> Result:
    """The answer hangs on a redacted value, first in condition ``index`` (None: before any condition)."""
    description = "The answer depends on a value that the recording did not keep"
    return Result(key, False, None, None, None, Reason.UNDETERMINED, index, UNDETERMINED_CODE, description)


def _on(flag: CompiledFlag, variant: str | None, reason: Reason, index: int | None, description: str) -> Result:
    payload = flag.payloads.get("true" if variant is None else variant)
    value = True if variant is None else variant
    return Result(flag.key, True, variant, value, payload, reason, index, None, description)


def _off(key: str, reason: Reason, index: int | None, description: str) -> Result:
    return Result(key, False, None, False, None, reason, index, None, description)
