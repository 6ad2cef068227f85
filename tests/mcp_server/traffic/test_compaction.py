"""Compaction makes segments fewer and changes nothing else; pruning brings nothing back."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evaluator.context import Context
from mcp_server.services.errors import Unavailable
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.compaction import only_one
from mcp_server.traffic.layout import LOG, TrafficFolder
from tests.mcp_server.traffic.given import (
    NOW,
    PRODUCTION,
    START,
    answered,
    check,
    expected,
    recording_of,
    same,
    segment,
    snapshot_of,
)

MINUTE, HOUR, DAY = 60, 3600, 86400
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00Z")


def some_checks(seed: int, after: int) -> list[AnsweredCheck]:
    chance = random.Random(seed)
    return [
        check(
            Context(f"user{user}", {"plan": chance.choice(["pro", 1, True, None])}, {"company": seed}),
            {chance.choice(["checkout", "search", f"flag{seed}"]): chance.choice([True, False, None, "blue"])},
            after=after + chance.random() * 50,
            revision=seed,
            sdk=f"sdk/{chance.randrange(3)}",
            hashes={"checkout": (user, None)},
        )
        for user in (chance.randrange(9) for _ in range(20))
    ]


def fill(home: Path, minutes: range) -> list[AnsweredCheck]:
    """One segment per minute."""
    offered = []
    for minute in minutes:
        checks = some_checks(minute, minute * MINUTE)
        segment(home, checks, dropped=1)
        offered += checks
    return offered


def test_the_segments_of_a_finished_hour_become_one_with_the_same_content(tmp_path: Path) -> None:
    offered = fill(tmp_path, range(0, 50, 5))
    before, statistics = recording_of(tmp_path), TrafficArchive(tmp_path).statistics(snapshot_of(tmp_path))
    archive = TrafficArchive(tmp_path)
    assert len(archive.compact(PRODUCTION, START + timedelta(hours=1))) == 1
    assert len(archive.segments(PRODUCTION)) == 1
    after = recording_of(tmp_path)
    assert answered(after) == answered(before) == expected(offered)
    assert same(after, before)
    compacted = archive.statistics(snapshot_of(tmp_path))
    assert compacted.model_copy(update={"facts": statistics.facts}) == statistics


def test_an_hour_that_is_not_over_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    assert TrafficArchive(tmp_path).compact(PRODUCTION, START + timedelta(minutes=59)) == []


def test_a_day_that_is_over_becomes_one_segment(tmp_path: Path) -> None:
    archive = TrafficArchive(tmp_path)
    fill(tmp_path, range(0, 300, 30))
    archive.compact(PRODUCTION, START + timedelta(hours=6))
    assert len(archive.segments(PRODUCTION)) == 5
    before = recording_of(tmp_path)
    archive.compact(PRODUCTION, START + timedelta(days=1))
    assert len(archive.segments(PRODUCTION)) == 1
    assert same(recording_of(tmp_path), before)


def test_compacting_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    archive = TrafficArchive(tmp_path)
    assert archive.compact(PRODUCTION, NOW) != []
    assert archive.compact(PRODUCTION, NOW) == []
    assert archive.compact("an environment without traffic", NOW) == []


def test_segments_that_were_recorded_differently_stay_apart(tmp_path: Path) -> None:
    for number in range(2):
        segment(tmp_path, some_checks(number, 0), source=str(number))
        segment(tmp_path, some_checks(number, 0), source=str(number), kept=["plan"])
        segment(tmp_path, some_checks(number, 0), source=str(number), sampled_ppm=10)
        segment(tmp_path, some_checks(number, 0), source=str(number), provenance="synthetic")
    archive = TrafficArchive(tmp_path)
    before = recording_of(tmp_path)
    assert len(archive.compact(PRODUCTION, NOW)) == 4
    assert same(recording_of(tmp_path), before)
    assert recording_of(tmp_path, "synthetic").facts.checks == 40


def test_an_older_snapshot_still_loads_after_compaction(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    snapshot = snapshot_of(tmp_path)
    archive = TrafficArchive(tmp_path)
    before = archive.load(snapshot)
    archive.compact(PRODUCTION, NOW)
    assert same(archive.load(snapshot), before)


def test_a_damaged_segment_is_not_merged(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    archive = TrafficArchive(tmp_path)
    damaged = archive.segments(PRODUCTION)[1]
    path = TrafficFolder.of(tmp_path, PRODUCTION).segment(damaged.id) / LOG
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Unavailable) as raised:
        archive.compact(PRODUCTION, NOW)
    assert raised.value.place == str(path)
    assert len(archive.segments(PRODUCTION)) == 3


def test_only_one_process_compacts_at_a_time(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    with only_one(TrafficFolder.of(tmp_path, PRODUCTION)) as first:
        assert first
        assert TrafficArchive(tmp_path).compact(PRODUCTION, NOW) == []
    assert TrafficArchive(tmp_path).compact(PRODUCTION, NOW) != []


def test_pruning_deletes_what_was_replaced_and_nothing_that_counts(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    archive = TrafficArchive(tmp_path)
    small = [manifest.id for manifest in archive.segments(PRODUCTION)]
    archive.compact(PRODUCTION, NOW)
    before = recording_of(tmp_path)
    pruned = archive.prune(PRODUCTION, before=LONG_AGO, keep=(), now=NOW)
    assert sorted(pruned.segments) == sorted(small)
    assert pruned.bytes > 0
    assert same(recording_of(tmp_path), before)
    assert archive.prune(PRODUCTION, before=LONG_AGO, keep=(), now=NOW).segments == ()


def test_pruning_deletes_old_segments_and_keeps_those_that_are_needed(tmp_path: Path) -> None:
    old, needed, new = (segment(tmp_path, [check(after=after)]) for after in (0, 1, DAY))
    archive = TrafficArchive(tmp_path)
    pruned = archive.prune(PRODUCTION, before=START + timedelta(hours=1), keep=[needed.id], now=NOW)
    assert pruned.segments == (old.id,)
    assert [manifest.id for manifest in archive.segments(PRODUCTION)] == [needed.id, new.id]


def test_a_merged_segment_is_not_deleted_before_what_it_replaces(tmp_path: Path) -> None:
    fill(tmp_path, range(2))
    archive = TrafficArchive(tmp_path)
    kept = archive.segments(PRODUCTION)[0].id
    [merged] = archive.compact(PRODUCTION, START + timedelta(hours=1))
    everything = NOW + timedelta(days=999)
    pruned = archive.prune(PRODUCTION, before=everything, keep=[kept], now=NOW)
    assert kept not in pruned.segments
    assert merged.id not in pruned.segments
    assert set(archive.prune(PRODUCTION, before=everything, keep=(), now=NOW).segments) == {kept, merged.id}
    assert archive.collect(PRODUCTION, "recorded", NOW) is None


def test_a_segment_merged_twice_is_still_replaced_when_the_middle_one_is_gone(tmp_path: Path) -> None:
    fill(tmp_path, range(0, 180, 20))
    archive = TrafficArchive(tmp_path)
    small = archive.segments(PRODUCTION)
    hours = archive.compact(PRODUCTION, START + timedelta(hours=3))
    archive.compact(PRODUCTION, START + timedelta(days=1))
    before = recording_of(tmp_path)
    pruned = archive.prune(PRODUCTION, before=LONG_AGO, keep=[manifest.id for manifest in small], now=NOW)
    assert pruned.segments == ()  # the hours still stand for the minutes that somebody needs
    assert set(archive.prune(PRODUCTION, before=LONG_AGO, keep=[], now=NOW).segments) == {
        manifest.id for manifest in (*small, *hours)
    }
    assert same(recording_of(tmp_path), before)


def test_importing_the_same_segment_again_after_compaction_does_not_count_it_twice(tmp_path: Path) -> None:
    offered = fill(tmp_path, range(2))
    archive = TrafficArchive(tmp_path)
    for now in (START + timedelta(hours=1), NOW):
        archive.compact(PRODUCTION, now)
        offered += fill(tmp_path, range(100, 101)) if now < NOW else []
    archive.prune(PRODUCTION, before=LONG_AGO, keep=(), now=NOW)
    assert len(archive.segments(PRODUCTION)) == 1
    fill(tmp_path, range(2))
    assert recording_of(tmp_path).facts.checks == len(offered)
