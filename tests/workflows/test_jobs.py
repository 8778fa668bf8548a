"""The worker: what is due is done once, in order, by however many; whoever dies or fails leaves it to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.authorities import authority_id
from domain.columns import UtcTime
from domain.deadline import Deadline, DeadlineKind, Outcome
from domain.ids import new_id
from domain.table import METADATA, table_of
from tests import stored
from tests.registers import opened
from tests.workflows.test_licence_doubts import row_of
from tests.world import Clock
from workflows.database import Database, Transaction
from workflows.jobs import BACK_OFF_SECONDS, IDLE_SECONDS, UNREPORTED, WORKER_LOST, Claim, Work, Worker

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HERE: Final = authority_id("310000")
LEASE: Final = timedelta(seconds=30)
TABLE: Final = table_of(Deadline)
SETTLE: Final = (
    sa.update(TABLE)
    .where(TABLE.c.id == sa.bindparam("row", type_=sa.Text), TABLE.c.settled_at.is_(None))
    .values(settled_at=sa.bindparam("b_at", type_=UtcTime()), outcome=str(Outcome.PASSED), next_at=sa.null())
    .values(problem=sa.null())
    .returning(TABLE.c.id)
)
Handle = Callable[["Desk", Claim], Awaitable[None]]


async def settles(desk: Desk, claim: Claim) -> None:
    """A handler that does what is due."""
    await desk.settle(claim.id)


class Desk:
    """A database with rows that fall due, and workers on it."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, Clock(NOON)
        self.done: list[str] = []
        self.faults: list[str] = []

    async def put(self, *due: float, case: str | None = None) -> list[str]:
        """Rows due so many seconds from noon, each of a case of its own unless one is named."""
        provider = row_of("provider", jurisdiction=HERE, state="REGISTERED", mode="SANDBOX", settings={})
        own = {"provider_id": provider["id"], "jurisdiction": HERE, "kind": str(DeadlineKind.PROPOSAL)}
        rows = []
        for seconds in due:
            at = NOON + timedelta(seconds=seconds)
            when = {"case_id": case or new_id("account"), "runs_from": NOON, "due_at": at, "next_at": at}
            rows.append(row_of("deadline", **own, **when))

        async def keep(transaction: Transaction) -> None:
            await transaction.fetch_each(sa.insert(METADATA.tables["provider"]), [provider])
            await transaction.fetch_each(sa.insert(TABLE), rows)

        await self.database.write(keep)
        return [row["id"] for row in rows]

    async def settle(self, id_: str) -> None:
        values = {"row": id_, "b_at": self.clock()}
        if await self.database.write(lambda transaction: transaction.fetch(SETTLE, values)):
            self.done.append(id_)

    async def row(self, id_: str) -> Deadline:
        (found,) = await stored.rows(self.database, Deadline, id=id_)
        return found

    def worker(self, handle: Handle = settles, *, lanes: int = 4, idle_seconds: float = IDLE_SECONDS) -> Worker:
        async def handled(claim: Claim) -> None:
            await handle(self, claim)

        work = Work(TABLE, handled, line=("case_id",), lanes=lanes, lease=LEASE)
        told = lambda error: self.faults.append(type(error).__qualname__)  # noqa: E731
        return Worker(self.database, self.clock, [work], failed=told, idle_seconds=idle_seconds)


@pytest.fixture
async def desk(own_database_url: str) -> AsyncIterator[Desk]:
    async with opened(own_database_url) as database:
        yield Desk(database)


async def dies(desk: Desk, claim: Claim) -> None:
    """The process is gone: nobody reports."""
    raise asyncio.CancelledError


async def fails(desk: Desk, claim: Claim) -> None:
    raise ValueError("an invented fault")


async def killed(worker: Worker) -> None:
    """A worker that dies with what it has in hand."""
    with pytest.raises(asyncio.CancelledError):
        await worker.sweep()


def seconds(of: Deadline, since: datetime) -> float:
    assert of.next_at is not None
    return (of.next_at - since).total_seconds()


