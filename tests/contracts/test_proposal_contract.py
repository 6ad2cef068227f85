"""Proposals: the content never changes, the state moves by compare-and-set."""

import pytest

from mcp_server.services.document import SETTINGS_KEY
from mcp_server.services.errors import Conflict, InvalidInput, NotFound, Refused
from mcp_server.services.proposal import OPEN_STATES, Proposal, ProposalKind, ProposalState
from mcp_server.store import SqlStore
from policies.verdict import Decision
from tests.contracts import given
from tests.contracts.given import History

CLOSED = sorted(set(ProposalState) - OPEN_STATES)


def add(store: SqlStore, *edits: given.DocumentEdit, **fields: object) -> Proposal:
    made = given.proposal(*edits, **fields)
    with store.write() as writer:
        writer.add_proposal(made)
    return made


def test_a_proposal_comes_back_as_it_was_added(history: History) -> None:
    base = history.write("checkout", {"key": "checkout", "n": 1.0})
    made = add(
        history.store,
        given.edit("checkout", {"key": "checkout", "n": 1e400 > 0}, base=base),
        given.edit(SETTINGS_KEY, {"timezone": "UTC"}, kind="settings"),
        given.edit("a", None, kind="cohort"),
        kind=ProposalKind.REVERT,
        operations=({"op": "set_rollout", "percentage": 12.5}, {"op": "set_active", "active": False}),
        expect={"on": {"at_most": 4500}},
        reason="Grüße 👋",
        rebase_of="pr_old",
        reverts="pr_older",
    )

    with history.store.read() as reader:
        assert reader.proposal(made.id) == made


def test_an_id_is_given_once(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))

    with store.write() as writer, pytest.raises(Conflict, match=made.id):
        writer.add_proposal(made)


def test_a_proposal_edits_a_document_once(store: SqlStore) -> None:
    with pytest.raises(InvalidInput, match="edits flag 'a' 2 times"):
        add(store, given.edit("a", {"n": 1}), given.edit("a", {"n": 2}), given.edit("b", {}))


def test_a_proposal_needs_an_environment(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="'staging'"):
        add(store, environment="staging")


@pytest.mark.parametrize("state", ["approved", *CLOSED])
def test_a_proposal_starts_open_and_not_approved(store: SqlStore, state: str) -> None:
    fields = {"evidence_digest": "a" * 64, "applied_at": given.NOW, "applied_revision": 1}
    with pytest.raises(Refused, match="starts open"):
        add(store, given.edit("a", {}), state=ProposalState(state), **fields)


def test_an_unknown_proposal_is_not_found(store: SqlStore) -> None:
    with store.write() as writer:
        with pytest.raises(NotFound, match="'pr_none'"):
            writer.proposal("pr_none")
        with pytest.raises(NotFound, match="'pr_none'"):
            writer.move_proposal("pr_none", expected=list(OPEN_STATES), to=ProposalState.STALE)
        with pytest.raises(NotFound, match="'pr_none'"):
            writer.add_evidence(given.evidence(given.proposal(id="pr_none")))


def test_proposals_are_listed_newest_first(store: SqlStore) -> None:
    first = add(store, given.edit("a", {}), created_at=given.later(hours=1))
    second = add(store, given.edit("b", {}), given.edit("a", {}))
    third = add(store, given.edit("a", {}, kind="cohort"))

    with store.read() as reader:
        assert reader.proposals() == [third, second, first]
        assert reader.proposals(limit=2) == [third, second]
        assert reader.proposals(flag="a") == [second, first]
        assert reader.proposals(flag="c") == []
        assert reader.proposals(limit=0) == []


def test_proposals_are_found_by_environment_and_state(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
    production = add(store, given.edit("a", {}))
    staging = add(store, given.edit("a", {}), environment="staging")
    with store.write() as writer:
        writer.move_proposal(staging.id, expected=[ProposalState.JUDGING], to=ProposalState.STALE)

    with store.read() as reader:
        assert [found.id for found in reader.proposals("staging")] == [staging.id]
        assert [found.id for found in reader.proposals(states=sorted(OPEN_STATES))] == [production.id]
        assert [found.id for found in reader.proposals("production", [ProposalState.STALE], "a")] == []
        assert reader.proposals(states=[]) == []


def test_an_idempotency_key_finds_its_proposal(store: SqlStore) -> None:
    made = given.proposal(given.edit("a", {}))
    with store.write() as writer:
        writer.add_proposal(made, "retry-1")

    with store.write() as writer:
        other = given.proposal(given.edit("b", {}))
        with pytest.raises(Conflict, match="idempotency key"):
            writer.add_proposal(other, "retry-1")
        with pytest.raises(NotFound):
            writer.proposal(other.id)

    with store.read() as reader:
        assert reader.proposal_by_idempotency_key("retry-1") == made
        assert reader.proposal_by_idempotency_key("retry-2") is None


def test_a_move_is_compare_and_set(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))
    with store.write() as writer:
        assert writer.move_proposal(
            made.id,
            expected=[ProposalState.JUDGING],
            to=ProposalState.DENIED,
            note="Too much.",
            evidence_digest="a" * 64,
        )
        assert not writer.move_proposal(made.id, expected=[ProposalState.JUDGING], to=ProposalState.ALLOWED)

    with store.read() as reader:
        moved = reader.proposal(made.id)
    assert moved == made.model_copy(
        update={"state": ProposalState.DENIED, "note": "Too much.", "evidence_digest": "a" * 64}
    )


