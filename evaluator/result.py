"""The answer to one check."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a flag got its value. The first eight are PostHog's wire codes, in its priority order."""

    SUPER_CONDITION_VALUE = "super_condition_value"
    HOLDOUT_CONDITION_VALUE = "holdout_condition_value"
    CONDITION_MATCH = "condition_match"
    OUT_OF_ROLLOUT_BOUND = "out_of_rollout_bound"
    NO_CONDITION_MATCH = "no_condition_match"
    NO_GROUP_TYPE = "no_group_type"
    FLAG_DISABLED = "flag_disabled"
    MISSING_DEPENDENCY = "missing_dependency"
    ERROR = "error"
    """The flag could not be evaluated; ``Result.error`` holds the code."""
    UNDETERMINED = "undetermined"
    """The answer depends on something that is not known: a redacted value (server profile) or a property the
    caller did not pass (local profile, where an SDK would ask the server). ``Result.error`` says which kind."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one check.

    ``value`` is what an SDK's ``get_feature_flag`` returns: ``False``, ``True`` or the variant key; ``None``
    when there is no answer (``Reason.ERROR`` and ``Reason.UNDETERMINED``). ``payload`` is JSON-encoded text, as
    PostHog stores it. ``condition_index`` counts ``filters.groups`` from 0. ``error`` is a stable code.
    ``description`` is the sentence that PostHog sends with the reason.
    """

    key: str
    enabled: bool
    variant: str | None
    value: bool | str | None
    payload: str | None
    reason: Reason
    condition_index: int | None
    error: str | None
    description: str
