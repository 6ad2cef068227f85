"""Putting a recording together from merged segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, Mark
from mcp_server.traffic.interning import MISSING_CODE, REDACTED_CODE
from mcp_server.traffic.manifest import ColumnName, ContextKind, SegmentManifest
from mcp_server.traffic.merging import DEVICE, SUBJECT, Contexts, Merged
from mcp_server.traffic.profile import gaps, merge_periods
from policies.impact import TrafficFacts
from policies.replay.recording import Column, Recording
from policies.replay.texts import Texts

MARKS: Mapping[int, Mark] = {REDACTED_CODE: REDACTED, MISSING_CODE: MISSING}
"""By code, from the least one to -1."""


NOBODYS_FACTS: Final = TrafficFacts(
    snapshot="",
    digest="",
    environment="",
    provenance="recorded",
    first_at=datetime(1970, 1, 1, tzinfo=UTC),
    newest_at=datetime(1970, 1, 1, tzinfo=UTC),
    largest_gap_seconds=0,
    subjects=0,
    contexts=0,
    checks=0,
    dropped=0,
    sampled_ppm=0,
)
"""Of a recording of which it is not known yet what it is called."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many distinct contexts and subjects a recording has."""

    size: int
    subjects: int

    @classmethod
    def of(cls, recording: Recording) -> "Extent":
        """The extent of a recording from disk, which names no subject without a context."""
        return cls(recording.size, len(recording.subjects.values))


def traffic_facts(
    manifests: Sequence[SegmentManifest], contexts: Contexts | Extent, *, snapshot: str, digest: str
) -> TrafficFacts:
    """What the evidence says about its traffic."""
    periods = merge_periods(period for manifest in manifests for period in manifest.busy)
    return TrafficFacts(
        snapshot=snapshot,
        digest=digest,
        environment=manifests[0].environment,
        provenance=manifests[0].provenance,
        first_at=min(manifest.first_at for manifest in manifests),
        newest_at=max(manifest.last_at for manifest in manifests),
        largest_gap_seconds=max(((end - start) // 1_000_000 for start, end in gaps(periods)), default=0),
        subjects=contexts.subjects,
        contexts=contexts.size,
        checks=sum(manifest.checks for manifest in manifests),
        dropped=sum(manifest.dropped for manifest in manifests),
        sampled_ppm=min(manifest.sampled_ppm for manifest in manifests),
        mode="statistical" if any(manifest.redaction.ids == "hashed" for manifest in manifests) else "exact",
    )


def assemble(facts: TrafficFacts, merged: Merged) -> Recording:
    """A recording of the merged contexts, without answers."""
    group_properties: dict[str, dict[str, Column]] = {}
    for name in _of_kind(merged, "group_property"):
        group_properties.setdefault(name.group or "", {})[name.name or ""] = _column(merged, name)
    return Recording(
        facts=facts,
        subjects=_column(merged, SUBJECT),
        device_ids=_column(merged, DEVICE),
        properties={name.name or "": _column(merged, name) for name in _of_kind(merged, "property")},
        groups={name.group or "": _column(merged, name) for name in _of_kind(merged, "group")},
        group_properties=group_properties,
        answers={},
        kept_properties=merged.kept,
    )


def _of_kind(merged: Merged, kind: ContextKind) -> list[ColumnName]:
    return [name for name in merged.contexts.codes if name.kind == kind]


def _column(merged: Merged, name: ColumnName) -> Column:
    """The column with exactly the values that occur, marks first."""
    block, bounds = merged.dictionaries.block(name)
    shifted = merged.contexts.codes[name] - min(MARKS)
    occurs = np.zeros(len(MARKS) + len(bounds) - 1, dtype=bool)
    occurs[shifted] = True
    marks = [mark for mark, is_there in zip(MARKS.values(), occurs[: len(MARKS)].tolist(), strict=True) if is_there]
    texts = Texts(marks, *_kept(block, bounds, occurs[len(MARKS) :]))
    return Column(codes=(np.cumsum(occurs, dtype=np.int32) - 1)[shifted], values=texts)


def _kept(
    block: NDArray[np.uint8], bounds: NDArray[np.int64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The block without the texts that are not kept."""
    if kept.all():
        return block, bounds
    lengths = np.diff(bounds)
    return block[np.repeat(kept, lengths)], np.concatenate(([0], np.cumsum(lengths[kept])))