def test_a_move_replaces_the_note_and_leaves_alone_what_is_not_given(store: SqlStore) -> None:
    with store.write() as writer:
        made = given.allowed(writer, given.edit("a", {}))
        writer.move_proposal(made.id, expected=[ProposalState.ALLOWED], to=ProposalState.WITHDRAWN)
        moved = writer.proposal(made.id)

    assert (moved.evidence_digest, moved.note) == (made.evidence_digest, "")


@pytest.mark.parametrize("closed", [state for state in CLOSED if state != "applied"])
def test_nothing_leaves_a_closed_state(store: SqlStore, closed: str) -> None:
    made = add(store, given.edit("a", {}))
    with store.write() as writer:
        assert writer.move_proposal(made.id, expected=[ProposalState.JUDGING], to=ProposalState(closed))
        for state in ProposalState:
            with pytest.raises(Refused):
                writer.move_proposal(made.id, expected=list(ProposalState), to=state)
        assert writer.proposal(made.id).state == closed


def test_an_apply_happens_once(store: SqlStore) -> None:
    with store.write() as writer:
        made = given.allowed(writer, given.edit("a", {}))
        assert given.mark_applied(writer, made)
        applied = writer.proposal(made.id)
        assert not given.mark_applied(writer, made)

    assert (applied.state, applied.applied_at, applied.applied_revision) == (ProposalState.APPLIED, given.NOW, 1)


@pytest.mark.parametrize("decision", [Decision.REVIEW, Decision.DENY])
def test_only_evidence_that_allows_is_applied_without_an_approval(store: SqlStore, decision: Decision) -> None:
    made = add(store, given.edit("a", {}))
    seal = given.evidence(made, decision)
    with store.write() as writer:
        writer.add_evidence(seal)
        writer.move_proposal(
            made.id, expected=[ProposalState.JUDGING], to=ProposalState.ALLOWED, evidence_digest=seal.digest
        )
        with pytest.raises(Refused, match="exactly its evidence was allowed or approved"):
            given.mark_applied(writer, made)


def test_a_proposal_without_evidence_is_never_applied(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))
    other = add(store, given.edit("a", {}))
    foreign = given.evidence(other)
    with store.write() as writer:
        writer.add_evidence(foreign)
        for digest in (None, "a" * 64, foreign.digest):
            writer.move_proposal(made.id, expected=list(OPEN_STATES), to=ProposalState.ALLOWED, evidence_digest=digest)
            with pytest.raises(Refused, match="exactly its evidence"):
                given.mark_applied(writer, made)


def test_an_approval_of_exactly_the_evidence_is_needed(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))
    old, new = (
        given.evidence(made, Decision.REVIEW),
        given.evidence(made, Decision.REVIEW, judged_at=given.later(hours=1)),
    )
    with store.write() as writer:
        writer.add_evidence(old)
        writer.add_evidence(new)
        writer.add_approval(given.approval(old))
        writer.move_proposal(
            made.id, expected=[ProposalState.JUDGING], to=ProposalState.NEEDS_REVIEW, evidence_digest=new.digest
        )
        with pytest.raises(Refused, match="only with an approval of its evidence"):
            writer.move_proposal(made.id, expected=[ProposalState.NEEDS_REVIEW], to=ProposalState.APPROVED)
        writer.add_approval(given.approval(new))
        assert writer.move_proposal(made.id, expected=[ProposalState.NEEDS_REVIEW], to=ProposalState.APPROVED)
        assert given.mark_applied(writer, made)


def test_an_expired_approval_does_not_count(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))
    seal = given.evidence(made, Decision.REVIEW)
    with store.write() as writer:
        writer.add_evidence(seal)
        writer.add_approval(given.approval(seal, expires_at=given.later(hours=1)))
        writer.move_proposal(
            made.id, expected=[ProposalState.JUDGING], to=ProposalState.APPROVED, evidence_digest=seal.digest
        )
        with pytest.raises(Refused):
            given.mark_applied(writer, made, at=given.later(hours=1))
        assert given.mark_applied(writer, made, at=given.later(minutes=59))


def test_a_denied_change_is_not_applied_even_with_an_approval(store: SqlStore) -> None:
    made = add(store, given.edit("a", {}))
    seal = given.evidence(made, Decision.DENY)
    with store.write() as writer:
        writer.add_evidence(seal)
        writer.add_approval(given.approval(seal))
        writer.move_proposal(
            made.id, expected=[ProposalState.JUDGING], to=ProposalState.APPROVED, evidence_digest=seal.digest
        )
        with pytest.raises(Refused):
            given.mark_applied(writer, made)
