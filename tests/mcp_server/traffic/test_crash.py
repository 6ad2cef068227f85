"""Real processes that are killed at random points, or record into one home at the same time."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import TrafficFolder
from tests.mcp_server.traffic.given import NOW, PRODUCTION, recording_of

RECORD = """
import sys
from datetime import timedelta
from pathlib import Path
from mcp_server.traffic.recorder import SegmentRecorder
from mcp_server.traffic.spool import RecorderSettings
from tests.mcp_server.traffic.given import NOW, check

home, name, checks = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
settings = RecorderSettings(flush_checks=20, poll_seconds=0.001, capacity=10**9)
with SegmentRecorder(home, lambda: NOW, settings=settings) as recorder:
    print("ready", flush=True)
    for number in range(checks):
        recorder.offer(check(f"{name}-{number}"))
"""

ROOT = Path(__file__).parents[3]


def start(home: Path, name: str, checks: int) -> subprocess.Popen[bytes]:
    """A process that records."""
    return subprocess.Popen(
        [sys.executable, "-c", RECORD, str(home), name, str(checks)], cwd=ROOT, stdout=subprocess.PIPE
    )


def kill_when(process: subprocess.Popen[bytes], condition: Callable[[], bool], pause: float = 0.002) -> None:
    """Kills a process some time after the condition has come true."""
    while not condition():
        run_on(process, 0.002)
    run_on(process, pause)
    process.send_signal(signal.SIGKILL)
    process.wait()


def run_on(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Lets a process run, which must not end by itself."""
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_recorder_leaves_only_whole_segments(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder, number = TrafficFolder.of(tmp_path, PRODUCTION), chance.randint(1, 12)
    with start(tmp_path, "victim", 20_000) as process:
        kill_when(process, lambda: len(list(folder.segment_ids())) >= number, chance.uniform(0, 0.03))
    segments = TrafficArchive(tmp_path).segments(PRODUCTION)
    recording = recording_of(tmp_path)
    assert {manifest.checks for manifest in segments} == {20}
    # Everything up to the last segment is there, without a hole.
    assert set(recording.subjects.values) == {f"victim-{number}" for number in range(20 * len(segments))}


def test_what_a_killed_recorder_left_half_done_is_swept_up_a_day_later(tmp_path: Path) -> None:
    folder = TrafficFolder.of(tmp_path, PRODUCTION)
    for attempt in range(20):
        with start(tmp_path, f"victim{attempt}", 20_000) as process:
            kill_when(process, lambda: folder.writing.exists() and any(folder.writing.iterdir()))
        if any(folder.writing.iterdir()):
            break
    else:
        pytest.fail("No kill met a write.")
    archive = TrafficArchive(tmp_path)
    archive.prune(PRODUCTION, before=NOW.replace(year=2000), keep=(), now=NOW.replace(year=2000))
    assert list(folder.writing.iterdir())
    archive.prune(PRODUCTION, before=NOW.replace(year=2000), keep=(), now=NOW.replace(year=2100))
    assert list(folder.writing.iterdir()) == []


def test_two_processes_record_into_one_home(tmp_path: Path) -> None:
    processes = [start(tmp_path, name, 500) for name in ("one", "two")]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    recording = recording_of(tmp_path)
    assert set(recording.subjects.values) == {f"{name}-{number}" for name in ("one", "two") for number in range(500)}
    assert recording.facts.checks == 1000
