"""What recorded traffic consists of, in numbers that people read before they trust it."""

from datetime import date, datetime

from mcp_server.services.damage import QuarantinedSegment
from mcp_server.services.record import Record
from policies.impact import FlagValue, TrafficFacts


class DailyVolume(Record):
    """Checks of one flag with one answer on one UTC day."""

    day: date
    flag: str
    value: FlagValue
    checks: int


class ValueCount(Record):
    """Subjects that had this value (as JSON text) in at least one context."""

    value: str
    subjects: int


class PropertyCoverage(Record):
    """How many subjects sent a property of theirs (``group_type`` None) or of one of their groups.

    A subject whose contexts differ counts in more than one of ``present``, ``missing`` and ``redacted``. ``top`` are
    the values with most subjects.
    """

    group_type: str | None
    name: str
    present: int
    missing: int
    redacted: int
    distinct_values: int
    top: tuple[ValueCount, ...]


class Gap(Record):
    """A stretch of at least a minute without a check."""

    start: datetime
    end: datetime
    seconds: int


class TrafficStatistics(Record):
    """One snapshot in numbers. ``gaps`` are the longest ones, ``sdks`` counts checks, and ``kept`` (None: all) lists
    the properties that every part of the recording kept. ``damaged`` are the segments whose checks are missing."""

    facts: TrafficFacts
    volume: tuple[DailyVolume, ...]
    sdks: dict[str, int]
    properties: tuple[PropertyCoverage, ...]
    gaps: tuple[Gap, ...]
    kept: tuple[str, ...] | None
    damaged: tuple[QuarantinedSegment, ...] = ()
