"""Applying a proposal: once, and only if exactly what was judged was allowed or approved."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.approval import approval_problem
from mcp_server.services.audit import AuditEvent
from mcp_server.services.errors import Conflict, DrysailError, NeedsApproval, Refused, Stale, Unavailable
from mcp_server.services.home import Home
from mcp_server.services.ports import Server, Writer
from mcp_server.services.proposal import OPEN_STATES, Evidence, Proposal, ProposalKind, ProposalState
from mcp_server.services.staleness import what_moved

SERVER_SEEN_WITHIN = timedelta(seconds=30)

Wait = Callable[[], bool]
"""Waits a moment; False when there is no more time."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did. ``live`` lists the servers that answer with it, and how long after the apply they did."""

    proposal: Proposal
    evidence: Evidence
    revision: int
    live: tuple[tuple[Server, timedelta], ...]
    waiting: tuple[Server, ...]
    """Servers that run but did not report the new revision in time."""


def apply(home: Home, proposal_id: str, actor: Actor, *, wait: Wait = lambda: False) -> Applied:
    """Re-checks everything the evidence is bound to and writes the change, in one transaction.

    Then waits, as long as ``wait`` allows, until the running servers answer with it. Raises NotFound, Refused (denied),
    NeedsApproval, Stale (the proposal then is stale, and the message says what moved) or Conflict (not open).
    """
    _check_traffic(home, proposal_id)
    outcome = _apply_once(home, proposal_id, actor)
    if isinstance(outcome, DrysailError):
        raise outcome
    proposal, evidence, revision = outcome
    applied_at = proposal.applied_at or home.clock()
    live, waiting = _until_live(home, proposal.environment, revision, applied_at, wait)
    return Applied(proposal=proposal, evidence=evidence, revision=revision, live=live, waiting=waiting)


def _check_traffic(home: Home, proposal_id: str) -> None:
    """Marks the proposal stale if the snapshot it was judged on cannot be read any more."""
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
        evidence = reader.evidence(proposal.evidence_digest or "")
        snapshot = None if evidence is None or evidence.traffic is None else reader.snapshot(evidence.traffic.snapshot)
    if snapshot is None or proposal.state not in OPEN_STATES:
        return
    try:
        home.traffic.verify(snapshot)
    except Unavailable as error:
        with home.store.write() as writer:
            refusal = _close(writer, proposal, ProposalState.STALE, error.message, home.clock())
        raise refusal from error


def _apply_once(home: Home, proposal_id: str, actor: Actor) -> tuple[Proposal, Evidence, int] | DrysailError:
    """The whole decision in one transaction. A refusal that closes the proposal is returned, so that this is kept."""
    now = home.clock()
    with home.store.write() as writer:
        proposal = writer.proposal(proposal_id)
        refusal = _closed_or_denied(proposal)
        if refusal is not None:
            raise refusal
        if now >= proposal.expires_at:
            note = f"It expired at {proposal.expires_at:%Y-%m-%d %H:%M} UTC."
            return _close(writer, proposal, ProposalState.EXPIRED, note, now)
        evidence = writer.evidence(proposal.evidence_digest or "")
        if evidence is None:
            raise Conflict(f"Proposal {proposal_id} has no evidence yet.", hint=_rebase_hint(proposal_id))
        moved = what_moved(home, writer, proposal, evidence)
        if moved:
            return _close(writer, proposal, ProposalState.STALE, " ".join(moved), now)
        if proposal.kind is ProposalKind.BOOTSTRAP:
            _check_bootstrap(writer, proposal, actor)
        reviewer = _approved_by(writer, proposal, evidence, now)
        looked_at = reviewer is not None or proposal.actor.kind is ActorKind.PERSON
        revision = _write(writer, proposal, reviewed=looked_at, now=now)
        writer.append_audit(
            AuditEvent(
                at=now,
                action="proposal.applied",
                environment=proposal.environment,
                subject=proposal.id,
                actor=actor,
                reason=proposal.reason,
                details={"evidence": evidence.digest, "revision": revision, "approved_by": reviewer or ""},
            )
        )
        return writer.proposal(proposal_id), evidence, revision


