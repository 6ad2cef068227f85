"""Triggers: what no caller may do, whoever it is."""

from typing import NoReturn

from alembic import op

from mcp_server.store.migrations.guard import Consequence, Guard, append_only, never_emptied, not_replaced

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ITS_HISTORY = """FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key"""

NEWEST = f"COALESCE((SELECT MAX(r.revision) {ITS_HISTORY}), 0)"

NEWEST_PRESENT = f"""COALESCE((SELECT CASE WHEN r.body IS NULL THEN 0 ELSE r.revision END {ITS_HISTORY}
 ORDER BY r.revision DESC LIMIT 1), 0)"""
"""The revision that an edit must be based on: 0 where the document does not exist, or no longer."""

REVISIONS = [
    Guard(
        "document_revisions_proposal",
        "document_revisions",
        "INSERT",
        "a document changes only by applying a proposal",
        """NOT EXISTS (SELECT 1 FROM proposals AS p
 WHERE p.id = NEW.proposal_id AND p.environment = NEW.environment AND p.state = 'applied')""",
    ),
    Guard(
        "document_revisions_edit",
        "document_revisions",
        "INSERT",
        "the change is not what the proposal says",
        f"""NOT EXISTS (SELECT 1 FROM proposal_edits AS e
 WHERE e.proposal_id = NEW.proposal_id AND e.kind = NEW.kind AND e.key = NEW.key AND e.after {{same}} NEW.body
 AND e.base_revision = {NEWEST_PRESENT})""",
    ),
    Guard(
        "document_revisions_number",
        "document_revisions",
        "INSERT",
        "revisions of a document are numbered without gaps",
        f"NEW.revision <> {NEWEST} + 1",
    ),
]

AS_ITS_NEWEST_REVISION = f"""NEW.revision <> {NEWEST} OR NOT EXISTS (SELECT 1 {ITS_HISTORY}
 AND r.revision = NEW.revision AND r.digest = NEW.digest AND r.body = NEW.body)"""

DOCUMENTS = [
    Guard("documents_insert", "documents", "INSERT", "a document is its newest revision", AS_ITS_NEWEST_REVISION),
    Guard("documents_update", "documents", "UPDATE", "a document is its newest revision", AS_ITS_NEWEST_REVISION),
    Guard(
        "documents_step",
        "documents",
        "UPDATE",
        "a document moves to its next revision",
        """NEW.environment <> OLD.environment OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key
 OR NEW.revision <> OLD.revision + 1""",
    ),
    Guard(
        "documents_delete",
        "documents",
        "DELETE",
        "a document is removed by a revision without a body",
        """NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = OLD.environment AND r.kind = OLD.kind AND r.key = OLD.key
 AND r.revision = OLD.revision + 1 AND r.body IS NULL)""",
    ),
]

NEVER_CHANGES = (
    "number",
    "id",
    "environment",
    "kind",
    "operations",
    "reason",
    "expect",
    "actor",
    "created_at",
    "expires_at",
    "rebase_of",
    "reverts",
)

STARTS = "('judging', 'allowed', 'needs_review', 'denied')"

APPROVED = """EXISTS (SELECT 1 FROM approvals AS a
 WHERE a.proposal_id = NEW.id AND a.evidence_digest = NEW.evidence_digest"""

PROPOSALS = [
    Guard(
        "proposals_start",
        "proposals",
        "INSERT",
        "a proposal starts open, and not approved",
        f"NEW.state NOT IN {STARTS}",
    ),
    Guard(
        "proposals_content",
        "proposals",
        "UPDATE",
        "the content of a proposal never changes",
        " OR ".join(f"NEW.{column} {{differs}} OLD.{column}" for column in NEVER_CHANGES),
    ),
    Guard(
        "proposals_closed",
        "proposals",
        "UPDATE",
        "a closed proposal stays as it is",
        "OLD.state IN ('applied', 'rejected', 'withdrawn', 'expired', 'stale')",
    ),
    Guard(
        "proposals_approved",
        "proposals",
        "UPDATE",
        "a proposal is approved only with an approval of its evidence",
        f"NEW.state = 'approved' AND NOT {APPROVED})",
    ),
    Guard(
        "proposals_applied",
        "proposals",
        "UPDATE",
        "a proposal is applied only if exactly its evidence was allowed or approved",
        f"""NEW.state = 'applied' AND OLD.state <> 'applied' AND NOT EXISTS (SELECT 1 FROM evidence AS e
 WHERE e.digest = NEW.evidence_digest AND e.proposal_id = NEW.id
 AND ((OLD.state = 'allowed' AND e.decision = 'allow')
 OR (OLD.state = 'approved' AND e.decision <> 'deny' AND {APPROVED} AND a.expires_at > NEW.applied_at))))""",
    ),
    Guard("proposals_keep", "proposals", "DELETE", "proposals are kept"),
    Guard(
        "proposal_edits_late",
        "proposal_edits",
        "INSERT",
        "the content of a proposal never changes",
        f"""EXISTS (SELECT 1 FROM evidence AS e WHERE e.proposal_id = NEW.proposal_id)
 OR EXISTS (SELECT 1 FROM proposals AS p WHERE p.id = NEW.proposal_id AND p.state NOT IN {STARTS})""",
    ),
]

