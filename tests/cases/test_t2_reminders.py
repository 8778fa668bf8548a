"""Nobody loses what they asked for without a reminder that was served days before, however late the worker (Art. 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from domain.account import Account
from domain.calendar import WorkingDays
from domain.deadline import Deadline
from domain.journal import Step
from domain.notice import Notice
from tests.workflows.test_account import ANSWERS, ITEMS, supplement_asked
from tests.workflows.test_account_change import changing
from tests.workflows.test_reminders import unreminded
from tests.workflows.test_timed_steps import EXPECTED
from tests.world import Holder, Provider, World, opened_world

SECOND: Final = timedelta(seconds=1)
DAYS_AFTER_A_REMINDER: Final = 3  # working days
KINDS: Final = ("SUPPLEMENT", "CHANGE_SUPPLEMENT")
LAPSES: Final = {"SUPPLEMENT": "lapse", "CHANGE_SUPPLEMENT": "lapse_change"}


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def asked(provider: Provider, kind: str) -> tuple[Holder, str]:
    """A supplement of an application or of a change was asked for."""
    if kind == "SUPPLEMENT":
        return await supplement_asked(provider)
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder, displayName="夜航船")
    given: dict[str, Any] = {"id": account.id, "version": version, "items": ITEMS}
    await provider.reviewer.must("accountRequestChangeSupplement", **given)
    return holder, account.id


async def open_end(world: World, id_: str, kind: str) -> Deadline:
    (row,) = [row for row in await world.rows(Deadline, case_id=id_, kind=kind) if row.settled_at is None]
    return row


async def served(world: World, id_: str) -> datetime:
    """When the last reminder was served."""
    reminders = await world.rows(Step, order_by="seq", case_id=id_, trigger="remind")
    (notice,) = await world.rows(Notice, step_id=reminders[-1].id)
    assert notice.served_at is not None
    return notice.served_at


async def lapsed(world: World, id_: str, kind: str) -> bool:
    return await world.rows(Step, case_id=id_, trigger=LAPSES[kind]) != []


async def supplement(holder: Holder, id_: str, kind: str) -> list[str]:
    """The holder hands in what was asked for, at the version told; what was in the way."""
    mutation = "accountSupplement" if kind == "SUPPLEMENT" else "accountSupplementChange"
    particulars = holder.particulars() if kind == "SUPPLEMENT" else {"description": "补充说明", "materials": []}
    told = await holder.person.ask("query($id: ID!) { account(id: $id) { version } }", id=id_)
    given: dict[str, Any] = {"answers": ANSWERS, "particulars": particulars}
    return (await holder.person.do(mutation, id=id_, version=told["account"]["version"], **given)).codes


@pytest.mark.parametrize("days", [25, 60, 400])
@pytest.mark.parametrize("kind", KINDS)
async def test_t2_after_downtime_a_reminder_is_served_and_the_end_comes_days_after_it(
    world: World, kind: str, days: int
) -> None:
    _, id_ = await asked(await world.provider(), kind)
    first = (await open_end(world, id_, kind)).due_at

    world.clock.advance(days=days)
    await world.sweep(workers=4)

    end, earliest = await open_end(world, id_, kind), WorkingDays().after(world.clock(), DAYS_AFTER_A_REMINDER)
    (account,) = await world.rows(Account, id=id_)
    assert await served(world, id_) == world.clock()
    assert not await lapsed(world, id_, kind)
    assert end.due_at == end.next_at == max(first, earliest)
    if kind == "SUPPLEMENT":  # the application shows what ends
        assert account.due_at == end.due_at

    world.clock.now = end.due_at
    await world.sweep()
    assert not await lapsed(world, id_, kind)
    world.clock.now = end.due_at + SECOND
    await world.sweep()
    assert await lapsed(world, id_, kind)


@pytest.mark.parametrize("kind", KINDS)
async def test_t2_who_comes_before_any_worker_still_hands_in_what_was_asked_for(world: World, kind: str) -> None:
    holder, id_ = await asked(await world.provider(), kind)
    world.clock.advance(days=60)

    first = await supplement(holder, id_, kind)
    again = await supplement(holder, id_, kind)

    assert (first, again) == (["STALE_VERSION"], [])
    assert [step.trigger for step in await world.rows(Step, order_by="seq", case_id=id_)][-2] == "remind"


@pytest.mark.parametrize("kind", KINDS)
async def test_t2_a_reminder_that_was_put_aside_gives_the_whole_time_anew_and_days_after_the_next(
    world: World, kind: str
) -> None:
    _, id_ = await asked(await world.provider(), kind)
    await unreminded(world, id_, f"{kind}_REMINDER")

    world.clock.advance(days=100)
    await world.sweep()

    end = await open_end(world, id_, kind)
    assert not await lapsed(world, id_, kind)
    assert end.due_at >= WorkingDays().after(await served(world, id_), DAYS_AFTER_A_REMINDER)


@pytest.mark.parametrize("kind", KINDS)
async def test_t2_a_reminder_in_time_moves_nothing_but_by_its_own_lateness(world: World, kind: str) -> None:
    _, id_ = await asked(await world.provider(), kind)
    first = (await open_end(world, id_, kind)).due_at
    world.clock.now = (await open_end(world, id_, f"{kind}_REMINDER")).due_at + SECOND

    await world.sweep()

    assert (await open_end(world, id_, kind)).due_at == first + SECOND


@pytest.mark.parametrize("kind", ["IDENTITY_VALIDITY", "QUALIFICATION_VALIDITY", "PERMISSION_VALIDITY"])
async def test_t2_what_ends_by_law_or_licence_ends_at_its_moment_however_late_its_reminders(
    world: World, kind: str
) -> None:
    _, id_ = await EXPECTED[kind].begin(await world.provider())
    ends_at = (await open_end(world, id_, kind)).due_at

    world.clock.now = ends_at + timedelta(days=60)
    await world.sweep()

    (step,) = await world.rows(Step, case_id=id_, trigger=EXPECTED[kind].trigger)
    assert step.at == ends_at
