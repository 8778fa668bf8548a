"""How the work stands is told as it is; a row is tried again or put aside, and no legal date moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.deadline import Outcome
from domain.ids import new_id
from tests.registers import opened
from tests.workflows.test_jobs import NOON, TABLE, Desk, dies, fails, killed, seconds
from workflows.due_work import (
    PUT_ASIDE,
    Health,
    UnknownWork,
    WorkAside,
    WorkInHand,
    WorkRefused,
    WorkSettled,
    WorkStands,
    WorkState,
    WorkTold,
    WorkUntried,
    health_of,
    listed,
    park,
    retry,
)
from workflows.jobs import BACK_OFF_SECONDS, UNREPORTED, Claim

S: Final = WorkState


@pytest.fixture
async def desk(own_database_url: str) -> AsyncIterator[Desk]:
    async with opened(own_database_url) as database:
        yield Desk(database)


async def written(desk: Desk, row: str, **values: Any) -> None:
    """A row as a step of its case left it."""
    stored: dict[str, Any] = {name: sa.null() if value is None else value for name, value in values.items()}
    clause = sa.update(TABLE).where(TABLE.c.id == row).values(**stored)
    await desk.database.write(lambda transaction: transaction.fetch(clause, {}))


async def put_aside(desk: Desk, row: str) -> None:
    """A row that failed nine times."""
    await written(desk, row, next_at=None, failures=9, problem="ValueError")


async def states(desk: Desk, *, parked_only: bool = False) -> dict[str, WorkState]:
    return {row.id: row.state for row in await listed(desk.database, desk.clock(), most=50, parked_only=parked_only)}


async def health(desk: Desk) -> Health:
    return await health_of(desk.database, desk.clock())


async def test_where_nothing_is_due_nothing_is_told(desk: Desk) -> None:
    await desk.put(1)

    assert await health(desk) == Health(0, None, 0, 0, 0, None)
    assert await states(desk) == {}


async def test_what_is_due_in_hand_failed_and_put_aside_is_counted_and_shown(desk: Desk) -> None:
    in_hand, failed = await desk.put(-9, -8)

    async def one_fails(desk: Desk, claim: Claim) -> None:
        await (fails if claim.id == failed else dies)(desk, claim)

    await killed(desk.worker(one_fails))
    due, later, aside, settled, stands, told = await desk.put(-3, -2, -7, -6, -5, -4)
    await put_aside(desk, aside)
    await desk.settle(settled)
    await written(desk, stands, next_at=None, paused_at=NOON, left_seconds=1, problem="ValueError", failures=1)
    await written(desk, told, next_at=None, outcome=str(Outcome.OVERDUE))

    assert await health(desk) == Health(2, NOON - timedelta(seconds=3), 1, 1, 1, None)
    assert await states(desk) == {in_hand: S.IN_HAND, failed: S.FAILED, aside: S.PARKED, due: S.DUE, later: S.DUE}
    assert await states(desk, parked_only=True) == {aside: S.PARKED}


async def test_the_rows_are_shown_by_due_date_with_what_went_wrong(desk: Desk) -> None:
    case = new_id("account")
    second, first = await desk.put(-1, -2, case=case)
    await put_aside(desk, second)

    shown = await listed(desk.database, desk.clock(), most=50)
    at_most_one = await listed(desk.database, desk.clock(), most=1)

    assert [row.id for row in shown] == [first, second]
    assert [row.id for row in at_most_one] == [first]
    assert (shown[1].kind, shown[1].case_id, shown[1].due_at) == ("PROPOSAL", case, NOON - timedelta(seconds=1))
    assert (shown[1].next_at, shown[1].attempts, shown[1].failures, shown[1].problem) == (None, 0, 9, "ValueError")


async def test_what_nobody_reported_of_is_due_again_after_its_lease(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    await killed(desk.worker(dies))

    before = await states(desk)
    desk.clock.advance(seconds=31)

    assert (before, await states(desk)) == ({row: S.IN_HAND}, {row: S.DUE})
    assert (await health(desk)).oldest_due_at == NOON + timedelta(seconds=30)


async def test_what_was_put_aside_is_due_again_as_if_it_had_never_failed(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    await put_aside(desk, row)

    again = await retry(desk.database, row, desk.clock())
    swept = await desk.worker().sweep()

    assert (again.failures, again.problem, again.next_at, again.due_at) == (0, None, again.due_at, again.due_at)
    assert again.due_at == NOON - timedelta(seconds=1)
    assert (swept, desk.done) == (1, [row])


async def test_what_waits_to_be_tried_again_need_not_wait(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    await desk.worker(fails).sweep()
    assert seconds(await desk.row(row), NOON) == BACK_OFF_SECONDS[0]

    await retry(desk.database, row, desk.clock())
    await desk.worker().sweep()

    assert desk.done == [row]


async def test_what_is_put_aside_before_it_is_due_is_made_due_on_its_day_and_not_before(desk: Desk) -> None:
    (row,) = await desk.put(60)

    await park(desk.database, row, desk.clock())
    await retry(desk.database, row, desk.clock())
    early = await desk.worker().sweep()
    desk.clock.advance(seconds=61)

    assert (early, await desk.worker().sweep(), desk.done) == (0, 1, [row])


async def test_what_is_put_aside_is_left_and_holds_up_nothing_of_its_case(desk: Desk) -> None:
    first, second = await desk.put(-2, -1, case=new_id("account"))

    aside = await park(desk.database, first, desk.clock())
    await desk.worker().sweep()

    assert (aside.next_at, aside.problem, aside.due_at) == (None, PUT_ASIDE, NOON - timedelta(seconds=2))
    assert desk.done == [second]
    assert await states(desk) == {first: S.PARKED}


async def test_who_had_it_in_hand_when_it_was_put_aside_reports_of_nothing(desk: Desk) -> None:
    (row,) = await desk.put(-1)

    async def put_aside_meanwhile(desk: Desk, claim: Claim) -> None:
        assert (await desk.row(row)).problem == UNREPORTED
        await park(desk.database, claim.id, desk.clock())
        raise ValueError

    await desk.worker(put_aside_meanwhile).sweep()

    aside = await desk.row(row)
    assert (aside.next_at, aside.failures, aside.problem) == (None, 0, PUT_ASIDE)


@pytest.mark.parametrize("move", [retry, park])
async def test_what_there_is_nothing_left_to_do_of_stays_as_it_is(desk: Desk, move: Any) -> None:
    settled, told, stands = await desk.put(-3, -2, -1)
    await desk.settle(settled)
    await written(desk, told, next_at=None, outcome=str(Outcome.OVERDUE))
    await written(desk, stands, next_at=None, paused_at=NOON, left_seconds=1)
    before = [vars(await desk.row(row)) for row in (settled, told, stands)]

    for row, why in ((settled, WorkSettled), (told, WorkTold), (stands, WorkStands), ("deadline_x", UnknownWork)):
        with pytest.raises(WorkRefused) as refused:
            await move(desk.database, row, desk.clock())
        assert type(refused.value) is why
        assert str(refused.value).startswith(f"{row}: ")

    assert [vars(await desk.row(row)) for row in (settled, told, stands)] == before


async def test_what_did_not_fail_or_is_in_hand_is_not_tried_again(desk: Desk) -> None:
    (in_hand,) = await desk.put(-2)
    await killed(desk.worker(dies))
    due, later = await desk.put(-1, 1)

    for row, why in ((in_hand, WorkInHand), (due, WorkUntried), (later, WorkUntried)):
        with pytest.raises(WorkRefused) as refused:
            await retry(desk.database, row, desk.clock())
        assert type(refused.value) is why


async def test_what_is_put_aside_is_not_put_aside_again(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    await put_aside(desk, row)

    with pytest.raises(WorkAside):
        await park(desk.database, row, desk.clock())

    assert (await desk.row(row)).problem == "ValueError"
