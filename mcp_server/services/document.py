"""The versioned JSON documents of an environment: flags, cohorts and its evaluation settings."""

from datetime import datetime
from typing import Any, Literal

from mcp_server.services.record import Record

DocumentKind = Literal["flag", "cohort", "settings"]

SETTINGS_KEY = "settings"
"""The one settings document of an environment: ``group_type_mapping``, ``property_matching_version``, ``timezone``."""


class Ref(Record):
    """Names a document within an environment. A cohort's key is its id as text."""

    kind: DocumentKind
    key: str


class Document(Record):
    """The newest revision of a document. ``body`` is PostHog JSON (with Drysail's own ``drysail`` object)."""

    environment: str
    ref: Ref
    revision: int
    digest: str
    body: dict[str, Any]
    updated_at: datetime


class Revision(Record):
    """One revision of a document, kept for ever. ``body`` is None where the document was removed.

    ``reviewed`` says whether a person looked at it: approved the proposal that made it, or made the proposal.
    """

    environment: str
    ref: Ref
    revision: int
    digest: str
    body: dict[str, Any] | None
    proposal_id: str
    at: datetime
    reviewed: bool
