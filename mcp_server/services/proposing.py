"""Making a proposal: from operations or edits to evidence and a verdict."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evaluator import EVALUATION_VERSION
from evaluator.json_text import digest
from mcp_server.services.actor import Actor
from mcp_server.services.audit import AuditEvent
from mcp_server.services.change import Change, change_digest, closure, pins_of
from mcp_server.services.definitions import Bodies, bodies_of
from mcp_server.services.document import Document, Ref
from mcp_server.services.errors import Conflict, InvalidInput
from mcp_server.services.evidence import EVIDENCE_FORMAT, sealed
from mcp_server.services.home import Home
from mcp_server.services.judging import Judgement, Surroundings, judge_change
from mcp_server.services.policy_in_force import policy_in_force
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import (
    DocumentEdit,
    Evidence,
    Proposal,
    ProposalKind,
    ProposalState,
)
from mcp_server.services.safety import approved_body
from mcp_server.services.snapshots import Selection, register_when_due, selected
from mcp_server.services.validation import check_edits
from policies.expect import ExpectError, parse_expect
from policies.policy import Policy
from policies.replay.pace import Progress
from policies.replay.recording import Recording
from policies.verdict import Decision, Verdict

PROPOSAL_LIFE = timedelta(hours=72)

STATE_OF = {
    Decision.ALLOW: ProposalState.ALLOWED,
    Decision.REVIEW: ProposalState.NEEDS_REVIEW,
    Decision.DENY: ProposalState.DENIED,
}


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants to change, and why."""

    environment: str
    edits: tuple[DocumentEdit, ...]
    reason: str
    actor: Actor
    operations: tuple[dict[str, Any], ...] = ()
    expect: dict[str, Any] | None = None
    kind: ProposalKind = ProposalKind.CHANGE
    rebase_of: str | None = None
    reverts: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal with its evidence."""

    proposal: Proposal
    evidence: Evidence


def propose(home: Home, intent: Intent, *, progress: Progress | None = None) -> Judged:
    """Stores the proposal, replays it, judges it and stores the evidence. Changes no flag.

    Raises InvalidInput for definitions that cannot be served, Conflict where the base is not the newest or the
    idempotency key was used for something else.
    """
    if not intent.reason.strip():
        raise InvalidInput("A proposal needs a reason.", hint="Say in one sentence why.", code="NO_REASON")
    _check_expectation(intent.expect)
    repeated = _repeated(home, intent)
    if repeated is not None:
        return repeated
    check_edits(home, intent.environment, intent.edits)
    proposal = _store(home, intent)
    try:
        return judge_proposal(home, proposal, progress=progress)
    except BaseException:
        _give_up(home, proposal)
        raise


def judge_proposal(home: Home, proposal: Proposal, *, progress: Progress | None = None) -> Judged:
    """Gathers evidence for a proposal that is being judged, and moves it to what the verdict says."""
    snapshot = None
    if proposal.kind is not ProposalKind.BOOTSTRAP:
        snapshot = register_when_due(home, proposal.environment, proposal.actor)
    recording = None if snapshot is None else home.recordings.load(snapshot)
    now = home.clock()
    with home.store.read() as reader:
        base = Base.of(reader, proposal.environment)
        policy = policy_in_force(reader)
        change = Change(base=base.bodies, edits=proposal.edits)
        surroundings = base.surroundings(reader, change, proposal.actor, now, proposal.expect)
    if proposal.kind is ProposalKind.BOOTSTRAP:
        judgement = Judgement(change=change, impact=None, verdict=_nobody_to_move(policy), proved={})
    else:
        judgement = judge_change(change, recording, policy, surroundings, progress=progress)
    evidence = _evidence(home, proposal, base, judgement, recording, now)
    with home.store.write() as writer:
        writer.add_evidence(evidence)
        state = STATE_OF[judgement.verdict.decision]
        moved = writer.move_proposal(
            proposal.id, expected=[ProposalState.JUDGING], to=state, evidence_digest=evidence.digest
        )
        if not moved:
            raise Conflict(
                f"Proposal {proposal.id} was moved by someone else while it was judged.",
                hint="Look at it with get_proposal.",
            )
        writer.append_audit(
            AuditEvent(
                at=now,
                action="proposal.judged",
                environment=proposal.environment,
                subject=proposal.id,
                actor=proposal.actor,
                details={
                    "decision": judgement.verdict.decision,
                    "evidence": evidence.digest,
                    "failed": [finding.rule for finding in judgement.verdict.findings if finding.failed],
                },
            )
        )
        return Judged(proposal=writer.proposal(proposal.id), evidence=evidence)


def simulate(
    home: Home,
    intent: Intent,
    *,
    breakdowns: tuple[str, ...] = (),
    progress: Progress | None = None,
    traffic: Selection | None = None,
) -> tuple[Judgement, Recording | None]:
    """The same replay and verdict as a proposal, and nothing is stored. Raises InvalidInput.

    ``traffic`` is what to replay on, where it is not all of what a proposal would be judged on.
    """
    _check_expectation(intent.expect)
    check_edits(home, intent.environment, intent.edits)
    snapshot = register_when_due(home, intent.environment, intent.actor)
    recording: Recording | None = None
    if traffic is not None:
        recording = selected(home, intent.environment, traffic)
    elif snapshot is not None:
        recording = home.recordings.load(snapshot)
    with home.store.read() as reader:
        base = Base.of(reader, intent.environment)
        policy = policy_in_force(reader)
        change = Change(base=base.bodies, edits=intent.edits)
        surroundings = base.surroundings(reader, change, intent.actor, home.clock(), intent.expect)
    judgement = judge_change(change, recording, policy, surroundings, breakdowns=breakdowns, progress=progress)
    return judgement, recording


@dataclass(frozen=True, slots=True)
class Base:
    """An environment at one moment."""

    environment: str
    sandbox: bool
    documents: tuple[Document, ...]
    reviewed: dict[Ref, dict[str, Any]]
    retired_keys: Mapping[str, datetime]

    @classmethod
    def of(cls, reader: Reader, environment: str) -> "Base":
        """Reads it."""
        sandbox = reader.environment(environment).sandbox
        documents = tuple(reader.documents(environment))
        there = {document.ref for document in documents}
        reviewed = {
            revision.ref: revision.body
            for revision in reader.all_last_reviewed(environment)
            if revision.body is not None and revision.ref in there
        }
        return cls(
            environment=environment,
            sandbox=sandbox,
            documents=documents,
            reviewed=reviewed,
            retired_keys=reader.retired_keys(environment),
        )

    @property
    def bodies(self) -> dict[Ref, dict[str, Any]]:
        """The definitions in force."""
        return bodies_of(self.documents)

    @property
    def revisions(self) -> dict[Ref, tuple[int, str]]:
        """Revision and digest of every document."""
        return {document.ref: (document.revision, document.digest) for document in self.documents}

    def surroundings(
        self, reader: Reader, change: Change, actor: Actor, now: datetime, expect: Mapping[str, Any] | None
    ) -> Surroundings:
        """What a judgement of a change needs to know of it."""
        return Surroundings(
            environment=self.environment,
            sandbox=self.sandbox,
            revision=_in_force_since(reader, self.environment, closure(change)),
            actor=actor.kind,
            now=now,
            reviewed=self.reviewed,
            approved=_approved(reader, self.environment, change),
            retired_keys=self.retired_keys,
            expect=expect,
        )


def _check_expectation(expect: Mapping[str, Any] | None) -> None:
    if expect is None:
        return
    try:
        parse_expect(expect)
    except ExpectError as error:
        raise InvalidInput(str(error), code="BAD_EXPECTATION", place="expect") from error


def _approved(reader: Reader, environment: str, change: Change) -> Bodies:
    """What a person last approved of each edited document."""
    found = {edit.ref: approved_body(reader, environment, edit.ref) for edit in change.edits}
    return {ref: body for ref, body in found.items() if body is not None}


def _in_force_since(reader: Reader, environment: str, refs: Iterable[Ref]) -> int:
    """The environment's revision since which none of the documents has changed."""
    since = 0
    for ref in refs:
        for newest in reader.revisions(environment, ref, limit=1):
            since = max(since, reader.proposal(newest.proposal_id).applied_revision or 0)
    return since


