"""SQL that somebody with a console might try, and what the database must say to it.

Names with a colon (``:judging``) are bound to the ids that ``test_guard_contract`` prepares.
"""

REVISION = """INSERT INTO document_revisions
 (environment, kind, key, revision, digest, body, alive, proposal_id, at, reviewed) VALUES """
DOCUMENT = "INSERT INTO documents (environment, kind, key, revision, digest, body, updated_at) VALUES "
EDIT = "INSERT INTO proposal_edits (proposal_id, position, kind, key, base_revision, after) VALUES "
ENTRY = "INSERT INTO audit_entries (sequence, previous, hash, event) VALUES "
APPROVAL = """INSERT INTO approvals
 (number, proposal_id, evidence_digest, reviewer, assurance, at, expires_at, comment) VALUES """
NEW_PROPOSAL = """INSERT INTO proposals SELECT 999, 'pr_mine', environment, kind, operations, reason, expect, actor,
 created_at, expires_at, rebase_of, reverts, '{state}', evidence_digest, note, created_at, 1
 FROM proposals WHERE id = :allowed"""
AT = "'2026-11-22T08:15:30.000000Z'"
ZEROS = "'" + "0" * 64 + "'"


def revision(kind: str, key: str, number: int, body: str, proposal: str, environment: str = "production") -> str:
    """Adds a revision. ``body`` is SQL."""
    return f"{REVISION}('{environment}', '{kind}', '{key}', {number}, 'd', {body}, true, :{proposal}, {AT}, false)"


def document(key: str, number: int, body: str) -> str:
    """Adds a current document."""
    return f"{DOCUMENT}('production', 'flag', '{key}', {number}, 'd', {body}, {AT})"


def applied(proposal: str, more: str = "") -> str:
    """Marks a proposal as applied."""
    return (
        f"UPDATE proposals SET state = 'applied', applied_at = {AT}, applied_revision = 9{more} WHERE id = :{proposal}"
    )


N1 = """'{"n":1}'"""
N2 = """'{"n":2}'"""
N5 = """'{"n":5}'"""

NEEDS_A_PROPOSAL = "by applying a proposal|what the proposal says"
SAYS_THE_SAME = "what the proposal says|exists already"
ITS_NEWEST = "its newest revision|next revision"
EVIDENCE_COUNTS = "exactly its evidence was allowed or approved"
NEEDS_AN_APPROVAL = "only with an approval of its evidence"

REVISIONS = [
    (NEEDS_A_PROPOSAL, revision("flag", "new", 1, N1, "judging")),
    (NEEDS_A_PROPOSAL, revision("flag", "fresh", 1, N1, "allowed")),
    (NEEDS_A_PROPOSAL, revision("flag", "x", 1, "'{}'", "stale")),
    (NEEDS_A_PROPOSAL, revision("flag", "x", 1, "'{}'", "unknown")),
    (NEEDS_A_PROPOSAL, revision("flag", "unwritten", 1, N1, "unwritten", "staging")),
    (SAYS_THE_SAME, revision("flag", "unwritten", 1, N2, "unwritten")),
    (SAYS_THE_SAME, revision("flag", "unwritten", 1, "NULL", "unwritten")),
    (SAYS_THE_SAME, revision("flag", "mine", 1, N1, "unwritten")),
    (SAYS_THE_SAME, revision("cohort", "unwritten", 1, N1, "unwritten")),
    (SAYS_THE_SAME, revision("flag", "checkout", 3, N2, "written")),
    (SAYS_THE_SAME, revision("flag", "removed", 3, "NULL", "removal")),
    ("exists already", revision("flag", "removed", 3, N1, "creation")),
    ("without gaps", revision("flag", "unwritten", 2, N1, "unwritten")),
    ("without gaps", revision("flag", "unwritten", 0, N1, "unwritten")),
    ("without gaps", revision("flag", "checkout", 4, N5, "unwritten")),
    ("append-only", "UPDATE document_revisions SET body = '{}' WHERE key = 'checkout'"),
    ("append-only", "UPDATE document_revisions SET reviewed = true"),
    ("append-only", "DELETE FROM document_revisions WHERE key = 'checkout' AND revision = 1"),
]

