"""The hash-chained log of everything that happened."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pydantic import Field

from evaluator.json_text import canonical
from mcp_server.services.actor import Actor
from mcp_server.services.record import Record

BEFORE_THE_FIRST = "0" * 64
"""What the first entry names as its previous hash."""


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


def next_entry(previous: AuditEntry | None, event: AuditEvent) -> AuditEntry:
    """The link that the event becomes after ``previous``, or as the first of a chain."""
    sequence, before = (1, BEFORE_THE_FIRST) if previous is None else (previous.sequence + 1, previous.hash)
    return AuditEntry(sequence=sequence, previous=before, hash=_hash(before, sequence, event), event=event)


def verify_chain(entries: Iterable[AuditEntry], *, after: AuditEntry | None = None) -> int | None:
    """The first sequence number at which the chain is broken; None if it is whole.

    ``entries`` are in order and follow ``after``; without it they start with the very first one. A missing entry
    counts as broken at the number that is missing. What was cut off at the end leaves no trace in the rest, so
    compare the newest hash with one that was kept elsewhere.
    """
    previous = after
    for entry in entries:
        expected = next_entry(previous, entry.event)
        if entry != expected:
            return expected.sequence
        previous = entry
    return None


def event_json(event: AuditEvent) -> dict[str, Any]:
    """The event as JSON, its details as they are: pydantic would write NaN as null."""
    return {**event.model_dump(mode="json", exclude={"details"}), "details": event.details}


def _hash(previous: str, sequence: int, event: AuditEvent) -> str:
    """Do not change: every chain ever written would be broken."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = {**event_json(event), "sequence": sequence, "at": at}
    return sha256(previous.encode() + canonical(content)).hexdigest()
