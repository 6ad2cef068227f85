"""A proposal: what should change, why, and how far it has come."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from mcp_server.services.actor import Actor, Assurance
from mcp_server.services.document import Ref
from mcp_server.services.record import Record
from policies.impact import Impact, TrafficFacts
from policies.verdict import Verdict


class ProposalState(StrEnum):
    """``judging → allowed | needs_review | denied → approved → applied``; from any open state to a closed one."""

    JUDGING = "judging"
    ALLOWED = "allowed"
    NEEDS_REVIEW = "needs_review"
    DENIED = "denied"
    APPROVED = "approved"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"


OPEN_STATES = frozenset(
    {
        ProposalState.JUDGING,
        ProposalState.ALLOWED,
        ProposalState.NEEDS_REVIEW,
        ProposalState.DENIED,
        ProposalState.APPROVED,
    }
)


class ProposalKind(StrEnum):
    """How a proposal came to be. All are judged and applied alike, but for the bootstrap's missing traffic."""

    CHANGE = "change"
    IMPORT = "import"
    BOOTSTRAP = "bootstrap"
    REVERT = "revert"


class DocumentEdit(Record):
    """One document's change. ``base_revision`` 0: it does not exist yet; ``after`` None: it is removed."""

    ref: Ref
    base_revision: int
    base_digest: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Proposal(Record):
    """The immutable content of a proposal plus its moving state.

    ``expect`` is what the proposer declares that the replay will show. ``evidence_digest`` names the newest
    evidence. ``note`` says why the state is what it is (who rejected it, what moved).
    """

    id: str
    environment: str
    kind: ProposalKind
    edits: tuple[DocumentEdit, ...]
    operations: tuple[dict[str, Any], ...]
    reason: str
    expect: dict[str, Any] | None
    actor: Actor
    created_at: datetime
    expires_at: datetime
    state: ProposalState
    evidence_digest: str | None = None
    note: str = ""
    rebase_of: str | None = None
    reverts: str | None = None
    applied_at: datetime | None = None
    applied_revision: int | None = None
    """The environment revision that the apply produced."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Keys of the flags that it edits."""
        return tuple(edit.ref.key for edit in self.edits if edit.ref.kind == "flag")


class Pin(Record):
    """One document that the evidence looked at, and the revision it had."""

    ref: Ref
    revision: int
    digest: str


class Evidence(Record):
    """What a verdict and an approval are bound to: base, change, traffic, policy, evaluator and what came out.

    ``digest`` is the SHA-256 of the canonical JSON of all the rest. ``pins`` are all documents that the replay
    read: the edited ones, what they depend on, and what depends on them.
    """

    format: int
    proposal_id: str
    environment: str
    lineage: str
    """Identity of the store; a copy of it elsewhere cannot use the approval."""
    pins: tuple[Pin, ...]
    change_digest: str
    traffic: TrafficFacts | None
    policy_digest: str
    evaluation_version: str
    judged_at: datetime
    proved: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By flag, what is certain without any traffic: what the change does at most, and what it makes useless."""
    impact: Impact | None
    verdict: Verdict
    digest: str


class Approval(Record):
    """A person's consent to one evidence digest."""

    proposal_id: str
    evidence_digest: str
    reviewer: str
    assurance: Assurance
    at: datetime
    expires_at: datetime
    comment: str = ""
