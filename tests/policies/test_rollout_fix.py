"""The computed fix: the largest rollout with which the failed rules pass, found by replaying."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.case import Case, Edit
from policies.impact import Impact
from policies.judge import judge
from policies.policy import Policy
from policies.verdict import Fix, Verdict
from tests.policies.given import case, definition, flag_edit, flag_impact, impact_of, policy_of, raised

Measure = Callable[[float], Impact]


class Replays:
    """A replay by formula that counts how often it is asked."""

    def __init__(self, measure: Measure) -> None:
        self.asked: list[tuple[str, str, float]] = []
        self._measure = measure

    def __call__(self, flag: str, condition_id: str, percentage: float) -> Impact:
        self.asked.append((flag, condition_id, percentage))
        return self._measure(percentage)


def _share(percentage: float, *, before: int = 1000, **fields: Any) -> Impact:
    """Everyone is eligible for the one condition, so the share on is the rollout."""
    return impact_of(flag_impact(on_before=before, on_after=round(percentage * 100), **fields))


def _from(before: int, **fields: Any) -> Measure:
    return lambda percentage: _share(percentage, before=before, **fields)


def _judged(
    edit: Edit, policy: Policy, *, after: float, measure: Measure = _share, **fields: Any
) -> tuple[Verdict, Replays]:
    replays = Replays(measure)
    change: Case = case(edit, impact=measure(after), try_rollout=replays, **fields)
    return judge(change, policy), replays


def _fixes(verdict: Verdict) -> dict[str, Fix | None]:
    return {finding.rule: finding.fix for finding in verdict.findings if finding.failed}


def test_the_fix_names_the_largest_whole_rollout_that_passes() -> None:
    verdict, replays = _judged(raised(10, 60), policy_of("ramp.step"), after=60)

    [finding] = verdict.findings
    assert finding.fix == Fix(
        kind="set", text="Set condition c1 to ≤ 35 %.", path="conditions.c1.rollout_percentage", value=35
    )
    assert finding.message == "Share on rises 10 % → 60 % (+50 pp, at most 25 pp). Set condition c1 to ≤ 35 %."
    assert {(flag, condition) for flag, condition, _ in replays.asked} == {("checkout", "c1")}


@pytest.mark.parametrize("limit", range(0, 91, 7))
def test_the_fix_is_right_and_found_with_at_most_eight_replays(limit: int) -> None:
    verdict, replays = _judged(raised(0, 100), policy_of("ramp.step", max_pp=limit), after=100, measure=_from(0))

    fix = _fixes(verdict)["ramp.step"]
    assert fix is not None
    assert fix.value == (limit or None)
    assert len(replays.asked) <= 8


def test_rules_share_one_search_and_the_fix_settles_them_all() -> None:
    policy = policy_of("ramp.step").model_copy(
        update={"entries": policy_of("ramp.step").entries + policy_of("blast.changed_pct").entries}
    )

    verdict, replays = _judged(raised(10, 60), policy, after=60)

    assert {fix.value for fix in _fixes(verdict).values() if fix} == {25}
    assert len(_fixes(verdict)) == 2
    assert len(replays.asked) <= 8
    assert len(set(replays.asked)) == len(replays.asked)


def test_a_fix_that_is_followed_makes_the_rule_pass() -> None:
    verdict, _ = _judged(raised(10, 60), policy_of("ramp.step"), after=60)
    fix = _fixes(verdict)["ramp.step"]
    assert fix is not None

    followed, _ = _judged(raised(10, fix.value), policy_of("ramp.step"), after=fix.value)

    assert [finding.failed for finding in followed.findings] == [False]


def test_the_drift_budget_is_searched_from_the_last_review() -> None:
    drift = {"checkout": flag_impact(on_before=800, on_after=6000)}

    verdict, _ = _judged(raised(10, 60), policy_of("ramp.drift_budget"), after=60, actor="agent", drift=drift)

    assert _fixes(verdict)["ramp.drift_budget"] == Fix(
        kind="set", text="Set condition c1 to ≤ 13 %.", path="conditions.c1.rollout_percentage", value=13
    )


def test_where_only_the_present_rollout_passes_a_person_is_asked() -> None:
    verdict, _ = _judged(raised(10, 60), policy_of("ramp.drift_budget"), after=60, actor="agent")

    assert _fixes(verdict)["ramp.drift_budget"] == Fix(
        kind="ask", text="No other rollout of condition c1 than the present 10 % passes; ask a person."
    )


def test_where_no_rollout_passes_the_change_has_to_be_split() -> None:
    verdict, _ = _judged(
        raised(10, 60), policy_of("blast.changed_pct"), after=60, measure=_from(1000, payload_changed=5000)
    )

    assert _fixes(verdict)["blast.changed_pct"] == Fix(
        kind="split", text="No rollout of condition c1 alone passes; split the change into smaller ones."
    )


def test_lowering_too_far_is_answered_with_the_smallest_rollout_that_passes() -> None:
    verdict, _ = _judged(raised(60, 10), policy_of("blast.changed_pct"), after=10, measure=_from(6000))

    assert _fixes(verdict)["blast.changed_pct"] == Fix(
        kind="set", text="Set condition c1 to ≥ 45 %.", path="conditions.c1.rollout_percentage", value=45
    )


def test_a_fraction_of_a_percent_is_searched_in_whole_ones() -> None:
    verdict, replays = _judged(raised(12.5, 60.5), policy_of("ramp.step"), after=60.5, measure=_from(1250))

    fix = _fixes(verdict)["ramp.step"]
    assert fix is not None
    assert fix.value == 37
    assert {percentage for _, _, percentage in replays.asked} <= set(range(13, 61))


def test_a_new_condition_is_searched_from_nothing() -> None:
    old, new = (
        definition({"id": "c1", "filters": {"plan": "pro"}}),
        definition({"id": "c1", "filters": {"plan": "pro"}}, {"id": "c2"}),
    )
    coverage = {"c1": {"eligible": 0}, "c2": {"eligible": 10_000}}

    verdict, _ = _judged(
        flag_edit(old, new),
        policy_of("blast.catch_all"),
        after=100,
        measure=_from(1000, coverage_after=coverage),
    )

    assert _fixes(verdict)["blast.catch_all"] == Fix(
        kind="set", text="Set condition c2 to ≤ 10 %.", path="conditions.c2.rollout_percentage", value=10
    )


def test_of_several_touched_conditions_the_one_that_moves_most_is_searched() -> None:
    conditions = [{"id": "c1", "filters": {"plan": "pro"}}, {"id": "c2", "filters": {"plan": "free"}}]
    old = definition(*({**each, "rollout": 10} for each in conditions))
    new = definition(*({**each, "rollout": 60} for each in conditions))
    attribution = [
        {"condition_id": "c1", "condition_index": 0, "changed": 400},
        {"condition_id": "c2", "condition_index": 1, "changed": 4600},
    ]

    _, replays = _judged(
        flag_edit(old, new), policy_of("ramp.step"), after=60, measure=_from(1000, attribution=attribution)
    )

    assert {condition for _, condition, _ in replays.asked} == {"c2"}


def test_turning_a_flag_on_is_searched_in_its_widest_condition() -> None:
    off, on = definition({"id": "c1"}, active=False), definition({"id": "c1"})

    verdict, _ = _judged(flag_edit(off, on), policy_of("ramp.first_exposure"), after=100, measure=_from(0))

    assert _fixes(verdict)["ramp.first_exposure"] == Fix(
        kind="set", text="Set condition c1 to ≤ 5 %.", path="conditions.c1.rollout_percentage", value=5
    )


def test_of_several_edited_flags_each_gets_its_own_fix_and_the_whole_keeps_a_general_one() -> None:
    def measure(flag: str, _: str, percentage: float) -> Impact:
        shares = {"checkout": 60.0, "search": 60.0, flag: percentage}
        return impact_of(
            *(flag_impact(key, on_before=1000, on_after=round(100 * share)) for key, share in shares.items())
        )

    change = case(raised(10, 60), raised(10, 60, key="search"), impact=measure("search", "c1", 60), try_rollout=measure)

    findings = judge(change, policy_of("blast.changed_pct")).findings

    assert {finding.flag: finding.fix.text for finding in findings if finding.fix} == {
        None: "Change fewer subjects at once.",
        "checkout": "Set condition c1 of checkout to ≤ 25 %.",
        "search": "Set condition c1 of search to ≤ 25 %.",
    }


def test_a_dependent_flag_is_fixed_through_the_edited_one() -> None:
    def measure(percentage: float) -> Impact:
        upsell = flag_impact("upsell", edited=False, on_before=0, on_after=round(100 * percentage))
        return impact_of(flag_impact(on_before=1000, on_after=1000), upsell)

    verdict, _ = _judged(raised(10, 60), policy_of("ramp.step"), after=60, measure=measure)

    assert [(finding.flag, finding.fix and finding.fix.value) for finding in verdict.findings if finding.failed] == [
        ("upsell", 25)
    ]


@pytest.mark.parametrize(
    "edit",
    [
        flag_edit(definition({"id": "c1"}, name="old"), definition({"id": "c1"}, name="new")),
        flag_edit(definition(drysail={"condition_ids": []}), {**definition({"id": "c1"}), "drysail": {}}),
        Edit("cohort", "7", {}, {"name": "x"}),
    ],
)
def test_where_no_condition_is_to_blame_the_general_fix_stays(edit: Edit) -> None:
    verdict, replays = _judged(edit, policy_of("ramp.step"), after=60)

    assert _fixes(verdict)["ramp.step"] == Fix(kind="split", text="Raise the share in smaller steps.")
    assert replays.asked == []


def test_nothing_is_replayed_where_nothing_failed_that_a_rollout_can_settle() -> None:
    verdict, replays = _judged(
        raised(10, 20), policy_of("ramp.step", "sticky.reassign"), after=20, measure=_from(1000, switched=3)
    )

    assert [finding.rule for finding in verdict.findings if finding.failed] == ["sticky.reassign"]
    assert replays.asked == []


def test_a_replay_that_breaks_costs_the_fix_not_the_verdict() -> None:
    def broken(*_: Any) -> Impact:
        raise OSError("the snapshot is gone")

    change = case(impact=_share(60), try_rollout=broken)

    [finding] = judge(change, policy_of("ramp.step")).findings
    assert finding.failed
    assert finding.fix == Fix(kind="split", text="Raise the share in smaller steps.")
