"""What makes an approval count."""

from datetime import datetime

from mcp_server.services.actor import Assurance
from mcp_server.services.policy_in_force import policy_in_force
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import Approval, Proposal
from policies.rules.scope import tags_of


def assurance_of(reader: Reader, proposal: Proposal, reviewer: str) -> Assurance:
    """How sure an approval typed in a terminal is: not very, if the reviewer also runs the proposer.

    A rebased proposal is still the change of whoever proposed it first.
    """
    actors = [proposal.actor]
    while proposal.rebase_of is not None:
        proposal = reader.proposal(proposal.rebase_of)
        actors.append(proposal.actor)
    same = any(reviewer in (actor.principal, actor.on_behalf_of) for actor in actors)
    return Assurance.TTY_SAME_USER if same else Assurance.TTY


def required_assurance(reader: Reader, proposal: Proposal) -> Assurance:
    """The assurance that the policy asks for in the proposal's environment."""
    policy = policy_in_force(reader)
    environment = reader.environment(proposal.environment)
    label = policy.required_assurance(sandbox=environment.sandbox, tags=_tags(reader, proposal))
    return Assurance[label.upper().replace("-", "_")]


def _tags(reader: Reader, proposal: Proposal) -> list[str]:
    """Tags of the flags that the change reaches. Edited ones count before and after: none can drop its own tag."""
    bodies = [body for edit in proposal.edits for body in (edit.before, edit.after) if body is not None]
    evidence = reader.evidence(proposal.evidence_digest or "")
    for pin in () if evidence is None else evidence.pins:
        document = reader.document(proposal.environment, pin.ref) if pin.ref.kind == "flag" else None
        bodies += [] if document is None else [document.body]
    return [tag for body in bodies for tag in tags_of(body)]


def approval_problem(reader: Reader, proposal: Proposal, approval: Approval, now: datetime) -> str | None:
    """Why an approval does not count; None if it does."""
    if now >= approval.expires_at:
        return f"The approval of {approval.reviewer} expired at {approval.expires_at:%Y-%m-%d %H:%M} UTC."
    required = required_assurance(reader, proposal)
    if approval.assurance < required:
        return (
            f"The approval of {approval.reviewer} has assurance {approval.assurance.label}; "
            f"the policy asks for {required.label} in {proposal.environment}."
        )
    return None


def has_counting_approval(reader: Reader, proposal: Proposal, now: datetime) -> bool:
    """Whether a person agreed to the newest evidence in a way that lets the proposal be applied now."""
    return any(
        approval.evidence_digest == proposal.evidence_digest
        and approval_problem(reader, proposal, approval, now) is None
        for approval in reader.approvals(proposal.id)
    )
