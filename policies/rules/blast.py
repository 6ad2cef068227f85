"""``blast.*``: how many subjects one change may move, in either direction."""

from math import ceil

from pydantic import Field

from policies.case import Case
from policies.impact import ConditionCoverage, FlagImpact, Impact
from policies.rules.condition import (
    Condition,
    conditions,
    definition_after,
    flag_edits,
    touched_conditions,
)
from policies.rules.measure import (
    RECORD,
    each_flag,
    may_move,
    may_move_together,
    not_applicable,
    passed,
)
from policies.rules.rule import Count, Params, Percentage, Remark, Rule
from policies.rules.wording import exactly, number, percent, sentence
from policies.verdict import Fix, Level, State

_MILLION = 1_000_000


class ChangedShareParams(Params):
    """Limit of ``blast.changed_pct``."""

    max_pct: Percentage = Field(15, description="largest share of subjects whose answer changes, in percent")


class ChangedCountParams(Params):
    """Limit of ``blast.changed_abs``."""

    max_subjects: Count = Field(
        50_000, description="largest number of subjects whose answer changes, scaled up from the sampled share"
    )


class CatchAllParams(Params):
    """Limits of ``blast.catch_all``."""

    min_eligible_pct: Percentage = Field(
        95, description="a condition that this share of subjects passes counts as everyone, in percent"
    )
    max_rollout_pct: Percentage = Field(10, description="largest rollout of a new condition for everyone, in percent")


def _check_changed_share(case: Case, params: ChangedShareParams) -> list[Remark]:
    def judged(subjects: int, impact: Impact, flag: str | None) -> Remark:
        share = percent(subjects, impact.subjects, params.max_pct)
        limit = exactly(params.max_pct)
        message = f"{share} of subjects {_get_another(impact, flag)} ({number(subjects)}; at most {limit})."
        observed, bound = f"{share} of subjects", f"≤ {limit}"
        if 100 * subjects <= params.max_pct * impact.subjects:
            return passed(observed, bound, message, flag=flag)
        return Remark(State.FAIL, message, observed, bound, flag, _FEWER)

    remarks = each_flag(case, lambda flag, impact: judged(may_move(flag, impact), impact, flag.flag))
    return remarks + [judged(subjects, impact, None) for subjects, impact in _together(case)]


def _check_changed_count(case: Case, params: ChangedCountParams) -> list[Remark]:
    sampled = case.traffic.sampled_ppm if case.traffic is not None else 0

    def judged(subjects: int, impact: Impact, flag: str | None) -> Remark:
        if sampled <= 0:
            return _unknown_sample(flag)
        estimate = ceil(subjects * _MILLION / sampled)
        scaled = f", scaled up from {percent(sampled, _MILLION)} sampled" if sampled < _MILLION else ""
        limit = number(params.max_subjects)
        message = f"{number(estimate)} subjects {_get_another(impact, flag)} (at most {limit}{scaled})."
        observed, bound = f"{number(estimate)} subjects", f"≤ {limit}"
        if estimate <= params.max_subjects:
            return passed(observed, bound, message, flag=flag)
        return Remark(State.FAIL, message, observed, bound, flag, _FEWER)

    remarks = each_flag(case, lambda flag, impact: judged(may_move(flag, impact), impact, flag.flag))
    return remarks + [judged(subjects, impact, None) for subjects, impact in _together(case)]


def _check_catch_all(case: Case, params: CatchAllParams) -> list[Remark]:
    wide = [
        (flag, condition, coverage)
        for flag, condition, coverage in _new_audiences(case, params)
        if condition.percentage > params.max_rollout_pct
    ]
    if not wide:
        return [not_applicable("No condition addresses new subjects beyond the permitted rollout.")]
    return [_eligible(case, params, flag, condition, coverage) for flag, condition, coverage in wide]


_Addressed = tuple[str, Condition, ConditionCoverage | None]


def _new_audiences(case: Case, params: CatchAllParams) -> list[_Addressed]:
    """Conditions that are new, whose filters changed, or that came to be for everyone by a cohort or a dependency."""
    impact = case.impact
    replayed = {flag.flag: flag for flag in impact.flags} if impact is not None else {}
    found: list[_Addressed] = []
    for edit in flag_edits(case):
        flag = replayed.get(edit.key)
        new = [touched.condition for touched in touched_conditions(edit) if touched.new_audience]
        found += [(edit.key, condition, _coverage(flag, condition.index)) for condition in new]
    already = {(key, condition.index) for key, condition, _ in found}
    for flag in replayed.values():
        found += [item for item in _grown(case, flag, params) if (item[0], item[1].index) not in already]
    return found


def _grown(case: Case, flag: FlagImpact, params: CatchAllParams) -> list[_Addressed]:
    """Conditions of a flag that were evaluated before, were not for everyone, and now are."""
    known = {condition.index: condition for condition in conditions(definition_after(case, flag.flag))}
    before = {_address(row): row for row in flag.coverage_before}
    found: list[_Addressed] = []
    for row in flag.coverage_after:
        old = before.get(_address(row))
        if old is None or _is_everyone(old, flag.subjects, params):
            continue
        if _is_everyone(row, flag.subjects, params):
            unknown = Condition(row.id, row.index, percentage=100.0, audience="", everyone=False)
            found.append((flag.flag, known.get(row.index, unknown), row))
    return found


