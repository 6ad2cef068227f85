"""Registering snapshots, and choosing the one that a judgement uses. Callers cannot choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mcp_server.services.actor import Actor
from mcp_server.services.audit import AuditEvent
from mcp_server.services.damage import QuarantinedSegment
from mcp_server.services.errors import NotFound, Unavailable
from mcp_server.services.home import Home
from mcp_server.services.snapshot import WHOLE, Part, Snapshot
from policies.impact import Provenance
from policies.replay.recording import Recording

REGISTER_EVERY = timedelta(hours=1)
MOST_NAMED = 5


DAMAGE = frozenset({"SNAPSHOT_CORRUPT", "SNAPSHOT_GONE"})


def register_snapshot(home: Home, environment: str, provenance: Provenance, actor: Actor) -> Snapshot | None:
    """Registers all complete segments of one provenance as a snapshot; None if there are none.

    A snapshot with the same content is registered once. Damaged segments are moved to quarantine, and the snapshot,
    made of the rest, names them. Raises Unavailable for traffic that cannot be read for another reason.
    """
    now = home.clock()
    try:
        snapshot = home.traffic.collect(environment, provenance, now)
    except Unavailable as error:
        if error.code not in DAMAGE or not quarantine_damaged(home, environment, actor):
            raise
        snapshot = home.traffic.collect(environment, provenance, now)
    if snapshot is None:
        return None
    with home.store.write() as writer:
        writer.environment(environment)
        for known in writer.snapshots(environment):
            if known.digest == snapshot.digest:
                return known
        writer.register_snapshot(snapshot)
        damaged = snapshot.manifest.get("damaged", [])
        writer.append_audit(
            AuditEvent(
                at=now,
                action="snapshot.registered",
                environment=environment,
                subject=snapshot.id,
                actor=actor,
                details={
                    "digest": snapshot.digest,
                    "provenance": provenance,
                    "checks": snapshot.facts.checks,
                    **({"damaged": [each["segment"] for each in damaged]} if damaged else {}),
                },
            )
        )
    return snapshot


def register_best(home: Home, environment: str, actor: Actor) -> Snapshot | None:
    """Registers what was recorded here, or if that is nothing, what was reconstructed; None if there is neither."""
    recorded = register_snapshot(home, environment, "recorded", actor)
    return recorded or register_snapshot(home, environment, "reconstructed", actor)


def quarantine_damaged(home: Home, environment: str, actor: Actor) -> Sequence[QuarantinedSegment]:
    """Moves every damaged segment out of the way, and says so in the audit log."""
    moved = home.traffic.quarantine_damaged(environment, home.clock())
    _log_quarantined(home, environment, moved, actor)
    return moved


def quarantine_segment(home: Home, environment: str, segment: str, actor: Actor) -> QuarantinedSegment:
    """Moves one segment out of the way, and says so in the audit log. Raises NotFound."""
    moved = home.traffic.quarantine(environment, segment, home.clock())
    _log_quarantined(home, environment, [moved], actor)
    return moved


def _log_quarantined(home: Home, environment: str, moved: Sequence[QuarantinedSegment], actor: Actor) -> None:
    with home.store.write() as writer:
        for each in moved:
            writer.append_audit(
                AuditEvent(
                    at=each.at,
                    action="traffic.quarantined",
                    environment=environment,
                    subject=each.segment,
                    actor=actor,
                    reason=each.reason,
                    details={"file": each.file, "checks": each.checks},
                )
            )


def newest_snapshot(home: Home, environment: str) -> Snapshot | None:
    """The environment's newest registered snapshot."""
    with home.store.read() as reader:
        snapshots = reader.snapshots(environment)
    return snapshots[0] if snapshots else None


def register_when_due(home: Home, environment: str, actor: Actor) -> Snapshot | None:
    """Registers the traffic there is if the newest snapshot is older than an hour, or there is none."""
    newest = newest_snapshot(home, environment)
    if newest is not None and home.clock() - newest.registered_at < REGISTER_EVERY:
        return newest
    return register_best(home, environment, actor) or newest


@dataclass(frozen=True, slots=True)
class Selection:
    """What a simulation is run on: a part of a registered snapshot, by default of the newest."""

    snapshot: str | None = None
    part: Part = WHOLE


def selected(home: Home, environment: str, selection: Selection) -> Recording:
    """The recording of a selection. Raises NotFound for an unknown snapshot, InvalidInput where nobody asked."""
    with home.store.read() as reader:
        snapshots = {snapshot.id: snapshot for snapshot in reader.snapshots(environment)}
    wanted = selection.snapshot or next(iter(snapshots), "")
    snapshot = snapshots.get(wanted)
    if snapshot is None:
        raise NotFound(
            f"Environment {environment!r} has no snapshot {wanted!r}." if wanted else "Nothing was recorded yet.",
            hint=f"It has {', '.join([*snapshots][:MOST_NAMED]) or 'none: `drysail traffic snapshot` takes one'}.",
        )
    return home.recordings.load(snapshot, selection.part)