DOCUMENTS = [
    (ITS_NEWEST, document("rogue", 1, "'{}'")),
    (ITS_NEWEST, document("removed", 1, N1)),
    (ITS_NEWEST, document("removed", 2, "'null'")),
    (ITS_NEWEST, "UPDATE documents SET body = '{}'"),
    (ITS_NEWEST, "UPDATE documents SET digest = 'd'"),
    (ITS_NEWEST, "UPDATE documents SET revision = 3 WHERE key = 'checkout'"),
    (ITS_NEWEST, f"UPDATE documents SET revision = 1, body = {N1} WHERE key = 'checkout'"),
    (ITS_NEWEST, f"UPDATE documents SET updated_at = {AT}"),
    (ITS_NEWEST, "UPDATE documents SET key = 'stolen'"),
    ("removed by a revision without a body", "DELETE FROM documents"),
]

CONTENT = [
    *(
        ("content of a proposal never changes", f"UPDATE proposals SET {change} WHERE id = :judging")
        for change in (
            "id = 'pr_mine'",
            "number = 999",
            "environment = 'staging'",
            "kind = 'bootstrap'",
            "operations = '[]'",
            "reason = 'Other.'",
            "expect = '{}'",
            "actor = '{}'",
            f"created_at = {AT}",
            f"expires_at = {AT}",
            "rebase_of = 'pr_1'",
            "reverts = 'pr_1'",
        )
    ),
    ("append-only", "UPDATE proposal_edits SET after = '{}' WHERE proposal_id = :allowed"),
    ("append-only", "DELETE FROM proposal_edits WHERE proposal_id = :judging"),
    ("content of a proposal never changes", f"{EDIT}(:allowed, 9, 'flag', 'more', 0, '{{}}')"),
    ("content of a proposal never changes", f"{EDIT}(:stale, 9, 'flag', 'more', 0, '{{}}')"),
    ("proposals are kept", "DELETE FROM proposals WHERE id = :judging"),
    *(
        ("starts open, and not approved", NEW_PROPOSAL.format(state=state))
        for state in ("approved", "applied", "rejected", "withdrawn", "expired", "stale")
    ),
]

STATES = [
    ("closed proposal", "UPDATE proposals SET state = 'allowed' WHERE id = :stale"),
    ("closed proposal", "UPDATE proposals SET state = 'judging' WHERE id = :written"),
    ("closed proposal", "UPDATE proposals SET state = 'withdrawn' WHERE id = :written"),
    ("closed proposal", "UPDATE proposals SET note = 'Other.' WHERE id = :written"),
    ("closed proposal", "UPDATE proposals SET applied_revision = 99 WHERE id = :written"),
    (EVIDENCE_COUNTS, applied("judging")),
    (EVIDENCE_COUNTS, applied("judging", ", evidence_digest = :evidence")),
    (EVIDENCE_COUNTS, applied("review")),
    (EVIDENCE_COUNTS, applied("review", ", evidence_digest = :approved_evidence")),
    (EVIDENCE_COUNTS, applied("allowed", ", evidence_digest = :approved_evidence")),
    (EVIDENCE_COUNTS, "UPDATE proposals SET state = 'applied' WHERE id = :review"),
    (r"\bck_proposals_applied\b", "UPDATE proposals SET state = 'applied' WHERE id = :allowed"),
    (NEEDS_AN_APPROVAL, "UPDATE proposals SET state = 'approved' WHERE id = :review"),
    (NEEDS_AN_APPROVAL, "UPDATE proposals SET state = 'approved' WHERE id = :allowed"),
    (
        NEEDS_AN_APPROVAL,
        "UPDATE proposals SET state = 'approved', evidence_digest = :approved_evidence WHERE id = :review",
    ),
    (r"\bck_proposals_state\b", "UPDATE proposals SET state = 'done' WHERE id = :judging"),
]

