"""A part of a snapshot: the checks of a window of time, of a sample of the subjects, or both."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from evaluator.json_text import digest
from mcp_server.services.errors import InvalidInput
from mcp_server.services.snapshot import Part, Snapshot
from mcp_server.traffic.answers import Window
from mcp_server.traffic.manifest import SegmentManifest, microseconds, moment_of
from mcp_server.traffic.profile import Periods, gaps, merge_periods
from mcp_server.traffic.sampling import EVERYBODY, Sampling
from policies.impact import TrafficFacts
from policies.replay.recording import Recording
from policies.replay.subset import asked_contexts, contexts_of_subjects, with_contexts


def window_of(part: Part) -> Window | None:
    """The window of a part; None for all times. Raises InvalidInput for an empty one."""
    if part.since is None and part.until is None:
        return None
    first = -(1 << 62) if part.since is None else microseconds(part.since)
    end = 1 << 62 if part.until is None else microseconds(part.until)
    if first >= end:
        raise InvalidInput("The window of time ends before it begins.", hint="Swap the two moments.", place="window")
    return first, end


def in_window(manifests: Sequence[SegmentManifest], window: Window) -> list[SegmentManifest]:
    """The segments with checks in the window, or on both sides of it. Raises InvalidInput if there is none."""
    first, end = window
    found = [
        manifest
        for manifest in manifests
        if microseconds(manifest.first_at) < end and microseconds(manifest.last_at) >= first
    ]
    if not found:
        raise _nothing_there(manifests)
    return found


def part_of(recording: Recording, snapshot: Snapshot, manifests: Sequence[SegmentManifest], part: Part) -> Recording:
    """The part of a recording that has the answers of the part's window already; with facts of its own.

    Raises InvalidInput if nobody asked in it.
    """
    recording = with_contexts(recording, asked_contexts(recording))
    if part.sampled_ppm < EVERYBODY:
        sampling = Sampling(part.sampled_ppm)
        kept = [sampling.keeps(snapshot.environment, str(subject)) for subject in recording.subjects.values]
        recording = with_contexts(recording, contexts_of_subjects(recording, np.array(kept, dtype=np.bool_)))
    if not recording.size:
        raise _nothing_there(manifests)
    return replace(recording, facts=_facts(recording, snapshot, manifests, part))


def _facts(recording: Recording, snapshot: Snapshot, manifests: Sequence[SegmentManifest], part: Part) -> TrafficFacts:
    """Of what is in the part; ``dropped`` are those of whole segments, since nobody knows when they were dropped."""
    answers = recording.answers.values()
    first = moment_of(min(int(rows.first_us.min()) for rows in answers))
    newest = moment_of(max(int(rows.last_us.max()) for rows in answers))
    busy = merge_periods(period for manifest in manifests for period in manifest.busy)
    return snapshot.facts.model_copy(
        update={
            "digest": digest([snapshot.digest, part.model_dump(mode="json")]),
            "first_at": first,
            "newest_at": newest,
            "largest_gap_seconds": _largest_gap(busy, first, newest),
            "subjects": int(np.count_nonzero(np.bincount(recording.subjects.codes))),
            "contexts": recording.size,
            "checks": sum(int(rows.checks.sum(dtype=np.int64)) for rows in answers),
            "dropped": sum(manifest.dropped for manifest in manifests),
            "sampled_ppm": snapshot.facts.sampled_ppm * part.sampled_ppm // EVERYBODY,
        }
    )


def _largest_gap(busy: Periods, first: datetime, newest: datetime) -> int:
    start, end = microseconds(first), microseconds(newest)
    within = [(max(low, start), min(high, end)) for low, high in busy if low <= end and high >= start]
    return max(((high - low) // 1_000_000 for low, high in gaps(within)), default=0)


def _nothing_there(manifests: Sequence[SegmentManifest]) -> InvalidInput:
    first, last = min(each.first_at for each in manifests), max(each.last_at for each in manifests)
    return InvalidInput(
        "Nobody asked in this part of the traffic.",
        hint=f"The snapshot goes from {first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}.",
        code="EMPTY_PART",
    )
