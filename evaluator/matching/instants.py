"""Instants and wall clocks as whole nanoseconds, without the limits of ``datetime``.

An *instant* counts nanoseconds since 1970-01-01T00:00Z. A *wall* counts them as a clock on the wall of some time zone
shows them. Years run past 9999 and below 1, because Unix seconds and ``-9999y`` do.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
_EPOCH_ORDINAL: Final = _EPOCH.toordinal()
_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_FIRST_SECOND: Final = (date.min.toordinal() - _EPOCH_ORDINAL) * 86_400
_LAST_SECOND: Final = (date.max.toordinal() + 1 - _EPOCH_ORDINAL) * 86_400 - 1


def days_in_month(year: int, month: int) -> int:
    """Days of a month of the Gregorian calendar, in any year."""
    return monthrange(2000 + year % _CYCLE_YEARS, month)[1]


def day_number(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date, in any year. The date must exist."""
    cycles, year_of_cycle = divmod(year - 1, _CYCLE_YEARS)
    return date(year_of_cycle + 1, month, day).toordinal() - _EPOCH_ORDINAL + cycles * _CYCLE_DAYS


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of a day number."""
    cycles, day_of_cycle = divmod(day + _EPOCH_ORDINAL - 1, _CYCLE_DAYS)
    found = date.fromordinal(day_of_cycle + 1)
    return found.year + cycles * _CYCLE_YEARS, found.month, found.day


def instant_of(wall: int, zone: tzinfo) -> int | None:
    """The instant at which the zone's clocks show ``wall``.

    The earlier one where clocks showed it twice; None where they skipped it.
    """
    if zone is UTC:
        return wall
    seconds = min(max(wall // SECOND, _FIRST_SECOND), _LAST_SECOND)
    clock = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=zone)
    first, second = clock.utcoffset(), clock.replace(fold=1).utcoffset()
    if first is None or second is None or first < second:
        return None
    return wall - _nanoseconds(first)


def wall_of(moment: datetime, zone: tzinfo) -> int:
    """What the zone's clocks show at ``moment`` (taken as UTC if it names no zone)."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since_epoch = aware.replace(tzinfo=None) - _EPOCH - (aware.utcoffset() or timedelta())
    return _nanoseconds(since_epoch + _offset_at(aware, zone))


def months_before(wall: int, months: int) -> int:
    """The wall clock ``months`` calendar months earlier, one month at a time.

    Each step keeps the day where the month has it and takes the month's last day otherwise, so that two months before
    31 March is 28 January, by way of 28 February.
    """
    days, time_of_day = divmod(wall, DAY)
    year, month, day = date_of(days)
    first = year * 12 + month - 1
    for index in range(first - 1, first - months - 1, -1):
        if day <= 28:
            break
        day = min(day, days_in_month(index // 12, index % 12 + 1))
    year, month = divmod(first - months, 12)
    return day_number(year, month + 1, day) * DAY + time_of_day


def years_before(wall: int, years: int) -> int:
    """The wall clock ``years`` calendar years earlier, one year at a time: 29 February becomes the 28th for good."""
    days, time_of_day = divmod(wall, DAY)
    year, month, day = date_of(days)
    if years > 0 and (month, day) == (2, 29):
        day = 28
    return day_number(year - years, month, day) * DAY + time_of_day


def _offset_at(moment: datetime, zone: tzinfo) -> timedelta:
    if zone is UTC:
        return timedelta()
    try:
        return moment.astimezone(zone).utcoffset() or timedelta()
    except OverflowError:
        return timedelta()


def _nanoseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1) * 1000
