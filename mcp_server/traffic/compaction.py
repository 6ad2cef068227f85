"""Many small segments into few large ones, without losing a check on the way.

A recorder writes a segment a minute; a replay wants few. The segments of an hour that is over become one, and those of
a day that is over become one. The new segment names the ones that it replaces, so that nobody counts them from the
moment it is there; they stay on disk, for the snapshots that name them, until they are pruned.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcp_server.traffic.draft import Content, Origin
from mcp_server.traffic.layout import BUCKETS, LOG, TrafficFolder
from mcp_server.traffic.manifest import ColumnKind, ColumnName, SegmentManifest
from mcp_server.traffic.merging import Merged, merged
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.segment import check_files, write_segment

MOST_CHECKS = 5_000_000
"""Segments are not merged beyond this size."""

LOG_KINDS: tuple[ColumnKind, ...] = ("flag", "value", "sdk")


@contextmanager
def only_one(folder: TrafficFolder) -> Iterator[bool]:
    """Yields whether this process may compact now; another one that is at it keeps everybody else out."""
    with (folder.root / "compaction.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def groups_to_merge(manifests: Sequence[SegmentManifest], now: datetime) -> list[list[SegmentManifest]]:
    """Which segments belong together: recorded alike, in the same hour or day that is over."""
    by_kind: dict[tuple[Any, ...], list[SegmentManifest]] = {}
    for manifest in manifests:
        period = _finished_period(manifest, now)
        if period is not None:
            kind = (manifest.provenance, manifest.kept, manifest.sampled_ppm, manifest.redaction, period)
            by_kind.setdefault(kind, []).append(manifest)
    chunks = (chunk for group in by_kind.values() for chunk in _chunks(group))
    return [chunk for chunk in chunks if len(chunk) > 1]


def merge_segments(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> SegmentManifest:
    """Writes one segment with everything that these hold. Raises Unavailable if one of them is damaged."""
    check_files(folder, manifests)
    with merged(folder, manifests) as segments:
        return write_segment(folder, _content(segments))


def _finished_period(manifest: SegmentManifest, now: datetime) -> str | None:
    last = manifest.last_at.astimezone(UTC)
    hour = last.replace(minute=0, second=0, microsecond=0)
    if hour.replace(hour=0) + timedelta(days=1) <= now:
        return f"{last:%Y-%m-%d}"
    if hour + timedelta(hours=1) <= now:
        return f"{last:%Y-%m-%dT%H}"
    return None


def _chunks(manifests: Sequence[SegmentManifest]) -> Iterator[list[SegmentManifest]]:
    chunk: list[SegmentManifest] = []
    for manifest in sorted(manifests, key=lambda manifest: (manifest.first_at, manifest.id)):
        if chunk and sum(member.checks for member in chunk) + manifest.checks > MOST_CHECKS:
            yield chunk
            chunk = []
        chunk.append(manifest)
    yield chunk


def _content(segments: Merged) -> Content:
    manifests = [part.manifest for part in segments.parts]
    columns = (*segments.contexts.codes, *(ColumnName(kind=kind) for kind in LOG_KINDS))
    log, buckets = _all_rows(segments, LOG), _all_rows(segments, BUCKETS)
    in_time = np.argsort(log["at"], kind="stable")
    distinct = sorted_runs([buckets["flag"], buckets["context"]]).firsts
    return Content(
        origin=common_origin(manifests[0]),
        columns=columns,
        texts=[segments.dictionaries.texts(name) for name in columns],
        codes=np.stack(list(segments.contexts.codes.values())),
        log={name: column[in_time] for name, column in log.items()},
        buckets={name: column[distinct] for name, column in buckets.items()},
        dropped=sum(manifest.dropped for manifest in manifests),
        replaces=tuple(sorted({old for manifest in manifests for old in (manifest.id, *manifest.replaces)})),
    )


def _all_rows(segments: Merged, table: str) -> dict[str, NDArray[Any]]:
    pieces = [segments.rows(part, table) for part in range(len(segments.parts))]
    return {column: np.concatenate([piece[column] for piece in pieces]) for column in pieces[0]}


def common_origin(manifest: SegmentManifest) -> Origin:
    """How the checks of a segment were recorded, for a segment made of it."""
    return Origin(
        environment=manifest.environment,
        provenance=manifest.provenance,
        source="compaction",
        kept=None if manifest.kept is None else frozenset(manifest.kept),
        sampled_ppm=manifest.sampled_ppm,
        redaction=manifest.redaction,
    )
