"""Working days and deadlines: days are counted in Asia/Shanghai, moments are UTC.

Working days follow the published holidays and make-up days. For a year not yet published Monday to Friday count, less
the days off that the law gives every year: that is an assumption, `assumed` is told of it and `knows` says so. Days off
and make-up days of the settings win in every year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from chinese_calendar import constants
from lunar_python import Lunar, Solar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_SATURDAY: Final = 5
# Read here because the library walks its whole table at every question.
_HOLIDAYS: Final[frozenset[date]] = frozenset(constants.holidays)
_MAKE_UP_DAYS: Final[frozenset[date]] = frozenset(constants.workdays)
_YEARS: Final = frozenset(day.year for day in _HOLIDAYS)
_DAY: Final = timedelta(days=1)
# What the State Council gives everybody: 1 January, Labour Day, National Day, and by the moon Spring Festival from its
# eve on, Dragon Boat and Mid-Autumn. Qingming is the solar term.
_FIXED: Final = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_LUNAR: Final = ((1, 1), (1, 2), (1, 3), (5, 5), (8, 15))
_COUNTING: Final = "1"  # moves when what is counted without a published calendar changes
_LAST: Final = date(9999, 1, 1)  # somebody's "always" is not to overrun the calendar


class NotUtc(ValueError):
    """A moment without time zone, or of another than UTC, was given to the calendar: convert it where it comes in."""

    def __str__(self) -> str:
        return "A moment given to the calendar is not UTC: convert it where it comes in."


def _to_nobody(_: int) -> None:
    """Who needs not hear of assumed years."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working-day calendar. `holidays` and `make_up_days` are of the settings.

    `assumed` is told each time a count reaches into a year that nobody has published.
    """

    holidays: Collection[date] = frozenset()
    make_up_days: Collection[date] = frozenset()
    assumed: Callable[[int], object] = field(default=_to_nobody, compare=False, repr=False)

    def knows(self, year: int) -> bool:
        """Whether the year's holidays and make-up days are published, or the settings name some."""
        return year in _YEARS or any(day.year == year for days in (self.holidays, self.make_up_days) for day in days)

    def is_working(self, day: date) -> bool:
        """Whether the day is a working day in China."""
        return _is_working(day, self.holidays, self.make_up_days)

    def after(self, moment: datetime, days: int) -> datetime:
        """The same time of day on the n-th working day after the moment's; that day itself does not count."""
        local = _local(moment)
        last = _nth(frozenset(self.holidays), frozenset(self.make_up_days), local.date(), days)
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

    @property
    def mark(self) -> str:
        """Another one for another calendar: what was counted by one may have to wait longer by the other."""
        known = (_HOLIDAYS, _MAKE_UP_DAYS, self.holidays, self.make_up_days)
        told = ";".join(",".join(map(str, sorted(days))) for days in known)
        return sha256(f"{_COUNTING};{told}".encode()).hexdigest()

    def _tell(self, first: date, last: date) -> None:
        for year in range(first.year, last.year + 1):
            if not self.knows(year):
                self.assumed(year)


@cache
def statutory(year: int) -> frozenset[date]:
    """The days off that the law gives a year, published or not."""
    by_moon = [_day(Lunar.fromYmd(year, month, day).getSolar()) for month, day in _LUNAR]
    qingming = _day(Solar.fromYmd(year, 4, 1).getLunar().getJieQiTable()["清明"])
    return frozenset((*(date(year, *day) for day in _FIXED), by_moon[0] - _DAY, *by_moon, qingming))


def _day(solar: Any) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _is_working(day: date, holidays: Collection[date], make_up_days: Collection[date]) -> bool:
    if day in make_up_days or day in holidays:
        return day in make_up_days
    if day.year not in _YEARS:
        return day.weekday() < _SATURDAY and day not in statutory(day.year)
    return day in _MAKE_UP_DAYS or (day.weekday() < _SATURDAY and day not in _HOLIDAYS)


@lru_cache(maxsize=256)
def _nth(holidays: frozenset[date], make_up_days: frozenset[date], day: date, left: int) -> date:
    """The n-th working day after a day: the same for every case of that day."""
    while left > 0:
        day += _DAY
        left -= _is_working(day, holidays, make_up_days)
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
