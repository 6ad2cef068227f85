"""The hash-chained log of everything that happened."""

from datetime import datetime
from typing import Any

from pydantic import Field

from mcp_server.services.actor import Actor
from mcp_server.services.record import Record


class AuditEvent(Record):
    """Something that happened, before it is chained.

    ``action`` is a dotted verb (``proposal.created``, ``proposal.applied``, ``key.created``). ``details`` is JSON
    without floats.
    """

    at: datetime
    action: str
    environment: str | None
    subject: str | None
    """What it happened to: a proposal id, a key id, a policy digest."""
    actor: Actor
    reason: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class AuditEntry(Record):
    """A link of the chain: ``hash`` is SHA-256 over ``previous`` and the event's canonical JSON."""

    sequence: int
    previous: str
    hash: str
    event: AuditEvent