async def test_what_is_due_is_done_and_what_is_not_is_left(desk: Desk) -> None:
    due, at_the_instant, later = await desk.put(-1, 0, 1)

    first = await desk.worker().sweep()
    desk.clock.advance(seconds=0.5)
    second = await desk.worker().sweep()
    third = await desk.worker().sweep()

    assert (first, second, third) == (1, 1, 0)
    assert desk.done == [due, at_the_instant]
    untouched = await desk.row(later)
    assert (untouched.attempts, untouched.failures, untouched.problem) == (0, 0, None)


async def test_what_is_settled_or_stands_still_is_never_due(desk: Desk) -> None:
    settled, paused = await desk.put(-9, -8)
    await desk.settle(settled)
    still = sa.update(TABLE).where(TABLE.c.id == paused).values(next_at=sa.null())
    await desk.database.write(lambda transaction: transaction.fetch(still, {}))
    desk.done.clear()

    assert await desk.worker().sweep() == 0
    assert desk.done == []


@pytest.mark.parametrize("workers", [2, 4])
async def test_however_many_workers_do_each_row_once(desk: Desk, workers: int) -> None:
    rows = await desk.put(*range(-40, 0))

    swept = await asyncio.gather(*(desk.worker().sweep() for _ in range(workers)))

    assert sum(swept) == len(rows)
    assert sorted(desk.done) == sorted(rows)
    assert {(await desk.row(id_)).attempts for id_ in rows} == {1}


async def test_the_rows_of_a_case_are_taken_in_the_order_in_which_they_fall_due(desk: Desk) -> None:
    case = new_id("account")
    rows = await desk.put(-3, -2, -1, -1, case=case)

    await asyncio.gather(*(desk.worker().sweep() for _ in range(3)))
    desk.clock.advance(seconds=1)
    await desk.worker().sweep()

    assert desk.done == [rows[0], rows[1], *sorted(rows[2:])]


async def test_a_row_that_failed_holds_up_its_own_case_and_no_other(desk: Desk) -> None:
    case = new_id("account")
    first, second = await desk.put(-3, -2, case=case)
    (other,) = await desk.put(-1)

    async def fails_at_first(desk: Desk, claim: Claim) -> None:
        if claim.id == first and claim.failures == 0:
            raise ValueError
        await desk.settle(claim.id)

    await desk.worker(fails_at_first).sweep()
    before = list(desk.done)
    desk.clock.advance(seconds=BACK_OFF_SECONDS[0] + 1)
    await desk.worker(fails_at_first).sweep()

    assert (before, desk.done) == ([other], [other, first, second])


async def test_what_a_dead_worker_had_in_hand_is_done_once_its_lease_has_passed(desk: Desk) -> None:
    (row,) = await desk.put(-1)

    await killed(desk.worker(dies))
    left = await desk.row(row)
    too_early = await desk.worker().sweep()
    desk.clock.advance(seconds=30.5)
    again = await desk.worker().sweep()

    assert (left.problem, left.attempts, seconds(left, NOON)) == (UNREPORTED, 1, 30.0)
    assert (too_early, again, desk.done) == (0, 1, [row])
    after = await desk.row(row)
    assert (after.attempts, after.failures, after.problem, after.outcome) == (2, 1, None, "PASSED")


async def test_a_row_that_was_lost_is_claimed_alone_and_after_the_others(desk: Desk) -> None:
    lost = await desk.put(-4, -3)
    await killed(desk.worker(dies))
    desk.clock.advance(seconds=31)
    fresh = await desk.put(-2, -1)
    hands: list[list[str]] = []
    may_end = asyncio.Event()

    async def seen(desk: Desk, claim: Claim) -> None:
        hands[-1].append(claim.id)
        await may_end.wait()
        await desk.settle(claim.id)

    worker = desk.worker(seen)
    while True:
        hands.append([])
        may_end.clear()
        if not await worker.fill():
            break
        await worker.fill()  # nothing is taken beside a row that may kill
        may_end.set()
        await asyncio.gather(*worker._hand)

    assert [sorted(hand) for hand in hands[:-1]] == [sorted(fresh), *([id_] for id_ in sorted(lost))]


