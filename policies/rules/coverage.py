"""``cov.unknown``, ``cov.condition``: whether the traffic can tell what this change does."""

from pydantic import Field

from policies.case import Case
from policies.impact import ConditionCoverage, FlagImpact, Impact, TrafficFacts
from policies.rules.condition import Touched, flag_edits, touched_conditions
from policies.rules.evidence import insufficient, with_evidence
from policies.rules.measure import each_flag, not_applicable, passed
from policies.rules.rule import Count, Params, Percentage, Remark, Rule
from policies.rules.wording import exactly, number, percent, plural
from policies.verdict import Fix, Level


class UnknownParams(Params):
    """Limit of ``cov.unknown``."""

    max_pct: Percentage = Field(1, description="largest share of subjects whose answer cannot be told, in percent")


class ConditionParams(Params):
    """Limit of ``cov.condition``."""

    min_subjects: Count = Field(30, description="smallest number of subjects that reach and pass a touched condition")


def _check_unknown(case: Case, params: UnknownParams) -> list[Remark]:
    def look(flag: FlagImpact, impact: Impact) -> Remark:
        share = percent(flag.undetermined, impact.subjects, params.max_pct)
        limit = f"≤ {exactly(params.max_pct)}"
        message = f"Nobody can tell what {share} of subjects get ({number(flag.undetermined)}; at most {limit[2:]})."
        if 100 * flag.undetermined <= params.max_pct * impact.subjects:
            return passed(f"{share} undetermined", limit, message, flag=flag.flag)
        return insufficient(message, observed=f"{share} undetermined", limit=limit, flag=flag.flag, fix=_KEEP_PROPERTY)

    return with_evidence(case, lambda *_: each_flag(case, look))


def _check_condition(case: Case, params: ConditionParams) -> list[Remark]:
    touched = [condition for edit in flag_edits(case) for condition in touched_conditions(edit)]
    if not touched:
        return [not_applicable("The change touches no condition of a flag that is on.")]

    def look(_: TrafficFacts, impact: Impact) -> list[Remark]:
        replayed = {flag.flag: flag for flag in impact.flags}
        return [_reached(item, replayed.get(item.flag), impact, params) for item in touched]

    return with_evidence(case, look)


def _reached(touched: Touched, flag: FlagImpact | None, impact: Impact, params: ConditionParams) -> Remark:
    matched = _matched(flag.coverage_after if flag is not None else (), touched.condition.index)
    subjects = f"{number(matched)} of {plural(impact.subjects, 'recorded subject')}"
    least = number(params.min_subjects)
    message = f"{subjects} reach and pass {touched.condition.label} (at least {least})."
    observed, limit = plural(matched, "subject"), f"≥ {least}"
    if matched >= params.min_subjects:
        return passed(observed, limit, message, flag=touched.flag)
    return insufficient(message, observed=observed, limit=limit, flag=touched.flag, fix=_CHECK_FILTERS)


def _matched(coverage: tuple[ConditionCoverage, ...], index: int) -> int:
    return next((row.matched for row in coverage if row.index == index), 0)


_KEEP_PROPERTY = Fix(
    kind="record", text="Let the recording keep the properties that the conditions ask for, and record again."
)
_CHECK_FILTERS = Fix(
    kind="ask",
    text="Check the filters for a typing error and whether an earlier condition decides first; "
    "if they are meant, a person has to accept that nothing is known.",
)

UNKNOWN = Rule(
    id="cov.unknown",
    level=Level.APPROVE,
    summary="The replay can tell the answer of nearly all subjects.",
    reason="A property that the recording did not keep hides who moves.",
    inputs=frozenset({"definition", "impact", "traffic", "environment"}),
    params=UnknownParams,
    check=_check_unknown,
)

CONDITION = Rule(
    id="cov.condition",
    level=Level.APPROVE,
    summary="Recorded subjects reach every condition that the change touches.",
    reason="No effect on traffic that never gets there is no evidence of no effect.",
    inputs=frozenset({"definition", "impact", "traffic", "environment"}),
    params=ConditionParams,
    check=_check_condition,
)
