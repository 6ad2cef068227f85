"""Processes made to be killed: ``python -m tests.mcp_server.traffic.victims`` forks one for each line that it reads.

A line is a JSON object: ``work`` names a function of this module, ``home`` is where it works, ``step`` (or null) before
which of its steps it kills itself. Starting Python anew for every kill would take most of a test's time.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from evaluator.context import Context
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.recorder import SegmentRecorder
from mcp_server.traffic.spool import RecorderSettings
from tests.mcp_server.traffic.given import NOW, PRODUCTION, START, check, segment

PER_SEGMENT = 5
DAY = timedelta(days=1)
KEPT = 3 * DAY
STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}


def minute_of_checks(name: str, after: float) -> list[AnsweredCheck]:
    """A segment's worth of checks, each of a subject of its own."""
    return [
        check(Context(f"{name}-{number}", {"plan": "pro", "n": number}), after=after + number)
        for number in range(PER_SEGMENT)
    ]


def three_hours(home: Path) -> None:
    """Five small segments in three hours, those of the first hour merged, which leaves three that count."""
    for number, minute in enumerate((0, 1, 2)):
        segment(home, minute_of_checks(f"m{number}", minute * 60), source=str(number))
    TrafficArchive(home).compact(PRODUCTION, START + timedelta(hours=1))
    for number, minute in ((3, 61), (4, 121)):
        segment(home, minute_of_checks(f"m{number}", minute * 60), source=str(number))


# What is killed at every step. All of it begins with a home as ``three_hours`` leaves it.


def write_one(home: Path) -> None:
    segment(home, minute_of_checks("new", 7200), source="new")


def compact(home: Path) -> None:
    TrafficArchive(home).compact(PRODUCTION, NOW)


def prune_replaced(home: Path) -> None:
    TrafficArchive(home).prune(PRODUCTION, before=START - DAY, keep=(), now=NOW)


def prune_old(home: Path) -> None:
    TrafficArchive(home).prune(PRODUCTION, before=START + timedelta(minutes=30), keep=(), now=NOW)


def collect(home: Path) -> None:
    TrafficArchive(home).collect(PRODUCTION, "recorded", NOW)


def set_aside(home: Path) -> None:
    archive = TrafficArchive(home)
    archive.quarantine(PRODUCTION, archive.segments(PRODUCTION)[-1].id, NOW)


# What is killed at any time


def live(home: Path) -> None:
    """Records, compacts, takes snapshots and prunes, day after day, without end; says what it has done in ``told``."""
    told = os.open(f"{home}.told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    archive, settings = TrafficArchive(home), RecorderSettings(flush_checks=PER_SEGMENT, poll_seconds=0.0005)
    name = f"v{os.getpid()}"

    def tell(**what: Any) -> None:
        os.write(told, json.dumps(what).encode() + b"\n")

    days = [datetime.fromisoformat(each["day"]) for each in read_told(home) if "day" in each]
    day = max(days, default=START)
    with SegmentRecorder(home, lambda: NOW, settings=settings) as recorder:
        for _ in count():
            day += DAY
            tell(day=day.isoformat())
            for number, minute in enumerate((0, 1, 61, 62)):
                checks = minute_of_checks(f"{name}-{day:%m%d}-{number}", (day - START).total_seconds() + minute * 60)
                for each in checks:
                    recorder.offer(each)
                recorder.flush()
                tell(written=[each.context.distinct_id for each in checks], at=day.isoformat())
            for after in (timedelta(hours=3), 2 * DAY):
                archive.compact(PRODUCTION, day + after)
                archive.collect(PRODUCTION, "recorded", NOW)
                archive.prune(PRODUCTION, before=START - DAY, keep=(), now=day)
            tell(gone_before=(day - KEPT).isoformat())
            archive.prune(PRODUCTION, before=day - KEPT, keep=(), now=day)


def read_told(home: Path) -> Iterator[Mapping[str, Any]]:
    """What victims in this home have said, in order."""
    path = Path(f"{home}.told")
    for line in path.read_text().splitlines() if path.exists() else ():
        yield json.loads(line)


# Killing


def die_before(step: int) -> None:
    """Counts what this process does to files, and kills it before it does the ``step``-th thing."""
    steps = count(1)

    def at_step() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and (event != "open" or "/traffic/" in str(arguments[0])):
            at_step()

    sync = os.fsync

    def watched_sync(fd: Any) -> None:
        at_step()
        sync(fd)

    os.fsync = watched_sync
    sys.addaudithook(watch)


def main() -> None:
    """Forks a victim for each line, tells its process id, and then how it ended."""
    for line in sys.stdin:
        asked = json.loads(line)
        work: Callable[[Path], None] = globals()[asked["work"]]
        victim = os.fork()
        if victim == 0:
            if asked["step"] is not None:
                die_before(asked["step"])
            work(Path(asked["home"]))
            os._exit(0)
        print(victim, flush=True)  # noqa: T201 - the other side reads it
        print(os.waitpid(victim, 0)[1], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
