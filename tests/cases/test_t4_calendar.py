"""T4: nobody is due on a day off, in unpublished years too; a date moves later, never earlier (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from domain.account import Account
from domain.calendar import WorkingDays, local_day
from domain.deadline import Deadline
from domain.filing import Filing
from domain.journal import Step
from domain.table import table_of
from tests.sanctions import sanctioned
from tests.workflows.test_account import ANSWERS, supplement_asked
from tests.workflows.test_filing import prepared, submitted
from tests.workflows.test_migrations import moved
from tests.world import World, opened_world, settings_for
from workflows.database import compile_once
from workflows.recounting import recount

DAYS = WorkingDays()
# The days off of 2027 as they might be published: New Year's Day and the Monday after, a week of Spring Festival.
PUBLISHED = WorkingDays(
    holidays={date(2027, 1, 1), date(2027, 1, 4), *(date(2027, 2, day) for day in range(5, 13))},
    make_up_days={date(2027, 1, 30), date(2027, 2, 14)},
)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a recount looks at the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


def utc(year: int, month: int, day: int) -> datetime:
    """Noon in Shanghai."""
    return datetime(year, month, day, 4, 0, tzinfo=UTC)


def published(world: World, calendar: WorkingDays = PUBLISHED) -> Any:
    """The office after its next start, with the calendar that has come."""
    return replace(world.office, calendar=calendar)


async def only(world: World, case_id: str, kind: str) -> Deadline:
    (row,) = [row for row in await world.rows(Deadline, case_id=case_id, kind=kind) if row.settled_at is None]
    return row


def details(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(step.details)
    return found


# --- the days themselves -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "day",
    [
        date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 8), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15),
        date(2027, 10, 1), date(2028, 1, 26), date(2028, 5, 1), date(2028, 5, 2), date(2028, 10, 3), date(2029, 2, 13),
        date(2029, 4, 4), date(2030, 6, 5), date(2031, 10, 1), date(2060, 9, 9), date(2099, 1, 21),
    ],
)  # fmt: skip
def test_t4_days_off_by_law_are_none_of_work_in_years_that_nobody_published(day: date) -> None:
    assert day.weekday() < 5
    assert not DAYS.knows(day.year)
    assert not DAYS.is_working(day)


@pytest.mark.parametrize("day", [date(2027, 1, 4), date(2027, 2, 10), date(2027, 4, 6), date(2028, 5, 3)])
def test_t4_the_days_beside_them_are(day: date) -> None:
    assert DAYS.is_working(day)


@pytest.mark.parametrize("year", [1900, 2101, 5000, 9998])
def test_t4_any_year_can_be_counted_in(year: int) -> None:
    assert not DAYS.is_working(date(year, 10, 2))
    assert sum(DAYS.is_working(date(year, 1, 1) + timedelta(days=n)) for n in range(365)) in range(245, 262)


def test_t4_settings_win_in_any_year() -> None:
    for year in (2026, 2027, 2090):
        monday = next(date(year, 3, day) for day in range(1, 8) if date(year, 3, day).weekday() == 0)
        calendar = WorkingDays(holidays={monday}, make_up_days={monday + timedelta(days=5), date(year, 10, 1)})
        assert [calendar.is_working(day) for day in (monday, monday + timedelta(days=5), date(year, 10, 1))] == [
            False, True, True,
        ]  # fmt: skip
        assert calendar.knows(year)


def test_t4_no_day_is_both_off_and_worked() -> None:
    with pytest.raises(ValidationError, match="2027-02-06"):
        settings_for("sqlite:///x", holidays=["2027-02-06"], make_up_days=["2027-02-06"])


# --- what is due -------------------------------------------------------------------------------------------------
async def test_t4_a_review_clock_that_stood_is_not_due_on_new_years_day(world: World) -> None:
    world.clock.now = utc(2026, 12, 21)
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)  # seven days are left
    world.clock.now = utc(2026, 12, 23)
    asked: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=2, **asked)

    row = await only(world, id_, "REVIEW_DECISION")

    assert local_day(row.due_at) == date(2027, 1, 4)  # not Friday, 1 January
    assert (row.is_assumed, row.counted_from) == (True, world.clock())


@pytest.mark.parametrize(
    ("begun", "due"), [(utc(2027, 1, 29), date(2027, 2, 16)), (utc(2027, 9, 20), date(2027, 10, 5))]
)
async def test_t4_a_filing_is_submitted_in_ten_days_that_are_worked(world: World, begun: datetime, due: date) -> None:
    world.clock.now = begun
    provider = await world.provider()
    _, _, id_ = await prepared(provider)

    row = await only(world, id_, "FILING_SUBMISSION")

    assert (local_day(row.due_at), row.is_assumed) == (due, True)


async def test_t4_what_is_counted_in_a_published_year_is_certain(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)

    row = await only(world, id_, "FILING_SUBMISSION")

    assert (row.is_assumed, row.counted_from) == (False, world.clock())


# --- the calendar comes ------------------------------------------------------------------------------------------
async def test_t4_when_the_calendar_comes_what_is_due_moves_later_by_a_journalled_step(world: World) -> None:
    world.clock.now = utc(2026, 12, 24)
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    before = await only(world, id_, "FILING_SUBMISSION")
    (was,) = await world.rows(Filing, id=id_)

    moved_cases = await recount(published(world))

    after = await only(world, id_, "FILING_SUBMISSION")
    (filing,), (step,) = await world.rows(Filing, id=id_), await world.rows(Step, case_id=id_, trigger="recount")
    assert (local_day(before.due_at), local_day(after.due_at)) == (date(2027, 1, 8), date(2027, 1, 11))
    assert (before.is_assumed, after.is_assumed, after.next_at) == (True, False, after.due_at)
    assert (moved_cases, filing.due_at, filing.seq, filing.state) == (1, after.due_at, was.seq + 1, was.state)
    assert (step.actor_role, list(details(step))) == ("SYSTEM", ["FILING_SUBMISSION"])
    assert await recount(published(world)) == 0  # once for each calendar


async def test_t4_nothing_moves_earlier_and_no_step_says_that_it_stays(world: World) -> None:
    world.clock.now = utc(2027, 1, 18)
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    before = await only(world, id_, "FILING_SUBMISSION")
    more_work = WorkingDays(holidays={date(2027, 2, 12)}, make_up_days={date(2027, 1, 23), date(2027, 1, 24)})

    moved_cases = await recount(published(world, more_work))

    after = await only(world, id_, "FILING_SUBMISSION")
    assert (moved_cases, after.due_at, after.is_assumed) == (0, before.due_at, False)
    assert await world.rows(Step, case_id=id_, trigger="recount") == []


async def test_t4_what_ran_on_moves_by_what_it_was_counted_from(world: World) -> None:
    world.clock.now = utc(2026, 12, 21)
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    world.clock.now = utc(2026, 12, 28)
    asked: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=2, **asked)
    before = await only(world, id_, "REVIEW_DECISION")

    await recount(published(world))

    after = await only(world, id_, "REVIEW_DECISION")
    (account,) = await world.rows(Account, id=id_)
    assert (local_day(before.due_at), local_day(after.due_at)) == (date(2027, 1, 7), date(2027, 1, 8))
    assert account.due_at == after.due_at


async def test_t4_a_notice_of_sanction_may_be_answered_as_long(world: World) -> None:
    world.clock.now = utc(2026, 12, 28)
    case = await sanctioned(await world.provider(), conductOn="2026-12-20")
    await case.notify()
    before = await case.row()

    await recount(published(world))

    after = await case.row()
    assert (local_day(before.answer_until), local_day(after.answer_until)) == (date(2027, 1, 5), date(2027, 1, 6))
    assert (await only(world, case.id, "SANCTION_ANSWER")).due_at == after.answer_until


async def test_t4_a_correction_of_a_published_year_moves_too(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    before = await only(world, id_, "FILING_DECISION")
    await recount(world.office)

    await recount(published(world, WorkingDays(holidays={date(2026, 3, 20)})))

    after = await only(world, id_, "FILING_DECISION")
    assert after.due_at == before.due_at + timedelta(days=1)


async def test_t4_what_was_told_as_overdue_stays_so(world: World) -> None:
    world.clock.now = utc(2026, 12, 24)
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    row = await only(world, id_, "FILING_SUBMISSION")
    world.clock.now = row.due_at + timedelta(seconds=1)
    await world.sweep()

    assert await recount(published(world)) == 0
    assert (await only(world, id_, "FILING_SUBMISSION")).outcome == "OVERDUE"


async def test_t4_a_clock_that_stands_is_counted_by_the_calendar_when_it_runs_on(world: World) -> None:
    world.clock.now = utc(2026, 12, 24)
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    await provider.officer.must("filingSubmit", id=id_, version=1)
    assert await recount(published(world)) == 1  # the authority's own clock, which runs

    world.deployment = replace(world.deployment, office=published(world))
    (filing,) = await world.rows(Filing, id=id_)
    await provider.officer.must("filingPullBack", id=id_, version=filing.seq)

    row = await only(world, id_, "FILING_SUBMISSION")
    assert row.counted_from == world.clock()
    assert row.counted_seconds == 10 * 86_400


async def test_t4_what_was_due_on_a_day_off_before_the_upgrade_moves_after_it(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        world.clock.now = utc(2026, 12, 21)
        provider = await world.provider()
        holder, id_ = await supplement_asked(provider)
        world.clock.now = utc(2026, 12, 23)
        asked: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
        await holder.person.must("accountSupplement", id=id_, version=2, **asked)
        # As it was written when Monday to Friday counted.
        table, due = table_of(Deadline), utc(2027, 1, 1)
        clause = sa.update(table).where(table.c.case_id == id_, table.c.settled_at.is_(None))
        statement = compile_once(clause.values(due_at=due, next_at=due), world.office.database.dialect)
        await world.office.database.write(lambda transaction: transaction.fetch(statement, {}))
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.now = utc(2026, 12, 24)
        before = await only(world, id_, "REVIEW_DECISION")
        await recount(world.office)
        after = await only(world, id_, "REVIEW_DECISION")

    assert (local_day(before.due_at), before.is_assumed) == (date(2027, 1, 1), True)
    assert (local_day(after.due_at), after.is_assumed) == (date(2027, 1, 4), True)
