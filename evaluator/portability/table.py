"""The differences between server and SDKs: which of them a lint tells of, and why the others need none."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from evaluator.definitions.problem import Problem


class Lint(StrEnum):
    """The codes of all portability lints."""

    ABSENT_PROPERTY = "portability.absent_property"
    CONTINUITY = "portability.continuity"
    DEVICE_BUCKETING = "portability.device_bucketing"
    ENROLLMENT = "portability.enrollment"
    OTHER_SOURCE = "portability.other_source"
    COHORT_IN_GROUP = "portability.cohort_in_group"
    NULL_VALUE = "portability.null_value"
    UNUSABLE_VALUE = "portability.unusable_value"
    TIME_ZONE = "portability.time_zone"
    DATE_EXACT = "portability.date_exact"
    PRERELEASE = "portability.prerelease"
    LEADING_ZERO = "portability.leading_zero"
    FOUR_COMPONENTS = "portability.four_components"
    WILDCARD_WITHOUT_STAR = "portability.wildcard_without_star"
    WILDCARD_STAR_ALONE = "portability.wildcard_star_alone"
    WILDCARD_STAR_INSIDE = "portability.wildcard_star_inside"
    VERSION_PREFIX = "portability.version_prefix"
    REGEX = "portability.regex"
    SERVER_OPERATOR = "portability.server_operator"
    COHORT_OPERATOR = "portability.cohort_operator"
    EMPTY_COHORT = "portability.empty_cohort"
    NEGATED_ENTRY = "portability.negated_entry"
    EXTERNAL_COHORT = "portability.external_cohort"
    DEPENDENCY_SOURCE = "portability.dependency_source"
    REQUEST_FILTER = "portability.request_filter"
    FALSE_PAYLOAD = "portability.false_payload"
    LARGE_INTEGER = "portability.large_integer"
    REGEX_VALUE = "portability.regex_value"
    DATE_SHAPE = "portability.date_shape"
    VERSION_SHAPE = "portability.version_shape"
    MIXED_GROUPS = "portability.mixed_groups"
    NULL_AGGREGATION = "portability.null_aggregation"
    BUCKETING_IN_FILTERS = "portability.bucketing_in_filters"
    PERSON_METADATA = "portability.person_metadata"
    EMPTY_VARIANT = "portability.empty_variant"
    NODE_NUMBER = "portability.node_number"
    NODE_WHOLE_NUMBER = "portability.node_whole_number"


DIFFERENCES: Final[Mapping[int, Lint | str]] = {
    1: Lint.ABSENT_PROPERTY,
    2: "depends on the caller: nobody but a caller knows of an empty distinct id",
    3: "depends on the caller: nobody but a caller knows how long distinct ids are",
    4: "both mean off, and the getters of SDKs show no difference",
    5: Lint.CONTINUITY,
    6: Lint.DEVICE_BUCKETING,
    7: Lint.ENROLLMENT,
    8: Lint.OTHER_SOURCE,
    9: Lint.COHORT_IN_GROUP,
    10: "depends on the caller, who passes an odd group key",
    11: "depends on the caller, who passes a property of that name",
    12: Lint.NULL_VALUE,
    13: "no difference: Drysail decides as SDKs do",
    14: Lint.UNUSABLE_VALUE,
    15: Lint.TIME_ZONE,
    16: "depends on the subject, who has a number for a date",
    17: Lint.DATE_EXACT,
    18: "depends on the subject, whose value is none of its kind",
    19: "depends on the subject, whose date is of digits only",
    20: Lint.PRERELEASE,
    21: Lint.LEADING_ZERO,
    22: Lint.FOUR_COMPONENTS,
    23: Lint.WILDCARD_WITHOUT_STAR,
    24: Lint.WILDCARD_STAR_ALONE,
    25: Lint.WILDCARD_STAR_INSIDE,
    26: Lint.VERSION_PREFIX,
    27: Lint.REGEX,
    28: Lint.SERVER_OPERATOR,
    29: "no difference: Drysail decides as SDKs do, and the import says that it rewrote the operator",
    30: Lint.COHORT_OPERATOR,
    31: Lint.EMPTY_COHORT,
    32: Lint.NEGATED_ENTRY,
    33: Lint.EXTERNAL_COHORT,
    34: "told at the level “warning” (dependency_not_found_cohort, dependency_cycle_cohort): every check fails",
    35: Lint.DEPENDENCY_SOURCE,
    36: "told at the level “warning” (missing_dependency, dependency_cycle): the flag is off for everybody",
    37: Lint.REQUEST_FILTER,
    38: Lint.FALSE_PAYLOAD,
    39: "no difference: Drysail decides as SDKs do",
    40: Lint.DEVICE_BUCKETING,
    41: "told at the level “converted” (older_spelling) or “warning” (inert_legacy)",
    42: "follows from the condition that cannot be decided, which has its own lint",
    43: Lint.ABSENT_PROPERTY,
    44: "told at the level “quarantined”: the flag fails for everybody and is not in the feed",
    45: Lint.LARGE_INTEGER,
    46: Lint.REGEX_VALUE,
    47: Lint.DATE_SHAPE,
    48: Lint.VERSION_SHAPE,
    49: "depends on the subject, whose date is relative to now",
    50: Lint.REGEX,
    51: Lint.MIXED_GROUPS,
    52: "depends on the caller, who passes a value that JSON cannot hold",
    53: Lint.NULL_AGGREGATION,
    54: Lint.BUCKETING_IN_FILTERS,
    55: "told at the level “quarantined” (unsupported_format)",
    56: Lint.PERSON_METADATA,
    57: "told at the level “quarantined” (cohort_filters_parsing_error)",
    58: Lint.EMPTY_VARIANT,
    59: "told at the level “quarantined” (cohort_filters_parsing_error), for the cohort",
    60: Lint.DATE_SHAPE,
    61: "told at the level “warning” (encrypted_payloads), and the flag is not in the feed",
}
"""Every row of docs/semantics.md: its lint, or why there is none."""

NODE_ONLY: Final = (Lint.NODE_NUMBER, Lint.NODE_WHOLE_NUMBER)
"""Lints about posthog-node 5.70, where it parts from the server and from the Python SDK. They have no row."""


def lint(number: int, path: str, message: str, fix: str) -> Problem:
    """The lint of a difference at one place of a flag or cohort."""
    return Problem(path, str(DIFFERENCES[number]), message, fix, number)