def _address(row: ConditionCoverage) -> str | int:
    return row.index if row.id is None else row.id


def _eligible(
    case: Case, params: CatchAllParams, flag: str, condition: Condition, coverage: ConditionCoverage | None
) -> Remark:
    most = exactly(params.max_rollout_pct)
    fix = _narrower(condition, params)
    limit = f"under {exactly(params.min_eligible_pct)} eligible, or rollout ≤ {most}"
    rollout = percent(condition.percentage, 100)
    if case.impact is None or case.impact.subjects <= 0 or coverage is None:
        return _unmeasured(condition, rollout, limit, flag, fix)
    subjects = case.impact.subjects
    share = percent(min(_at_most_eligible(coverage), subjects), subjects, params.min_eligible_pct)
    message = f"{sentence(condition.label)} is for {share} of subjects at {rollout} rollout."
    if _is_everyone(coverage, subjects, params):
        return Remark(State.FAIL, message, f"{share} eligible", limit, flag, fix)
    return passed(f"{share} eligible", limit, message, flag=flag)


def _unmeasured(condition: Condition, rollout: str, limit: str, flag: str, fix: Fix) -> Remark:
    """What can be said about a condition that was not replayed: without filters it is for everyone, else unknown."""
    if condition.everyone:
        message = f"{sentence(condition.label)} has no filter, so it is for everyone at {rollout} rollout."
        return Remark(State.FAIL, message, "everyone eligible", limit, flag, fix)
    message = f"Nobody can tell how many subjects {condition.label} is for: it was not replayed."
    return Remark(State.INSUFFICIENT_EVIDENCE, message, "not replayed", limit, flag, RECORD)


def _narrower(condition: Condition, params: CatchAllParams) -> Fix:
    most = int(params.max_rollout_pct)
    text = f"Add a filter to {condition.label}, or set it to ≤ {most} %."
    path = f"conditions.{condition.id}.rollout_percentage" if condition.id is not None else None
    return Fix(kind="set", text=text, path=path, value=most if path is not None else None)


def _is_everyone(coverage: ConditionCoverage, subjects: int, params: CatchAllParams) -> bool:
    return 100 * _at_most_eligible(coverage) >= params.min_eligible_pct * subjects


def _at_most_eligible(coverage: ConditionCoverage) -> int:
    return coverage.eligible + coverage.undetermined


def _coverage(flag: FlagImpact | None, index: int) -> ConditionCoverage | None:
    rows = flag.coverage_after if flag is not None else ()
    return next((row for row in rows if row.index == index), None)


def _together(case: Case) -> list[tuple[int, Impact]]:
    """Subjects that all flags of the change move together; nothing where there is one flag, or none."""
    impact = case.impact
    if impact is None or impact.subjects <= 0 or len(impact.flags) < 2:
        return []
    return [(may_move_together(impact), impact)]


def _get_another(impact: Impact, flag: str | None) -> str:
    """What happens to these subjects; says ``can`` where some of them are undetermined."""
    flags = [each for each in impact.flags if flag in (each.flag, None)]
    verb = "can get" if any(each.undetermined for each in flags) else "get"
    return f"{verb} another answer" if flag is not None else f"{verb} another answer from at least one flag"


def _unknown_sample(flag: str | None) -> Remark:
    message = "The snapshot does not say which share of subjects was recorded."
    return Remark(State.INSUFFICIENT_EVIDENCE, message, observed="unknown sample", flag=flag, fix=RECORD)


_FEWER = Fix(kind="split", text="Change fewer subjects at once.")

CHANGED_SHARE = Rule(
    id="blast.changed_pct",
    level=Level.APPROVE,
    summary="One change gives another answer to no more than this share of subjects.",
    reason="Turning off and switching are changes too; the share on alone does not show them.",
    inputs=frozenset({"definition", "impact"}),
    params=ChangedShareParams,
    check=_check_changed_share,
    by_rollout=True,
)

CHANGED_COUNT = Rule(
    id="blast.changed_abs",
    level=Level.APPROVE,
    summary="One change gives another answer to no more than this number of subjects.",
    reason="A share can be diluted by bots and by ids that nobody uses; a count cannot.",
    inputs=frozenset({"definition", "impact", "traffic"}),
    params=ChangedCountParams,
    check=_check_changed_count,
    by_rollout=True,
)

CATCH_ALL = Rule(
    id="blast.catch_all",
    level=Level.BLOCK,
    summary="No new or rewritten condition is for (nearly) everyone at more than a small rollout.",
    reason="A filter that was forgotten, or that matches everything, is a mistake more often than a plan.",
    inputs=frozenset({"definition", "impact"}),
    params=CatchAllParams,
    check=_check_catch_all,
    by_rollout=True,
)