APPENDED = [
    *append_only("document_revisions"),
    *append_only("proposal_edits"),
    *append_only("evidence"),
    *append_only("approvals"),
    *append_only("policies"),
    *append_only("audit_entries"),
    Guard(
        "audit_entries_chain",
        "audit_entries",
        "INSERT",
        "an audit entry follows the newest one",
        """NEW.sequence <> COALESCE((SELECT MAX(a.sequence) FROM audit_entries AS a), 0) + 1
 OR NEW.previous <> COALESCE((SELECT b.hash FROM audit_entries AS b ORDER BY b.sequence DESC LIMIT 1),
 '0000000000000000000000000000000000000000000000000000000000000000')""",
    ),
    Guard("snapshots_update", "snapshots", "UPDATE", "a snapshot never changes"),
]

HOME = [
    Guard("home_update", "home", "UPDATE", "a home keeps its lineage", "NEW.lineage <> OLD.lineage"),
    Guard("home_delete", "home", "DELETE", "a home keeps its lineage"),
    Guard(
        "environments_name",
        "environments",
        "UPDATE",
        "an environment keeps its name, and its revision only rises",
        "NEW.name <> OLD.name OR NEW.revision < OLD.revision",
    ),
    Guard(
        "environments_sandbox",
        "environments",
        "UPDATE",
        "a real environment stays real",
        "NEW.sandbox AND NOT OLD.sandbox",
    ),
    Guard("environments_delete", "environments", "DELETE", "environments are kept"),
    Guard("keys_delete", "keys", "DELETE", "keys are revoked, and kept"),
    Guard("idempotency_keys_update", "idempotency_keys", "UPDATE", "an idempotency key names one proposal"),
    Guard("idempotency_keys_delete", "idempotency_keys", "DELETE", "an idempotency key names one proposal"),
    Guard(
        "keys_update",
        "keys",
        "UPDATE",
        "a key can be revoked, once, and is otherwise never changed",
        " OR ".join(
            f"NEW.{column} {{differs}} OLD.{column}"
            for column in ("id", "environment", "kind", "token", "token_sha256", "scopes", "on_behalf_of", "created_at")
        )
        + " OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at {differs} OLD.revoked_at)",
    ),
]

NOT_REPLACED = [
    not_replaced("home", ("id",)),
    not_replaced("environments", ("name",)),
    not_replaced("keys", ("id",), ("token_sha256",)),
    not_replaced("proposals", ("id",), ("number",)),
    not_replaced("proposal_edits", ("proposal_id", "position"), ("proposal_id", "kind", "key")),
    not_replaced("idempotency_keys", ("key",)),
    not_replaced("evidence", ("digest",)),
    not_replaced("approvals", ("number",), ("evidence_digest", "reviewer", "at")),
    not_replaced("document_revisions", ("proposal_id", "environment", "kind", "key")),
    not_replaced("policies", ("number",)),
    not_replaced("audit_entries", ("sequence",), ("hash",)),
    not_replaced("snapshots", ("id",), ("number",)),
]

SERVED: list[Consequence] = [
    Consequence(
        f"{table}_{event.lower()}_served", table, event, "UPDATE home SET serving_version = serving_version + 1"
    )
    for table in ("environments", "keys")
    for event in ("INSERT", "UPDATE")
]

KEPT = (
    "approvals",
    "audit_entries",
    "document_revisions",
    "documents",
    "environments",
    "evidence",
    "home",
    "idempotency_keys",
    "keys",
    "policies",
    "proposal_edits",
    "proposals",
)


def upgrade() -> None:
    """Creates the triggers."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    triggers: list[Guard | Consequence] = [*REVISIONS, *DOCUMENTS, *PROPOSALS, *APPENDED, *HOME, *NOT_REPLACED, *SERVED]
    for trigger in triggers:
        for statement in trigger.statements(dialect):
            connection.exec_driver_sql(statement)
    if dialect == "postgresql":
        for table in KEPT:
            for statement in never_emptied(table):
                connection.exec_driver_sql(statement)


def downgrade() -> NoReturn:
    """Refused."""
    raise RuntimeError("There is no way back to an older schema; restore a backup.")
