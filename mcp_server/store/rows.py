"""The tables. Rows never leave this package; ``records`` turns them into what the services know.

The migrations build the same tables; a test holds the two together. Triggers are in the migrations only.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from mcp_server.services.proposal import ProposalKind, ProposalState
from mcp_server.store.columns import BigNumber, JsonText, PlainText, UtcTime

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Every constraint has a name, or no migration could ever change it."""


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """``column`` holds one of the values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Base of all tables."""


class HomeRow(Row, table=True):
    """The one row that makes a database a Drysail home. Writers on PostgreSQL queue up for its lock."""

    __tablename__: ClassVar[Any] = "home"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lineage: str = Field(sa_type=PlainText)
    serving_version: int = Field(sa_type=BigNumber)


class EnvironmentRow(Row, table=True):
    """An environment."""

    __tablename__: ClassVar[Any] = "environments"
    __table_args__ = (CheckConstraint("revision >= 0", name="revision"),)

    name: str = Field(primary_key=True, sa_type=PlainText)
    sandbox: bool
    revision: int = Field(sa_type=BigNumber)
    created_at: datetime = Field(sa_type=UtcTime)


class KeyRow(Row, table=True):
    """A credential. Only a public one's token is here."""

    __tablename__: ClassVar[Any] = "keys"
    __table_args__ = (
        one_of("kind", ("public", "secret", "agent")),
        CheckConstraint("token IS NULL OR kind = 'public'", name="token"),
        CheckConstraint("length(token_sha256) = 64", name="token_sha256"),
        UniqueConstraint("token_sha256"),
    )

    id: str = Field(primary_key=True, sa_type=PlainText)
    environment: str = Field(foreign_key="environments.name", index=True, sa_type=PlainText)
    kind: str = Field(sa_type=PlainText)
    token: str | None = Field(sa_type=PlainText)
    token_sha256: str = Field(sa_type=PlainText)
    hint: str = Field(sa_type=PlainText)
    scopes: list[str] = Field(sa_type=JsonText)
    label: str = Field(sa_type=PlainText)
    on_behalf_of: str | None = Field(sa_type=PlainText)
    created_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(sa_type=UtcTime)


class ProposalRow(Row, table=True):
    """A proposal. Everything up to ``reverts`` never changes; its edits are rows of their own."""

    __tablename__: ClassVar[Any] = "proposals"
    __table_args__ = (
        one_of("kind", ProposalKind),
        one_of("state", ProposalState),
        CheckConstraint(
            "state <> 'applied' OR"
            " (applied_at IS NOT NULL AND applied_revision IS NOT NULL AND evidence_digest IS NOT NULL)",
            name="applied",
        ),
        UniqueConstraint("id"),
        Index(None, "environment", "state"),
    )

    number: int | None = Field(default=None, primary_key=True, sa_type=BigNumber)
    """Counts up in the order of arrival."""
    id: str = Field(sa_type=PlainText)
    environment: str = Field(foreign_key="environments.name", sa_type=PlainText)
    kind: str = Field(sa_type=PlainText)
    operations: list[dict[str, Any]] = Field(sa_type=JsonText)
    reason: str = Field(sa_type=PlainText)
    expect: dict[str, Any] | None = Field(sa_type=JsonText)
    actor: dict[str, Any] = Field(sa_type=JsonText)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    rebase_of: str | None = Field(sa_type=PlainText)
    reverts: str | None = Field(sa_type=PlainText)
    state: str = Field(sa_type=PlainText)
    evidence_digest: str | None = Field(sa_type=PlainText)
    note: str = Field(sa_type=PlainText)
    applied_at: datetime | None = Field(sa_type=UtcTime)
    applied_revision: int | None = Field(sa_type=BigNumber)


class ProposalEditRow(Row, table=True):
    """One document that a proposal changes, and into what. ``after`` NULL: it is removed."""

    __tablename__: ClassVar[Any] = "proposal_edits"
    __table_args__ = (
        one_of("kind", ("flag", "cohort", "settings")),
        CheckConstraint("base_revision >= 0", name="base_revision"),
        UniqueConstraint("proposal_id", "kind", "key"),
        Index(None, "kind", "key"),
    )

    proposal_id: str = Field(primary_key=True, foreign_key="proposals.id", sa_type=PlainText)
    position: int = Field(primary_key=True)
    kind: str = Field(sa_type=PlainText)
    key: str = Field(sa_type=PlainText)
    base_revision: int = Field(sa_type=BigNumber)
    base_digest: str | None = Field(sa_type=PlainText)
    before: dict[str, Any] | None = Field(sa_type=JsonText)
    after: dict[str, Any] | None = Field(sa_type=JsonText)


class IdempotencyKeyRow(Row, table=True):
    """Which proposal a caller's idempotency key made."""

    __tablename__: ClassVar[Any] = "idempotency_keys"

    key: str = Field(primary_key=True, sa_type=PlainText)
    proposal_id: str = Field(foreign_key="proposals.id", index=True, sa_type=PlainText)


