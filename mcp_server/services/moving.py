"""The proposer's side after proposing: withdraw, or rebase on what is in force now."""

from typing import Any

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.document import Document
from mcp_server.services.errors import Conflict, Refused, Stale
from mcp_server.services.home import Home
from mcp_server.services.operations import apply_operations, parse_operations
from mcp_server.services.proposal import OPEN_STATES, DocumentEdit, Proposal, ProposalKind, ProposalState
from mcp_server.services.proposing import Intent, Judged, propose
from mcp_server.services.reviewing import close
from policies.replay.pace import Progress

REBASEABLE = OPEN_STATES | {ProposalState.STALE, ProposalState.EXPIRED}


def withdraw(home: Home, proposal_id: str, actor: Actor, reason: str) -> Proposal:
    """Takes an open proposal back. An agent can only withdraw its own. Raises Refused, Conflict, NotFound."""
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
    _own(proposal, actor)
    return close(home, proposal_id, actor, reason, ProposalState.WITHDRAWN)


def rebase(home: Home, proposal_id: str, actor: Actor, *, progress: Progress | None = None) -> Judged:
    """Makes the same change again on what is in force now, with fresh evidence and no approvals.

    The old proposal is closed as stale. Raises Conflict where it was applied, rejected or withdrawn, and Stale
    where a document was changed in a way that the change cannot be repeated on.
    """
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
    _own(proposal, actor)
    intent = repeated(home, proposal_id, actor)
    if proposal.state in OPEN_STATES:
        close(home, proposal_id, actor, "Rebased.", ProposalState.STALE)
    return propose(home, intent, progress=progress)


def repeated(home: Home, proposal_id: str, actor: Actor, *, expect: dict[str, Any] | None = None) -> Intent:
    """The same change on what is in force now; ``expect`` replaces what was declared, where it is given.

    Raises Conflict where it was applied, rejected or withdrawn, and Stale where a document was changed in a way that
    the change cannot be repeated on.
    """
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
        if proposal.state not in REBASEABLE:
            raise Conflict(f"Proposal {proposal_id} is {proposal.state}.", hint="Make a new proposal.", code="CLOSED")
        documents = {document.ref: document for document in reader.documents(proposal.environment)}
    return Intent(
        environment=proposal.environment,
        edits=tuple(_again(edit, documents.get(edit.ref), proposal) for edit in proposal.edits),
        reason=proposal.reason,
        actor=actor,
        operations=proposal.operations,
        expect=proposal.expect if expect is None else expect,
        kind=ProposalKind.IMPORT if proposal.kind is ProposalKind.BOOTSTRAP else proposal.kind,
        rebase_of=proposal_id,
        reverts=proposal.reverts,
    )


def _again(edit: DocumentEdit, current: Document | None, proposal: Proposal) -> DocumentEdit:
    after = edit.after
    if current is not None and proposal.operations:
        after = apply_operations(current.body, parse_operations(proposal.operations))
    elif (current.digest if current else None) != edit.base_digest:
        raise Stale(
            f"{edit.ref.kind.capitalize()} {edit.ref.key!r} was changed since, and the proposal replaces it whole.",
            hint="Look at its newest revision and propose again.",
        )
    return DocumentEdit(
        ref=edit.ref,
        base_revision=0 if current is None else current.revision,
        base_digest=None if current is None else current.digest,
        before=None if current is None else current.body,
        after=after,
    )


def _own(proposal: Proposal, actor: Actor) -> None:
    if actor.kind is ActorKind.AGENT and actor.principal != proposal.actor.principal:
        raise Refused(
            f"Proposal {proposal.id} belongs to {proposal.actor.principal}.",
            hint="Only its proposer or a person can move it.",
            code="NOT_YOURS",
        )
