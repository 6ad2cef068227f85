"""From a proposal to an applied change, and every way in which that must not happen."""

from datetime import timedelta

import pytest

from mcp_server.services import moving
from mcp_server.services.actor import Actor
from mcp_server.services.applying import apply
from mcp_server.services.auditing import all_entries, verify
from mcp_server.services.changing import create, modify, switch_off, undo
from mcp_server.services.document import Ref
from mcp_server.services.errors import Conflict, DrysailError, NeedsApproval, Refused, Stale
from mcp_server.services.home import Home
from mcp_server.services.policy_in_force import activate_policy
from mcp_server.services.proposal import Proposal, ProposalState
from mcp_server.services.proposing import Judged, propose, simulate
from mcp_server.services.reviewing import approve, queue, reject, review
from policies.verdict import Decision

FLAG = "new-checkout"
CATCH_ALL = [{"op": "add_condition", "filters": [], "rollout_percentage": 100}]


def rollout(percentage: float, condition: str = "c2") -> list[dict[str, object]]:
    return [{"op": "set_rollout", "condition": condition, "rollout_percentage": percentage}]


def proposed(home: Home, actor: Actor, operations: list[dict[str, object]], environment: str = "sandbox") -> Judged:
    return propose(home, modify(home, environment, FLAG, operations, reason="because", actor=actor))


def in_force(home: Home, key: str = FLAG, environment: str = "sandbox") -> dict[str, object]:
    with home.store.read() as reader:
        document = reader.document(environment, Ref(kind="flag", key=key))
    assert document is not None
    return document.body


def rollout_in_force(home: Home) -> object:
    return in_force(home)["filters"]["groups"][1]["rollout_percentage"]  # type: ignore[index]


def state_of(home: Home, proposal: Proposal) -> ProposalState:
    with home.store.read() as reader:
        return reader.proposal(proposal.id).state


def test_a_small_step_is_allowed_and_applied_once(home: Home, agent: Actor) -> None:
    judged = proposed(home, agent, rollout(15))
    assert judged.proposal.state is ProposalState.ALLOWED
    assert rollout_in_force(home) == 10, "a proposal changes nothing"
    applied = apply(home, judged.proposal.id, agent)
    assert rollout_in_force(home) == 15
    assert applied.revision == 2
    with pytest.raises(Conflict, match="it happens once"):
        apply(home, judged.proposal.id, agent)
    assert rollout_in_force(home) == 15


def test_a_condition_for_everyone_is_denied_whoever_asks_and_names_what_passes(home: Home, agent: Actor) -> None:
    judged = proposed(home, agent, CATCH_ALL)
    assert judged.proposal.state is ProposalState.DENIED
    finding = judged.evidence.verdict.findings[0]
    assert finding.rule == "blast.catch_all"
    assert finding.fix is not None
    assert finding.fix.value is not None
    with pytest.raises(Refused, match="denied"):
        apply(home, judged.proposal.id, agent)
    passing = [{**CATCH_ALL[0], "rollout_percentage": finding.fix.value}]
    assert proposed(home, agent, passing).evidence.verdict.decision is not Decision.DENY
    too_much = [{**CATCH_ALL[0], "rollout_percentage": finding.fix.value + 1}]
    assert proposed(home, agent, too_much).evidence.verdict.decision is not Decision.ALLOW


def test_what_needs_review_is_applied_only_after_a_person_approved_it(home: Home, agent: Actor, bob: Actor) -> None:
    judged = proposed(home, agent, rollout(40))
    assert judged.proposal.state is ProposalState.NEEDS_REVIEW
    with pytest.raises(NeedsApproval, match="drysail review"):
        apply(home, judged.proposal.id, agent)
    assert [each.proposal.id for each in queue(home)] == [judged.proposal.id]
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    apply(home, judged.proposal.id, agent)
    assert rollout_in_force(home) == 40
    assert not queue(home)
    with home.store.read() as reader:
        reviewed = reader.last_reviewed("sandbox", Ref(kind="flag", key=FLAG))
    assert reviewed is not None
    assert reviewed.revision == 2


def test_small_steps_add_up_until_a_person_looks(home: Home, agent: Actor, bob: Actor) -> None:
    """Ten, fifteen, twenty, ...: each step is small, the way since the last review is not."""
    for percentage in range(15, 100, 5):
        judged = proposed(home, agent, rollout(percentage))
        if judged.proposal.state is ProposalState.NEEDS_REVIEW:
            break
        apply(home, judged.proposal.id, agent)
    assert judged.proposal.state is ProposalState.NEEDS_REVIEW
    assert "ramp.drift_budget" in {finding.rule for finding in judged.evidence.verdict.findings if finding.failed}
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    apply(home, judged.proposal.id, agent)
    assert proposed(home, agent, rollout(percentage + 5)).proposal.state is ProposalState.ALLOWED


