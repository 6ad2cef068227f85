"""Damaged segments are moved aside with a word about each; the rest goes on, and nobody forgets what is missing."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mcp_server.composition.housekeeping import Housekeeping
from mcp_server.services.actor import Actor
from mcp_server.services.auditing import all_entries
from mcp_server.services.damage import damaged_of
from mcp_server.services.errors import Unavailable
from mcp_server.services.home import Home
from mcp_server.services.snapshots import quarantine_segment, register_snapshot
from mcp_server.services.traffic import prune_traffic, traffic_statistics
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import LOG, MANIFEST, TrafficFolder
from mcp_server.traffic.manifest import FORMAT, SegmentManifest
from mcp_server.traffic.retention import ABANDONED_AFTER
from tests.conftest import FrozenClock, settings_in
from tests.mcp_server.traffic.given import NOW, PRODUCTION, START, check, recording_of, same, segment, snapshot_of

LIVE = "live"


def at_home(folder: Path) -> Path:
    return settings_in(folder).home


def minutes(home: Path, count: int, environment: str = PRODUCTION) -> list[SegmentManifest]:
    """One segment of ten checks for each minute."""
    return [
        segment(
            home,
            [check(f"user{minute}-{number}", after=minute * 60, environment=environment) for number in range(10)],
            environment=environment,
        )
        for minute in range(count)
    ]


def spoil(home: Path, manifest: SegmentManifest, name: str = LOG, environment: str = PRODUCTION) -> Path:
    path = TrafficFolder.of(home, environment).segment(manifest.id) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def test_a_snapshot_is_made_of_the_rest_and_names_what_is_missing(home: Home, folder: Path, ann: Actor) -> None:
    segments = minutes(at_home(folder), 3, LIVE)
    old = register_snapshot(home, LIVE, "recorded", ann)
    assert old is not None
    assert (old.facts.checks, old.facts.dropped, damaged_of(old)) == (30, 0, ())
    spoil(at_home(folder), segments[1], environment=LIVE)
    new = register_snapshot(home, LIVE, "recorded", ann)
    assert new is not None
    assert new.digest != old.digest
    assert (new.facts.checks, new.facts.dropped) == (20, 10)
    (damaged,) = damaged_of(new)
    assert (damaged.segment, damaged.file, damaged.checks) == (segments[1].id, LOG, 10)
    assert "checksum is wrong" in damaged.reason
    assert home.traffic.load(new).facts == new.facts
    assert traffic_statistics(home, LIVE).damaged == (damaged,)
    with pytest.raises(Unavailable, match=r"quarantine: log\.parquet: .*checksum") as raised:
        home.traffic.load(old)
    assert raised.value.code == "SNAPSHOT_CORRUPT"
    assert register_snapshot(home, LIVE, "recorded", ann) == new


def test_the_audit_log_says_what_was_moved_aside_and_what_was_made_without_it(
    home: Home, folder: Path, ann: Actor
) -> None:
    segments = minutes(at_home(folder), 2, LIVE)
    spoil(at_home(folder), segments[0], MANIFEST, LIVE)
    register_snapshot(home, LIVE, "recorded", ann)
    events = {entry.event.action: entry.event for entry in all_entries(home)}
    moved, registered = events["traffic.quarantined"], events["snapshot.registered"]
    assert (moved.subject, moved.reason) == (segments[0].id, "The segment's manifest is damaged.")
    assert moved.details == {"file": MANIFEST, "checks": None}
    assert registered.details["damaged"] == [segments[0].id]


def test_housekeeping_goes_on_after_a_damaged_segment(
    home: Home, folder: Path, ann: Actor, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    segments = minutes(at_home(folder), 4, LIVE)
    clock.now = NOW
    archive = TrafficArchive(at_home(folder))
    spoil(at_home(folder), segments[2], environment=LIVE)
    housekeeping = Housekeeping(home, archive, ann)
    housekeeping.work()
    assert segments[2].id in caplog.text
    assert traffic_statistics(home, LIVE).facts.checks == 30
    housekeeping.work()
    assert [manifest.checks for manifest in archive.segments(LIVE)] == [30]


def test_a_segment_moved_aside_by_hand_is_missing_until_it_is_back(home: Home, folder: Path, ann: Actor) -> None:
    segments = minutes(at_home(folder), 2, LIVE)
    old = register_snapshot(home, LIVE, "recorded", ann)
    moved = quarantine_segment(home, LIVE, segments[0].id, ann)
    assert moved.reason == "A person moved it aside."
    assert home.traffic.quarantined(LIVE) == [moved]
    new = register_snapshot(home, LIVE, "recorded", ann)
    assert new is not None
    assert (new.facts.checks, new.facts.dropped) == (10, 10)
    Path(moved.place).rename(TrafficFolder.of(at_home(folder), LIVE).segment(segments[0].id))
    assert register_snapshot(home, LIVE, "recorded", ann) == old
    assert home.traffic.quarantined(LIVE) == []


def test_a_damaged_merged_segment_gives_way_to_those_that_it_was_made_of(tmp_path: Path) -> None:
    minutes(tmp_path, 3)
    archive = TrafficArchive(tmp_path)
    before = recording_of(tmp_path)
    [merged] = archive.compact(PRODUCTION, NOW)
    spoil(tmp_path, merged)
    [moved] = archive.quarantine_damaged(PRODUCTION, NOW)
    assert (moved.segment, moved.checks) == (merged.id, 0)
    after = recording_of(tmp_path)
    assert same(after, before)
    assert damaged_of(snapshot_of(tmp_path)) == ()
    assert archive.compact(PRODUCTION, NOW)[0] == merged
    assert same(recording_of(tmp_path), before)
    spoil(tmp_path, merged)
    assert [each.checks for each in archive.quarantine_damaged(PRODUCTION, NOW)] == [0]
    assert [each.segment for each in archive.quarantined(PRODUCTION)] == [merged.id]


def test_what_a_merged_segment_takes_along_is_counted_once(tmp_path: Path) -> None:
    small = minutes(tmp_path, 3)
    archive = TrafficArchive(tmp_path)
    [merged] = archive.compact(PRODUCTION, NOW)
    spoil(tmp_path, merged)
    spoil(tmp_path, small[0])
    lost = {each.segment: each.checks for each in archive.quarantine_damaged(PRODUCTION, NOW)}
    assert lost == {merged.id: 10, small[0].id: 0}
    facts = snapshot_of(tmp_path).facts
    assert (facts.checks, facts.dropped) == (20, 10)


def test_damage_to_a_segment_that_was_replaced_costs_nothing(tmp_path: Path) -> None:
    small = minutes(tmp_path, 2)
    archive = TrafficArchive(tmp_path)
    archive.compact(PRODUCTION, NOW)
    spoil(tmp_path, small[0], MANIFEST)
    with pytest.raises(Unavailable):
        archive.segments(PRODUCTION)
    assert [each.checks for each in archive.quarantine_damaged(PRODUCTION, NOW)] == [0]
    assert (snapshot_of(tmp_path).facts.checks, damaged_of(snapshot_of(tmp_path))) == (20, ())


def test_damage_of_one_provenance_is_none_of_another(tmp_path: Path) -> None:
    minutes(tmp_path, 1)
    spoil(tmp_path, segment(tmp_path, [check("bob")], provenance="synthetic"))
    TrafficArchive(tmp_path).quarantine_damaged(PRODUCTION, NOW)
    assert damaged_of(snapshot_of(tmp_path)) == ()
    assert TrafficArchive(tmp_path).collect(PRODUCTION, "synthetic", NOW) is None


def test_the_content_of_a_snapshot_without_damage_does_not_speak_of_it(tmp_path: Path) -> None:
    minutes(tmp_path, 1)
    assert set(snapshot_of(tmp_path).manifest) == {"format", "environment", "provenance", "segments", "recording"}


def test_a_newer_format_is_not_damage(tmp_path: Path) -> None:
    [manifest] = minutes(tmp_path, 1)
    path = TrafficFolder.of(tmp_path, PRODUCTION).segment(manifest.id) / MANIFEST
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(Unavailable, match="Upgrade"):
        TrafficArchive(tmp_path).quarantine_damaged(PRODUCTION, NOW)
    assert path.exists()


def test_a_file_that_may_not_be_read_is_not_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [manifest] = minutes(tmp_path, 1)
    path = TrafficFolder.of(tmp_path, PRODUCTION).segment(manifest.id) / LOG
    opened: Callable[..., object] = Path.open

    def refuse(self: Path, *mode: str, **options: str) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(self, *mode, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Unavailable, match="Permission denied"):
        TrafficArchive(tmp_path).quarantine_damaged(PRODUCTION, NOW)
    assert path.exists()


def test_a_lost_file_is_damage(tmp_path: Path) -> None:
    first, _ = minutes(tmp_path, 2)
    (TrafficFolder.of(tmp_path, PRODUCTION).segment(first.id) / LOG).unlink()
    [moved] = TrafficArchive(tmp_path).quarantine_damaged(PRODUCTION, NOW)
    assert (moved.segment, moved.file, moved.checks) == (first.id, LOG, 10)


def test_a_disk_that_refuses_the_note_leaves_the_segment_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [manifest] = minutes(tmp_path, 1)
    path = spoil(tmp_path, manifest)

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Unavailable, match=r"No space left.*Make room") as raised:
        TrafficArchive(tmp_path).quarantine_damaged(PRODUCTION, NOW)
    assert raised.value.code == "QUARANTINE_FAILED"
    assert path.exists()


def test_a_spoiled_note_still_says_which_segment_is_missing(tmp_path: Path) -> None:
    minutes(tmp_path, 2)
    archive = TrafficArchive(tmp_path)
    moved = archive.quarantine(PRODUCTION, archive.segments(PRODUCTION)[0].id, NOW)
    Path(moved.place + ".json").write_text("{")
    [damaged] = damaged_of(snapshot_of(tmp_path))
    assert (damaged.segment, damaged.checks) == (moved.segment, None)


def test_retention_reaches_quarantine(home: Home, folder: Path, ann: Actor, clock: FrozenClock) -> None:
    segments = minutes(at_home(folder), 2, LIVE)
    moved = quarantine_segment(home, LIVE, segments[0].id, ann)
    clock.now = START + timedelta(days=29)
    assert prune_traffic(home, LIVE).segments == ()
    assert Path(moved.place).exists()
    clock.now = START + timedelta(days=31) + ABANDONED_AFTER
    assert set(prune_traffic(home, LIVE).segments) == {each.id for each in segments}
    assert list(TrafficFolder.of(at_home(folder), LIVE).quarantine.iterdir()) == []
    assert home.traffic.quarantined(LIVE) == []
