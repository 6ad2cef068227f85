"""``cov.fidelity``, ``cov.compared``: whether the replay of what is in force gives the answers that were recorded."""

from dataclasses import replace

from pydantic import Field

from policies.case import Case
from policies.impact import Impact, TrafficFacts
from policies.rules.evidence import insufficient, is_play, is_statistical, with_evidence
from policies.rules.measure import not_applicable, passed
from policies.rules.rule import Count, Params, Percentage, Remark, Rule
from policies.rules.wording import exactly, number, percent, plural
from policies.verdict import Fix, Level


class FidelityParams(Params):
    """Limit of ``cov.fidelity``."""

    max_differing_pct: Percentage = Field(
        0.5,
        description="largest share of compared subjects whose recorded answers the replay gets wrong, in percent",
    )


class ComparedParams(Params):
    """Limit of ``cov.compared``."""

    min_subjects: Count = Field(100, description="smallest number of subjects whose recorded answers can be compared")


def _check_fidelity(case: Case, params: FidelityParams) -> list[Remark]:
    if case.traffic is None or case.impact is None:
        return [not_applicable("There is no snapshot that could be unfaithful.")]
    if is_play(case):
        return [not_applicable(_CIRCULAR)]

    def look(_: TrafficFacts, impact: Impact) -> Remark:
        fidelity = impact.fidelity
        if fidelity.compared <= 0:
            return not_applicable("No recorded answer could be compared; cov.compared judges that.")
        share = percent(fidelity.differing, fidelity.compared, params.max_differing_pct)
        most = exactly(params.max_differing_pct)
        message = (
            f"The replay differs from the recorded answers for {share} of subjects "
            f"({number(fidelity.differing)} of {number(fidelity.compared)}; at most {most})."
        )
        observed, limit = f"{share} differ", f"≤ {most}"
        if 100 * fidelity.differing <= params.max_differing_pct * fidelity.compared:
            return passed(observed, limit, message)
        if is_statistical(case):
            # Hashed ids fall into other buckets than the plain ones did, so rollouts alone make answers differ.
            remark = insufficient(message + _HASHED, observed=observed, limit=limit, fix=_PLAIN_IDS)
            return replace(remark, level=Level.APPROVE)
        return insufficient(message, observed=observed, limit=limit, fix=_EXPLAIN)

    return with_evidence(case, look)


def _check_compared(case: Case, params: ComparedParams) -> list[Remark]:
    if is_play(case):
        return [not_applicable(_CIRCULAR)]

    def look(_: TrafficFacts, impact: Impact) -> Remark:
        if not any(flag.checks for flag in impact.flags):
            return not_applicable("No check of these flags was recorded, so there is no answer to compare.")
        compared = plural(impact.fidelity.compared, "subject")
        least = number(params.min_subjects)
        message = f"Answers given under the definitions in force were compared for {compared} (at least {least})."
        if impact.fidelity.compared >= params.min_subjects:
            return passed(compared, f"≥ {least}", message)
        return insufficient(message, observed=compared, limit=f"≥ {least}", fix=_WAIT)

    return with_evidence(case, look)


_CIRCULAR = "The answers in generated traffic are the evaluator's own, so comparing them proves nothing."
_HASHED = " The traffic is statistical: distinct ids were hashed, so each subject falls into another part of a rollout."
_PLAIN_IDS = Fix(
    kind="record", text="Record without record_hash_ids and take a new snapshot, or ask a person to approve."
)
_EXPLAIN = Fix(
    kind="ask",
    text="Ask a person to find out why recorded answers differ (an older client, or another version of Drysail) "
    "and to record again.",
)
_WAIT = Fix(
    kind="wait",
    text="Wait for checks under the definitions in force, then take a snapshot and re-run the evidence.",
)

FIDELITY = Rule(
    id="cov.fidelity",
    level=Level.BLOCK,
    summary="The replay of the definitions in force reproduces the recorded answers.",
    reason="A replay that does not even predict the past says nothing about the change.",
    inputs=frozenset({"traffic", "impact", "environment"}),
    params=FidelityParams,
    check=_check_fidelity,
)

COMPARED = Rule(
    id="cov.compared",
    level=Level.APPROVE,
    summary="Enough recorded answers were given under the definitions in force to know the fidelity.",
    reason="Right after a change all recorded answers are older than it, and fidelity is unproven.",
    inputs=frozenset({"traffic", "impact", "environment"}),
    params=ComparedParams,
    check=_check_compared,
)
