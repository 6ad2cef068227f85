"""Snapshots: one provenance, one environment, one digest, and never another content."""

from pathlib import Path

from mcp_server.services.ports import Traffic
from mcp_server.traffic.archive import TrafficArchive
from tests.mcp_server.traffic.given import NOW, PRODUCTION, check, recording_of, same, segment, snapshot_of


def test_without_segments_there_is_no_snapshot(tmp_path: Path) -> None:
    traffic: Traffic = TrafficArchive(tmp_path)
    assert traffic.collect(PRODUCTION, "recorded", NOW) is None


def test_a_snapshot_holds_one_provenance(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada")])
    segment(tmp_path, [check("bob")], provenance="synthetic")
    segment(tmp_path, [check("mia")], provenance="reconstructed")
    subjects = {
        provenance: list(recording_of(tmp_path, provenance).subjects.values)
        for provenance in ("recorded", "synthetic", "reconstructed")
    }
    assert subjects == {"recorded": ["ada"], "synthetic": ["bob"], "reconstructed": ["mia"]}


def test_environments_do_not_see_each_other(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada")])
    assert TrafficArchive(tmp_path).collect("staging", "recorded", NOW) is None


def test_the_same_segments_have_the_same_digest_whenever_they_are_collected(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada")])
    archive = TrafficArchive(tmp_path)
    early = archive.collect(PRODUCTION, "recorded", NOW)
    late = archive.collect(PRODUCTION, "recorded", NOW.replace(hour=23))
    assert early is not None
    assert late is not None
    assert early.digest == late.digest
    assert early.id == f"snap_20261122T120000_{early.digest[:6]}"
    assert early.facts.snapshot == early.id


def test_more_traffic_changes_the_next_snapshot_and_not_the_last_one(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada")])
    before = snapshot_of(tmp_path)
    loaded = TrafficArchive(tmp_path).load(before)
    segment(tmp_path, [check("bob")], source="later")
    assert snapshot_of(tmp_path).digest != before.digest
    assert same(TrafficArchive(tmp_path).load(before), loaded)


def test_a_snapshot_survives_a_move_of_the_home(tmp_path: Path) -> None:
    segment(tmp_path / "old", [check("ada")])
    snapshot = snapshot_of(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    assert TrafficArchive(tmp_path / "new").load(snapshot).size == 1


def test_the_facts_sum_up_all_segments(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada", after=0), check("ada", after=30)], dropped=5, sampled_ppm=500_000)
    segment(tmp_path, [check("ada", after=3600), check("bob", after=10)], dropped=2)
    facts = snapshot_of(tmp_path).facts
    assert (facts.checks, facts.contexts, facts.subjects) == (4, 2, 2)
    assert (facts.dropped, facts.sampled_ppm) == (7, 500_000)
    assert (facts.newest_at - facts.first_at).total_seconds() == 3600
    assert recording_of(tmp_path).facts == facts


def test_a_gap_that_another_segment_fills_is_none(tmp_path: Path) -> None:
    segment(tmp_path, [check(after=after) for after in (0, 1000)])
    assert snapshot_of(tmp_path).facts.largest_gap_seconds == 1000
    segment(tmp_path, [check(after=after) for after in range(300, 701, 50)], source="another")
    assert snapshot_of(tmp_path).facts.largest_gap_seconds == 300
    segment(tmp_path, [check(after=after) for after in range(0, 1000, 59)], source="a third")
    assert snapshot_of(tmp_path).facts.largest_gap_seconds == 0
