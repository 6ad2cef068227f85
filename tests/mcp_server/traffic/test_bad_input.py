"""What a recorder meets in the world: a full disk, huge ids, endless values, clocks that jump, repeated records."""

import logging
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.context import Context
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.draft import Draft, Origin
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.segment import write_segment
from mcp_server.traffic.spool import RecorderSettings, Spool
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

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; only root can mount one."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("Mounting a small file system needs root; the file size limit is tested without it.")
    yield path
    # What was mapped into memory may still be; the file system goes when that does.
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_full_disk_costs_what_came_meanwhile_and_recording_goes_on_when_there_is_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(small_disk, RecorderSettings())
    spool.take(check("early"), NOW)
    spool.write_all()
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        fill(filler)
    with caplog.at_level(logging.WARNING):
        spool.take(check("meanwhile"), NOW)
        spool.write_all()
    assert "1 checks of production could not be written and are lost" in caplog.text
    assert (spool.counters.failed_writes, spool.counters.dropped) == (1, 1)
    folder = TrafficFolder.of(small_disk, PRODUCTION)
    assert list(folder.writing.iterdir()) == []
    with pytest.raises(Unavailable, match=r"No space left.*Make room") as raised:
        snapshot_of(small_disk)
    assert (raised.value.code, raised.value.place) == ("DISK_REFUSED", str(folder.recordings))
    filler.unlink()
    spool.take(check("late"), NOW)
    spool.write_all()
    recording = recording_of(small_disk)
    assert set(recording.subjects.values) == {"early", "late"}
    assert recording.facts.dropped == 1


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


LIMITED = """
import resource, signal, sys
from pathlib import Path
from mcp_server.traffic.spool import RecorderSettings, Spool
from tests.mcp_server.traffic.given import NOW, check

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool(Path(sys.argv[1]), RecorderSettings())
spool.take(check("early"), NOW)
spool.write_all()
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
spool.take(check("meanwhile"), NOW)
spool.write_all()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.take(check("late"), NOW)
spool.write_all()
print(spool.counters.recorded, spool.counters.dropped, spool.counters.failed_writes)
"""


def test_files_that_may_not_grow_cost_what_came_meanwhile(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY:
        pytest.skip("The size of files is limited here already.")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "1", "1"]
    assert "could not be written and are lost" in done.stderr
    recording = recording_of(tmp_path)
    assert (set(recording.subjects.values), recording.facts.dropped) == ({"early", "late"}, 1)


def test_ids_and_values_of_a_megabyte_come_back_as_they_were(tmp_path: Path) -> None:
    checks = [
        check(Context("a" * MIB, {"plan": "p" * MIB}, {"company": "c" * MIB}, device_id="d" * MIB)),
        check(Context("é\0" * (MIB // 4), {"plan": ["x" * MIB]})),
    ]
    segment(tmp_path, checks)
    assert answered(recording_of(tmp_path)) == expected(checks)


def test_a_property_with_a_new_value_for_every_check_is_kept_exactly(tmp_path: Path) -> None:
    count = 1_000_000
    draft = Draft(Origin(PRODUCTION, "recorded", "test"))
    for number in range(count):
        draft.add_answers(Context("ada", {"request": f"r{number}"}), START, {"checkout": True}, 1, "sdk")
    write_segment(TrafficFolder.of(tmp_path, PRODUCTION), draft.finish())
    segment(tmp_path, [check(Context("ada", {"request": name})) for name in ("r999999", "another")])
    before = recording_of(tmp_path)
    assert (before.size, before.facts.subjects, before.facts.checks) == (count + 1, 1, count + 2)
    assert len(before.properties["request"].values) == count + 1


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400), timedelta(days=-366 * 60)])
def test_a_clock_that_jumps_loses_no_check_and_reorders_none_within_its_answers(
    tmp_path: Path, jump: timedelta
) -> None:
    spool = Spool(tmp_path, RecorderSettings())
    offered = []
    for minute in range(12):
        shift = jump.total_seconds() if 4 <= minute < 8 else 0
        one = check(f"user{minute}", after=minute * 60 + shift)
        offered.append(one)
        spool.take(one, one.at)
        spool.write_due(one.at)
    spool.write_all()
    assert answered(recording_of(tmp_path)) == expected(offered)
    before = recording_of(tmp_path)
    archive = TrafficArchive(tmp_path)
    for now in (START + timedelta(hours=1), NOW, NOW + timedelta(days=500), START - timedelta(days=500)):
        archive.compact(PRODUCTION, now)
        after = recording_of(tmp_path)
        assert same(after, before)
    facts = before.facts
    assert (facts.newest_at - facts.first_at) >= abs(jump) - timedelta(hours=1)


def test_checks_from_a_clock_that_is_ahead_are_compacted_and_pruned_when_their_time_is_over(tmp_path: Path) -> None:
    ahead = [segment(tmp_path, [check(f"user{number}", after=86400 * 30 + number)]) for number in range(2)]
    archive = TrafficArchive(tmp_path)
    assert archive.compact(PRODUCTION, NOW) == []
    assert archive.prune(PRODUCTION, before=NOW, keep=(), now=NOW).segments == ()
    assert len(archive.segments(PRODUCTION)) == len(ahead)
    later = NOW + timedelta(days=60)
    assert len(archive.compact(PRODUCTION, later)) == 1
    assert len(archive.prune(PRODUCTION, before=later, keep=(), now=later).segments) == 3


def test_duplicate_and_unordered_checks_count_as_often_as_they_came(tmp_path: Path) -> None:
    checks = [check("ada", after=after) for after in (50, 10, 10, 30, 10)]
    segment(tmp_path, checks[:3], source="one")
    segment(tmp_path, checks[3:], source="two")
    forward = tmp_path / "in order"
    segment(forward, sorted(checks, key=lambda one: one.at))
    recording = recording_of(tmp_path)
    assert answered(recording) == expected(checks)
    assert same(recording, recording_of(forward))
    TrafficArchive(tmp_path).compact(PRODUCTION, NOW)
    assert same(recording_of(tmp_path), recording)
