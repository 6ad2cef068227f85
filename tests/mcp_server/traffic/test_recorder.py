"""The recorder: never in the way, and honest about what it lost."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from evaluator.context import Context
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.recorder import SegmentRecorder
from mcp_server.traffic.sampling import Sampling
from mcp_server.traffic.spool import RecorderSettings, Spool
from tests.mcp_server.traffic.given import NOW, PRODUCTION, answered, check, expected, recording_of, segment

# The writer looks only when it is asked to, so that no test depends on time.
ASKED = RecorderSettings(poll_seconds=3600, flush_every=timedelta(days=1))


def recorder(home: Path, settings: RecorderSettings = ASKED) -> SegmentRecorder:
    return SegmentRecorder(home, lambda: NOW, settings=settings)


def segments(home: Path, environment: str = PRODUCTION) -> list[int]:
    """How many checks each segment has."""
    return [manifest.checks for manifest in TrafficArchive(home).segments(environment)]


def test_what_is_offered_is_on_disk_after_a_flush(tmp_path: Path) -> None:
    checks = [check(f"user{number % 7}", {"checkout": number % 2 == 0}, after=number) for number in range(100)]
    with recorder(tmp_path) as open_recorder:
        for one in checks:
            open_recorder.offer(one)
        assert segments(tmp_path) == []
        open_recorder.flush()
        assert answered(recording_of(tmp_path)) == expected(checks)


def test_closing_writes_the_rest_once(tmp_path: Path) -> None:
    open_recorder = recorder(tmp_path)
    open_recorder.offer(check("ada"))
    open_recorder.close()
    open_recorder.close()
    open_recorder.flush()
    open_recorder.offer(check("bob"))
    assert segments(tmp_path) == [1]
    assert open_recorder.counters.recorded == 1


def test_nothing_offered_writes_nothing(tmp_path: Path) -> None:
    with recorder(tmp_path) as idle:
        idle.flush()
    assert list(tmp_path.iterdir()) == []


def test_each_environment_has_segments_of_its_own(tmp_path: Path) -> None:
    with recorder(tmp_path) as open_recorder:
        for number in range(6):
            open_recorder.offer(check(environment="staging" if number % 3 else "production"))
    assert (segments(tmp_path, "production"), segments(tmp_path, "staging")) == ([2], [4])


def test_what_does_not_fit_is_dropped_and_counted(tmp_path: Path) -> None:
    writing = Event()
    go_on = Event()

    def hold_the_writer(environment: str) -> None:
        writing.set()
        go_on.wait()

    settings = RecorderSettings(capacity=10, poll_seconds=0.001, flush_every=timedelta(days=1))
    with SegmentRecorder(tmp_path, lambda: NOW, settings=settings, allowed_properties=hold_the_writer) as busy:
        busy.offer(check())
        writing.wait()
        for _ in range(25):
            busy.offer(check(answers={"checkout": True, "search": False}))
        go_on.set()
        busy.flush()
        assert (busy.counters.recorded, busy.counters.dropped) == (1 + 10 * 2, 15 * 2)
    assert recording_of(tmp_path).facts.dropped == 30


def test_many_threads_may_offer_at_once(tmp_path: Path) -> None:
    start = Barrier(8)
    with recorder(tmp_path, RecorderSettings(capacity=500, poll_seconds=0.001)) as open_recorder:

        def offer(thread: int) -> None:
            start.wait()
            for number in range(500):
                open_recorder.offer(check(f"user{thread}-{number}"))

        threads = [Thread(target=offer, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counters = open_recorder.counters
    assert counters.recorded + counters.dropped == 8 * 500
    assert sum(segments(tmp_path)) == counters.recorded
    assert recording_of(tmp_path).facts.dropped == counters.dropped


def test_a_check_that_cannot_be_written_is_counted_and_harms_no_other(tmp_path: Path) -> None:
    with recorder(tmp_path) as open_recorder:
        open_recorder.offer(check(Context("ada", {"when": NOW})))
        open_recorder.offer(check("bob"))
    facts = recording_of(tmp_path).facts
    assert (facts.checks, facts.dropped, facts.subjects) == (1, 1, 1)


def test_the_writer_survives_what_nobody_thought_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with recorder(tmp_path) as open_recorder:
        open_recorder.offer("no check at all")  # type: ignore[arg-type]
        open_recorder.offer(check("ada"))
        open_recorder.flush()
        assert segments(tmp_path) == [1]
    assert "does not know" in caplog.text


def spool(home: Path, allowed: Collection[str] | None = None, **settings: object) -> Spool:
    return Spool(home, RecorderSettings(**settings), lambda environment: allowed)  # type: ignore[arg-type]


def test_a_draft_is_written_when_it_is_old(tmp_path: Path) -> None:
    filling = spool(tmp_path, flush_every=timedelta(seconds=60))
    filling.take(check("ada"), NOW)
    filling.write_due(NOW + timedelta(seconds=59))
    assert segments(tmp_path) == []
    filling.write_due(NOW + timedelta(seconds=60))
    assert segments(tmp_path) == [1]


def test_a_clock_that_was_set_back_does_not_delay_a_segment_for_ever(tmp_path: Path) -> None:
    filling = spool(tmp_path)
    filling.take(check("ada"), NOW)
    filling.write_due(NOW - timedelta(days=365))
    assert segments(tmp_path) == [1]


def test_a_draft_is_written_when_it_is_full(tmp_path: Path) -> None:
    filling = spool(tmp_path, flush_checks=4)
    for number in range(5):
        filling.take(check(f"user{number}", {"checkout": True, "search": True}), NOW)
    assert segments(tmp_path) == [4, 4]


def test_a_changed_allow_list_starts_a_new_segment(tmp_path: Path) -> None:
    allowed = {"plan"}
    filling = spool(tmp_path, allowed)
    filling.take(check(Context("ada", {"plan": "pro", "email": "a@example.com"})), NOW)
    allowed.add("email")
    filling.write_due(NOW)
    filling.take(check(Context("bob", {"plan": "pro", "email": "b@example.com"})), NOW)
    filling.write_all()
    kept = sorted(manifest.kept or () for manifest in TrafficArchive(tmp_path).segments(PRODUCTION))
    assert kept == [("email", "plan"), ("plan",)]


def test_without_an_answer_about_the_allow_list_nothing_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(environment: str) -> None:
        raise ConnectionError("the database is away")

    filling = Spool(tmp_path, RecorderSettings(), fail)
    filling.take(check(Context("ada", {"plan": "pro"})), NOW)
    filling.write_all()
    assert recording_of(tmp_path).kept_properties == frozenset()
    assert "allow-list" in caplog.text


def test_a_disk_that_refuses_costs_the_segment_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    obstacle = tmp_path / "traffic"
    obstacle.write_text("a file where the folder should be")
    filling = spool(tmp_path)
    filling.take(check("ada"), NOW)
    filling.write_all()
    assert (filling.counters.failed_writes, filling.counters.dropped) == (1, 1)
    assert "could not be written" in caplog.text
    obstacle.unlink()
    for name in ("bob", "mia"):
        filling.take(check(name), NOW)
        filling.write_all()
    facts = recording_of(tmp_path).facts
    assert (facts.checks, facts.dropped) == (2, 1)


def test_two_recorders_share_a_home(tmp_path: Path) -> None:
    with recorder(tmp_path) as one, recorder(tmp_path) as two:
        for number in range(50):
            one.offer(check(f"one{number}"))
            two.offer(check(f"two{number}"))
    assert sorted(segments(tmp_path)) == [50, 50]


def test_equal_checks_of_two_recorders_count_twice(tmp_path: Path) -> None:
    for _ in range(2):
        with recorder(tmp_path) as one:
            one.offer(check("ada"))
    assert recording_of(tmp_path).facts.checks == 2


def test_only_sampled_subjects_are_recorded(tmp_path: Path) -> None:
    sampling = Sampling(ppm=300_000, salt=b"pepper")
    with recorder(tmp_path, RecorderSettings(poll_seconds=3600, sampling=sampling)) as open_recorder:
        for number in range(400):
            open_recorder.offer(check(f"user{number % 200}"))
    recording = recording_of(tmp_path)
    kept = {f"user{number}" for number in range(200) if sampling.keeps(PRODUCTION, f"user{number}")}
    assert set(recording.subjects.values) == kept
    assert recording.facts.checks == 2 * len(kept)
    assert (recording.facts.sampled_ppm, recording.facts.dropped) == (300_000, 0)


def test_a_recorder_and_a_reader_do_not_disturb_each_other(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada")])
    with recorder(tmp_path, RecorderSettings(flush_checks=1, poll_seconds=0.001)) as open_recorder:
        for number in range(20):
            open_recorder.offer(check(f"user{number}"))
            assert recording_of(tmp_path).facts.checks >= 1
    assert recording_of(tmp_path).facts.checks == 21


def test_every_offered_check_is_accounted_for(tmp_path: Path) -> None:
    sampling = Sampling(ppm=500_000, salt=b"pepper")
    settings = RecorderSettings(poll_seconds=3600, capacity=30, sampling=sampling)
    with recorder(tmp_path, settings) as open_recorder:
        for number in range(40):
            open_recorder.offer(check(f"user{number}", {"checkout": True, "search": False}))
        assert open_recorder.counters.waiting == 30
        open_recorder.flush()
        counters = open_recorder.counters
    kept = sum(sampling.keeps(PRODUCTION, f"user{number}") for number in range(30))
    assert (counters.offered, counters.recorded, counters.sampled_out) == (80, 2 * kept, 2 * (30 - kept))
    assert (counters.dropped, counters.segments, counters.failed_writes, counters.waiting) == (20, 1, 0, 0)


def test_the_log_tells_about_dropped_checks_at_most_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filling = spool(tmp_path)
    for seconds in (0, 1, 59, 60, 61):
        filling.turn_away(PRODUCTION, 1)
        filling.warn_when_due(NOW + timedelta(seconds=seconds))
    told = [record.getMessage() for record in caplog.records if "were dropped" in record.getMessage()]
    assert [text.split(" ")[0] for text in told] == ["1", "3"]
    assert "(4 since the start)" in told[1]
