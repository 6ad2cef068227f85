"""Ways around the policy that take several steps, each harmless by itself; and around the review."""

from datetime import timedelta
from typing import Any

import pytest

from mcp_server.cli.review import approval_word
from mcp_server.services import moving
from mcp_server.services.actor import Actor
from mcp_server.services.applying import apply
from mcp_server.services.changing import create, modify, switch_off, undo
from mcp_server.services.document import Ref
from mcp_server.services.environments import create_environment, end_sandbox
from mcp_server.services.errors import DrysailError, NeedsApproval, Refused, Stale
from mcp_server.services.home import Home
from mcp_server.services.proposal import Proposal, ProposalKind, ProposalState
from mcp_server.services.proposing import Intent, Judged, propose
from mcp_server.services.reviewing import approve
from mcp_server.services.safety import constant_value

FLAG = "new-checkout"
CATCH_ALL = {"op": "add_condition", "filters": [], "rollout_percentage": 100, "position": 0}


def proposed(home: Home, actor: Actor, *operations: dict[str, Any], flag: str = FLAG, where: str = "sandbox") -> Judged:
    return propose(home, modify(home, where, flag, operations, reason="x", actor=actor))


def applied(home: Home, judged: Judged) -> Proposal:
    assert judged.proposal.state is ProposalState.ALLOWED, judged.evidence.verdict.findings[0].message
    return apply(home, judged.proposal.id, judged.proposal.actor).proposal


def test_declaring_a_safe_value_first_and_moving_to_it_next_is_no_way_around(home: Home, ann: Actor) -> None:
    applied(home, proposed(home, ann, {"op": "set_metadata", "metadata": {"safe_value": True}}, where="live"))
    assert proposed(home, ann, CATCH_ALL, where="live").proposal.state is not ProposalState.ALLOWED


def test_a_kill_switch_goes_off_whatever_an_agent_declared_when_it_made_the_flag(
    home: Home, agent: Actor, ann: Actor
) -> None:
    planted = {"op": "set_metadata", "metadata": {"safe_value": True}}
    intent = create(home, "live", {"key": "planted"}, [planted], reason="x", actor=agent)
    applied(home, propose(home, intent))
    applied(home, proposed(home, ann, {"op": "set_metadata", "metadata": {"owner": "a"}}, flag="planted", where="live"))
    off = switch_off(home, "live", "planted", reason="x", actor=ann)
    assert [operation["op"] for operation in off.operations] == ["set_active"]


def test_a_kill_switch_is_not_held_up_by_flags_that_only_lose_by_it(home: Home, ann: Actor) -> None:
    for where in ("sandbox", "live"):
        applied(home, propose(home, switch_off(home, where, "payments-v2", reason="down", actor=ann)))


@pytest.mark.parametrize(
    ("filters", "value"),
    [
        ({"groups": []}, False),
        ({"groups": [{"properties": [], "rollout_percentage": 100}]}, True),
        ({"groups": [{"properties": [], "rollout_percentage": 99}]}, None),
        ({"groups": [{"properties": [{"key": "plan", "value": "pro"}]}]}, None),
        ({"groups": [{}], "holdout": {"id": 1, "exclusion_percentage": 5}}, None),
        ({"groups": [{}], "aggregation_group_type_index": 0}, None),
    ],
)
def test_a_value_for_everyone_is_claimed_only_where_it_is_one(filters: dict[str, Any], value: object) -> None:
    assert constant_value({"active": True, "filters": filters}) is value


def test_an_agent_does_not_switch_back_on_what_a_person_switched_off(home: Home, agent: Actor, ann: Actor) -> None:
    applied(home, propose(home, switch_off(home, "sandbox", FLAG, reason="burns", actor=ann)))
    again = proposed(home, agent, {"op": "set_active", "value": True})
    assert again.proposal.state is not ProposalState.ALLOWED


def test_an_agents_small_steps_down_add_up_too(home: Home, agent: Actor) -> None:
    for percentage in range(97, 0, -3):
        step = {"op": "set_rollout", "condition": "c1", "rollout_percentage": percentage}
        judged = proposed(home, agent, step, flag="dark-mode")
        if judged.proposal.state is not ProposalState.ALLOWED:
            break
        applied(home, judged)
    assert percentage >= 90


def test_off_shuffled_and_on_again_is_a_reassignment(home: Home, ann: Actor, bob: Actor) -> None:
    def variants(*keys: str) -> dict[str, Any]:
        return {"op": "set_variants", "variants": [{"key": key, "rollout_percentage": 50} for key in keys]}

    condition = {"op": "add_condition", "filters": [], "rollout_percentage": 10}
    applied(
        home,
        propose(home, create(home, "sandbox", {"key": "exp"}, [variants("a", "b"), condition], reason="x", actor=ann)),
    )
    on = proposed(home, ann, {"op": "set_active", "value": True}, flag="exp")
    approve(home, on.proposal.id, on.evidence.digest, bob)
    apply(home, on.proposal.id, ann)
    agent = Actor(kind="agent", principal="agent:ann", on_behalf_of="user:ann")  # type: ignore[arg-type]
    off = proposed(home, agent, {"op": "set_active", "value": False}, flag="exp")
    applied(home, off)
    applied(home, proposed(home, agent, variants("b", "a"), flag="exp"))
    again = proposed(home, agent, {"op": "set_active", "value": True}, flag="exp")
    assert again.proposal.state is not ProposalState.ALLOWED
    assert "sticky.reassign" in {finding.rule for finding in again.evidence.verdict.findings if finding.failed}


