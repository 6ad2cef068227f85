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