APPENDED = [
    ("append-only", "DELETE FROM audit_entries"),
    ("append-only", "UPDATE audit_entries SET event = '{}' WHERE sequence = 1"),
    ("append-only", "DELETE FROM evidence"),
    ("append-only", "UPDATE evidence SET decision = 'allow'"),
    ("append-only", "DELETE FROM approvals"),
    ("append-only", "UPDATE approvals SET assurance = 4"),
    ("append-only", "DELETE FROM policies"),
    ("append-only", "UPDATE policies SET text = ''"),
    ("follows the newest", f"{ENTRY}(4, {ZEROS}, 'h', '{{}}')"),
    ("follows the newest", f"{ENTRY}(3, {ZEROS}, 'h', '{{}}')"),
    ("follows the newest", f"{ENTRY}(4, (SELECT hash FROM audit_entries WHERE sequence = 2), 'h', '{{}}')"),
    (r"\bck_approvals_assurance\b", f"{APPROVAL}(9, :review, :evidence, 'me', 9, {AT}, {AT}, '')"),
]

HOME = [
    ("keeps its lineage", "UPDATE home SET lineage = 'other'"),
    ("keeps its lineage", "DELETE FROM home"),
    (r"\bck_home_single\b", "INSERT INTO home (id, lineage, serving_version) VALUES (2, 'x', 1)"),
    ("stays real", "UPDATE environments SET sandbox = true"),
    ("only rises", "UPDATE environments SET revision = 0"),
    ("keeps its name", "UPDATE environments SET name = 'other' WHERE name = 'staging'"),
    ("environments are kept", "DELETE FROM environments"),
    ("otherwise never changed", "UPDATE keys SET revoked_at = NULL WHERE id = 'key_1'"),
    ("otherwise never changed", """UPDATE keys SET scopes = '["flags:apply"]'"""),
    ("otherwise never changed", "UPDATE keys SET kind = 'agent' WHERE id = 'key_2'"),
    ("keys are revoked", "DELETE FROM keys"),
    ("names one proposal", "UPDATE idempotency_keys SET proposal_id = :written"),
    ("names one proposal", "DELETE FROM idempotency_keys"),
    ("snapshot never changes", "UPDATE snapshots SET manifest = '{}'"),
]

ATTACKS = [*REVISIONS, *DOCUMENTS, *CONTENT, *STATES, *APPENDED, *HOME]

AS_DECIDED = [
    f"{EDIT}(:judging, 9, 'flag', 'more', 0, '{{}}')",
    revision("flag", "unwritten", 1, N1, "unwritten"),
    document("unwritten", 1, N1),
    revision("flag", "checkout", 3, N5, "unwritten"),
    f"UPDATE documents SET revision = 3, digest = 'd', body = {N5} WHERE key = 'checkout'",
    applied("allowed"),
    "UPDATE proposals SET state = 'withdrawn' WHERE id = :judging",
    "UPDATE proposals SET state = 'denied', note = 'Why not.' WHERE id = :review",
    "UPDATE keys SET revoked_at = created_at WHERE id = 'key_2'",
    "UPDATE environments SET revision = revision + 1",
    "DELETE FROM snapshots",
]
"""The same statements, where they say what was decided: the attacks fail for the reason that they are given."""

REPLACED = [
    *(
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        for table in (
            "home",
            "environments",
            "keys",
            "idempotency_keys",
            "evidence",
            "approvals",
            "policies",
            "snapshots",
        )
    ),
    """INSERT OR REPLACE INTO proposals SELECT number, id, environment, kind, operations, 'Other.', expect, actor,
 created_at, expires_at, rebase_of, reverts, state, evidence_digest, note, applied_at, applied_revision
 FROM proposals WHERE id = :judging""",
    f"INSERT OR REPLACE INTO {EDIT.removeprefix('INSERT INTO ')}(:judging, 0, 'flag', 'new', 0, '{{}}')",
    f"INSERT OR REPLACE INTO {EDIT.removeprefix('INSERT INTO ')}(:judging, 5, 'flag', 'new', 0, '{{}}')",
    # The proposal that created the flag creates it again, now that it is removed; its first revision would go.
    f"INSERT OR REPLACE INTO {revision('flag', 'removed', 3, N1, 'creation').removeprefix('INSERT INTO ')}",
    # A new entry with the hash of an old one, which would go.
    f"""INSERT OR REPLACE INTO {ENTRY.removeprefix("INSERT INTO ")}
 (3, (SELECT hash FROM audit_entries WHERE sequence = 2),
 (SELECT hash FROM audit_entries WHERE sequence = 1), '{{}}')""",
]
"""SQLite deletes the row that is in the way, and asks no DELETE trigger."""

EMPTIED = (
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
"""Tables that PostgreSQL's TRUNCATE must not empty."""
