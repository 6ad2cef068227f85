"""One writing transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update
from sqlmodel import Session, col, delete, select, update

from evaluator.json_text import NotCanonical
from mcp_server.services.audit import AuditEntry, AuditEvent, next_entry
from mcp_server.services.environment import Environment, Key
from mcp_server.services.errors import Conflict, InvalidInput, NotFound, Refused
from mcp_server.services.ports import ActivePolicy, Server
from mcp_server.services.proposal import Approval, DocumentEdit, Evidence, Proposal, ProposalState
from mcp_server.services.snapshot import Snapshot
from mcp_server.store import records
from mcp_server.store.documents import Origin, write_revision
from mcp_server.store.reader import SqlReader
from mcp_server.store.rows import (
    AuditRow,
    EnvironmentRow,
    EvidenceRow,
    IdempotencyKeyRow,
    KeyRow,
    PolicyRow,
    ProposalRow,
    Row,
    ServerRow,
)
from mcp_server.store.savepoint import savepoint

# Rows are always read anew, so the session need not be told what an UPDATE did.
UNSYNCHRONIZED = {"synchronize_session": False}


class SqlWriter(SqlReader):
    """Implements ``Writer`` on a session that holds the write lock."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._applied: set[str] = set()

    def add_environment(self, environment: Environment) -> None:
        """Raises Conflict if the name is taken."""
        self._add(EnvironmentRow(**dict(environment)), taken=f"There is an environment {environment.name!r} already.")

    def make_real(self, name: str) -> None:
        """Ends an environment's life as a sandbox, for ever. Raises NotFound."""
        self.environment(name)
        self._change(update(EnvironmentRow).where(col(EnvironmentRow.name) == name).values(sandbox=False))

    def bump_environment(self, name: str) -> int:
        """Adds one to the environment's revision and returns it. Raises NotFound."""
        revision = self.environment(name).revision + 1
        self._change(update(EnvironmentRow).where(col(EnvironmentRow.name) == name).values(revision=revision))
        return revision

    def add_key(self, key: Key, token_sha256: str) -> None:
        """Raises Conflict if the id or the token is taken, NotFound if there is no such environment."""
        self.environment(key.environment)
        self._add(records.key_row(key, token_sha256), taken=f"There is a key {key.id!r} or one with its token already.")

    def revoke_key(self, key_id: str, at: datetime) -> None:
        """Raises NotFound. A key stays revoked since the first time."""
        if self._first(select(KeyRow).where(KeyRow.id == key_id)) is None:
            raise NotFound(f"There is no key {key_id!r}.", hint="`drysail keys list` shows them.", code="NO_SUCH_KEY")
        unrevoked = col(KeyRow.id) == key_id, col(KeyRow.revoked_at).is_(None)
        self._change(update(KeyRow).where(*unrevoked).values(revoked_at=at))

    def add_proposal(self, proposal: Proposal, idempotency_key: str | None = None) -> None:
        """Raises Conflict if the id or the idempotency key is taken, NotFound if there is no such environment."""
        self.environment(proposal.environment)
        for ref, times in Counter(edit.ref for edit in proposal.edits).most_common(1):
            if times > 1:
                raise InvalidInput(
                    f"Proposal {proposal.id} edits {ref.kind} {ref.key!r} {times} times.",
                    hint="Put it all into one edit.",
                )
        with savepoint(self._session):
            self._add(records.proposal_row(proposal), taken=f"There is a proposal {proposal.id!r} already.")
            self._add(*records.edit_rows(proposal))
            if idempotency_key is not None:
                self._add(
                    IdempotencyKeyRow(key=idempotency_key, proposal_id=proposal.id),
                    taken="A proposal was made with the same idempotency key already.",
                )

    def move_proposal(
        self,
        proposal_id: str,
        *,
        expected: Sequence[ProposalState],
        to: ProposalState,
        note: str = "",
        evidence_digest: str | None = None,
        applied_at: datetime | None = None,
        applied_revision: int | None = None,
    ) -> bool:
        """Compare-and-set on the state; False if it was in none of the expected ones.

        ``note`` replaces the old one; None leaves a field alone. Raises NotFound, and Refused for a move that no
        caller may make: out of a closed state, to ``approved`` without an approval of the evidence, to ``applied``
        unless exactly this evidence was allowed or approved.
        """
        fields = {"evidence_digest": evidence_digest, "applied_at": applied_at, "applied_revision": applied_revision}
        values: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        self._require_proposal(proposal_id)
        states = [state.value for state in expected]
        with savepoint(self._session):
            moved = self._change(
                update(ProposalRow)
                .where(col(ProposalRow.id) == proposal_id, col(ProposalRow.state).in_(states))
                .values(state=to.value, note=note, **values)
            )
        if moved and to is ProposalState.APPLIED:
            self._applied.add(proposal_id)
        return moved == 1

    def add_evidence(self, evidence: Evidence) -> None:
        """Raises Conflict if there is evidence with this digest, NotFound if there is no such proposal."""
        self._require_proposal(evidence.proposal_id)
        self._add(records.evidence_row(evidence), taken=f"There is evidence {evidence.digest[:12]} already.")

    def add_approval(self, approval: Approval) -> None:
        """Raises Conflict if the reviewer's approval of this evidence still holds, NotFound if there is no evidence."""
        evidence = self._first(select(EvidenceRow).where(EvidenceRow.digest == approval.evidence_digest))
        if evidence is None or evidence.proposal_id != approval.proposal_id:
            raise NotFound(f"There is no evidence {approval.evidence_digest[:12]} for proposal {approval.proposal_id}.")
        taken = f"{approval.reviewer} has approved proposal {approval.proposal_id} already."
        standing = (
            earlier.reviewer == approval.reviewer
            and earlier.evidence_digest == approval.evidence_digest
            and earlier.expires_at > approval.at
            for earlier in self.approvals(approval.proposal_id)
        )
        if any(standing):
            raise Conflict(taken, code="EXISTS")
        self._add(records.approval_row(approval), taken=taken)

    def write_document(
        self, environment: str, edit: DocumentEdit, *, proposal_id: str, reviewed: bool, at: datetime
    ) -> int:
        """Compare-and-set on the revision; returns the new one.

        Raises Stale if the document moved, Refused without a proposal that this transaction has applied, or if the
        edit is not the one in the proposal.
        """
        if proposal_id not in self._applied:
            raise Refused(
                f"{edit.ref.kind.capitalize()} {edit.ref.key!r} can be changed by applying a proposal only, "
                f"and this transaction has not applied {proposal_id}.",
                hint="Move the proposal to applied first.",
                code="NOT_APPLIED",
            )
        return write_revision(self._session.connection(), environment, edit, Origin(proposal_id, reviewed, at))

    def activate_policy(self, policy: ActivePolicy) -> None:
        """The policy is the active one from now on; earlier ones are kept."""
        self._add(PolicyRow(**dict(policy)))

    def append_audit(self, event: AuditEvent) -> AuditEntry:
        """Chains the event to the newest entry. Raises InvalidInput if it cannot be canonical JSON."""
        newest = self._first(select(AuditRow).order_by(col(AuditRow.sequence).desc()))
        try:
            entry = next_entry(None if newest is None else records.entry_of(newest), event)
        except NotCanonical as error:
            raise InvalidInput(f"The audit event {event.action} cannot be stored: {error}.") from error
        self._add(records.entry_row(entry))
        return entry

    def register_snapshot(self, snapshot: Snapshot) -> None:
        """Raises Conflict if the id is taken, NotFound if there is no such environment."""
        self.environment(snapshot.environment)
        self._add(records.snapshot_row(snapshot), taken=f"There is a snapshot {snapshot.id!r} already.")

    def report_server(self, server: Server) -> None:
        """Inserts or updates by id."""
        self._session.merge(records.server_row(server))
        self._session.flush()

    def forget_server(self, server_id: str) -> None:
        """Does nothing if there is no such server."""
        self._change(delete(ServerRow).where(col(ServerRow.id) == server_id))

    def _require_proposal(self, proposal_id: str) -> None:
        if self._first(select(ProposalRow.id).where(ProposalRow.id == proposal_id)) is None:
            raise NotFound(f"There is no proposal {proposal_id!r}.", code="NO_SUCH_PROPOSAL")

    def _add(self, *rows: Row, taken: str = "") -> None:
        with savepoint(self._session, taken=taken):
            self._session.add_all(rows)

    def _change(self, statement: Update | Delete) -> int:
        """Returns how many rows it changed."""
        return self._session.exec(statement, execution_options=UNSYNCHRONIZED).rowcount
