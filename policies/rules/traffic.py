"""``cov.sample``, ``cov.fresh``, ``cov.provenance``: whether the snapshot is large, new and real enough to judge by.

No ``cov.*`` rule says ``fail``: where one does not hold, the evidence is insufficient.
"""

from datetime import timedelta
from math import sqrt
from typing import Literal

from pydantic import Field

from policies.case import Case
from policies.impact import Impact, TrafficFacts
from policies.rules.evidence import insufficient, is_play, synthetic, with_evidence
from policies.rules.measure import RECORD, not_applicable, passed
from policies.rules.rule import Count, NotNegative, Params, Percentage, Positive, Remark, Rule
from policies.rules.wording import against, number, plural
from policies.verdict import Fix, Level, State

_Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class SampleParams(Params):
    """Limits of ``cov.sample``; one of them is enough."""

    min_subjects: Count = Field(1000, description="smallest number of recorded subjects")
    max_half_width_pp: Percentage = Field(
        1, description="or: largest half-width of the 95 % interval of the changed share, in percentage points"
    )


class FreshParams(Params):
    """Limits of ``cov.fresh``."""

    max_age_hours: Positive = Field(24, description="largest age of the newest recorded check, in hours")
    min_span_hours: NotNegative = Field(24, description="shortest time from the first to the newest check, in hours")
    max_gap_minutes: Positive = Field(60, description="longest time without any check, in minutes")


class ProvenanceParams(Params):
    """Level of ``cov.provenance`` for reconstructed traffic."""

    reconstructed: Literal["block", "approve", "warn", "audit"] = Field(
        "warn", description="level for reconstructed traffic; never stricter than the rule's own"
    )


def _check_sample(case: Case, params: SampleParams) -> list[Remark]:
    def look(_: TrafficFacts, impact: Impact) -> Remark:
        width = _half_width(impact)
        observed = f"{plural(impact.subjects, 'subject')}, ±{against(width, params.max_half_width_pp)} pp"
        least = number(params.min_subjects)
        limit = f"≥ {least} subjects, or ±{number(params.max_half_width_pp, 2)} pp"
        message = f"{plural(impact.subjects, 'subject')} recorded; the changed share is known to "
        message += f"±{against(width, params.max_half_width_pp)} pp (needs {limit[2:]})."
        if impact.subjects >= params.min_subjects or width <= params.max_half_width_pp:
            return passed(observed, limit, message)
        return insufficient(message, observed=observed, limit=limit, fix=_LONGER)

    return with_evidence(case, look)


def _half_width(impact: Impact) -> float:
    """Of the Wilson 95 % interval, in percentage points, for the least certain share that the counts permit."""
    size = impact.subjects
    least = min(impact.changed_subjects / size, 1.0)
    most = min((impact.changed_subjects + impact.undetermined_subjects) / size, 1.0)
    share = min(max(0.5, least), most)
    spread = sqrt(share * (1 - share) / size + _Z95**2 / (4 * size**2))
    return 100 * _Z95 * spread / (1 + _Z95**2 / size)


def _check_fresh(case: Case, params: FreshParams) -> list[Remark]:
    if is_play(case):
        return [not_applicable("Generated traffic in a sandbox has no age.")]

    def look(traffic: TrafficFacts, _: Impact) -> list[Remark]:
        age = max((case.now - traffic.newest_at) / _HOUR, 0.0)
        span = (traffic.newest_at - traffic.first_at) / _HOUR
        gap = timedelta(seconds=traffic.largest_gap_seconds) / _MINUTE
        complaints = [
            (age > params.max_age_hours, f"the newest check is {_hours(age, params.max_age_hours)} old"),
            (span < params.min_span_hours, f"it spans {_hours(span, params.min_span_hours)}"),
            (gap > params.max_gap_minutes, f"it has a gap of {against(gap, params.max_gap_minutes)} min"),
        ]
        observed = f"{number(age)} h old, spans {number(span)} h, largest gap {number(gap)} min"
        limit = f"≤ {number(params.max_age_hours)} h old, spans ≥ {number(params.min_span_hours)} h"
        limit += f", gaps ≤ {number(params.max_gap_minutes)} min"
        failed = [text for wrong, text in complaints if wrong]
        if not failed:
            return [passed(observed, limit, f"The traffic is fresh: {observed}.")]
        message = f"The traffic is not fresh enough: {', '.join(failed)} (needs {limit})."
        return [insufficient(message, observed=observed, limit=limit, fix=_NEWER)]

    return with_evidence(case, look)


def _hours(value: float, limit: float) -> str:
    return f"{against(value, limit)} h"


def _check_provenance(case: Case, params: ProvenanceParams) -> list[Remark]:
    traffic = case.traffic
    if traffic is None:
        return [not_applicable("There is no snapshot whose origin could matter.")]
    limit = f"recorded in {case.environment}"
    if traffic.environment != case.environment:
        message = f"The traffic comes from {traffic.environment}, the change is in {case.environment}."
        return [insufficient(message, observed=f"from {traffic.environment}", limit=limit)]
    if traffic.provenance == "synthetic" and not case.sandbox:
        return [synthetic(case)]
    if traffic.provenance == "reconstructed":
        message = "The traffic was reconstructed from events, so properties and answers may differ from what was asked."
        level = Level(params.reconstructed)
        return [Remark(State.INSUFFICIENT_EVIDENCE, message, "reconstructed", limit, fix=RECORD, level=level)]
    return [passed(traffic.provenance, limit, f"The traffic is {traffic.provenance}, from {traffic.environment}.")]


_LONGER = Fix(kind="record", text="Record longer, or a larger share of subjects, and take a new snapshot.")
_NEWER = Fix(kind="record", text="Take a new snapshot when the recording meets this, and re-run the evidence.")

SAMPLE = Rule(
    id="cov.sample",
    level=Level.APPROVE,
    summary="Enough subjects were recorded to know the changed share.",
    reason="A handful of subjects proves nothing about the others.",
    inputs=frozenset({"traffic", "impact", "environment"}),
    params=SampleParams,
    check=_check_sample,
)

FRESH = Rule(
    id="cov.fresh",
    level=Level.APPROVE,
    summary="The traffic is recent, covers a whole day and has no long gap.",
    reason="Last month's traffic, or one quiet hour of it, is not who comes tomorrow.",
    inputs=frozenset({"traffic", "impact", "environment", "time"}),
    params=FreshParams,
    check=_check_fresh,
)

PROVENANCE = Rule(
    id="cov.provenance",
    level=Level.BLOCK,
    summary="The traffic was recorded in the environment of the change; generated traffic counts in sandboxes only.",
    reason="Traffic that somebody chose or made up can be made to show anything.",
    inputs=frozenset({"traffic", "environment"}),
    params=ProvenanceParams,
    check=_check_provenance,
)
