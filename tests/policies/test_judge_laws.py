"""What holds for every verdict, whatever the change."""

from collections import Counter
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from policies.case import Case
from policies.judge import judge
from policies.packs import preset
from policies.policy import Entry, Policy, PolicyException
from policies.policy_file import PolicyError, parse_policy
from policies.policy_yaml import read_yaml
from policies.rules.registry import RULES
from policies.rules.scope import Scope
from policies.verdict import Decision, Finding, Level, State
from tests.policies.given import case, flag_impact, impact_of, raised
from tests.policies.random_cases import KEYS, cases, odd_definitions, with_undetermined

ORDER = [Decision.ALLOW, Decision.REVIEW, Decision.DENY]
CAPS = (
    "ramp.step",
    "ramp.first_exposure",
    "ramp.drift_budget",
    "blast.changed_pct",
    "blast.changed_abs",
    "blast.catch_all",
)
CAPS_AND_UNKNOWN = (*CAPS, "sticky.reassign", "cov.unknown", "cov.sample", "intent.mismatch")

STANDARD = preset("standard")

entries = st.builds(
    lambda rule, level, where: Entry(rule=rule, scope="x", level=level, params=RULES[rule].params(), where=where),
    st.sampled_from(sorted(RULES)),
    st.sampled_from(list(Level)),
    st.builds(
        Scope,
        tags=st.sampled_from([(), ("billing",)]),
        flags=st.sampled_from([(), ("checkout",)]),
        actors=st.sampled_from([(), ("agent",)]),
    ),
)
policies = st.builds(
    lambda base, added: base.model_copy(update={"entries": (*base.entries, *added)}),
    st.sampled_from([STANDARD, preset("strict"), preset("audit-only")]),
    st.lists(entries, max_size=3),
)


def _severity(decision: Decision) -> int:
    return ORDER.index(decision)


def _failed(change: Case, policy: Policy, rules: tuple[str, ...]) -> Counter[tuple[str, str | None]]:
    findings = judge(change, policy).findings
    return Counter((finding.rule, finding.flag) for finding in findings if finding.failed and finding.rule in rules)


def _bare(findings: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule != rule]


@given(cases(of=odd_definitions()), policies)
def test_a_verdict_is_reached_for_any_change_at_all(change: Case, policy: Policy) -> None:
    verdict = judge(change, policy)

    assert {finding.rule for finding in verdict.findings} == {entry.rule for entry in policy.entries}


@given(cases(), policies)
def test_no_rule_breaks_on_a_change_that_is_well_formed(change: Case, policy: Policy) -> None:
    expected = {"intent.mismatch"} if change.expect == {"odd": 1} else set()

    findings = judge(change, policy).findings

    assert {finding.rule for finding in findings if finding.state is State.ERROR} <= expected


@given(cases(), policies)
def test_the_same_change_gets_the_same_verdict_in_whatever_order_the_rules_are_asked(
    change: Case, policy: Policy
) -> None:
    turned = policy.model_copy(update={"entries": policy.entries[::-1]})

    assert judge(change, turned).findings == judge(change, policy).findings


@given(cases(), policies)
def test_the_strictest_failed_level_is_the_decision(change: Case, policy: Policy) -> None:
    verdict = judge(change, policy)

    failed = {
        finding.level for finding in verdict.findings if finding.state in ("fail", "insufficient_evidence", "error")
    }
    wanted = Decision.DENY if Level.BLOCK in failed else Decision.REVIEW if Level.APPROVE in failed else Decision.ALLOW
    assert verdict.decision == wanted


@given(cases(), policies, entries)
def test_another_entry_never_makes_a_decision_milder(change: Case, policy: Policy, entry: Entry) -> None:
    more = policy.model_copy(update={"entries": (*policy.entries, entry)})

    assert _severity(judge(change, more).decision) >= _severity(judge(change, policy).decision)