def _check_bootstrap(writer: Writer, proposal: Proposal, actor: Actor) -> None:
    """A bootstrap is not judged, so it meets nobody or is nothing. Raises Stale."""
    nobody_yet = writer.environment(proposal.environment).revision == 0 and not writer.documents(proposal.environment)
    if not nobody_yet or actor.principal != proposal.actor.principal:
        raise Stale(
            f"{proposal.environment} is no longer empty, so {proposal.id} cannot be its first import.",
            hint="Import the file again; every changed flag is judged then.",
        )


def _closed_or_denied(proposal: Proposal) -> DrysailError | None:
    match proposal.state:
        case ProposalState.ALLOWED | ProposalState.APPROVED | ProposalState.NEEDS_REVIEW:
            return None
        case ProposalState.DENIED:
            return Refused(
                f"Proposal {proposal.id} is denied by the policy.",
                hint="get_proposal names the failed rules and what would pass; make a new proposal.",
                code="DENIED",
            )
        case ProposalState.APPLIED:
            return Conflict(
                f"Proposal {proposal.id} was applied at {proposal.applied_at:%Y-%m-%d %H:%M:%S} UTC; it happens once.",
                hint="There is nothing left to do.",
                code="ALREADY_APPLIED",
            )
        case ProposalState.STALE:
            return Stale(f"Proposal {proposal.id} is stale. {proposal.note}", hint=_rebase_hint(proposal.id))
        case ProposalState.JUDGING:
            return Conflict(
                f"Proposal {proposal.id} is still being judged.", hint="Ask again in a moment.", code="JUDGING"
            )
        case _:
            return Conflict(
                f"Proposal {proposal.id} is {proposal.state}. {proposal.note}".rstrip(),
                hint="Make a new proposal.",
                code="CLOSED",
            )


def _close(writer: Writer, proposal: Proposal, state: ProposalState, note: str, now: datetime) -> DrysailError:
    if writer.move_proposal(proposal.id, expected=list(OPEN_STATES), to=state, note=note):
        writer.append_audit(
            AuditEvent(
                at=now,
                action=f"proposal.{state}",
                environment=proposal.environment,
                subject=proposal.id,
                actor=proposal.actor,
                reason=note,
            )
        )
    return Stale(f"Proposal {proposal.id} is {state}. {note}", hint=_rebase_hint(proposal.id))


def _approved_by(writer: Writer, proposal: Proposal, evidence: Evidence, now: datetime) -> str | None:
    """The reviewer, where the verdict asked for one; None where it allowed the change. Raises NeedsApproval."""
    if proposal.state is ProposalState.ALLOWED:
        return proposal.actor.principal if proposal.kind is ProposalKind.BOOTSTRAP else None
    approvals = [a for a in writer.approvals(proposal.id) if a.evidence_digest == evidence.digest]
    problems = []
    for approval in reversed(approvals):
        problem = approval_problem(writer, proposal, approval, now)
        if problem is None:
            return approval.reviewer
        problems.append(problem)
    raise NeedsApproval(
        f"Proposal {proposal.id} needs an approval by a person. {' '.join(problems)}".rstrip(),
        hint=f"Ask an engineer to run `drysail review {proposal.id}` in a terminal.",
    )


def _write(writer: Writer, proposal: Proposal, *, reviewed: bool, now: datetime) -> int:
    revision = writer.bump_environment(proposal.environment)
    if not writer.move_proposal(
        proposal.id,
        expected=[proposal.state],
        to=ProposalState.APPLIED,
        applied_at=now,
        applied_revision=revision,
    ):
        raise Conflict(f"Proposal {proposal.id} was moved by someone else.", code="ALREADY_APPLIED")
    for edit in proposal.edits:
        writer.write_document(proposal.environment, edit, proposal_id=proposal.id, reviewed=reviewed, at=now)
    return revision


def _until_live(
    home: Home, environment: str, revision: int, applied_at: datetime, wait: Wait
) -> tuple[tuple[tuple[Server, timedelta], ...], tuple[Server, ...]]:
    while True:
        with home.store.read() as reader:
            servers = reader.servers(home.clock() - SERVER_SEEN_WITHIN)
        behind = tuple(server for server in servers if server.revisions.get(environment, 0) < revision)
        if not behind or not wait():
            current = (server for server in servers if server not in behind)
            return tuple((server, max(server.live_at - applied_at, timedelta(0))) for server in current), behind


def _rebase_hint(proposal_id: str) -> str:
    return f"Call rebase_proposal({proposal_id}) for fresh evidence; approvals are given anew."
