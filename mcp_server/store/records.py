"""From rows to the records of the services, and back."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from mcp_server.services.actor import Actor, Assurance
from mcp_server.services.audit import AuditEntry, AuditEvent, event_json
from mcp_server.services.document import Document, DocumentKind, Ref, Revision
from mcp_server.services.environment import Environment, Key, KeyKind
from mcp_server.services.ports import ActivePolicy, Server
from mcp_server.services.proposal import Approval, DocumentEdit, Evidence, Proposal, ProposalKind, ProposalState
from mcp_server.services.snapshot import Snapshot
from mcp_server.store.rows import (
    ApprovalRow,
    AuditRow,
    DocumentRow,
    EnvironmentRow,
    EvidenceRow,
    KeyRow,
    PolicyRow,
    ProposalEditRow,
    ProposalRow,
    RevisionRow,
    ServerRow,
    SnapshotRow,
)
from policies.impact import TrafficFacts


def environment_of(row: EnvironmentRow) -> Environment:
    """An environment."""
    return Environment(name=row.name, sandbox=row.sandbox, revision=row.revision, created_at=row.created_at)


def key_of(row: KeyRow) -> Key:
    """A key; its hash stays here."""
    return Key(
        id=row.id,
        environment=row.environment,
        kind=cast(KeyKind, row.kind),
        token=row.token,
        hint=row.hint,
        scopes=tuple(row.scopes),
        label=row.label,
        on_behalf_of=row.on_behalf_of,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def key_row(key: Key, token_sha256: str) -> KeyRow:
    """A key as it is stored."""
    return KeyRow(**{**dict(key), "scopes": list(key.scopes)}, token_sha256=token_sha256)


def document_of(row: DocumentRow) -> Document:
    """The newest revision of a document."""
    return Document(
        environment=row.environment,
        ref=ref_of(row),
        revision=row.revision,
        digest=row.digest,
        body=row.body,
        updated_at=row.updated_at,
    )


def revision_of(row: RevisionRow) -> Revision:
    """One revision of a document."""
    return Revision(
        environment=row.environment,
        ref=ref_of(row),
        revision=row.revision,
        digest=row.digest,
        body=row.body,
        proposal_id=row.proposal_id,
        at=row.at,
        reviewed=row.reviewed,
    )


def ref_of(row: DocumentRow | RevisionRow | ProposalEditRow) -> Ref:
    """Which document the row is about."""
    return Ref(kind=cast(DocumentKind, row.kind), key=row.key)


def proposal_of(row: ProposalRow, edits: Iterable[ProposalEditRow]) -> Proposal:
    """A proposal with its edits, in their order."""
    return Proposal(
        id=row.id,
        environment=row.environment,
        kind=ProposalKind(row.kind),
        edits=tuple(_edit_of(edit) for edit in sorted(edits, key=lambda edit: edit.position)),
        operations=tuple(row.operations),
        reason=row.reason,
        expect=row.expect,
        actor=Actor.model_validate(row.actor),
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=ProposalState(row.state),
        evidence_digest=row.evidence_digest,
        note=row.note,
        rebase_of=row.rebase_of,
        reverts=row.reverts,
        applied_at=row.applied_at,
        applied_revision=row.applied_revision,
    )


def _edit_of(row: ProposalEditRow) -> DocumentEdit:
    return DocumentEdit(
        ref=ref_of(row),
        base_revision=row.base_revision,
        base_digest=row.base_digest,
        before=row.before,
        after=row.after,
    )


def proposal_row(proposal: Proposal) -> ProposalRow:
    """A proposal without its edits."""
    fields: dict[str, Any] = {name: value for name, value in proposal if name != "edits"}
    fields["operations"] = list(proposal.operations)
    fields["actor"] = proposal.actor.model_dump(mode="json")
    fields["kind"] = proposal.kind.value
    fields["state"] = proposal.state.value
    return ProposalRow(**fields)


def edit_rows(proposal: Proposal) -> Sequence[ProposalEditRow]:
    """A proposal's edits."""
    return [
        ProposalEditRow(
            proposal_id=proposal.id,
            position=position,
            kind=edit.ref.kind,
            key=edit.ref.key,
            base_revision=edit.base_revision,
            base_digest=edit.base_digest,
            before=edit.before,
            after=edit.after,
        )
        for position, edit in enumerate(proposal.edits)
    ]


def evidence_of(row: EvidenceRow) -> Evidence:
    """Evidence."""
    return Evidence.model_validate(row.content)


def evidence_row(evidence: Evidence) -> EvidenceRow:
    """Evidence as it is stored."""
    return EvidenceRow(
        digest=evidence.digest,
        proposal_id=evidence.proposal_id,
        decision=evidence.verdict.decision.value,
        content=evidence.model_dump(mode="json"),
    )


def approval_of(row: ApprovalRow) -> Approval:
    """An approval."""
    return Approval(
        proposal_id=row.proposal_id,
        evidence_digest=row.evidence_digest,
        reviewer=row.reviewer,
        assurance=Assurance(row.assurance),
        at=row.at,
        expires_at=row.expires_at,
        comment=row.comment,
    )


def approval_row(approval: Approval) -> ApprovalRow:
    """An approval as it is stored."""
    return ApprovalRow(**{**dict(approval), "assurance": int(approval.assurance)})


def policy_of(row: PolicyRow) -> ActivePolicy:
    """A policy that was made active."""
    return ActivePolicy(
        name=row.name,
        digest=row.digest,
        text=row.text,
        activated_at=row.activated_at,
        activated_by=row.activated_by,
    )


def entry_of(row: AuditRow) -> AuditEntry:
    """A link of the audit chain."""
    event = AuditEvent.model_validate(row.event)
    return AuditEntry(sequence=row.sequence, previous=row.previous, hash=row.hash, event=event)


def entry_row(entry: AuditEntry) -> AuditRow:
    """A link of the audit chain as it is stored."""
    return AuditRow(sequence=entry.sequence, previous=entry.previous, hash=entry.hash, event=event_json(entry.event))


def snapshot_of(row: SnapshotRow) -> Snapshot:
    """A registered snapshot."""
    return Snapshot(
        id=row.id,
        environment=row.environment,
        digest=row.digest,
        facts=TrafficFacts.model_validate(row.facts),
        manifest=row.manifest,
        registered_at=row.registered_at,
    )


def snapshot_row(snapshot: Snapshot) -> SnapshotRow:
    """A snapshot as it is stored."""
    return SnapshotRow(**{**dict(snapshot), "facts": snapshot.facts.model_dump(mode="json")})


def server_of(row: ServerRow) -> Server:
    """A running server."""
    return Server(
        id=row.id,
        url=row.url,
        pid=row.pid,
        revisions=row.revisions,
        live_at=row.live_at,
        seen_at=row.seen_at,
    )


def server_row(server: Server) -> ServerRow:
    """A server as it is stored."""
    return ServerRow(**dict(server))
