"""Parts of a snapshot: a window of time, a sample of the subjects, and both."""

from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.context import Context
from mcp_server.services.errors import InvalidInput
from mcp_server.services.snapshot import Part
from mcp_server.traffic.archive import TrafficArchive
from policies.replay.recording import Recording
from tests.mcp_server.traffic.given import START, answered, check, expected, segment, snapshot_of

HOUR = timedelta(hours=1)
CHECKS = [
    check(
        Context(f"user{number % 40}", {"n": number % 7}),
        {"checkout": number % 3 == 0, "search": "blue"},
        after=number * 60,
        hashes={"checkout": (number % 40, None)},
    )
    for number in range(240)
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for first in range(0, 240, 50):
        segment(tmp_path, CHECKS[first : first + 50], dropped=first)
    return tmp_path


def load(home: Path, part: Part) -> Recording:
    return TrafficArchive(home).load(snapshot_of(home), part)


@pytest.mark.parametrize(("since", "until"), [(0, 1), (1, 2.5), (3, None), (None, 0.5), (None, None)])
def test_a_window_holds_what_was_asked_in_it(home: Path, since: float | None, until: float | None) -> None:
    part = Part(since=since and START + since * HOUR, until=until and START + until * HOUR)
    within = [
        one
        for one in CHECKS
        if (part.since is None or one.at >= part.since) and (part.until is None or one.at < part.until)
    ]
    recording = load(home, part)
    assert answered(recording) == expected(within)
    assert recording.facts.checks == sum(len(one.results) for one in within)
    assert recording.facts.subjects == len({one.context.distinct_id for one in within})
    assert recording.facts.contexts == recording.size
    assert (recording.facts.first_at, recording.facts.newest_at) == (within[0].at, within[-1].at)


def test_a_sample_holds_all_checks_of_a_fixed_share_of_the_subjects(home: Path) -> None:
    recording = load(home, Part(sampled_ppm=400_000))
    names = {recording.context(row).distinct_id for row in range(recording.size)}
    assert 5 < len(names) < 30
    assert answered(recording) == expected([one for one in CHECKS if one.context.distinct_id in names])
    assert recording.facts.sampled_ppm == 400_000
    smaller = load(home, Part(sampled_ppm=200_000, since=START + HOUR))
    assert {smaller.context(row).distinct_id for row in range(smaller.size)} < names


def test_parts_have_digests_of_their_own(home: Path) -> None:
    parts = [Part(), Part(since=START + HOUR), Part(until=START + HOUR), Part(sampled_ppm=500_000)]
    assert len({load(home, part).facts.digest for part in parts}) == 4
    assert load(home, parts[1]).facts == load(home, parts[1]).facts


@pytest.mark.parametrize(
    "part", [Part(since=START + 9 * HOUR), Part(until=START - HOUR), Part(since=START + HOUR, until=START)]
)
def test_a_part_in_which_nobody_asked_says_so(home: Path, part: Part) -> None:
    with pytest.raises(InvalidInput):
        load(home, part)


def test_a_gap_outside_the_window_is_not_its(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada", after=seconds) for seconds in (0, 30, 9000, 9030, 9100)])
    assert load(tmp_path, Part()).facts.largest_gap_seconds == 8970
    assert load(tmp_path, Part(since=START + HOUR)).facts.largest_gap_seconds == 70
    assert load(tmp_path, Part(until=START + HOUR)).facts.largest_gap_seconds == 0