class EvidenceRow(Row, table=True):
    """Evidence as JSON, with what the triggers ask about in columns. Append-only."""

    __tablename__: ClassVar[Any] = "evidence"
    __table_args__ = (one_of("decision", ("allow", "review", "deny")), UniqueConstraint("digest", "proposal_id"))

    digest: str = Field(primary_key=True, sa_type=PlainText)
    proposal_id: str = Field(foreign_key="proposals.id", index=True, sa_type=PlainText)
    decision: str = Field(sa_type=PlainText)
    content: dict[str, Any] = Field(sa_type=JsonText)


class ApprovalRow(Row, table=True):
    """A person's consent to one evidence. Append-only."""

    __tablename__: ClassVar[Any] = "approvals"
    __table_args__ = (
        ForeignKeyConstraint(["evidence_digest", "proposal_id"], ["evidence.digest", "evidence.proposal_id"]),
        CheckConstraint("assurance BETWEEN 1 AND 4", name="assurance"),
        UniqueConstraint("evidence_digest", "reviewer", "at"),
        Index(None, "proposal_id"),
    )

    number: int | None = Field(default=None, primary_key=True, sa_type=BigNumber)
    proposal_id: str = Field(sa_type=PlainText)
    evidence_digest: str = Field(sa_type=PlainText)
    reviewer: str = Field(sa_type=PlainText)
    assurance: int
    at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    comment: str = Field(sa_type=PlainText)


class RevisionRow(Row, table=True):
    """One revision of a document, kept for ever. ``alive``: it has a body, and the body is not marked deleted."""

    __tablename__: ClassVar[Any] = "document_revisions"
    __table_args__ = (
        one_of("kind", ("flag", "cohort", "settings")),
        CheckConstraint("revision > 0", name="revision"),
        UniqueConstraint("proposal_id", "environment", "kind", "key"),
    )

    environment: str = Field(primary_key=True, foreign_key="environments.name", sa_type=PlainText)
    kind: str = Field(primary_key=True, sa_type=PlainText)
    key: str = Field(primary_key=True, sa_type=PlainText)
    revision: int = Field(primary_key=True, sa_type=BigNumber)
    digest: str = Field(sa_type=PlainText)
    body: dict[str, Any] | None = Field(sa_type=JsonText)
    alive: bool
    proposal_id: str = Field(foreign_key="proposals.id", sa_type=PlainText)
    at: datetime = Field(sa_type=UtcTime)
    reviewed: bool


class DocumentRow(Row, table=True):
    """The newest revision of each document that exists."""

    __tablename__: ClassVar[Any] = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["environment", "kind", "key", "revision"],
            [f"document_revisions.{column}" for column in ("environment", "kind", "key", "revision")],
        ),
    )

    environment: str = Field(primary_key=True, sa_type=PlainText)
    kind: str = Field(primary_key=True, sa_type=PlainText)
    key: str = Field(primary_key=True, sa_type=PlainText)
    revision: int = Field(sa_type=BigNumber)
    digest: str = Field(sa_type=PlainText)
    body: dict[str, Any] = Field(sa_type=JsonText)
    updated_at: datetime = Field(sa_type=UtcTime)


class PolicyRow(Row, table=True):
    """A policy that was active at some time; the newest one is. Append-only."""

    __tablename__: ClassVar[Any] = "policies"

    number: int | None = Field(default=None, primary_key=True, sa_type=BigNumber)
    name: str = Field(sa_type=PlainText)
    digest: str = Field(sa_type=PlainText)
    text: str = Field(sa_type=PlainText)
    activated_at: datetime = Field(sa_type=UtcTime)
    activated_by: str = Field(sa_type=PlainText)


class AuditRow(Row, table=True):
    """A link of the audit chain. Append-only."""

    __tablename__: ClassVar[Any] = "audit_entries"
    __table_args__ = (CheckConstraint("sequence > 0", name="sequence"), UniqueConstraint("hash"))

    sequence: int = Field(primary_key=True, sa_type=BigNumber, sa_column_kwargs={"autoincrement": False})
    previous: str = Field(sa_type=PlainText)
    hash: str = Field(sa_type=PlainText)
    event: dict[str, Any] = Field(sa_type=JsonText)


class SnapshotRow(Row, table=True):
    """A registered snapshot. Can be removed, never altered."""

    __tablename__: ClassVar[Any] = "snapshots"
    __table_args__ = (Index(None, "environment", "registered_at"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=BigNumber)
    id: str = Field(unique=True, sa_type=PlainText)
    environment: str = Field(foreign_key="environments.name", sa_type=PlainText)
    digest: str = Field(sa_type=PlainText)
    facts: dict[str, Any] = Field(sa_type=JsonText)
    manifest: dict[str, Any] = Field(sa_type=JsonText)
    registered_at: datetime = Field(sa_type=UtcTime)


class ServerRow(Row, table=True):
    """A running server."""

    __tablename__: ClassVar[Any] = "servers"

    id: str = Field(primary_key=True, sa_type=PlainText)
    url: str = Field(sa_type=PlainText)
    pid: int
    revisions: dict[str, int] = Field(sa_type=JsonText)
    live_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