@given(cases(), policies, st.sampled_from(sorted(RULES)), st.sampled_from(KEYS))
def test_an_exception_never_makes_another_rule_pass(change: Case, policy: Policy, rule: str, flag: str) -> None:
    exception = PolicyException(rule=rule, flag=flag, until=date.max, reason="r", by="ann")
    excepting = policy.model_copy(update={"exceptions": (exception,)})

    with_it, without = judge(change, excepting).findings, judge(change, policy).findings

    assert sorted(map(repr, _bare(with_it, rule))) == sorted(map(repr, _bare(without, rule)))
    assert {finding.state for finding in with_it if finding.rule == rule and not finding.failed} <= {
        State.EXCEPTED,
        *(finding.state for finding in without if finding.rule == rule),
    }


@given(cases(), policies, st.sampled_from(sorted(RULES)), st.sampled_from(KEYS))
def test_an_expired_exception_changes_no_state(change: Case, policy: Policy, rule: str, flag: str) -> None:
    expired = PolicyException(rule=rule, flag=flag, until=date.min, reason="r", by="ann")

    verdict = judge(change, policy.model_copy(update={"exceptions": (expired,)}))

    assert verdict.decision == judge(change, policy).decision
    assert State.EXCEPTED not in {finding.state for finding in verdict.findings}


@given(cases(), st.sampled_from(KEYS), st.integers(1, 2000))
def test_more_undetermined_subjects_never_make_a_cap_pass(change: Case, flag: str, more: int) -> None:
    before = _failed(change, STANDARD, CAPS_AND_UNKNOWN)
    after = _failed(with_undetermined(change, flag, more), STANDARD, CAPS_AND_UNKNOWN)

    assert before <= after


@given(cases())
def test_a_stricter_preset_never_decides_more_mildly(change: Case) -> None:
    audit, standard, strict = (
        _severity(judge(change, preset(name)).decision) for name in ("audit-only", "standard", "strict")
    )

    assert audit <= standard <= strict
    assert audit == 0


@given(cases())
def test_a_person_is_never_held_up_on_the_way_to_safety_by_what_traffic_shows(change: Case) -> None:
    to_safety = replace(change, towards_safe=True, actor="person")

    failed = {finding.rule for finding in judge(to_safety, STANDARD).findings if finding.failed}

    assert failed <= {"def.key_reuse", "intent.mismatch"}


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 1000))
def test_a_suggested_rollout_passes_and_the_next_one_does_not(
    before: int, after: int, limit: int, undetermined: int
) -> None:
    base = STANDARD.entries
    step = next(entry for entry in base if entry.rule == "blast.changed_pct")
    capped = step.model_copy(update={"params": RULES[step.rule].params(max_pct=limit)})
    policy = STANDARD.model_copy(update={"entries": (capped,)})
    asked: list[float] = []

    def changed_to(percentage: float) -> Case:
        on_after = round(100 * percentage)
        impact = impact_of(flag_impact(on_before=100 * before, on_after=on_after, undetermined=undetermined))
        return case(raised(before, percentage), impact=impact, try_rollout=replay)

    def replay(_: str, __: str, percentage: float):  # type: ignore[no-untyped-def]
        asked.append(percentage)
        return changed_to(percentage).impact

    findings = judge(changed_to(after), policy).findings
    fixes = [finding.fix for finding in findings if finding.failed and finding.fix]
    for fix in fixes:
        if fix.kind == "set":
            assert judge(changed_to(fix.value), policy).decision == Decision.ALLOW
            further = fix.value + (1 if after > before else -1)
            assert judge(changed_to(further), policy).decision == Decision.REVIEW
    assert len(asked) <= 8 * 3


@given(st.text() | st.text(alphabet="ab:-{}[]\"'&*!#%@\\U \n\t0123456789.,?|>"))
def test_any_text_is_a_policy_or_has_problems_with_places(text: str) -> None:
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 2
    read_yaml(text)

    error = _error_of(text)

    if error is not None:
        assert error.problems
        assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in error.problems)


def _error_of(text: str) -> PolicyError | None:
    try:
        parse_policy(text, source="x.yaml")
    except PolicyError as error:
        return error
    return None


def test_the_caps_are_the_rules_that_a_rollout_can_settle() -> None:
    assert {rule.id for rule in RULES.values() if rule.by_rollout} == set(CAPS)