def _repeated(home: Home, intent: Intent) -> Judged | None:
    """The earlier proposal, where the idempotency key names one."""
    key = _stored_key(intent)
    if key is None:
        return None
    with home.store.read() as reader:
        earlier = reader.proposal_by_idempotency_key(key)
        if earlier is None:
            return None
        evidence = reader.evidence(earlier.evidence_digest or "")
    if not _same_change(earlier, intent):
        raise Conflict(
            f"The idempotency key was used for proposal {earlier.id}, which changes something else.",
            hint="Use a new key.",
            code="IDEMPOTENCY_KEY_REUSED",
        )
    if evidence is None:
        raise Conflict(
            f"Proposal {earlier.id} was made with this idempotency key and has no evidence yet.",
            hint=f"Call rebase_proposal({earlier.id}), or use a new key.",
            code="NO_EVIDENCE",
        )
    return Judged(proposal=earlier, evidence=evidence)


def _stored_key(intent: Intent) -> str | None:
    """The idempotency key within its environment and for its principal: nobody meets another one's keys."""
    if intent.idempotency_key is None:
        return None
    return digest([intent.environment, intent.actor.principal, intent.idempotency_key])


def _give_up(home: Home, proposal: Proposal) -> None:
    """Closes a proposal whose judgement was cancelled or failed: nobody waits for it any more."""
    note = "It was given up before it was judged."
    with home.store.write() as writer:
        if writer.move_proposal(proposal.id, expected=[ProposalState.JUDGING], to=ProposalState.WITHDRAWN, note=note):
            writer.append_audit(
                AuditEvent(
                    at=home.clock(),
                    action="proposal.withdrawn",
                    environment=proposal.environment,
                    subject=proposal.id,
                    actor=proposal.actor,
                    reason=note,
                )
            )


