"""What `drysail traffic stats` says."""

from pathlib import Path

from evaluator.context import REDACTED, Context
from mcp_server.services.statistics import TrafficStatistics
from mcp_server.traffic.archive import TrafficArchive
from tests.mcp_server.traffic.given import check, segment, snapshot_of

DAY = 86400


def statistics_of(home: Path, top: int = 10) -> TrafficStatistics:
    return TrafficArchive(home).statistics(snapshot_of(home), top=top)


def test_volume_is_counted_per_day_flag_and_value(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada", {"checkout": True}, after=after) for after in (0, 10, DAY)])
    segment(
        tmp_path, [check("bob", {"checkout": True, "search": "blue"}, after=DAY), check("bob", {"checkout": False})]
    )
    volume = [(f"{row.day}", row.flag, row.value, row.checks) for row in statistics_of(tmp_path).volume]
    assert volume == [
        ("2026-11-20", "checkout", False, 1),
        ("2026-11-20", "checkout", True, 2),
        ("2026-11-21", "checkout", True, 2),
        ("2026-11-21", "search", "blue", 1),
    ]


def test_clients_are_counted_by_checks(tmp_path: Path) -> None:
    segment(tmp_path, [check(sdk="b/1"), check(sdk="a/1"), check(sdk="b/1")])
    segment(tmp_path, [check(sdk="a/1", answers={"x": True, "y": True})], source="another")
    assert statistics_of(tmp_path).sdks == {"a/1": 3, "b/1": 2}


def test_coverage_counts_distinct_subjects(tmp_path: Path) -> None:
    segment(
        tmp_path,
        [
            check(Context("ada", {"plan": "pro"})),
            check(Context("ada", {"plan": "pro", "seats": 1})),
            check(Context("ada", {"plan": "free"})),
            check(Context("bob", {"plan": "free"})),
            check(Context("mia", {"plan": REDACTED})),
            check(Context("zoe", {}, {"company": "acme"}, {"company": {"size": 5}})),
            check(Context("leo", {"plan": None})),
        ],
    )
    plan, seats, size = statistics_of(tmp_path).properties
    assert (plan.group_type, plan.name, plan.present, plan.missing, plan.redacted) == (None, "plan", 3, 1, 1)
    assert [(top.value, top.subjects) for top in plan.top] == [('"free"', 2), ('"pro"', 1), ("null", 1)]
    assert plan.distinct_values == 3
    assert (seats.name, seats.present, seats.missing) == ("seats", 1, 5)
    assert (size.group_type, size.name, size.present, size.missing) == ("company", "size", 1, 4)


def test_only_the_most_frequent_values_are_listed(tmp_path: Path) -> None:
    segment(tmp_path, [check(Context(f"user{number}", {"n": number % 7})) for number in range(50)])
    [coverage] = statistics_of(tmp_path, top=2).properties
    assert [(top.value, top.subjects) for top in coverage.top] == [("0", 8), ("1", 7)]
    assert coverage.distinct_values == 7


def test_the_longest_gaps_come_first(tmp_path: Path) -> None:
    segment(tmp_path, [check(after=after) for after in (0, 59, 159, 1159, 1160, 1500)])
    gaps = statistics_of(tmp_path).gaps
    assert [gap.seconds for gap in gaps] == [1000, 340, 100]
    assert (gaps[0].end - gaps[0].start).total_seconds() == 1000


def test_it_says_which_properties_were_kept(tmp_path: Path) -> None:
    segment(tmp_path, [check()], kept=["plan", "country"])
    assert statistics_of(tmp_path).kept == ("country", "plan")
