"""Working days and deadlines: days are counted in Asia/Shanghai, moments are UTC.

Working days follow the published holidays and make-up days. For a year not yet published Monday to Friday count, less
the configured holidays: that is an assumption, `assumed` is told of it and `knows` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from chinese_calendar import constants

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_SATURDAY: Final = 5
# Read here because the library walks its whole table at every question.
_HOLIDAYS: Final[frozenset[date]] = frozenset(constants.holidays)
_MAKE_UP_DAYS: Final[frozenset[date]] = frozenset(constants.workdays)
_YEARS: Final = frozenset(day.year for day in _HOLIDAYS)
_DAY: Final = timedelta(days=1)
_LAST: Final = date(9999, 1, 1)  # somebody's "always" is not to overrun the calendar


class NotUtc(ValueError):
    """A moment without time zone, or of another than UTC, was given to the calendar: convert it where it comes in."""

    def __str__(self) -> str:
        return "A moment given to the calendar is not UTC: convert it where it comes in."


def _to_nobody(_: int) -> None:
    """Who needs not hear of assumed years."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working-day calendar. `holidays` are days off of years that are not published yet.

    `assumed` is told each time a count reaches into such a year.
    """

    holidays: Collection[date] = frozenset()
    assumed: Callable[[int], object] = field(default=_to_nobody, compare=False, repr=False)

    def knows(self, year: int) -> bool:
        """Whether the year's holidays and make-up days are published."""
        return year in _YEARS

    def is_working(self, day: date) -> bool:
        """Whether the day is a working day in China."""
        return _is_working(day, self.holidays)

    def after(self, moment: datetime, days: int) -> datetime:
        """The same time of day on the n-th working day after the moment's; that day itself does not count."""
        local = _local(moment)
        last = _nth(frozenset(self.holidays), local.date(), days)
        self._tell(local.date(), last)
        return _utc(datetime.combine(last, local.timetz()))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from one moment to a later one falls on working days."""
        here, there, found = _local(start), _local(end), timedelta()
        self._tell(here.date(), there.date())
        while here < there:
            midnight = _midnight_after(here)
            if self.is_working(here.date()):
                found += min(midnight, there) - here
            here = midnight
        return found

    def until(self, moment: datetime, left: timedelta) -> datetime:
        """When so much time on working days has passed: never on a day off, for a clock that stood and runs on."""
        first = here = _local(moment)
        while left:
            midnight = _midnight_after(here)
            if self.is_working(here.date()):
                passed = min(midnight - here, left)
                here, left = here + passed, left - passed
            else:
                here = midnight
        self._tell(first.date(), here.date())
        return _utc(here)

    def is_certain(self, start: datetime, end: datetime) -> bool:
        """Whether every year between two moments is published; if not, a deadline between them is an assumption."""
        return all(self.knows(year) for year in range(local_day(start).year, local_day(end).year + 1))

    def _tell(self, first: date, last: date) -> None:
        for year in range(first.year, last.year + 1):
            if year not in _YEARS:
                self.assumed(year)


def _is_working(day: date, holidays: Collection[date]) -> bool:
    if day.year not in _YEARS:
        return day.weekday() < _SATURDAY and day not in holidays
    return day in _MAKE_UP_DAYS or (day.weekday() < _SATURDAY and day not in _HOLIDAYS)


@lru_cache(maxsize=256)
def _nth(holidays: frozenset[date], day: date, left: int) -> date:
    """The n-th working day after a day: the same for every case of that day."""
    while left > 0:
        day += _DAY
        left -= _is_working(day, holidays)
    return day


def add_calendar_days(moment: datetime, days: int) -> datetime:
    """The same time of day in Asia/Shanghai so many days later."""
    local = _local(moment)
    last = local.date() + timedelta(days=min(days, max(0, (_LAST - local.date()).days)))
    return _utc(datetime.combine(last, local.timetz()))


def add_hours(moment: datetime, hours: int) -> datetime:
    """So many hours later."""
    return _checked(moment) + timedelta(hours=hours)


def local_day(moment: datetime) -> date:
    """The day in Asia/Shanghai."""
    return _local(moment).date()


@lru_cache(maxsize=1_000)
def end_of(day: date) -> datetime:
    """When the day is over in Shanghai."""
    return _utc(datetime.combine(min(day, _LAST) + _DAY, time(), SHANGHAI))


def _midnight_after(local: datetime) -> datetime:
    return datetime.combine(local.date() + _DAY, time(), SHANGHAI)


def _local(moment: datetime) -> datetime:
    return _checked(moment).astimezone(SHANGHAI)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _checked(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise NotUtc
    return moment