def test_what_is_put_into_a_flag_while_it_is_off_is_new_when_it_goes_on(home: Home, agent: Actor) -> None:
    applied(home, propose(home, create(home, "sandbox", {"key": "staged"}, [CATCH_ALL], reason="x", actor=agent)))
    on = proposed(home, agent, {"op": "set_active", "value": True}, flag="staged")
    assert on.proposal.state is ProposalState.DENIED
    assert "blast.catch_all" in {finding.rule for finding in on.evidence.verdict.findings if finding.failed}


def test_an_archived_flag_keeps_its_meaning(home: Home, agent: Actor, ann: Actor) -> None:
    applied(home, propose(home, create(home, "sandbox", {"key": "retired"}, reason="x", actor=ann)))
    applied(home, proposed(home, ann, {"op": "archive"}, flag="retired"))
    with pytest.raises(DrysailError, match="Use restore first"):
        proposed(home, agent, CATCH_ALL, flag="retired")


def test_a_verdict_on_synthetic_traffic_ends_with_the_sandbox(home: Home, agent: Actor, ann: Actor) -> None:
    judged = proposed(home, agent, {"op": "set_rollout", "condition": "c2", "rollout_percentage": 12})
    assert judged.proposal.state is ProposalState.ALLOWED
    end_sandbox(home, "sandbox", ann)
    with pytest.raises(Stale, match="no longer a sandbox"):
        apply(home, judged.proposal.id, agent)


def test_a_bootstrap_that_was_left_over_is_not_applied_to_an_environment_with_flags(
    home: Home, ann: Actor, agent: Actor
) -> None:
    create_environment(home, "fresh", sandbox=False, actor=ann)
    with home.store.read() as reader:
        document = reader.document("live", Ref(kind="flag", key="dark-mode"))
    assert document is not None
    from mcp_server.services.proposal import DocumentEdit

    edit = DocumentEdit(ref=document.ref, base_revision=0, base_digest=None, before=None, after=document.body)
    bootstrap = Intent(environment="fresh", edits=(edit,), reason="x", actor=ann, kind=ProposalKind.BOOTSTRAP)
    left_over = propose(home, bootstrap).proposal
    with pytest.raises(Stale, match="no longer empty"):
        apply(home, left_over.id, agent)
    made = create(home, "fresh", {"key": "other"}, reason="x", actor=ann)
    applied(home, propose(home, made))
    with pytest.raises(Stale):
        apply(home, left_over.id, ann)


def test_a_replay_whose_files_are_gone_is_noticed_though_it_is_still_in_memory(
    home: Home, agent: Actor, folder: Any
) -> None:
    judged = proposed(home, agent, {"op": "set_rollout", "condition": "c2", "rollout_percentage": 12})
    for file in (folder / ".drysail" / "traffic" / "sandbox" / "segments").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(Stale):
        apply(home, judged.proposal.id, agent)


def test_traffic_grows_too_old_between_verdict_and_apply(home: Home, agent: Actor, clock: Any) -> None:
    clock.advance(timedelta(hours=10))
    judged = proposed(home, agent, {"op": "set_rollout", "condition": "c2", "rollout_percentage": 12})
    clock.advance(timedelta(hours=65))
    with pytest.raises(Stale, match="more than 72 hours old"):
        apply(home, judged.proposal.id, agent)


def test_rebasing_does_not_make_a_change_somebody_elses(home: Home, agent: Actor, ann: Actor, bob: Actor) -> None:
    judged = proposed(home, agent, {"op": "set_rollout", "condition": "c2", "rollout_percentage": 12}, where="live")
    rebased = moving.rebase(home, judged.proposal.id, bob)
    with pytest.raises(Refused, match="assurance"):
        approve(home, rebased.proposal.id, rebased.evidence.digest, ann)
    with pytest.raises(NeedsApproval):
        apply(home, rebased.proposal.id, bob)


@pytest.mark.parametrize("key", ["d", "w", "q", "r", "diff", "quit", "abc"])
def test_no_key_makes_a_command_of_the_review_an_approval(home: Home, ann: Actor, key: str) -> None:
    proposal = propose(home, create(home, "sandbox", {"key": key}, reason="x", actor=ann)).proposal
    assert approval_word(proposal) == proposal.id


def test_undo_of_a_removed_cohort_can_be_proposed(home: Home, ann: Actor) -> None:
    from mcp_server.services.proposal import DocumentEdit

    cohort = Ref(kind="cohort", key="900")
    body = {"type": "AND", "values": []}
    edit = DocumentEdit(ref=cohort, base_revision=0, base_digest=None, before=None, after=body)
    made = propose(home, Intent(environment="sandbox", edits=(edit,), reason="x", actor=ann))
    applied(home, made)
    gone = propose(home, undo(home, made.proposal.id, reason="x", actor=ann))
    applied(home, gone)
    applied(home, propose(home, undo(home, gone.proposal.id, reason="x", actor=ann)))
