"""Many small segments into few large ones, without losing a check on the way.

A recorder writes a segment a minute; a replay wants few. The segments of an hour that is over become one, and those of
a day that is over become one. The new segment names the ones that it replaces, so that nobody counts them from the
moment it is there; they stay on disk, for the snapshots that name them, until they are pruned.
"""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from mcp_server.traffic.draft import Content, Origin
from mcp_server.traffic.layout import BUCKETS, LOG, TrafficFolder
from mcp_server.traffic.manifest import ColumnKind, ColumnName, SegmentManifest
from mcp_server.traffic.merging import MARKS, Codes, Part, merge_contexts, read_part, unify
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.segment import check_files, write_segment
from mcp_server.traffic.tables import engine

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
            kind = (manifest.provenance, manifest.kept, manifest.sampled_ppm, period)
            by_kind.setdefault(kind, []).append(manifest)
    chunks = (chunk for group in by_kind.values() for chunk in _chunks(group))
    return [chunk for chunk in chunks if len(chunk) > 1]


def merge_segments(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> SegmentManifest:
    """Writes one segment with everything that these hold. Raises Unavailable if one of them is damaged."""
    for manifest in manifests:
        check_files(folder, manifest)
    with engine() as connection:
        parts = [read_part(connection, folder, manifest) for manifest in manifests]
        content = _merged_content(connection, parts)
    return write_segment(folder, content)


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


def _merged_content(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> Content:
    contexts = merge_contexts(parts)
    names = {kind: unify([part.texts[ColumnName(kind=kind)] for part in parts]) for kind in LOG_KINDS}
    tables: dict[str, Sequence[Codes]] = {kind: tables for kind, (_, tables) in names.items()}
    log, buckets = (
        _merged_table(connection, parts, name, {**tables, "context": contexts.places}) for name in (LOG, BUCKETS)
    )
    distinct = sorted_runs([buckets["flag"], buckets["context"]]).firsts
    in_time = np.argsort(log["at"], kind="stable")
    return Content(
        origin=common_origin(parts[0].manifest),
        columns=(*contexts.codes, *(ColumnName(kind=kind) for kind in LOG_KINDS)),
        texts=[*contexts.texts.values(), *(texts for texts, _ in names.values())],
        codes=np.stack(list(contexts.codes.values())) - np.int32(len(MARKS)),
        log={name: column[in_time] for name, column in log.items()},
        buckets={name: column[distinct] for name, column in buckets.items()},
        dropped=sum(part.manifest.dropped for part in parts),
        replaces=tuple(sorted({old for part in parts for old in (part.manifest.id, *part.manifest.replaces)})),
    )


def common_origin(manifest: SegmentManifest) -> Origin:
    """How the checks of a segment were recorded, for a segment made of it."""
    return Origin(
        environment=manifest.environment,
        provenance=manifest.provenance,
        source="compaction",
        kept=None if manifest.kept is None else frozenset(manifest.kept),
        sampled_ppm=manifest.sampled_ppm,
    )


def _merged_table(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], name: str, tables: Mapping[str, Sequence[Codes]]
) -> dict[str, NDArray[Any]]:
    """One table of all parts, its codes translated by ``tables`` (one per part)."""
    pieces = []
    for number, part in enumerate(parts):
        rows = part.read(connection, name)
        pieces.append({c: tables[c][number][column] if c in tables else column for c, column in rows.items()})
    return {column: np.concatenate([piece[column] for piece in pieces]) for column in pieces[0]}