def test_a_proposal_on_an_old_base_is_stale_and_says_what_moved(home: Home, agent: Actor) -> None:
    late = proposed(home, agent, rollout(12))
    early = proposed(home, agent, rollout(14))
    apply(home, early.proposal.id, agent)
    with pytest.raises(Stale, match=rf"moved from revision 1 to 2 \(proposal {early.proposal.id} by agent:ann"):
        apply(home, late.proposal.id, agent)
    assert state_of(home, late.proposal) is ProposalState.STALE
    assert rollout_in_force(home) == 14


def test_a_stale_proposal_is_rebased_with_fresh_evidence_and_without_its_approval(
    home: Home, agent: Actor, bob: Actor
) -> None:
    late = proposed(home, agent, rollout(40))
    approve(home, late.proposal.id, late.evidence.digest, bob)
    apply(home, proposed(home, agent, rollout(14)).proposal.id, agent)
    with pytest.raises(Stale):
        apply(home, late.proposal.id, agent)
    fresh = moving.rebase(home, late.proposal.id, agent)
    assert fresh.proposal.rebase_of == late.proposal.id
    assert fresh.evidence.digest != late.evidence.digest
    with pytest.raises(NeedsApproval):
        apply(home, fresh.proposal.id, agent)


def test_a_cohort_that_the_flag_uses_makes_the_proposal_stale(home: Home, agent: Actor, bob: Actor) -> None:
    operations = [{"op": "set_rollout", "condition": "c1", "rollout_percentage": 99}]
    judged = propose(home, modify(home, "sandbox", "internal-tools", operations, reason="less", actor=agent))
    staff = Ref(kind="cohort", key="103")
    from mcp_server.services.changing import replacing
    from mcp_server.services.proposing import Intent

    with home.store.read() as reader:
        document = reader.document("sandbox", staff)
    assert document is not None
    members = {**document.body, "drysail": {"members": ["user-0000003"]}}
    fewer = propose(
        home,
        Intent(environment="sandbox", edits=(replacing(document, members),), reason="left the company", actor=agent),
    )
    if fewer.proposal.state is ProposalState.NEEDS_REVIEW:
        approve(home, fewer.proposal.id, fewer.evidence.digest, bob)
    apply(home, fewer.proposal.id, agent)
    with pytest.raises(Stale, match="Cohort '103' moved from revision 1 to 2"):
        apply(home, judged.proposal.id, agent)


def test_another_policy_makes_open_proposals_stale(home: Home, agent: Actor, ann: Actor) -> None:
    judged = proposed(home, agent, rollout(15))
    activate_policy(home, "version: 1\nname: ours\nextends: strict\n", "drysail.yaml", ann)
    with pytest.raises(Stale, match="Another policy is active"):
        apply(home, judged.proposal.id, agent)


def test_evidence_is_not_applied_days_later(home: Home, agent: Actor, clock: object) -> None:
    judged = proposed(home, agent, rollout(15))
    clock.advance(timedelta(days=4))  # type: ignore[attr-defined]
    with pytest.raises(Stale):
        apply(home, judged.proposal.id, agent)


def test_an_approval_is_for_one_digest_only(home: Home, agent: Actor, bob: Actor) -> None:
    judged = proposed(home, agent, rollout(40))
    with pytest.raises(Conflict):
        approve(home, judged.proposal.id, "0" * 64, bob)
    other = proposed(home, agent, rollout(45))
    with pytest.raises(Stale, match="no longer what would be applied"):
        approve(home, judged.proposal.id, other.evidence.digest, bob)


def test_who_runs_the_agent_cannot_approve_it_in_a_real_environment(
    home: Home, agent: Actor, ann: Actor, bob: Actor
) -> None:
    judged = proposed(home, agent, rollout(11), environment="live")
    assert judged.proposal.state is ProposalState.NEEDS_REVIEW, "without traffic nothing is allowed"
    with pytest.raises(Refused, match="assurance"):
        approve(home, judged.proposal.id, judged.evidence.digest, ann)
    assert state_of(home, judged.proposal) is ProposalState.NEEDS_REVIEW
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    apply(home, judged.proposal.id, agent)


def test_without_traffic_a_change_says_so_and_needs_a_person(home: Home, agent: Actor) -> None:
    judged = proposed(home, agent, rollout(11), environment="staging")
    assert judged.evidence.impact is None
    assert judged.proposal.state is ProposalState.NEEDS_REVIEW
    assert any(finding.state == "insufficient_evidence" for finding in judged.evidence.verdict.findings)


