"""Nothing that was asked of a holder lapses unless they were reminded of it (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.calendar import WorkingDays
from domain.deadline import Deadline, DeadlineKind
from domain.journal import Step
from domain.notice import Notice
from domain.reminder import DAYS_BEFORE, REMINDED_BY, next_reminder
from domain.table import table_of
from tests.workflows.test_account import ANSWERS, ITEMS, supplement_asked
from tests.workflows.test_deadlines import march
from tests.workflows.test_timed_steps import supplementing_a_change
from tests.world import World, opened_world
from workflows.database import compile_once
from workflows.timed import TIMED

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def deadline(world: World, case_id: str, kind: str) -> Deadline:
    """The last of its kind."""
    return (await world.rows(Deadline, order_by="id", case_id=case_id, kind=kind))[-1]


async def triggers(world: World, id_: str) -> list[str]:
    return [step.trigger for step in await world.rows(Step, case_id=id_, order_by="seq")]


async def unreminded(world: World, id_: str, kind: str) -> None:
    """The reminder failed nine times and is put aside."""
    table = table_of(Deadline)
    put_aside = sa.update(table).where(table.c.case_id == id_, table.c.kind == kind).values(next_at=sa.null())
    statement = compile_once(put_aside, world.office.database.dialect)
    await world.office.database.write(lambda transaction: transaction.fetch(statement, {}))


def test_whatever_reminds_is_fired_and_reminds_of_what_has_an_end() -> None:
    for ended, reminder in REMINDED_BY.items():
        assert TIMED[reminder].fires is not None
        assert TIMED[ended].fires is not None
    assert DAYS_BEFORE == (90, 60, 30)


@pytest.mark.parametrize(
    ("days", "expected"), [(100, 90), (90, 60), (61, 60), (60, 30), (30.5, 30), (30, None), (1, None), (-1, None)]
)
def test_the_next_reminder_is_the_first_that_is_still_ahead(days: float, expected: int | None) -> None:
    last = march(2)

    found = next_reminder(last, last - timedelta(days=days))

    assert found == (None if expected is None else last - timedelta(days=expected))


async def test_a_holder_is_reminded_three_working_days_before_an_application_lapses(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplement_asked(provider)
    due_at = (await deadline(world, id_, "SUPPLEMENT")).due_at

    seen = []
    for at in (march(18), march(18) + SECOND, due_at + SECOND, due_at + 2 * SECOND):
        world.clock.now = at
        await world.sweep()
        seen.append((await triggers(world, id_))[2:])

    assert due_at == march(23)
    assert seen == [[], ["remind"], ["remind"], ["remind", "lapse"]]
    (step,) = await world.rows(Step, case_id=id_, trigger="remind")
    (notice,) = await world.rows(Notice, step_id=step.id)
    assert (notice.party, notice.served_at) == ("HOLDER", march(18) + SECOND)


async def test_a_reminder_moves_the_version_and_the_due_date_by_its_own_lateness(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    (before,) = await world.rows(Account, id=id_)
    world.clock.now = march(18) + SECOND
    await world.sweep()
    (after,) = await world.rows(Account, id=id_)
    answer: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}

    stale = await holder.person.refused("accountSupplement", id=id_, version=2, **answer)
    await holder.person.must("accountSupplement", id=id_, version=3, **answer)

    assert (after.due_at, after.clock, after.seq) == (before.due_at + SECOND, "RUNNING", before.seq + 1)
    assert stale.codes == ["STALE_VERSION"]


async def test_what_was_supplemented_is_reminded_of_no_more(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    answer: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=2, **answer)

    world.clock.advance(days=60)
    await world.sweep()

    assert (await deadline(world, id_, "SUPPLEMENT_REMINDER")).outcome == "MET"
    assert "remind" not in await triggers(world, id_)


async def test_a_reminder_of_an_earlier_round_is_none_of_this_one(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    world.clock.now = march(19)
    await world.sweep()
    answer: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=3, **answer)
    await provider.reviewer.must("accountClaim", id=id_)
    await provider.reviewer.must("accountRequestSupplement", id=id_, version=4, items=ITEMS)
    await unreminded(world, id_, "SUPPLEMENT_REMINDER")

    world.clock.now = (await deadline(world, id_, "SUPPLEMENT")).due_at + SECOND
    await world.sweep()

    (account,) = await world.rows(Account, id=id_)
    assert (account.state, "lapse" in await triggers(world, id_)) == ("SUPPLEMENT_REQUESTED", False)


@pytest.mark.parametrize("kind", [DeadlineKind.SUPPLEMENT, DeadlineKind.CHANGE_SUPPLEMENT])
async def test_where_nobody_was_reminded_the_time_runs_once_more_with_its_reminder(world: World, kind: str) -> None:
    provider = await world.provider()
    id_ = (await supplement_asked(provider))[1] if kind == "SUPPLEMENT" else (await supplementing_a_change(provider))[1]
    await unreminded(world, id_, f"{kind}_REMINDER")
    first = await deadline(world, id_, kind)
    (before,) = await world.rows(Account, id=id_)

    world.clock.now = first.due_at + SECOND
    await world.sweep()
    (after,) = await world.rows(Account, id=id_)
    again = await deadline(world, id_, kind)
    world.clock.now = (await deadline(world, id_, f"{kind}_REMINDER")).due_at + SECOND
    await world.sweep()
    world.clock.now = again.due_at + 2 * SECOND
    await world.sweep()

    outcomes = [row.outcome for row in await world.rows(Deadline, order_by="id", case_id=id_, kind=kind)]
    assert (after.seq, after.state, after.due_at) == (before.seq, before.state, again.due_at)
    assert again.due_at > first.due_at + timedelta(days=15)
    assert (await triggers(world, id_))[-2:] == ["remind", "lapse" if kind == "SUPPLEMENT" else "lapse_change"]
    assert outcomes == ["MOOT", "PASSED"]


async def test_after_downtime_the_reminder_comes_first_and_the_lapse_days_after_it(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplement_asked(provider)
    due: list[datetime] = [(await deadline(world, id_, kind)).due_at for kind in ("SUPPLEMENT_REMINDER", "SUPPLEMENT")]

    world.clock.now = due[1] + timedelta(days=3)
    await world.sweep(workers=4)
    later = (await deadline(world, id_, "SUPPLEMENT")).due_at
    world.clock.advance(days=30)
    await world.sweep(workers=4)

    steps = await world.rows(Step, case_id=id_, order_by="seq")
    assert [(step.trigger, step.at) for step in steps[2:]] == [("remind", due[0]), ("lapse", later)]
    assert later == WorkingDays().after(due[1] + timedelta(days=3), 3)
