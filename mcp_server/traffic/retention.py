"""Deleting traffic: what is too old, what a bigger segment replaces, what a dead process left behind."""

import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from mcp_server.services.traffic_files import Pruned
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest

ABANDONED_AFTER = timedelta(days=1)


def prune_segments(
    folder: TrafficFolder, manifests: Sequence[SegmentManifest], before: datetime, keep: Collection[str]
) -> Pruned:
    """Deletes segments whose last check is older than ``before``, and replaced ones; never those in ``keep``.

    A segment goes only after the ones that it replaces: if they outlived it, their checks would count again.
    """
    replaced = {old for manifest in manifests for old in manifest.replaces}
    there = {manifest.id for manifest in manifests}
    deleted: list[SegmentManifest] = []
    for manifest in sorted(manifests, key=lambda manifest: len(manifest.replaces)):
        is_over = manifest.id in replaced or manifest.last_at < before
        if is_over and manifest.id not in keep and there.isdisjoint(manifest.replaces):
            delete_segment(folder, manifest.id)
            there.discard(manifest.id)
            deleted.append(manifest)
    return Pruned(
        segments=tuple(manifest.id for manifest in deleted),
        bytes=sum(seal.bytes for manifest in deleted for seal in manifest.files.values()),
    )


def sweep_unfinished(folder: TrafficFolder, now: datetime) -> None:
    """Deletes segments that a process began and did not finish, once they are a day old."""
    if not folder.writing.exists():
        return
    for path in folder.writing.iterdir():
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - ABANDONED_AFTER:
            shutil.rmtree(path, ignore_errors=True)


def delete_segment(folder: TrafficFolder, segment: str) -> None:
    """Out of sight in one step, then for good: no reader meets half a segment."""
    folder.writing.mkdir(mode=0o700, exist_ok=True)
    dying = folder.segment(segment).rename(folder.writing / token_hex(8))
    shutil.rmtree(dying, ignore_errors=True)
