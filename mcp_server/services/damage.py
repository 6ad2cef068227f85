"""What is known of traffic that was damaged and moved aside."""

from datetime import datetime

from mcp_server.services.record import Record
from mcp_server.services.snapshot import Snapshot
from policies.impact import Provenance

BY_HAND = "A person moved it aside."


class QuarantinedSegment(Record):
    """A segment that no snapshot is made of any more.

    ``file`` is the damaged one, ``reason`` what is wrong with it. ``checks`` is how many checks went with it: 0 where
    other segments still hold them, None where its manifest cannot be read; ``provenance`` and ``last_at`` are unknown
    in that case too. ``place`` is the folder that it lies in now.
    """

    segment: str
    file: str
    reason: str
    at: datetime
    provenance: Provenance | None = None
    checks: int | None = None
    last_at: datetime | None = None
    place: str = ""

    @property
    def is_loss(self) -> bool:
        """Whether checks are missing because of it, or may be."""
        return self.checks != 0

    def sentence(self) -> str:
        """It in one line: which segment, what is wrong, what it costs."""
        cost = "an unknown number of checks" if self.checks is None else f"{self.checks:,} checks"
        return f"{self.segment} ({self.file}): {self.reason} It held {cost} that no other segment holds."


def damaged_of(snapshot: Snapshot) -> tuple[QuarantinedSegment, ...]:
    """The damaged segments that a snapshot does without."""
    return tuple(QuarantinedSegment.model_validate(each) for each in snapshot.manifest.get("damaged", ()))
