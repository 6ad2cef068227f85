"""Calendar arithmetic against the standard library, and beyond its limits."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.matching.instants import (
    DAY,
    SECOND,
    date_of,
    day_number,
    days_in_month,
    instant_of,
    months_before,
    wall_of,
    years_before,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def wall(year: int, month: int, day: int) -> int:
    return day_number(year, month, day) * DAY


@given(st.dates())
def test_days_are_numbered_like_the_standard_librarys(day: date) -> None:
    number = day_number(day.year, day.month, day.day)
    assert number == day.toordinal() - date(1970, 1, 1).toordinal()
    assert date_of(number) == (day.year, day.month, day.day)


@given(st.integers(-10_000_000, 10_000_000))
def test_every_day_number_is_a_date_that_has_that_number(number: int) -> None:
    year, month, day = date_of(number)
    assert 1 <= day <= days_in_month(year, month)
    assert day_number(year, month, day) == number


def test_the_calendar_runs_before_year_one() -> None:
    assert date_of(day_number(1, 1, 1) - 1) == (0, 12, 31)
    assert days_in_month(0, 2) == 29
    assert days_in_month(-1, 2) == 28


@given(aware=st.datetimes(timezones=st.just(UTC)), zone=st.sampled_from([UTC, NEW_YORK]))
def test_a_moment_is_found_again_through_its_wall_clock(aware: datetime, zone: ZoneInfo) -> None:
    exact = (aware - EPOCH) // timedelta(microseconds=1) * 1000
    found = instant_of(wall_of(aware, zone), zone)
    assert found is not None
    assert found in (exact, exact - 3600 * SECOND)


def test_a_clock_reading_that_occurs_twice_is_the_earlier_instant() -> None:
    reading = wall(2026, 11, 1) + 5400 * SECOND
    assert instant_of(reading, NEW_YORK) == reading + 4 * 3600 * SECOND


def test_a_clock_reading_that_never_occurs_is_no_instant() -> None:
    assert instant_of(wall(2026, 3, 8) + 9000 * SECOND, NEW_YORK) is None


def test_readings_beyond_the_standard_library_keep_its_last_offset() -> None:
    assert instant_of(wall(20_000, 1, 1), UTC) == wall(20_000, 1, 1)
    assert instant_of(wall(-5_000, 1, 1), NEW_YORK) is not None


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2026, 3, 31), 2, (2026, 1, 28)),
        ((2024, 3, 31), 2, (2024, 1, 29)),
        ((2026, 5, 31), 1, (2026, 4, 30)),
        ((2026, 5, 31), 13, (2025, 4, 28)),
        ((2026, 3, 29), 1, (2026, 2, 28)),
        ((2026, 3, 30), 2, (2026, 1, 28)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2026, 1, 31), 0, (2026, 1, 31)),
        ((1, 1, 31), 1, (0, 12, 31)),
    ],
)
def test_months_are_stepped_one_by_one(
    start: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    assert months_before(wall(*start) + 7, months) == wall(*expected) + 7


@pytest.mark.parametrize(
    ("start", "years", "expected"),
    [
        ((2024, 2, 29), 1, (2023, 2, 28)),
        ((2024, 2, 29), 4, (2020, 2, 28)),
        ((2024, 2, 29), 0, (2024, 2, 29)),
        ((2026, 3, 31), 3000, (-974, 3, 31)),
    ],
)
def test_years_turn_a_leap_day_into_the_28th_for_good(
    start: tuple[int, int, int], years: int, expected: tuple[int, int, int]
) -> None:
    assert years_before(wall(*start), years) == wall(*expected)


def test_a_moment_without_zone_is_taken_as_utc() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    assert wall_of(naive, UTC) == wall_of(naive.replace(tzinfo=UTC), UTC)
