"""The traffic of a home on disk: segments in, snapshots and recordings out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from evaluator.json_text import digest
from mcp_server.services.damage import QuarantinedSegment, damaged_of
from mcp_server.services.errors import NotFound, Unavailable
from mcp_server.services.generation import Evaluate, GenerationPlan, Progress
from mcp_server.services.snapshot import WHOLE, Part, Snapshot
from mcp_server.services.statistics import TrafficStatistics
from mcp_server.services.traffic_files import Forgotten, ImportReport, ImportRequest, Pruned, Trace
from mcp_server.traffic.answers import Window, merge_answers, merge_buckets
from mcp_server.traffic.assembly import NOBODYS_FACTS, Extent, assemble, traffic_facts
from mcp_server.traffic.compaction import groups_to_merge, merge_segments, only_one
from mcp_server.traffic.exporting import export_lines
from mcp_server.traffic.forgetting import Subject, forget, trace
from mcp_server.traffic.generator import generate
from mcp_server.traffic.importing import import_file
from mcp_server.traffic.layout import MANIFEST, TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest, parse_manifest
from mcp_server.traffic.merging import merged
from mcp_server.traffic.parquet_export import write_parquet
from mcp_server.traffic.parting import in_window, part_of, window_of
from mcp_server.traffic.prepared import Prepared, find_prepared, forget_prepared, read_prepared, write_prepared
from mcp_server.traffic.quarantine import (
    losses,
    prune_quarantine,
    quarantine_by_hand,
    quarantine_damaged,
    quarantined,
    why_set_aside,
)
from mcp_server.traffic.retention import prune_segments, sweep_unfinished
from mcp_server.traffic.secret import read_secret
from mcp_server.traffic.segment import check_files, read_manifest, segment_gone
from mcp_server.traffic.statistics import summarise
from policies.impact import Provenance, TrafficFacts
from policies.replay.recording import Recording

SNAPSHOT_FORMAT = 2


class TrafficArchive:
    """Implements the ``Traffic`` port over ``<home>/traffic``. Holds no state but the path; any number may exist."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def collect(self, environment: str, provenance: Provenance, now: datetime) -> Snapshot | None:
        """A snapshot of the segments that are complete now; None if there are none.

        Every file is checked. What lies in quarantine is named in the manifest, and its checks count as dropped. Raises
        Unavailable if a segment is damaged, or the disk refuses.
        """
        folder = TrafficFolder.of(self._home, environment)
        manifests = [manifest for manifest in self.segments(environment) if manifest.provenance == provenance]
        if not manifests:
            return None
        check_files(folder, manifests)
        segments = {
            "format": SNAPSHOT_FORMAT,
            "environment": environment,
            "provenance": provenance,
            "segments": [
                {"id": manifest.id, "sha256": _file_digest(folder.segment(manifest.id) / MANIFEST)}
                for manifest in manifests
            ],
        }
        recording, prepared = _prepare(folder, manifests, digest(segments))
        content = {**segments, "recording": {"key": prepared.key, "sha256": prepared.sha256}}
        lost = losses(folder, provenance)
        if lost:
            content["damaged"] = [each.model_dump(mode="json", exclude={"place"}) for each in lost]
        content_digest = digest(content)
        snapshot_id = f"snap_{now:%Y%m%dT%H%M%S}_{content_digest[:6]}"
        return Snapshot(
            id=snapshot_id,
            environment=environment,
            digest=content_digest,
            facts=_facts(manifests, recording, snapshot_id, content_digest, lost),
            manifest=content,
            registered_at=now,
        )

    def verify(self, snapshot: Snapshot) -> None:
        """Checks that every file of the snapshot is there and as it was written. Raises like ``load``."""
        self._pinned(snapshot)

    def load(self, snapshot: Snapshot, part: Part = WHOLE) -> Recording:
        """The snapshot's recording, or a part of it; the same one every time.

        Raises Unavailable: ``SNAPSHOT_GONE``, ``SNAPSHOT_CORRUPT`` (naming the file) or ``FORMAT_TOO_NEW``, and
        InvalidInput for a part in which nobody asked.
        """
        manifests = self._pinned(snapshot)
        folder = TrafficFolder.of(self._home, snapshot.environment)
        if (window := window_of(part)) is not None:
            manifests = in_window(manifests, window)
            return part_of(_merge(folder, manifests, window), snapshot, manifests, part)
        prepared = Prepared(**snapshot.manifest.get("recording", {"key": "", "sha256": ""}))
        recording = read_prepared(folder, prepared) or _merge(folder, manifests)
        facts = _facts(manifests, recording, snapshot.id, snapshot.digest, damaged_of(snapshot))
        recording = replace(recording, facts=facts)
        return recording if part == WHOLE else part_of(recording, snapshot, manifests, part)

    def statistics(self, snapshot: Snapshot, *, top: int = 10) -> TrafficStatistics:
        """What a snapshot holds, with the ``top`` most frequent values of each property. Raises like ``load``."""
        recording = self.load(snapshot)
        found = summarise(recording, self._pinned(snapshot), top)
        return found.model_copy(update={"damaged": damaged_of(snapshot)})

    def export(self, snapshot: Snapshot) -> Iterator[str]:
        """A snapshot as the lines of a traffic file, without line ends. Raises like ``load``."""
        folder = TrafficFolder.of(self._home, snapshot.environment)
        return export_lines(folder, self._pinned(snapshot))

    def export_parquet(self, snapshot: Snapshot, path: Path) -> None:
        """Writes a snapshot as one Parquet file. Raises like ``load``, and OSError."""
        folder = TrafficFolder.of(self._home, snapshot.environment)
        write_parquet(folder, self._pinned(snapshot), path)

    def bring_in(self, request: ImportRequest, progress: Progress = lambda done, total: None) -> ImportReport:
        """Imports one file. See ``import_file``."""
        return import_file(self._home, request, progress)

    def generate(self, plan: GenerationPlan, evaluate: Evaluate, progress: Progress) -> None:
        """Writes synthetic segments. Raises InvalidInput for an impossible plan, or where there is no flag."""
        generate(self._home, evaluate, plan, progress)

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
        pruned = prune_segments(folder, self._all_segments(environment), before, keep)
        forget_prepared(folder, pruned.segments)
        return pruned.model_copy(update={"segments": (*pruned.segments, *prune_quarantine(folder, before))})

    def quarantine_damaged(self, environment: str, now: datetime) -> Sequence[QuarantinedSegment]:
        """Moves every damaged segment aside. See ``quarantine_damaged``."""
        return quarantine_damaged(TrafficFolder.of(self._home, environment), now)

    def quarantined(self, environment: str) -> Sequence[QuarantinedSegment]:
        """What was moved aside and is not back, oldest first."""
        return quarantined(TrafficFolder.of(self._home, environment))

    def trace(self, environment: str, subject: str) -> Trace:
        """What ``forget`` would take away. Raises Unavailable if a segment is damaged."""
        tokens = read_secret(self._home).tokens
        return trace(TrafficFolder.of(self._home, environment), Subject(environment, subject, tokens))

    def forget(self, environment: str, subject: str, now: datetime) -> Forgotten:
        """Deletes whatever was recorded of a distinct id or device id. See ``forgetting``."""
        tokens = read_secret(self._home).tokens
        forgotten = forget(TrafficFolder.of(self._home, environment), Subject(environment, subject, tokens), now)
        return forgotten.model_copy(update={"token": tokens.of_subject(environment, subject)})

    def quarantine(self, environment: str, segment: str, now: datetime) -> QuarantinedSegment:
        """Moves one segment aside, whatever state it is in. Raises NotFound."""
        folder = TrafficFolder.of(self._home, environment)
        if segment not in folder.segment_ids():
            raise NotFound(
                f"Environment {environment!r} has no traffic segment {segment!r}.", place=str(folder.segments)
            )
        return quarantine_by_hand(folder, segment, now)

    def _pinned(self, snapshot: Snapshot) -> list[SegmentManifest]:
        """The segments of a snapshot, each file checked."""
        folder = TrafficFolder.of(self._home, snapshot.environment)
        if digest(snapshot.manifest) != snapshot.digest:
            raise Unavailable(
                f"The registered manifest of {snapshot.id} does not have the digest {snapshot.digest[:12]}….",
                hint="Register a new snapshot.",
                code="SNAPSHOT_CORRUPT",
            )
        manifests = [_pinned_manifest(folder, snapshot, segment) for segment in snapshot.manifest["segments"]]
        check_files(folder, manifests)
        return manifests

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