async def test_a_row_that_kills_its_worker_is_put_aside_after_nine(desk: Desk) -> None:
    (row,) = await desk.put(-1)

    for _ in range(9):
        await killed(desk.worker(dies))
        desk.clock.advance(seconds=31)
    await desk.worker().sweep()

    aside = await desk.row(row)
    assert (aside.next_at, aside.settled_at, aside.failures, aside.problem) == (None, None, 9, WORKER_LOST)
    assert desk.done == []


async def test_a_failure_backs_off_further_each_time_and_the_ninth_puts_aside(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    waits = []

    for _ in BACK_OFF_SECONDS:
        await desk.worker(fails).sweep()
        failed = await desk.row(row)
        waits.append(seconds(failed, desk.clock()))
        assert failed.problem == "ValueError"
        desk.clock.advance(seconds=waits[-1] + 1)
    await desk.worker(fails).sweep()
    desk.clock.advance(days=400)
    swept = await desk.worker().sweep()

    aside = await desk.row(row)
    assert tuple(waits) == BACK_OFF_SECONDS
    assert (aside.next_at, aside.settled_at, aside.failures, aside.problem) == (None, None, 9, "ValueError")
    assert (aside.due_at, swept) == (NOON - timedelta(seconds=1), 0)  # no retry moves the legal time
    assert desk.faults == ["ValueError"] * 9


async def test_a_worker_cut_off_for_another_reports_nothing(desk: Desk) -> None:
    (row,) = await desk.put(-1)

    async def too_late(desk: Desk, claim: Claim) -> None:
        if claim.attempt == 1:
            desk.clock.advance(seconds=31)
            await desk.worker().sweep()
        raise ValueError

    await desk.worker(too_late).sweep()

    after = await desk.row(row)
    assert (after.outcome, after.failures, after.problem) == ("PASSED", 1, None)


async def test_a_clock_that_went_back_does_nothing_before_its_time(desk: Desk) -> None:
    (row,) = await desk.put(5)
    desk.clock.advance(seconds=6)
    await killed(desk.worker(dies))

    desk.clock.now = NOON
    early = await desk.worker().sweep()
    desk.clock.advance(seconds=37)
    late = await desk.worker().sweep()

    assert (early, late, desk.done) == (0, 1, [row])


async def test_a_worker_runs_until_it_is_stopped_and_finishes_what_it_has_in_hand(desk: Desk) -> None:
    rows = await desk.put(-2, -1)
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(desk: Desk, claim: Claim) -> None:
        begun.set()
        await may_end.wait()
        await desk.settle(claim.id)

    worker = desk.worker(slow, lanes=1, idle_seconds=0.01)
    running = asyncio.create_task(worker.run())
    await begun.wait()
    worker.stop()
    await asyncio.sleep(0.05)
    still_running = not running.done()
    may_end.set()
    await running

    assert still_running
    assert desk.done == rows[:1]


async def test_a_worker_takes_no_more_than_it_has_lanes(desk: Desk) -> None:
    await desk.put(*range(-9, 0))
    in_hand: list[int] = []

    async def counted(desk: Desk, claim: Claim) -> None:
        in_hand.append(len(worker._hand))
        await desk.settle(claim.id)

    worker = desk.worker(counted, lanes=3)
    await worker.sweep()

    assert (max(in_hand), len(desk.done)) == (3, 9)


async def test_a_database_that_is_away_is_asked_again(desk: Desk) -> None:
    (row,) = await desk.put(-1)
    done = asyncio.Event()

    async def tells(desk: Desk, claim: Claim) -> None:
        await desk.settle(claim.id)
        done.set()

    worker = desk.worker(tells, idle_seconds=0.01)
    asked = desk.database.read
    faults = [ConnectionError(), ConnectionError()]

    async def away(work: Any) -> Sequence[Any]:
        if faults:
            raise faults.pop()
        return await asked(work)

    desk.database.read = away  # type: ignore[method-assign, assignment]
    running = asyncio.create_task(worker.run())
    await done.wait()
    worker.stop()
    await running

    assert (desk.done, desk.faults) == ([row], ["ConnectionError"] * 2)
