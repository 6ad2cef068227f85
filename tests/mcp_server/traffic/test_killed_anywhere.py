"""SIGKILL before every single step, and at any time: nothing that was written is lost, damaged or counted twice.

DRYSAIL_TEST_KILLS sets how many kills at random times are tried (40); with more than that, also every step is tried
instead of every third. DRYSAIL_TEST_SEED says which ones.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from mcp_server.services.damage import damaged_of
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import TrafficFolder
from tests.mcp_server.traffic.given import NOW, PRODUCTION, START, answered, check, segment, snapshot_of
from tests.mcp_server.traffic.victims import PER_SEGMENT, read_told, three_hours

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("DRYSAIL_TEST_KILLS", "40"))
SEED = int(os.environ.get("DRYSAIL_TEST_SEED", "1"))
KILLS_PER_HOME = 10
STRIDE = 3 if KILLS <= 40 else 1
LATER = NOW.replace(year=2100)

KILLED = -signal.SIGKILL


class Victims:
    """The process that forks victims."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, work: str, home: Path, step: int | None = None) -> int:
        """Starts one; returns its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"work": work, "home": str(home), "step": step}) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def end(self) -> int:
        """How the last one has ended: 0, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(int(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    command = [sys.executable, "-m", "tests.mcp_server.traffic.victims"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Victims(process)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled")
    three_hours(home)
    return home


def recorded(home: Path) -> dict[str, int]:
    """Every subject that is on disk, and how often it counts; every file is checked on the way."""
    found: dict[str, int] = {}
    archive = TrafficArchive(home)
    snapshot = archive.collect(PRODUCTION, "recorded", NOW)
    if snapshot is not None:
        for (context, *_), (checks, *_) in answered(archive.load(snapshot)).items():
            subject = json.loads(context)[0]
            found[subject] = found.get(subject, 0) + checks
        assert sum(found.values()) == snapshot.facts.checks
    return found


def subjects(*names: str) -> set[str]:
    return {f"{name}-{number}" for name in names for number in range(PER_SEGMENT)}


FILLED = subjects(*(f"m{number}" for number in range(5)))
OLD = subjects("m0", "m1", "m2")


def all_there(home: Path) -> None:
    assert recorded(home) == dict.fromkeys(FILLED, 1)


def all_and_perhaps_the_new_one(home: Path) -> None:
    found = recorded(home)
    assert set(found.values()) == {1}
    assert set(found) in (FILLED, FILLED | subjects("new"))


def all_but_perhaps_the_old_ones(home: Path) -> None:
    found = recorded(home)
    assert set(found.values()) == {1}
    assert FILLED - OLD <= set(found) <= FILLED
    assert all(found.keys() >= whole or found.keys().isdisjoint(whole) for whole in map(subjects, ("m0", "m1", "m2")))


def all_but_those_that_are_named(home: Path) -> None:
    found = recorded(home)
    damaged = damaged_of(snapshot_of(home))
    assert set(found.values()) == {1}
    assert len(found) + sum(each.checks or 0 for each in damaged) == len(FILLED)


@pytest.mark.parametrize(
    ("work", "holds"),
    [
        ("write_one", all_and_perhaps_the_new_one),
        ("compact", all_there),
        ("prune_replaced", all_there),
        ("prune_old", all_but_perhaps_the_old_ones),
        ("collect", all_there),
        ("set_aside", all_but_those_that_are_named),
    ],
)
def test_a_kill_before_any_step_harms_nothing(
    tmp_path: Path, victims: Victims, filled: Path, work: str, holds: Callable[[Path], None]
) -> None:
    for step in range(1 + SEED % STRIDE, 1000, STRIDE):
        home = shutil.copytree(filled, tmp_path / str(step))
        victims.start(work, home, step)
        ended = victims.end()
        holds(home)
        if ended == 0:
            break
        assert ended == KILLED
        victims.start(work, home)
        assert victims.end() == 0
        TrafficArchive(home).prune(PRODUCTION, before=START - timedelta(days=1), keep=(), now=LATER)
        holds(home)
        assert list(TrafficFolder.of(home, PRODUCTION).writing.iterdir()) == []
        shutil.rmtree(home)
    else:
        pytest.fail("It never ends.")
    assert step > 4


@pytest.mark.parametrize("number", range(-(-KILLS // KILLS_PER_HOME)))
def test_a_kill_at_any_time_loses_nothing_that_was_written_and_counts_nothing_twice(
    tmp_path: Path, victims: Victims, number: int
) -> None:
    chance, pause, home = random.Random(f"{SEED} {number}"), Event(), tmp_path / "home"
    folder = TrafficFolder.of(home, PRODUCTION)
    for _ in range(KILLS_PER_HOME):
        victim = victims.start("live", home)
        pause.wait(chance.choice((0.02, 0.1, 0.25)) + chance.uniform(0, 0.1))
        os.kill(victim, signal.SIGKILL)
        assert victims.end() == KILLED
        nothing_is_lost(home)
    archive = TrafficArchive(home)
    archive.compact(PRODUCTION, LATER)
    archive.prune(PRODUCTION, before=START - timedelta(days=1), keep=(), now=LATER)
    nothing_is_lost(home)
    assert not folder.writing.exists() or list(folder.writing.iterdir()) == []


def nothing_is_lost(home: Path) -> None:
    found = recorded(home)
    assert set(found.values()) <= {1}
    gone_before = START
    written: dict[str, str] = {}
    for told in read_told(home):
        if "gone_before" in told:
            gone_before = datetime.fromisoformat(told["gone_before"])
        written.update(dict.fromkeys(told.get("written", ()), told.get("at", "")))
    kept = {subject for subject, at in written.items() if datetime.fromisoformat(at) >= gone_before}
    assert kept <= set(found)


def test_the_check_of_all_this_would_see_a_check_that_counts_twice(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada"), check("ada")])
    assert recorded(tmp_path) == {"ada": 2}