def _prepare(
    folder: TrafficFolder, manifests: Sequence[SegmentManifest], content_digest: str
) -> tuple[Recording, Prepared]:
    """The recording of these segments, prepared for those who load it."""
    key = f"rec_{content_digest[:24]}"
    if (found := find_prepared(folder, key)) is not None:
        return found
    recording = _merge(folder, manifests)
    try:
        return recording, write_prepared(folder, key, recording, [manifest.id for manifest in manifests])
    except OSError as error:
        raise Unavailable(
            f"The disk refuses the snapshot's recording: {error.strerror or error}.",
            hint="Make room (`drysail traffic prune` deletes old traffic), then take the snapshot again.",
            code="DISK_REFUSED",
            place=str(folder.recordings),
        ) from error


def _facts(
    manifests: Sequence[SegmentManifest],
    recording: Recording,
    snapshot: str,
    content_digest: str,
    damaged: Sequence[QuarantinedSegment],
) -> TrafficFacts:
    """What is said of the traffic; checks that went with damaged segments were dropped, as far as anybody knows."""
    facts = traffic_facts(manifests, Extent.of(recording), snapshot=snapshot, digest=content_digest)
    return facts.model_copy(update={"dropped": facts.dropped + sum(each.checks or 0 for each in damaged)})


def _merge(folder: TrafficFolder, manifests: Sequence[SegmentManifest], window: Window | None = None) -> Recording:
    with merged(folder, manifests) as found:
        recording = assemble(NOBODYS_FACTS, found)
        buckets = merge_buckets(found, recording.subjects)
        return replace(recording, answers=merge_answers(found, window), buckets=buckets)


def _pinned_manifest(folder: TrafficFolder, snapshot: Snapshot, pinned: Mapping[str, str]) -> SegmentManifest:
    path = folder.segment(pinned["id"]) / MANIFEST
    try:
        text = path.read_bytes()
    except OSError as error:
        raise why_set_aside(folder, pinned["id"]) or segment_gone(path, error) from error
    if sha256(text).hexdigest() != pinned["sha256"]:
        raise Unavailable(
            f"The segment's manifest is not the one that {snapshot.id} was made of.",
            hint="Restore it from a backup, or register a new snapshot.",
            code="SNAPSHOT_CORRUPT",
            place=str(path),
        )
    return parse_manifest(text, path)


def _file_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
