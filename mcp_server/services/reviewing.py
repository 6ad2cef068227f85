"""The engineer's side: the queue, approving and rejecting. Reached from a terminal only."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcp_server.services.actor import Actor, ActorKind, Assurance
from mcp_server.services.approval import assurance_of, has_counting_approval, required_assurance
from mcp_server.services.audit import AuditEvent
from mcp_server.services.errors import Conflict, Refused, Stale
from mcp_server.services.home import Home
from mcp_server.services.policy_in_force import policy_in_force
from mcp_server.services.proposal import OPEN_STATES, Approval, Evidence, Proposal, ProposalState
from mcp_server.services.staleness import what_moved

REVIEWABLE = (ProposalState.NEEDS_REVIEW, ProposalState.APPROVED)
"""An approved one can be approved again: by another person, or once the first approval has expired."""

MOST_WAITING = 1000
"""Proposals of one state that the queue looks at."""


@dataclass(frozen=True, slots=True)
class Review:
    """One proposal as a reviewer sees it.

    ``moved`` says what is no longer as it was; then it cannot be approved. ``waits``: it needs a person, for the first
    time or because no earlier approval counts any more.
    """

    proposal: Proposal
    evidence: Evidence | None
    approvals: tuple[Approval, ...]
    moved: tuple[str, ...]
    sandbox: bool
    required: Assurance
    waits: bool


def queue(home: Home, environment: str | None = None) -> Sequence[Review]:
    """Proposals that wait for a person, oldest first: also those whose approval no longer counts."""
    now = home.clock()
    with home.store.read() as reader:
        found = [p for state in REVIEWABLE for p in reader.proposals(environment, states=[state], limit=MOST_WAITING)]
        open_ones = [proposal for proposal in found if not has_counting_approval(reader, proposal, now)]
    waiting = sorted(open_ones, key=lambda proposal: proposal.created_at)
    return [review(home, proposal.id) for proposal in waiting]


def review(home: Home, proposal_id: str) -> Review:
    """Everything about one proposal. Raises NotFound."""
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
        evidence = reader.evidence(proposal.evidence_digest or "")
        still_open = proposal.state in OPEN_STATES and evidence is not None
        moved = what_moved(home, reader, proposal, evidence) if still_open and evidence is not None else ()
        return Review(
            proposal=proposal,
            evidence=evidence,
            approvals=tuple(reader.approvals(proposal_id)),
            moved=moved,
            sandbox=reader.environment(proposal.environment).sandbox,
            required=required_assurance(reader, proposal),
            waits=proposal.state in REVIEWABLE and not has_counting_approval(reader, proposal, home.clock()),
        )


def approve(home: Home, proposal_id: str, evidence_digest: str, reviewer: Actor, comment: str = "") -> Approval:
    """Records a person's consent to exactly this evidence.

    The caller has made sure that a person typed it in a terminal. Raises Stale, Conflict, or Refused where the
    policy would not accept this reviewer.
    """
    if reviewer.kind is not ActorKind.PERSON:
        raise Refused(f"{reviewer.principal} is no person, so it approves nothing.", code="NOT_A_PERSON")
    now = home.clock()
    with home.store.write() as writer:
        proposal = writer.proposal(proposal_id)
        evidence = writer.evidence(evidence_digest)
        if proposal.state not in REVIEWABLE or evidence is None:
            raise Conflict(
                f"Proposal {proposal_id} is {proposal.state.replace('_', ' ')}, not waiting for a review.",
                code="NOT_IN_REVIEW",
            )
        moved = what_moved(home, writer, proposal, evidence)
        if proposal.evidence_digest != evidence_digest or moved:
            raise Stale(
                f"What you reviewed is no longer what would be applied. {' '.join(moved)}".rstrip(),
                hint=f"Rebase it and review again: drysail review {proposal_id}.",
            )
        assurance = assurance_of(writer, proposal, reviewer.principal)
        required = required_assurance(writer, proposal)
        if assurance < required:
            raise Refused(
                f"In {proposal.environment} the policy asks for an approval with assurance {required.label}; "
                f"{reviewer.principal} can only give {assurance.label} for {proposal_id}.",
                hint="Another person has to approve it.",
                code="SELF_APPROVAL",
            )
        ttl = policy_in_force(writer).approval_ttl
        approval = Approval(
            proposal_id=proposal_id,
            evidence_digest=evidence_digest,
            reviewer=reviewer.principal,
            assurance=assurance,
            at=now,
            expires_at=now + ttl,
            comment=comment,
        )
        writer.add_approval(approval)
        if proposal.state is ProposalState.NEEDS_REVIEW:
            writer.move_proposal(proposal_id, expected=[ProposalState.NEEDS_REVIEW], to=ProposalState.APPROVED)
        writer.append_audit(
            AuditEvent(
                at=now,
                action="proposal.approved",
                environment=proposal.environment,
                subject=proposal_id,
                actor=reviewer,
                reason=comment,
                details={"evidence": evidence_digest, "assurance": assurance.label},
            )
        )
        return approval


def reject(home: Home, proposal_id: str, reviewer: Actor, reason: str) -> Proposal:
    """Closes an open proposal. Raises Conflict if it is closed already."""
    return close(home, proposal_id, reviewer, reason, ProposalState.REJECTED)


def close(home: Home, proposal_id: str, actor: Actor, reason: str, state: ProposalState) -> Proposal:
    """Moves an open proposal to a closed state, and says so in the audit."""
    with home.store.write() as writer:
        proposal = writer.proposal(proposal_id)
        note = f"{state.capitalize()} by {actor.principal}" + (f": {reason}" if reason else ".")
        if not writer.move_proposal(proposal_id, expected=list(OPEN_STATES), to=state, note=note):
            raise Conflict(f"Proposal {proposal_id} is {proposal.state} already.", code="CLOSED")
        writer.append_audit(
            AuditEvent(
                at=home.clock(),
                action=f"proposal.{state}",
                environment=proposal.environment,
                subject=proposal_id,
                actor=actor,
                reason=reason,
            )
        )
        return writer.proposal(proposal_id)
