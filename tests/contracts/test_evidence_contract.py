"""Evidence, approvals and policies: added, and then as they are."""

import pytest

from evaluator import json_text
from mcp_server.services.actor import Assurance
from mcp_server.services.errors import Conflict, NotFound
from mcp_server.services.proposal import Evidence, Proposal
from mcp_server.store import SqlStore
from policies.verdict import Decision
from tests.contracts import given


@pytest.fixture
def proposal(store: SqlStore) -> Proposal:
    made = given.proposal(given.edit("checkout", {"active": True}))
    with store.write() as writer:
        writer.add_proposal(made)
    return made


@pytest.fixture
def evidence(store: SqlStore, proposal: Proposal) -> Evidence:
    made = given.evidence(proposal, Decision.REVIEW)
    with store.write() as writer:
        writer.add_evidence(made)
    return made


def test_evidence_comes_back_as_it_was_added_and_still_matches_its_digest(store: SqlStore, evidence: Evidence) -> None:
    with store.read() as reader:
        found = reader.evidence(evidence.digest)
        assert reader.evidence("f" * 64) is None

    assert found == evidence
    assert json_text.digest(found.model_dump(mode="json", exclude={"digest"})) == evidence.digest


def test_evidence_without_traffic_comes_back_too(store: SqlStore, proposal: Proposal) -> None:
    bare = given.evidence(proposal, traffic=None, impact=None, pins=())
    with store.write() as writer:
        writer.add_evidence(bare)

    with store.read() as reader:
        assert reader.evidence(bare.digest) == bare


def test_the_same_evidence_is_added_once(store: SqlStore, evidence: Evidence) -> None:
    with store.write() as writer, pytest.raises(Conflict, match=evidence.digest[:12]):
        writer.add_evidence(evidence)


def test_approvals_come_back_oldest_first(store: SqlStore, evidence: Evidence) -> None:
    bob = given.approval(evidence, assurance=Assurance.TTY_SAME_USER)
    eve = given.approval(evidence, "user:eve", assurance=Assurance.SSH_SK, comment="")
    with store.write() as writer:
        writer.add_approval(bob)
        writer.add_approval(eve)

    with store.read() as reader:
        assert reader.approvals(evidence.proposal_id) == [bob, eve]
        assert reader.approvals("pr_none") == []


def test_a_person_approves_evidence_once_until_the_approval_has_expired(store: SqlStore, evidence: Evidence) -> None:
    again = given.approval(evidence, at=given.later(hours=23), expires_at=given.later(hours=47))
    renewed = given.approval(evidence, at=given.later(hours=24), expires_at=given.later(hours=48))
    with store.write() as writer:
        writer.add_approval(given.approval(evidence))
        with pytest.raises(Conflict, match="user:bob has approved"):
            writer.add_approval(again)
        writer.add_approval(renewed)
        assert len(writer.approvals(evidence.proposal_id)) == 2


def test_an_approval_needs_evidence_of_the_same_proposal(store: SqlStore, evidence: Evidence) -> None:
    other = given.proposal()
    with store.write() as writer:
        writer.add_proposal(other)
        for wrong in (
            given.approval(evidence, evidence_digest="f" * 64),
            given.approval(evidence, proposal_id=other.id),
        ):
            with pytest.raises(NotFound, match="no evidence"):
                writer.add_approval(wrong)


def test_the_policy_that_was_activated_last_is_active(store: SqlStore) -> None:
    with store.write() as writer:
        assert writer.active_policy() is None
        for name in ("strict", "lax", "strict"):
            writer.activate_policy(given.policy(name))
            assert writer.active_policy() == given.policy(name)
