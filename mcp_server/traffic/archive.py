"""The traffic of a home on disk: segments in, snapshots and recordings out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from evaluator.json_text import digest
from mcp_server.services.errors import NotFound, Unavailable
from mcp_server.services.snapshot import Snapshot
from mcp_server.traffic.answers import merge_answers, merge_buckets
from mcp_server.traffic.compaction import groups_to_merge, merge_segments, only_one
from mcp_server.traffic.layout import MANIFEST, TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest, parse_manifest
from mcp_server.traffic.merging import Contexts, kept_by_all, merge_contexts, read_part
from mcp_server.traffic.profile import gaps, merge_periods
from mcp_server.traffic.retention import Pruned, prune_segments, sweep_unfinished
from mcp_server.traffic.segment import check_files, read_manifest, segment_gone
from mcp_server.traffic.tables import engine
from policies.impact import Provenance, TrafficFacts
from policies.replay.recording import Column, Recording

SNAPSHOT_FORMAT = 1


class TrafficArchive:
    """Implements the ``Traffic`` port over ``<home>/traffic``. Holds no state but the path; any number may exist."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def collect(self, environment: str, provenance: Provenance, now: datetime) -> Snapshot | None:
        """A snapshot of the segments that are complete now; None if there are none.

        Every file is checked. Raises Unavailable if one is damaged.
        """
        folder = TrafficFolder.of(self._home, environment)
        manifests = [manifest for manifest in self.segments(environment) if manifest.provenance == provenance]
        if not manifests:
            return None
        for manifest in manifests:
            check_files(folder, manifest)
        content = {
            "format": SNAPSHOT_FORMAT,
            "environment": environment,
            "provenance": provenance,
            "segments": [
                {"id": manifest.id, "sha256": _file_digest(folder.segment(manifest.id) / MANIFEST)}
                for manifest in manifests
            ],
        }
        content_digest = digest(content)
        snapshot_id = f"snap_{now:%Y%m%dT%H%M%S}_{content_digest[:6]}"
        with engine() as connection:
            contexts = merge_contexts([read_part(connection, folder, manifest) for manifest in manifests])
        return Snapshot(
            id=snapshot_id,
            environment=environment,
            digest=content_digest,
            facts=_facts(snapshot_id, content_digest, manifests, contexts),
            manifest=content,
            registered_at=now,
        )

    def load(self, snapshot: Snapshot) -> Recording:
        """The snapshot's recording; the same one every time.

        Raises Unavailable: ``SNAPSHOT_GONE``, ``SNAPSHOT_CORRUPT`` (naming the file) or ``FORMAT_TOO_NEW``.
        """
        folder = TrafficFolder.of(self._home, snapshot.environment)
        manifests = _pinned_manifests(folder, snapshot)
        for manifest in manifests:
            check_files(folder, manifest)
        with engine() as connection:
            parts = [read_part(connection, folder, manifest) for manifest in manifests]
            contexts = merge_contexts(parts)
            answers = merge_answers(connection, parts, contexts)
            buckets = merge_buckets(connection, parts, contexts)
        return Recording(
            facts=_facts(snapshot.id, snapshot.digest, manifests, contexts),
            subjects=contexts.columns("subject")["", ""],
            device_ids=contexts.columns("device")["", ""],
            properties={name: column for (_, name), column in contexts.columns("property").items()},
            groups={group: column for (group, _), column in contexts.columns("group").items()},
            group_properties=_group_properties(contexts),
            answers=answers,
            buckets=buckets,
            kept_properties=kept_by_all(parts),
        )

    def segments(self, environment: str) -> list[SegmentManifest]:
        """The environment's complete segments, oldest first, without those that a bigger one replaces.

        Raises Unavailable if a manifest is damaged or of a newer format.
        """
        manifests = self._all_segments(environment)
        replaced = {old for manifest in manifests for old in manifest.replaces}
        return [manifest for manifest in manifests if manifest.id not in replaced]

    def compact(self, environment: str, now: datetime) -> list[SegmentManifest]:
        """Merges the small segments of hours and days that are over; returns the new ones.

        Does nothing while another process is at it. Raises Unavailable if a segment is damaged.
        """
        folder = TrafficFolder.of(self._home, environment)
        if not folder.root.exists():
            return []
        with only_one(folder) as is_ours:
            groups = groups_to_merge(self.segments(environment), now) if is_ours else []
            return [merge_segments(folder, group) for group in groups]

    def prune(self, environment: str, *, before: datetime, keep: Collection[str], now: datetime) -> Pruned:
        """Deletes segments that ended before a moment, and those that compaction replaced.

        ``keep`` are the ids of segments that registered snapshots still need.
        """
        folder = TrafficFolder.of(self._home, environment)
        sweep_unfinished(folder, now)
        return prune_segments(folder, self._all_segments(environment), before, keep)

    def quarantine(self, environment: str, segment: str) -> Path:
        """Moves a segment out of sight, and says where to. Raises NotFound."""
        folder = TrafficFolder.of(self._home, environment)
        if segment not in folder.segment_ids():
            raise NotFound(
                f"Environment {environment!r} has no traffic segment {segment!r}.", place=str(folder.segments)
            )
        folder.quarantine.mkdir(mode=0o700, exist_ok=True)
        return folder.segment(segment).rename(folder.quarantine / segment)

    def _all_segments(self, environment: str) -> list[SegmentManifest]:
        folder = TrafficFolder.of(self._home, environment)
        manifests = []
        for segment in folder.segment_ids():
            try:
                manifests.append(read_manifest(folder, segment))
            except Unavailable:
                if folder.segment(segment).exists():
                    raise
                # It was pruned while we looked; what replaced it may not have been there when we began.
                return self._all_segments(environment)
        return manifests


def _pinned_manifests(folder: TrafficFolder, snapshot: Snapshot) -> list[SegmentManifest]:
    if digest(snapshot.manifest) != snapshot.digest:
        raise Unavailable(
            f"The registered manifest of {snapshot.id} does not have the digest {snapshot.digest[:12]}….",
            hint="Register a new snapshot.",
            code="SNAPSHOT_CORRUPT",
        )
    manifests = []
    for pinned in snapshot.manifest["segments"]:
        path = folder.segment(pinned["id"]) / MANIFEST
        try:
            text = path.read_bytes()
        except OSError as error:
            raise segment_gone(path, error) from error
        if sha256(text).hexdigest() != pinned["sha256"]:
            raise Unavailable(
                f"The segment's manifest is not the one that {snapshot.id} was made of.",
                hint="Restore it from a backup, or register a new snapshot.",
                code="SNAPSHOT_CORRUPT",
                place=str(path),
            )
        manifests.append(parse_manifest(text, path))
    return manifests


def _facts(
    snapshot_id: str, content_digest: str, manifests: Sequence[SegmentManifest], contexts: Contexts
) -> TrafficFacts:
    periods = merge_periods(period for manifest in manifests for period in manifest.busy)
    return TrafficFacts(
        snapshot=snapshot_id,
        digest=content_digest,
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
    )


def _group_properties(contexts: Contexts) -> dict[str, dict[str, Column]]:
    groups: dict[str, dict[str, Column]] = {}
    for (group, name), column in contexts.columns("group_property").items():
        groups.setdefault(group, {})[name] = column
    return groups


def _file_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
