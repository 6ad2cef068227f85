"""A registered, immutable, digested part of the recorded traffic."""

from datetime import datetime
from typing import Any

from mcp_server.services.record import Record
from policies.impact import TrafficFacts


class Snapshot(Record):
    """What the store knows of a snapshot. ``manifest`` names the segments and their checksums."""

    id: str
    environment: str
    digest: str
    facts: TrafficFacts
    manifest: dict[str, Any]
    registered_at: datetime


class Part(Record):
    """A part of a snapshot: the checks from ``since`` on and before ``until``, of a share of the subjects.

    The share is in parts per million, and holds the same subjects every time. The default is everything.
    """

    since: datetime | None = None
    until: datetime | None = None
    sampled_ppm: int = 1_000_000


WHOLE = Part()
