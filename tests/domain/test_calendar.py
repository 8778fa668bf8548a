"""Working days as published, and what is done where nothing is (Art. 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain.calendar import NotUtc, WorkingDays, add_calendar_days, add_hours, local_day

DAYS = WorkingDays()


@pytest.mark.parametrize(
    "make_up_day",
    [date(2024, 2, 4), date(2024, 2, 18), date(2025, 1, 26), date(2025, 9, 28), date(2026, 1, 4), date(2026, 2, 14)],
)
def test_a_make_up_day_at_a_weekend_is_a_working_day(make_up_day: date) -> None:
    assert make_up_day.weekday() >= 5
    assert DAYS.is_working(make_up_day)


@pytest.mark.parametrize("holiday", [date(2024, 10, 1), date(2025, 1, 28), date(2026, 2, 17), date(2026, 10, 7)])
def test_a_holiday_on_a_weekday_is_none(holiday: date) -> None:
    assert holiday.weekday() < 5
    assert not DAYS.is_working(holiday)


def test_a_year_not_published_falls_back_to_weekdays_less_the_statutory_days_and_says_so() -> None:
    configured = WorkingDays(holidays={date(2090, 10, 4)})

    assert [DAYS.knows(year) for year in (2003, 2004, 2026, 2090)] == [False, True, True, False]
    assert [configured.is_working(date(2090, 10, day)) for day in (2, 3, 4, 5, 7)] == [False, False, False, True, False]
    assert not DAYS.is_certain(datetime(2026, 12, 30, tzinfo=UTC), datetime(2090, 1, 2, tzinfo=UTC))
    assert DAYS.is_certain(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))


def test_the_settings_win_over_a_published_year_too() -> None:
    corrected = WorkingDays(holidays={date(2026, 3, 2)}, make_up_days={date(2026, 3, 7), date(2026, 10, 1)})

    assert not corrected.is_working(date(2026, 3, 2))
    assert corrected.is_working(date(2026, 3, 7))
    assert corrected.is_working(date(2026, 10, 1))


def test_seven_working_days_pass_over_the_spring_festival() -> None:
    # Thursday 12 February 2026: 13, 14 (made up), then the festival until 23, 24 … 28 (made up).
    start = datetime(2026, 2, 12, 1, 30, tzinfo=UTC)

    assert DAYS.after(start, 7) == datetime(2026, 2, 28, 1, 30, tzinfo=UTC)


def test_the_day_is_the_one_in_shanghai() -> None:
    # 20:00 UTC on Thursday is Friday morning there: one working day later is Monday.
    start = datetime(2026, 3, 5, 20, 0, tzinfo=UTC)

    assert local_day(start) == date(2026, 3, 6)
    assert DAYS.after(start, 1) == datetime(2026, 3, 8, 20, 0, tzinfo=UTC)


def test_no_days_later_is_the_same_moment() -> None:
    start = datetime(2026, 3, 7, 8, 0, 1, 5, tzinfo=UTC)

    assert DAYS.after(start, 0) == start


def test_a_clock_that_stood_runs_on_through_working_time_alone() -> None:
    # One working day is left on Monday; run on from Friday it ends on the next Monday, not on Saturday.
    monday, friday = datetime(2026, 3, 9, 4, 0, tzinfo=UTC), datetime(2026, 3, 13, 4, 0, tzinfo=UTC)

    left = DAYS.between(monday, DAYS.after(monday, 1))

    assert left == timedelta(days=1)
    assert DAYS.until(friday, left) == datetime(2026, 3, 16, 4, 0, tzinfo=UTC)


def test_a_clock_that_stands_for_no_time_ends_when_it_would_have() -> None:
    for start in (datetime(2026, 3, 5, 20, 0, tzinfo=UTC), datetime(2026, 3, 7, 8, 0, 1, 5, tzinfo=UTC)):
        due = DAYS.after(start, 7)

        assert DAYS.until(start, DAYS.between(start, due)) == due


def test_calendar_days_and_hours_run_on_through_holidays() -> None:
    start = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)

    assert add_calendar_days(start, 30) == datetime(2026, 10, 30, 17, 0, tzinfo=UTC)
    assert add_hours(start, 72) == datetime(2026, 10, 3, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=8))])
def test_a_moment_that_is_not_utc_is_refused(zone: timezone | None) -> None:
    moment = datetime(2026, 3, 5, tzinfo=zone)

    for ask in (DAYS.after, add_hours, add_calendar_days):
        with pytest.raises(NotUtc):
            ask(moment, 1)


def test_who_counts_into_a_year_that_is_not_published_is_told_of_each_such_year() -> None:
    told: list[int] = []
    days = WorkingDays(assumed=told.append)
    known, unknown = datetime(2026, 3, 2, 4, 0, tzinfo=UTC), datetime(2090, 12, 29, 4, 0, tzinfo=UTC)

    days.after(known, 7)
    days.until(known, days.between(known, known + timedelta(days=9)))
    quiet = list(told)
    ends = days.after(unknown, 5)
    counted = list(told)
    days.between(unknown, unknown + timedelta(days=1))
    days.until(unknown, timedelta(days=1))

    assert quiet == []
    assert (ends, counted) == (datetime(2091, 1, 8, 4, 0, tzinfo=UTC), [2090, 2091])
    assert told == [2090, 2091, 2090, 2090, 2091]


def test_who_is_told_makes_no_other_calendar() -> None:
    assert WorkingDays(assumed=print) == WorkingDays()
