"""What an explanation is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Literal

from evaluator.context import JsonValue, Mark
from evaluator.result import Result

Outcome = Literal["match", "miss", "unknown"]
ConditionOutcome = Literal["decided", "miss", "out_of_rollout", "no_group", "no_device", "unknown", "not_reached"]
"""``unknown``: what the condition does hangs on a redacted value. ``not_reached``: an earlier one ended the flag."""


@dataclass(frozen=True, slots=True)
class FilterTrace:
    """One filter, put to the subject.

    ``subject`` is the property's name, the cohort's or the flag's key. ``actual`` is the property's value, whether the
    subject belongs to the cohort, or the flag's value; ``MISSING`` and ``REDACTED`` say that there is none. ``negated``
    filters (in cohort trees only) match what they would otherwise miss. ``inert`` ones can match nothing. ``note`` adds
    what the values do not say: why a filter is inert, a cohort's name, the reason of a flag's value.
    """

    kind: Literal["person", "group", "cohort", "flag"]
    subject: str
    operator: str
    expected: JsonValue
    actual: JsonValue | Mark
    outcome: Outcome
    negated: bool = False
    inert: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class BucketTrace:
    """Where a subject stands, against the share of subjects that is let in.

    ``unit`` runs from 0 to 1 and is inside up to and including ``threshold``; it is None where ``id``, the hashed
    text, is not known. ``hashed`` names what that is: ``distinct_id``, ``device_id``, ``continuity`` or the group type.
    """

    hashed: str
    id: str | None
    unit: float | None
    threshold: float
    inside: bool | None


@dataclass(frozen=True, slots=True)
class VariantTrace:
    """How the variant was found: ``pinned`` by the condition, or by the first upper bound (0 to 1) above ``unit``."""

    variant: str | None
    pinned: bool
    unit: float | None
    upper_bounds: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One condition, in the order in which they are tried. ``lacks`` says what was needed to try it at all."""

    index: int
    id: str | None
    outcome: ConditionOutcome
    filters: Sequence[FilterTrace]
    bucket: BucketTrace | None = None
    variant: VariantTrace | None = None
    lacks: str | None = None


@dataclass(frozen=True, slots=True)
class NodeTrace:
    """A part of a cohort's tree: ``all`` or ``any`` of its parts, or one filter."""

    kind: Literal["all", "any", "filter"]
    outcome: Outcome
    parts: Sequence["NodeTrace"] = ()
    filter: FilterTrace | None = None


@dataclass(frozen=True, slots=True)
class CohortTrace:
    """A cohort that a filter asks for. ``tree`` is None where its members are listed."""

    id: str
    name: str
    outcome: Outcome
    tree: NodeTrace | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a subject gets a value.

    ``result`` is what ``evaluate`` answers; ``sentence`` says why in one sentence, ``nearest_miss`` what would have
    to differ (None unless the flag is off for want of a match). ``enrollment`` and ``holdout`` come before the
    conditions, where the flag has them. ``cohorts`` and ``dependencies`` follow every chain that the filters lead
    into; each appears once, after those that it needs itself.
    """

    flag: str
    subject: str
    result: Result
    sentence: str
    nearest_miss: str | None = None
    enrollment: FilterTrace | None = None
    holdout: BucketTrace | None = None
    conditions: Sequence[ConditionTrace] = ()
    cohorts: Sequence[CohortTrace] = ()
    dependencies: Sequence["Explanation"] = ()

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON values. Beside an ``actual`` without value, ``actual_is`` says which kind of none."""
        described: dict[str, Any] = plain(self)
        return described


def plain(value: Any) -> Any:
    """Any part of an explanation as JSON values."""
    if isinstance(value, Mark):
        return None
    if isinstance(value, FilterTrace):
        return _plain_filter(value)
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _plain_filter(trace: FilterTrace) -> dict[str, Any]:
    """Its values are JSON already, and may nest deeper than Python follows."""
    described = {field.name: getattr(trace, field.name) for field in fields(trace)}
    if isinstance(trace.actual, Mark):
        described |= {"actual": None, "actual_is": trace.actual.value}
    return described
