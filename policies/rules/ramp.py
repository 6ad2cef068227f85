"""``ramp.*``: how fast the share of subjects that are on may rise."""

from pydantic import Field

from policies.case import Case
from policies.impact import FlagImpact, Impact
from policies.rules.measure import each_flag, may_be_on, not_applicable, passed, up_to
from policies.rules.rule import Params, Percentage, Remark, Rule
from policies.rules.wording import exactly, percent, points
from policies.verdict import Fix, Level, State


class StepParams(Params):
    """Limit of ``ramp.step``."""

    max_pp: Percentage = Field(25, description="largest rise of the share on in one change, in percentage points")


class FirstExposureParams(Params):
    """Limit of ``ramp.first_exposure``."""

    max_pct: Percentage = Field(5, description="largest share on when nobody was on before, in percent of subjects")


class DriftBudgetParams(Params):
    """Limit of ``ramp.drift_budget``."""

    max_pp: Percentage = Field(
        5, description="largest rise of the share on since a person last reviewed the flag, in percentage points"
    )


def _check_step(case: Case, params: StepParams) -> list[Remark]:
    def look(flag: FlagImpact, impact: Impact) -> Remark:
        rise = _rise(flag.on_before, may_be_on(flag, impact), impact)
        return _judged(
            rise <= params.max_pp,
            f"{_move(flag, impact)} ({points(rise, params.max_pp)}, at most {points(params.max_pp, 0)[1:]}).",
            observed=points(rise, params.max_pp),
            limit=f"≤ {points(params.max_pp, 0)}",
            flag=flag.flag,
            fix=_SMALLER_STEP,
        )

    return each_flag(case, look)


def _check_first_exposure(case: Case, params: FirstExposureParams) -> list[Remark]:
    def look(flag: FlagImpact, impact: Impact) -> Remark:
        reviewed = case.drift.get(flag.flag)
        if flag.on_before > 0 or (reviewed is not None and reviewed.on_before > 0):
            return not_applicable("Subjects have been on before.", flag=flag.flag)
        on_after = may_be_on(flag, impact)
        if on_after == 0:
            return not_applicable("Nobody gets the flag.", flag=flag.flag)
        share = percent(on_after, impact.subjects, params.max_pct)
        limit = exactly(params.max_pct)
        return _judged(
            100 * on_after <= params.max_pct * impact.subjects,
            f"First exposure is {up_to(flag)}{share} of subjects (at most {limit}).",
            observed=share,
            limit=f"≤ {limit}",
            flag=flag.flag,
            fix=Fix(kind="split", text=f"Start with at most {limit} of subjects."),
        )

    return each_flag(case, look)


def _check_drift_budget(case: Case, params: DriftBudgetParams) -> list[Remark]:
    if case.actor != "agent":
        return [not_applicable("The budget limits agents only.")]

    def look(flag: FlagImpact, impact: Impact) -> Remark:
        if may_be_on(flag, impact) > flag.on_before:
            on_before, on_after, since = _since_review(case, flag, impact)
            return _within_budget(_rise(on_before, on_after, impact), "add", since, params, flag)
        if flag.on_after < flag.on_before:
            on_before, _, since = _since_review(case, flag, impact)
            return _within_budget(_rise(on_before, flag.on_after, impact), "take away", since, params, flag)
        return not_applicable("The share on stays.", flag=flag.flag)

    return each_flag(case, look)


def _within_budget(rise: float, verb: str, since: str, params: DriftBudgetParams, flag: FlagImpact) -> Remark:
    """``rise`` in percentage points since the review; what was taken away is a negative one."""
    used = rise if verb == "add" else -rise
    return _judged(
        used <= params.max_pp,
        f"Share on is {points(rise, params.max_pp)} since {since} "
        f"(an agent alone may {verb} {points(params.max_pp, 0)[1:]}).",
        observed=points(rise, params.max_pp),
        limit=f"≤ {points(params.max_pp, 0)}",
        flag=flag.flag,
        fix=_ASK_FOR_REVIEW,
    )


def _since_review(case: Case, flag: FlagImpact, impact: Impact) -> tuple[int, int, str]:
    """On at the last review, on (at most) after the change, and what the first number is."""
    drift = case.drift.get(flag.flag)
    if drift is not None:
        return drift.on_before, may_be_on(drift, impact), "the last revision that a person reviewed"
    if flag.edited:
        return 0, may_be_on(flag, impact), "the flag was made; no person ever reviewed it"
    return flag.on_before, may_be_on(flag, impact), "before this change of what the flag depends on"


def _rise(on_before: int, on_after: int, impact: Impact) -> float:
    """In percentage points of the snapshot's subjects."""
    return 100 * (on_after - on_before) / impact.subjects


def _move(flag: FlagImpact, impact: Impact) -> str:
    before, after = flag.on_before, may_be_on(flag, impact)
    verb = "rises" if after > before else "falls" if after < before else "stays"
    return f"Share on {verb} {percent(before, impact.subjects)} → {up_to(flag)}{percent(after, impact.subjects)}"


def _judged(holds: bool, message: str, *, observed: str, limit: str, flag: str, fix: Fix) -> Remark:
    if holds:
        return passed(observed, limit, message, flag=flag)
    return Remark(State.FAIL, message, observed, limit, flag, fix)


_ASK_FOR_REVIEW = Fix(kind="ask", text="Ask a person to review the change; that starts a new budget.")
_SMALLER_STEP = Fix(kind="split", text="Raise the share in smaller steps.")

STEP = Rule(
    id="ramp.step",
    level=Level.APPROVE,
    summary="One change raises the share of subjects that are on by no more than the limit.",
    reason="A mistake reaches as many people as the step is large.",
    inputs=frozenset({"definition", "impact"}),
    params=StepParams,
    check=_check_step,
    by_rollout=True,
)

FIRST_EXPOSURE = Rule(
    id="ramp.first_exposure",
    level=Level.APPROVE,
    summary="A flag that nobody was on for starts with a small share.",
    reason="New code has to meet a few people before it meets many.",
    inputs=frozenset({"definition", "impact", "drift"}),
    params=FirstExposureParams,
    check=_check_first_exposure,
    by_rollout=True,
)

DRIFT_BUDGET = Rule(
    id="ramp.drift_budget",
    level=Level.APPROVE,
    summary="An agent's steps since a person last reviewed the flag add up to no more than the limit.",
    reason="Many small steps are one large one that nobody looked at.",
    inputs=frozenset({"definition", "impact", "drift", "actor"}),
    params=DriftBudgetParams,
    check=_check_drift_budget,
    by_rollout=True,
)
