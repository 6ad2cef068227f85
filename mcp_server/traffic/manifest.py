"""What a segment says about itself: the text file beside its tables."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from evaluator.json_text import digest
from mcp_server.services.errors import Unavailable
from mcp_server.services.record import Record
from mcp_server.services.statistics import DailyVolume
from policies.impact import Provenance, TrafficMode

FORMAT = 2
"""Format 1 could not say that values or ids are hashed; it is still read."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

ContextKind = Literal["subject", "device", "property", "group", "group_property"]
ColumnKind = Literal["subject", "device", "property", "group", "group_property", "flag", "value", "sdk"]

CONTEXT_KINDS = frozenset({"subject", "device", "property", "group", "group_property"})


class ColumnName(Record):
    """One dictionary-encoded column. ``group`` is a group type; ``name`` a property of the person or the group."""

    kind: ColumnKind
    group: str | None = None
    name: str | None = None


class FileSeal(Record):
    """By what a damaged file is found."""

    sha256: str
    bytes: int


class Redaction(Record):
    """What a recorder withheld beside the properties that it did not keep.

    ``denied`` are patterns of names whose values were never written; ``hashed`` are patterns of names whose values were
    written as tokens only. Where ``ids`` is ``hashed``, so are distinct ids and device ids.
    """

    denied: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    ids: Literal["plain", "hashed"] = "plain"

    @property
    def mode(self) -> TrafficMode:
        """Whether the recording knows who its subjects are."""
        return "statistical" if self.ids == "hashed" else "exact"


NOTHING_WITHHELD = Redaction()


class SegmentManifest(Record):
    """One immutable piece of an environment's traffic.

    ``source`` tells segments of equal content from different recorders apart. ``kept`` lists the property names
    that were kept (None: all of them); what else was sent is unknown. ``busy`` are the periods (UTC microseconds)
    without a pause of a minute. ``replaces`` names smaller segments whose checks are all in this one. ``columns``
    numbers the dictionaries; those of contexts are also the columns ``c0``, ``c1``, … of the contexts table.
    """

    format: int
    id: str
    environment: str
    provenance: Provenance
    source: str
    first_at: datetime
    last_at: datetime
    checks: int
    contexts: int
    subjects: int
    dropped: int
    sampled_ppm: int
    kept: tuple[str, ...] | None
    redaction_digest: str
    sdks: dict[str, int]
    volume: tuple[DailyVolume, ...]
    busy: tuple[tuple[int, int], ...]
    columns: tuple[ColumnName, ...]
    files: dict[str, FileSeal]
    replaces: tuple[str, ...] = ()
    redaction: Redaction = NOTHING_WITHHELD

    def as_text(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"


def segment_id(fields: Mapping[str, Any]) -> str:
    """The name of a segment: when it starts, and the digest of everything else that its manifest says."""
    body = {name: value for name, value in fields.items() if name != "id"}
    start = datetime.fromisoformat(body["first_at"]).strftime("%Y%m%dT%H%M%S")
    return f"seg_{start}_{digest(body)[:12]}"


def redaction_digest(kept: tuple[str, ...] | None, redaction: Redaction, sampled_ppm: int) -> str:
    """Identifies what was left out of a segment, and how its subjects were chosen."""
    return digest({"kept": kept, "sampled_ppm": sampled_ppm, **redaction.model_dump(mode="json")})


def parse_manifest(text: bytes, path: Path) -> SegmentManifest:
    """A manifest from its file's content. Raises Unavailable for a newer format or a damaged file."""
    try:
        fields = json.loads(text)
        found = fields["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if isinstance(found, int) and found > FORMAT:
        raise Unavailable(
            f"The traffic segment has format {found}; this Drysail reads formats up to {FORMAT}.",
            hint="Upgrade Drysail on this machine.",
            code="FORMAT_TOO_NEW",
            place=str(path),
        )
    try:
        manifest = SegmentManifest.model_validate(fields)
        is_whole = manifest.id == segment_id(fields) == path.parent.name
    except ValueError as error:
        raise _damaged(path) from error
    if not is_whole:
        raise _damaged(path)
    return manifest


def _damaged(path: Path) -> Unavailable:
    return Unavailable(
        "The segment's manifest is damaged.",
        hint=f"Restore it from a backup, or run `drysail traffic quarantine {path.parent.name}` and take a snapshot.",
        code="SNAPSHOT_CORRUPT",
        place=str(path),
    )


def microseconds(moment: datetime) -> int:
    """UTC microseconds since 1970. Raises TypeError for a moment without a time zone."""
    elapsed = moment - EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def moment_of(microseconds_since_1970: int) -> datetime:
    """The reverse of ``microseconds``."""
    return EPOCH + microseconds_since_1970 * MICROSECOND
