"""The tables."""

from typing import NoReturn

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")

DOCUMENT_KINDS = "kind IN ('flag', 'cohort', 'settings')"


def upgrade() -> None:
    """Creates all tables, those that others refer to first."""
    _home()
    _environments()
    _proposals()
    _evidence()
    _documents()
    _policies_and_audit()
    _traffic_and_servers()


def downgrade() -> NoReturn:
    """Refused."""
    raise RuntimeError("There is no way back to an older schema; restore a backup.")


def _home() -> None:
    op.create_table(
        "home",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("lineage", TEXT, nullable=False),
        sa.Column("serving_version", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_home"),
        sa.CheckConstraint("id = 1", name=op.f("ck_home_single")),
    )


def _environments() -> None:
    op.create_table(
        "environments",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_environments"),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_environments_revision")),
    )
    op.create_table(
        "keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("token", TEXT, nullable=True),
        sa.Column("token_sha256", TEXT, nullable=False),
        sa.Column("hint", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("on_behalf_of", TEXT, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.ForeignKeyConstraint(["environment"], ["environments.name"], name="fk_keys_environment"),
        sa.UniqueConstraint("token_sha256", name="uq_keys_token_sha256"),
        sa.CheckConstraint("kind IN ('public', 'secret', 'agent')", name=op.f("ck_keys_kind")),
        sa.CheckConstraint("token IS NULL OR kind = 'public'", name=op.f("ck_keys_token")),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_keys_token_sha256")),
    )
    op.create_index("ix_keys_environment", "keys", ["environment"])


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("number", NUMBER, nullable=False, autoincrement=True),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("operations", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("expect", TEXT, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("rebase_of", TEXT, nullable=True),
        sa.Column("reverts", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("evidence_digest", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("applied_at", TIME, nullable=True),
        sa.Column("applied_revision", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_proposals"),
        sa.UniqueConstraint("id", name="uq_proposals_id"),
        sa.ForeignKeyConstraint(["environment"], ["environments.name"], name="fk_proposals_environment"),
        sa.CheckConstraint("kind IN ('change', 'import', 'bootstrap', 'revert')", name=op.f("ck_proposals_kind")),
        sa.CheckConstraint(
            "state IN ('judging', 'allowed', 'needs_review', 'denied', 'approved',"
            " 'applied', 'rejected', 'withdrawn', 'expired', 'stale')",
            name=op.f("ck_proposals_state"),
        ),
        sa.CheckConstraint(
            "state <> 'applied' OR"
            " (applied_at IS NOT NULL AND applied_revision IS NOT NULL AND evidence_digest IS NOT NULL)",
            name=op.f("ck_proposals_applied"),
        ),
    )
    op.create_index("ix_proposals_environment_state", "proposals", ["environment", "state"])
    op.create_table(
        "proposal_edits",
        sa.Column("proposal_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("base_revision", NUMBER, nullable=False),
        sa.Column("base_digest", TEXT, nullable=True),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", "position", name="pk_proposal_edits"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_proposal_edits_proposal_id"),
        sa.UniqueConstraint("proposal_id", "kind", "key", name="uq_proposal_edits_proposal_id_kind_key"),
        sa.CheckConstraint(DOCUMENT_KINDS, name=op.f("ck_proposal_edits_kind")),
        sa.CheckConstraint("base_revision >= 0", name=op.f("ck_proposal_edits_base_revision")),
    )
    op.create_index("ix_proposal_edits_kind_key", "proposal_edits", ["kind", "key"])
    op.create_table(
        "idempotency_keys",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("proposal_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_idempotency_keys_proposal_id"),
    )
    op.create_index("ix_idempotency_keys_proposal_id", "idempotency_keys", ["proposal_id"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("proposal_id", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_evidence"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_evidence_proposal_id"),
        sa.UniqueConstraint("digest", "proposal_id", name="uq_evidence_digest_proposal_id"),
        sa.CheckConstraint("decision IN ('allow', 'review', 'deny')", name=op.f("ck_evidence_decision")),
    )
    op.create_index("ix_evidence_proposal_id", "evidence", ["proposal_id"])
    op.create_table(
        "approvals",
        sa.Column("number", NUMBER, nullable=False, autoincrement=True),
        sa.Column("proposal_id", TEXT, nullable=False),
        sa.Column("evidence_digest", TEXT, nullable=False),
        sa.Column("reviewer", TEXT, nullable=False),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_approvals"),
        sa.ForeignKeyConstraint(
            ["evidence_digest", "proposal_id"],
            ["evidence.digest", "evidence.proposal_id"],
            name="fk_approvals_evidence_digest_proposal_id",
        ),
        sa.UniqueConstraint("evidence_digest", "reviewer", "at", name="uq_approvals_evidence_digest_reviewer_at"),
        sa.CheckConstraint("assurance BETWEEN 1 AND 4", name=op.f("ck_approvals_assurance")),
    )
    op.create_index("ix_approvals_proposal_id", "approvals", ["proposal_id"])


def _documents() -> None:
    op.create_table(
        "document_revisions",
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("revision", NUMBER, nullable=False, autoincrement=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=True),
        sa.Column("alive", sa.Boolean(), nullable=False),
        sa.Column("proposal_id", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "kind", "key", "revision", name="pk_document_revisions"),
        sa.ForeignKeyConstraint(["environment"], ["environments.name"], name="fk_document_revisions_environment"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_document_revisions_proposal_id"),
        sa.UniqueConstraint(
            "proposal_id", "environment", "kind", "key", name="uq_document_revisions_proposal_id_environment_kind_key"
        ),
        sa.CheckConstraint(DOCUMENT_KINDS, name=op.f("ck_document_revisions_kind")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_document_revisions_revision")),
    )
    op.create_table(
        "documents",
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("environment", "kind", "key", name="pk_documents"),
        sa.ForeignKeyConstraint(
            ["environment", "kind", "key", "revision"],
            [
                "document_revisions.environment",
                "document_revisions.kind",
                "document_revisions.key",
                "document_revisions.revision",
            ],
            name="fk_documents_environment_kind_key_revision",
        ),
    )


def _policies_and_audit() -> None:
    op.create_table(
        "policies",
        sa.Column("number", NUMBER, nullable=False, autoincrement=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("activated_at", TIME, nullable=False),
        sa.Column("activated_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_policies"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("sequence", NUMBER, nullable=False, autoincrement=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entries"),
        sa.UniqueConstraint("hash", name="uq_audit_entries_hash"),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_audit_entries_sequence")),
    )


def _traffic_and_servers() -> None:
    op.create_table(
        "snapshots",
        sa.Column("number", NUMBER, nullable=False, autoincrement=True),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("manifest", TEXT, nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["environment"], ["environments.name"], name="fk_snapshots_environment"),
        sa.UniqueConstraint("id", name="uq_snapshots_id"),
    )
    op.create_index("ix_snapshots_environment_registered_at", "snapshots", ["environment", "registered_at"])
    op.create_table(
        "servers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("revisions", TEXT, nullable=False),
        sa.Column("live_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
    )
