"""From findings to a decision: levels, order, scopes, exceptions, defects."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from policies.case import Edit
from policies.judge import judge
from policies.packs import preset
from policies.policy import Entry, Policy, PolicyException
from policies.rules.registry import RULES
from policies.rules.scope import Scope
from policies.verdict import Decision, Level, State
from tests.policies.given import (
    NOW,
    SUBJECTS,
    case,
    definition,
    flag_edit,
    flag_impact,
    impact_of,
    policy_of,
    raised,
    traffic,
)

STEEP = case(impact=impact_of(flag_impact(on_before=1000, on_after=6000)))


def _scoped(level: Level = Level.BLOCK, *, name: str = "tag:billing", **where: tuple[str, ...]) -> Entry:
    params = RULES["ramp.step"].params(max_pp=1)
    return Entry(rule="ramp.step", scope=name, level=level, params=params, where=Scope(**where))


def _policy(*entries: Entry, exceptions: tuple[PolicyException, ...] = ()) -> Policy:
    base = policy_of("ramp.step")
    return base.model_copy(update={"entries": (*base.entries, *entries), "exceptions": exceptions})


def _exception(rule: str = "ramp.step", flag: str = "checkout", *, until: date | None = None) -> PolicyException:
    until = until or NOW.date()
    return PolicyException(rule=rule, flag=flag, until=until, reason="Migration.", by="ann")


@pytest.mark.parametrize(
    ("level", "decision"),
    [
        (Level.BLOCK, Decision.DENY),
        (Level.APPROVE, Decision.REVIEW),
        (Level.WARN, Decision.ALLOW),
        (Level.AUDIT, Decision.ALLOW),
    ],
)
def test_the_level_of_a_failed_rule_decides(level: Level, decision: Decision) -> None:
    assert judge(STEEP, policy_of("ramp.step", level=level)).decision == decision


@pytest.mark.parametrize("level", list(Level))
def test_a_passed_rule_holds_up_nothing(level: Level) -> None:
    assert judge(case(), policy_of("ramp.step", level=level)).decision == Decision.ALLOW


def test_the_strictest_failed_level_wins() -> None:
    verdict = judge(STEEP, _policy(_scoped(Level.BLOCK, flags=("checkout",))))

    assert verdict.decision == Decision.DENY
    assert [(finding.level, finding.scope) for finding in verdict.findings if finding.failed] == [
        (Level.BLOCK, "tag:billing"),
        (Level.APPROVE, ""),
    ]


def test_failed_findings_come_first_the_strictest_foremost_then_by_rule_and_flag() -> None:
    steep = [flag_impact(key, on_before=0, on_after=6000) for key in ("search", "checkout")]
    change = case(raised(10, 60), raised(10, 60, key="search"), impact=impact_of(*steep))
    policy = Policy(
        version=1,
        name="test",
        entries=(
            *policy_of("sticky.reassign").entries,
            *policy_of("ramp.step", level=Level.WARN).entries,
            *policy_of("blast.changed_pct", level=Level.BLOCK).entries,
            *policy_of("def.key_reuse").entries,
        ),
    )

    findings = judge(change, policy).findings

    assert [(finding.rule, finding.flag, finding.state) for finding in findings] == [
        ("blast.changed_pct", None, State.FAIL),
        ("blast.changed_pct", "checkout", State.FAIL),
        ("blast.changed_pct", "search", State.FAIL),
        ("ramp.step", "checkout", State.FAIL),
        ("ramp.step", "search", State.FAIL),
        ("sticky.reassign", "checkout", State.PASS),
        ("sticky.reassign", "search", State.PASS),
        ("def.key_reuse", None, State.NOT_APPLICABLE),
    ]


def test_a_verdict_names_the_policy_that_judged() -> None:
    verdict = judge(case(), preset("standard"))

    assert (verdict.policy, verdict.policy_digest) == ("standard", preset("standard").digest)


def test_a_rule_that_raises_counts_as_failed_at_its_level() -> None:
    broken = case(flag_edit({}, {"active": True, "filters": {"groups": [{"properties": 5}]}}), now=None)

    verdict = judge(broken, policy_of("cov.fresh", level=Level.BLOCK))

    [finding] = verdict.findings
    assert (finding.state, finding.observed, verdict.decision) == (State.ERROR, "TypeError", Decision.DENY)
    assert finding.message == (
        "The rule could not be computed (TypeError), so it counts as failed. "
        "Ask a person to report this defect of Drysail."
    )


def test_without_any_traffic_a_change_is_never_allowed() -> None:
    blind = case(impact=None, traffic=None)

    assert judge(blind, preset("standard")).decision == Decision.REVIEW
    assert judge(blind, preset("strict")).decision == Decision.REVIEW


def test_a_small_and_well_measured_change_is_allowed() -> None:
    flag = flag_impact(on_before=1000, on_after=1400, coverage_after={"c1": {"matched": SUBJECTS}})
    change = case(raised(10, 14), actor="agent", impact=impact_of(flag), drift={"checkout": flag})

    assert judge(change, preset("standard")).decision == Decision.ALLOW


def test_audit_only_never_holds_up_anything() -> None:
    worst = case(
        flag_edit(None, definition({"id": "c1"})),
        actor="agent",
        impact=impact_of(flag_impact(on_after=SUBJECTS, switched=SUBJECTS, undetermined=SUBJECTS)),
        traffic=traffic(provenance="synthetic", environment="staging", age_hours=999),
        retired_keys={"checkout": NOW},
        dependencies={"checkout": {"payments": "cycle"}},
        expect={"changed_max": 0},
    )

    verdict = judge(worst, preset("audit-only"))

    assert judge(worst, preset("standard")).decision == Decision.DENY
    assert verdict.decision == Decision.ALLOW
    assert {finding.level for finding in verdict.findings} == {Level.AUDIT}
    assert any(finding.failed for finding in verdict.findings)


def test_a_scope_covers_a_flag_by_the_tag_it_has_before_or_after() -> None:
    policy = _policy(_scoped(tags=("billing",)))
    tagged, plain = {"drysail": {"tags": ["billing"]}}, {"drysail": {"tags": []}}

    for before, after in ((tagged, plain), (plain, tagged)):
        change = case(flag_edit(definition(**before), definition(**after)), impact=STEEP.impact)
        assert judge(change, policy).decision == Decision.DENY
    untagged = case(flag_edit(definition(**plain), definition(**plain)), impact=STEEP.impact)
    assert judge(untagged, policy).decision == Decision.REVIEW


def test_a_scope_covers_a_flag_that_was_imported_with_the_tag() -> None:
    imported = definition(tags=["billing"])

    verdict = judge(replace(STEEP, edits=(flag_edit(imported, imported),)), _policy(_scoped(tags=("billing",))))

    assert verdict.decision == Decision.DENY


@pytest.mark.parametrize(
    ("where", "covered"),
    [
        ({"environments": ("production", "staging")}, True),
        ({"environments": ("staging",)}, False),
        ({"actors": ("person",)}, True),
        ({"actors": ("agent", "ci")}, False),
        ({"owners": ("payments",)}, True),
        ({"owners": ("growth",)}, False),
        ({"flags": ("checkout",)}, True),
        ({"flags": ("search",)}, False),
        ({"flags": ("checkout",), "environments": ("staging",)}, False),
        ({"flags": ("checkout",), "owners": ("growth",)}, False),
    ],
)
def test_all_lists_of_a_scope_must_match(where: dict[str, tuple[str, ...]], covered: bool) -> None:
    owned = definition(drysail={"owner": "payments"})
    change = replace(STEEP, edits=(flag_edit(owned, owned),))

    verdict = judge(change, _policy(_scoped(**where)))

    assert verdict.decision == (Decision.DENY if covered else Decision.REVIEW)


def test_a_scoped_limit_judges_only_the_flags_it_covers() -> None:
    change = case(
        raised(10, 12, drysail={"tags": ["billing"]}),
        raised(10, 30, key="search"),
        impact=impact_of(flag_impact(on_after=50), flag_impact("search", on_after=2000)),
    )

    verdict = judge(change, _policy(_scoped(tags=("billing",))))

    assert verdict.decision == Decision.ALLOW
    assert [(f.flag, f.state) for f in verdict.findings if f.scope] == [("checkout", State.PASS)]


def test_a_cohort_edit_reaches_the_scope_of_the_flags_that_use_it() -> None:
    impact = impact_of(flag_impact("billing-ui", edited=False, on_after=3000))
    change = case(Edit("cohort", "7", {}, {"name": "x"}), impact=impact)
    policy = _policy(_scoped(tags=("billing",)))

    tagged = replace(change, dependents={"billing-ui": definition(drysail={"tags": ["billing"]})})
    other = replace(change, dependents={"billing-ui": definition(drysail={"tags": ["web"]})})

    assert judge(tagged, policy).decision == Decision.DENY
    assert judge(other, policy).decision == Decision.REVIEW
    assert judge(change, policy).decision == Decision.DENY, "an unknown flag is covered: unknown is judged strictly"


def test_what_is_outside_of_a_scope_is_told() -> None:
    verdict = judge(case(), _policy(_scoped(environments=("staging",), name="environment:staging")))

    assert [(f.state, f.message) for f in verdict.findings if f.scope] == [
        (State.NOT_APPLICABLE, "The change is outside of environment:staging.")
    ]


def test_an_exception_turns_a_failure_into_excepted() -> None:
    verdict = judge(STEEP, _policy(exceptions=(_exception(),)))

    [finding] = verdict.findings
    assert (finding.state, finding.failed, verdict.decision) == (State.EXCEPTED, False, Decision.ALLOW)
    assert finding.message.endswith("Excepted until 2026-11-22 by ann: Migration.")


def test_an_expired_exception_no_longer_counts_and_says_so() -> None:
    verdict = judge(STEEP, _policy(exceptions=(_exception(until=NOW.date() - timedelta(days=1)),)))

    [finding] = verdict.findings
    assert (finding.state, verdict.decision) == (State.FAIL, Decision.REVIEW)
    assert finding.message.endswith("The exception of ann expired on 2026-11-21.")


def test_the_longest_of_several_exceptions_counts() -> None:
    past = _exception(until=NOW.date() - timedelta(days=1))

    assert judge(STEEP, _policy(exceptions=(_exception(), past))).decision == Decision.ALLOW


@pytest.mark.parametrize("other", [{"rule": "ramp.first_exposure"}, {"flag": "search"}])
def test_an_exception_for_something_else_changes_nothing(other: dict[str, str]) -> None:
    assert judge(STEEP, _policy(exceptions=(_exception(**other),))).findings == judge(STEEP, _policy()).findings


def test_a_finding_about_the_whole_change_is_excepted_only_if_every_flag_of_it_is() -> None:
    stale = traffic(age_hours=999)
    both = case(raised(10, 11), raised(10, 11, key="search"), traffic=stale)
    policy = policy_of("cov.fresh")
    one = policy.model_copy(update={"exceptions": (_exception("cov.fresh"),)})
    two = policy.model_copy(update={"exceptions": (_exception("cov.fresh"), _exception("cov.fresh", "search"))})
    with_cohort = replace(both, edits=(*both.edits, Edit("cohort", "7", {}, {"name": "x"})))

    assert judge(both, one).decision == Decision.REVIEW
    assert judge(both, two).decision == Decision.ALLOW
    assert judge(with_cohort, two).decision == Decision.REVIEW


def test_an_entry_must_fit_its_rule() -> None:
    wrong: list[dict[str, Any]] = [
        {"rule": "ramp.stp", "params": RULES["ramp.step"].params()},
        {"rule": "ramp.step", "params": RULES["cov.fresh"].params()},
    ]
    for entry in wrong:
        with pytest.raises(ValueError, match="no built-in rule"):
            Entry(level=Level.BLOCK, **entry)