def _same_change(earlier: Proposal, intent: Intent) -> bool:
    """Whether it asks for the same, even if the flag has moved since."""
    if earlier.operations or intent.operations:
        refs = [edit.ref for edit in earlier.edits]
        return earlier.operations == intent.operations and refs == [edit.ref for edit in intent.edits]
    return change_digest(earlier.edits) == change_digest(intent.edits)


def _store(home: Home, intent: Intent) -> Proposal:
    now = home.clock()
    proposal = Proposal(
        id=f"pr_{secrets.token_hex(5)}",
        environment=intent.environment,
        kind=intent.kind,
        edits=intent.edits,
        operations=intent.operations,
        reason=intent.reason.strip(),
        expect=intent.expect,
        actor=intent.actor,
        created_at=now,
        expires_at=now + PROPOSAL_LIFE,
        state=ProposalState.JUDGING,
        rebase_of=intent.rebase_of,
        reverts=intent.reverts,
    )
    with home.store.write() as writer:
        writer.environment(intent.environment)
        writer.add_proposal(proposal, _stored_key(intent))
        writer.append_audit(
            AuditEvent(
                at=now,
                action="proposal.created",
                environment=intent.environment,
                subject=proposal.id,
                actor=intent.actor,
                reason=proposal.reason,
                details={"kind": intent.kind, "change": change_digest(intent.edits), "edits": _names(intent.edits)},
            )
        )
    return proposal


def _names(edits: Sequence[DocumentEdit]) -> list[str]:
    return [f"{edit.ref.kind}:{edit.ref.key}" for edit in edits]


def _nobody_to_move(policy: Policy) -> Verdict:
    """A first import meets nobody: no flag was ever served here. It is allowed, and audited."""
    return Verdict(decision=Decision.ALLOW, findings=(), policy=policy.name, policy_digest=policy.digest)


def _evidence(
    home: Home, proposal: Proposal, base: Base, judgement: Judgement, recording: Recording | None, now: datetime
) -> Evidence:
    return sealed(
        {
            "format": EVIDENCE_FORMAT,
            "proposal_id": proposal.id,
            "environment": proposal.environment,
            "lineage": home.store.lineage,
            "pins": pins_of(closure(judgement.change), base.revisions),
            "change_digest": change_digest(proposal.edits),
            "traffic": None if recording is None else recording.facts,
            "policy_digest": judgement.verdict.policy_digest,
            "evaluation_version": EVALUATION_VERSION,
            "judged_at": now,
            "proved": judgement.proved,
            "impact": judgement.impact,
            "verdict": judgement.verdict,
        }
    )
