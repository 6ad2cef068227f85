"""One consistent view of the store."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from mcp_server.services.audit import AuditEntry
from mcp_server.services.document import Document, DocumentKind, Ref, Revision
from mcp_server.services.environment import Environment, Key
from mcp_server.services.errors import NotFound
from mcp_server.services.ports import ActivePolicy, Server
from mcp_server.services.proposal import Approval, Evidence, Proposal, ProposalState
from mcp_server.services.snapshot import Snapshot
from mcp_server.store import records
from mcp_server.store.rows import (
    ApprovalRow,
    AuditRow,
    DocumentRow,
    EnvironmentRow,
    EvidenceRow,
    IdempotencyKeyRow,
    KeyRow,
    PolicyRow,
    ProposalEditRow,
    ProposalRow,
    RevisionRow,
    ServerRow,
    SnapshotRow,
)

T = TypeVar("T")


class SqlReader:
    """Implements ``Reader`` on a session that is inside a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def environments(self) -> Sequence[Environment]:
        """All environments, by name."""
        rows = self._all(select(EnvironmentRow))
        return sorted(map(records.environment_of, rows), key=lambda environment: environment.name)

    def environment(self, name: str) -> Environment:
        """Raises NotFound, naming the environments that exist."""
        row = self._first(select(EnvironmentRow).where(EnvironmentRow.name == name))
        if row is None:
            names = [environment.name for environment in self.environments()]
            raise NotFound(
                f"There is no environment {name!r}.",
                hint=f"There are: {', '.join(names)}." if names else "Create one with `drysail environments create`.",
                code="NO_SUCH_ENVIRONMENT",
            )
        return records.environment_of(row)

    def keys(self, environment: str | None = None) -> Sequence[Key]:
        """Keys in the order of their creation, revoked ones too."""
        statement = select(KeyRow).order_by(col(KeyRow.created_at), col(KeyRow.id))
        if environment is not None:
            statement = statement.where(KeyRow.environment == environment)
        return [records.key_of(row) for row in self._all(statement)]

    def key_hashes(self) -> Sequence[tuple[str, Key]]:
        """(SHA-256 hex of the token, key) of every unrevoked key."""
        rows = self._all(select(KeyRow).where(col(KeyRow.revoked_at).is_(None)))
        return [(row.token_sha256, records.key_of(row)) for row in rows]

    def document(self, environment: str, ref: Ref) -> Document | None:
        """The newest revision, if the document exists."""
        row = self._first(
            select(DocumentRow).where(
                DocumentRow.environment == environment, DocumentRow.kind == ref.kind, DocumentRow.key == ref.key
            )
        )
        return None if row is None else records.document_of(row)

    def documents(self, environment: str, kind: DocumentKind | None = None) -> Sequence[Document]:
        """Ordered by kind, then key."""
        statement = select(DocumentRow).where(DocumentRow.environment == environment)
        if kind is not None:
            statement = statement.where(DocumentRow.kind == kind)
        # Sorted here: databases order text by their own rules.
        return sorted(
            map(records.document_of, self._all(statement)),
            key=lambda document: (document.ref.kind, document.ref.key),
        )

    def revisions(self, environment: str, ref: Ref, limit: int = 100) -> Sequence[Revision]:
        """Newest first."""
        statement = _history(environment, ref).order_by(col(RevisionRow.revision).desc()).limit(limit)
        return [records.revision_of(row) for row in self._all(statement)]

    def revision(self, environment: str, ref: Ref, revision: int) -> Revision | None:
        """One revision of a document."""
        row = self._first(_history(environment, ref).where(RevisionRow.revision == revision))
        return None if row is None else records.revision_of(row)

    def last_reviewed(self, environment: str, ref: Ref) -> Revision | None:
        """The newest revision that a person approved."""
        reviewed = _history(environment, ref).where(col(RevisionRow.reviewed).is_(True))
        row = self._first(reviewed.order_by(col(RevisionRow.revision).desc()))
        return None if row is None else records.revision_of(row)

    def all_last_reviewed(self, environment: str) -> Sequence[Revision]:
        """``last_reviewed`` of every document that has one, in one query."""
        newest = (
            select(RevisionRow.kind, RevisionRow.key, func.max(RevisionRow.revision).label("revision"))
            .where(RevisionRow.environment == environment, col(RevisionRow.reviewed).is_(True))
            .group_by(col(RevisionRow.kind), col(RevisionRow.key))
            .subquery()
        )
        statement = select(RevisionRow).join(
            newest,
            and_(
                RevisionRow.environment == environment,
                RevisionRow.kind == newest.c.kind,
                RevisionRow.key == newest.c.key,
                RevisionRow.revision == newest.c.revision,
            ),
        )
        return sorted(
            map(records.revision_of, self._all(statement)),
            key=lambda revision: (revision.ref.kind, revision.ref.key),
        )

    def retired_keys(self, environment: str) -> dict[str, datetime]:
        """Flag keys that once existed (now removed or deleted) and when they were retired."""
        earlier = aliased(RevisionRow)
        last_alive = (
            select(func.coalesce(func.max(earlier.revision), 0))
            .where(
                earlier.environment == RevisionRow.environment,
                earlier.kind == RevisionRow.kind,
                earlier.key == RevisionRow.key,
                col(earlier.alive).is_(True),
            )
            .correlate(RevisionRow)
            .scalar_subquery()
        )
        statement = (
            select(RevisionRow.key, RevisionRow.at)
            .where(
                RevisionRow.environment == environment,
                RevisionRow.kind == "flag",
                col(RevisionRow.revision) == last_alive + 1,
            )
            .order_by(col(RevisionRow.key))
        )
        return dict(self._session.exec(statement).all())

    def proposal(self, proposal_id: str) -> Proposal:
        """Raises NotFound."""
        found = self._proposals(select(ProposalRow).where(ProposalRow.id == proposal_id))
        if not found:
            raise NotFound(
                f"There is no proposal {proposal_id!r}.",
                hint="List the proposals to see their ids.",
                code="NO_SUCH_PROPOSAL",
            )
        return found[0]

    def proposals(
        self,
        environment: str | None = None,
        states: Sequence[ProposalState] | None = None,
        flag: str | None = None,
        limit: int = 100,
    ) -> Sequence[Proposal]:
        """Newest first."""
        statement = select(ProposalRow).order_by(col(ProposalRow.number).desc()).limit(limit)
        if environment is not None:
            statement = statement.where(ProposalRow.environment == environment)
        if states is not None:
            statement = statement.where(col(ProposalRow.state).in_([state.value for state in states]))
        if flag is not None:
            edits = select(ProposalEditRow.proposal_id).where(
                ProposalEditRow.kind == "flag", ProposalEditRow.key == flag
            )
            statement = statement.where(col(ProposalRow.id).in_(edits))
        return self._proposals(statement)

    def proposal_by_idempotency_key(self, key: str) -> Proposal | None:
        """The proposal that was added with this key."""
        ids = select(IdempotencyKeyRow.proposal_id).where(IdempotencyKeyRow.key == key)
        found = self._proposals(select(ProposalRow).where(col(ProposalRow.id).in_(ids)))
        return found[0] if found else None

    def evidence(self, digest: str) -> Evidence | None:
        """Evidence by its digest."""
        row = self._first(select(EvidenceRow).where(EvidenceRow.digest == digest))
        return None if row is None else records.evidence_of(row)

    def approvals(self, proposal_id: str) -> Sequence[Approval]:
        """A proposal's approvals, oldest first."""
        statement = select(ApprovalRow).where(ApprovalRow.proposal_id == proposal_id)
        return [records.approval_of(row) for row in self._all(statement.order_by(col(ApprovalRow.number)))]

    def active_policy(self) -> ActivePolicy | None:
        """The policy that was activated last."""
        row = self._first(select(PolicyRow).order_by(col(PolicyRow.number).desc()))
        return None if row is None else records.policy_of(row)

    def audit(self, after: int = 0, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries with a greater sequence number, oldest first."""
        statement = select(AuditRow).where(AuditRow.sequence > after).order_by(col(AuditRow.sequence)).limit(limit)
        return [records.entry_of(row) for row in self._all(statement)]

    def snapshots(self, environment: str) -> Sequence[Snapshot]:
        """Newest first."""
        statement = select(SnapshotRow).where(SnapshotRow.environment == environment)
        newest_first = statement.order_by(col(SnapshotRow.registered_at).desc(), col(SnapshotRow.number).desc())
        return [records.snapshot_of(row) for row in self._all(newest_first)]

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """A registered snapshot."""
        row = self._first(select(SnapshotRow).where(SnapshotRow.id == snapshot_id))
        return None if row is None else records.snapshot_of(row)

    def servers(self, seen_since: datetime) -> Sequence[Server]:
        """Servers that reported at or after that time, by id."""
        rows = self._all(select(ServerRow).where(ServerRow.seen_at >= seen_since))
        return sorted(map(records.server_of, rows), key=lambda server: server.id)

    def _proposals(self, statement: SelectOfScalar[ProposalRow]) -> list[Proposal]:
        rows = self._all(statement)
        wanted = statement.with_only_columns(col(ProposalRow.id))
        edits: defaultdict[str, list[ProposalEditRow]] = defaultdict(list)
        for edit in self._all(select(ProposalEditRow).where(col(ProposalEditRow.proposal_id).in_(wanted))):
            edits[edit.proposal_id].append(edit)
        return [records.proposal_of(row, edits[row.id]) for row in rows]

    def _all(self, statement: SelectOfScalar[T]) -> Sequence[T]:
        # Rows that this transaction has read before are read again: an UPDATE may have passed them by.
        return self._session.exec(statement, execution_options={"populate_existing": True}).all()

    def _first(self, statement: SelectOfScalar[T]) -> T | None:
        found: Iterable[T] = self._all(statement.limit(1))
        return next(iter(found), None)


def _history(environment: str, ref: Ref) -> SelectOfScalar[RevisionRow]:
    return select(RevisionRow).where(
        RevisionRow.environment == environment, RevisionRow.kind == ref.kind, RevisionRow.key == ref.key
    )