def test_a_person_switches_off_at_once_even_without_traffic(home: Home, ann: Actor) -> None:
    judged = propose(home, switch_off(home, "live", "search-enabled", reason="it burns", actor=ann))
    assert judged.proposal.state is ProposalState.ALLOWED
    apply(home, judged.proposal.id, ann)
    assert in_force(home, "search-enabled", "live")["active"] is False


def test_switching_off_goes_to_the_declared_safe_value(home: Home, ann: Actor) -> None:
    judged = propose(home, switch_off(home, "sandbox", "checkout-button", reason="ugly", actor=ann))
    flag = judged.evidence.impact.flags[0]  # type: ignore[union-attr]
    assert {move.after for move in flag.transitions} == {"control"}
    assert judged.proposal.state is ProposalState.ALLOWED


def test_an_agent_that_switches_everybody_off_needs_a_person(home: Home, agent: Actor) -> None:
    judged = propose(home, switch_off(home, "sandbox", "search-enabled", reason="it burns", actor=agent))
    assert judged.proposal.state is ProposalState.NEEDS_REVIEW


def test_undo_brings_back_what_was_in_force(home: Home, agent: Actor) -> None:
    before = in_force(home)
    judged = proposed(home, agent, rollout(14))
    apply(home, judged.proposal.id, agent)
    back = propose(home, undo(home, judged.proposal.id, reason="no good", actor=agent))
    apply(home, back.proposal.id, agent)
    assert in_force(home) == before
    with pytest.raises(Stale, match="changed again"):
        undo(home, judged.proposal.id, reason="again", actor=agent)


def test_undoing_a_creation_archives_the_flag_and_its_key_stays_taken(home: Home, agent: Actor) -> None:
    made = propose(home, create(home, "sandbox", {"key": "brand-new"}, reason="new", actor=agent))
    assert made.proposal.state is ProposalState.ALLOWED, "a flag that is off moves nobody"
    apply(home, made.proposal.id, agent)
    gone = propose(home, undo(home, made.proposal.id, reason="not needed", actor=agent))
    apply(home, gone.proposal.id, agent)
    assert in_force(home, "brand-new")["deleted"] is True
    with pytest.raises(Conflict, match="exists"):
        create(home, "sandbox", {"key": "brand-new"}, reason="new again", actor=agent)
    other = [{"op": "restore"}, {"op": "add_condition", "filters": [], "rollout_percentage": 1}]
    reused = propose(home, modify(home, "sandbox", "brand-new", other, reason="x", actor=agent))
    assert reused.proposal.state is ProposalState.DENIED
    assert reused.evidence.verdict.findings[0].rule == "def.key_reuse"
    back = propose(home, undo(home, gone.proposal.id, reason="needed after all", actor=agent))
    assert back.proposal.state is ProposalState.ALLOWED


def test_a_rejected_or_withdrawn_proposal_stays_closed(home: Home, agent: Actor, bob: Actor) -> None:
    rejected, withdrawn = proposed(home, agent, rollout(40)), proposed(home, agent, rollout(41))
    reject(home, rejected.proposal.id, bob, "too early")
    moving.withdraw(home, withdrawn.proposal.id, agent, "changed my mind")
    for judged in (rejected, withdrawn):
        with pytest.raises(Conflict):
            apply(home, judged.proposal.id, agent)
        with pytest.raises(Conflict):
            approve(home, judged.proposal.id, judged.evidence.digest, bob)
    assert "too early" in review(home, rejected.proposal.id).proposal.note


def test_an_agent_cannot_withdraw_anothers_proposal(home: Home, agent: Actor) -> None:
    judged = proposed(home, agent, rollout(40))
    other = agent.model_copy(update={"principal": "agent:mallory"})
    with pytest.raises(Refused, match="belongs to agent:ann"):
        moving.withdraw(home, judged.proposal.id, other, "")


def test_a_simulation_says_the_same_as_the_proposal_and_stores_nothing(home: Home, agent: Actor) -> None:
    intent = modify(home, "sandbox", FLAG, rollout(40), reason="simulation", actor=agent)
    before = len(all_entries(home))
    judgement, _ = simulate(home, intent)
    assert len(all_entries(home)) == before
    judged = propose(home, intent)
    assert judgement.impact == judged.evidence.impact
    assert judgement.verdict == judged.evidence.verdict


def test_an_idempotency_key_returns_the_first_proposal(home: Home, agent: Actor) -> None:
    intent = modify(home, "sandbox", FLAG, rollout(15), reason="x", actor=agent, idempotency_key="k1")
    assert propose(home, intent).proposal.id == propose(home, intent).proposal.id
    other = modify(home, "sandbox", FLAG, rollout(16), reason="x", actor=agent, idempotency_key="k1")
    with pytest.raises(Conflict, match="changes something else"):
        propose(home, other)


def test_a_corrupt_segment_makes_the_proposal_stale_before_anything_is_written(
    home: Home, agent: Actor, folder: object
) -> None:
    judged = proposed(home, agent, rollout(15))
    segment = next((folder / ".drysail" / "traffic" / "sandbox" / "segments").rglob("*.parquet"))  # type: ignore[operator]
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.write_bytes(bytes(content))
    fresh = Home(store=home.store, traffic=home.traffic, clock=home.clock)
    with pytest.raises(Stale):
        apply(fresh, judged.proposal.id, agent)
    assert rollout_in_force(home) == 10
    assert state_of(home, judged.proposal) is ProposalState.STALE
    with home.store.read() as reader:
        assert reader.audit()[-1].event.action == "proposal.stale"


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ([{"op": "set_rolout", "condition": "c1", "rollout_percentage": 5}], "Did you mean set_rollout"),
        ([{"op": "set_rollout", "condition": "c9", "rollout_percentage": 5}], "Its conditions are: c1, c2"),
        ([{"op": "set_rollout", "condition": "c1", "rollout_percentage": 120}], "0 to 100"),
        ([{"op": "set_rollout", "condition": "c1"}], "needs rollout_percentage"),
        ([{"op": "set_variants", "variants": [{"key": "a", "rollout_percentage": 99}]}], "99"),
        (
            [
                {
                    "op": "add_condition",
                    "filters": [{"key": "plan", "operator": "equals", "value": 1}],
                    "rollout_percentage": 1,
                }
            ],
            "equals",
        ),
        ([{"op": "set_dependency", "condition": "c1", "flag": "payment-v2", "value": True}], "payments-v2"),
        ([{"op": "set_rollout", "condition": "c2", "rollout_percentage": 10}], "as it is"),
        ([], "at least one operation"),
    ],
)
def test_a_malformed_change_is_refused_with_the_fix_and_leaves_no_trace(
    home: Home, agent: Actor, operations: list[dict[str, object]], words: str
) -> None:
    before = len(all_entries(home))
    with pytest.raises(DrysailError) as caught:
        proposed(home, agent, operations)
    assert words in str(caught.value)
    assert len(all_entries(home)) == before


def test_everything_that_happened_is_in_the_log_and_the_chain_is_whole(home: Home, agent: Actor, bob: Actor) -> None:
    judged = proposed(home, agent, rollout(40))
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    apply(home, judged.proposal.id, agent)
    actions = [entry.event.action for entry in all_entries(home)]
    assert actions[-4:] == ["proposal.created", "proposal.judged", "proposal.approved", "proposal.applied"]
    walked = verify(home)
    assert walked.entries == len(actions)
    assert verify(home, walked.head) == walked


def test_an_agent_approves_nothing_whatever_it_calls_itself(home: Home, agent: Actor) -> None:
    judged = proposed(home, agent, rollout(40))
    with pytest.raises(Refused, match="no person"):
        approve(home, judged.proposal.id, judged.evidence.digest, agent.model_copy(update={"principal": "user:bob"}))
    assert state_of(home, judged.proposal) is ProposalState.NEEDS_REVIEW


def test_an_expired_approval_does_not_count_and_can_be_given_again(
    home: Home, agent: Actor, ann: Actor, bob: Actor, clock: object
) -> None:
    short = "version: 1\nname: short\nextends: standard\napprovals:\n  expire_after_hours: 2\n"
    activate_policy(home, short, "drysail.yaml", ann)
    judged = proposed(home, agent, rollout(40))
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    with pytest.raises(NeedsApproval, match=r"The approval of user:bob expired"):
        apply(home, judged.proposal.id, agent)
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    apply(home, judged.proposal.id, agent)
    assert rollout_in_force(home) == 40


def test_a_change_cannot_declare_itself_safe(home: Home, ann: Actor) -> None:
    """What counts as safe was declared before the change, by a change that was judged itself."""
    operations = [
        {"op": "set_metadata", "metadata": {"safe_value": True}},
        {"op": "add_condition", "filters": [], "rollout_percentage": 100, "position": 0},
    ]
    judged = propose(home, modify(home, "live", FLAG, operations, reason="trust me", actor=ann))
    assert judged.proposal.state is not ProposalState.ALLOWED


def test_who_reviews_is_what_the_kernel_says_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp_server.services.environments import os_user

    before = os_user()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    assert os_user() == before
    assert before.startswith("user:")


def test_the_person_behind_an_agent_key_is_named_like_a_reviewer(home: Home, ann: Actor) -> None:
    from mcp_server.services.environments import create_key

    for given in ("bob", "user:bob"):
        key, _ = create_key(home, "live", "agent", actor=ann, on_behalf_of=given)
        assert key.on_behalf_of == "user:bob"
