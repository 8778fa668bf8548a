"""The only worker: look for rows that are due, claim them, handle each, and settle it or back off.

Work is rows. `next_at` is due time, lease and back-off in one column, `attempts` the fencing token, and `problem` says
what went wrong last. A claim moves `next_at` to the end of a lease and commits: whoever dies lets it pass, and any
worker goes on. A row that was claimed and never reported back is claimed alone and counts a failure, so that one which
kills its worker is put aside too.

Exactly once does not come from here: a handler settles its row in the very transaction of what it does. One statement
claims on both databases; SQLite ignores FOR UPDATE SKIP LOCKED, there the one writer's transaction is the lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from domain.columns import UtcTime
from workflows.database import Database, Transaction, Unavailable

UNREPORTED: Final = "UNREPORTED"  # the `problem` of a row from its claim until somebody reports back
WORKER_LOST: Final = "WorkerLost"  # the `problem` of a row put aside because whoever claimed it died each time
BACK_OFF_SECONDS: Final = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)  # one failure more, and it is put aside
LEASE_USED: Final = 0.8  # a handler is cut off before others may think it dead
IDLE_SECONDS: Final = 1.0

_ONE: Final[sa.ColumnElement[Any]] = sa.literal_column("1")

Failed = Callable[[Exception], None]


@dataclass(frozen=True)
class Claim:
    """A row in hand."""

    id: str
    attempt: int
    failures: int


@dataclass(frozen=True, eq=False)
class Work:
    """Rows of a table that fall due. Those alike in `line` are taken one after the other, in their `order`."""

    table: sa.Table
    handle: Callable[[Claim], Awaitable[None]]
    line: tuple[str, ...]
    order: tuple[str, ...] = ("due_at", "id")
    lanes: int = 4
    lease: timedelta = timedelta(seconds=30)


class Worker:
    """Does what is due, as many at a time as there are lanes. Any number may run on PostgreSQL."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        works: Sequence[Work],
        *,
        failed: Failed,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._database, self._clock, self._works = database, clock, works
        self._failed, self._idle_seconds = failed, idle_seconds
        self._hand: dict[asyncio.Task[None], Work] = {}
        self._wake = asyncio.Event()
        self._is_alone = self._is_stopping = False
        self.passed_at: datetime | None = None  # when it last looked, by its clock

    async def sweep(self) -> int:
        """Do everything that is due now; how many claims that took."""
        total = 0
        while taken := await self.fill():
            total += taken
            await asyncio.gather(*self._hand)
        return total

    async def run(self) -> None:
        """Go on until `stop()`, then finish what is in hand. Between two looks it rests, unless it is woken."""
        while not self._is_stopping:
            taken = 0
            try:
                taken = await self.fill()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back, and what is due stays due
                self._failed(error)
            if not taken or self._hand:
                await self._rest()
        await asyncio.gather(*self._hand)

    def stop(self) -> None:
        """Take nothing more."""
        self._is_stopping = True
        self.wake()

    def wake(self) -> None:
        """Look at once: something was committed that may be due. However many say so, it looks once."""
        self._wake.set()

    async def fill(self) -> int:
        """Claim as many rows as there are free lanes, never more: nothing is held that is not being done."""
        taken = 0
        for work in self._works:
            room = work.lanes - sum(each is work for each in self._hand.values())
            for claim in await self._claimed(work, room) if room > 0 and not self._is_alone else ():
                task = asyncio.create_task(self._attempt(work, claim))
                self._hand[task] = work
                task.add_done_callback(self._done)
                taken += 1
        self.passed_at = self._clock()
        return taken

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._hand[task]
        self._is_alone = False
        self.wake()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._idle_seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _claimed(self, work: Work, room: int) -> list[Claim]:
        now = self._clock()
        # A plain look first: an idle worker never takes the write lock.
        if not await self._database.read(lambda connection: connection.fetch(_look(work), {"now": now})):
            return []

        async def take(transaction: Transaction) -> list[Claim]:
            values = {"now": now, "b_until": now + work.lease}
            rows = await transaction.fetch(_take(work, room, lost=False), values)
            if not rows and not self._hand:  # it may be what kills: it goes alone
                rows = await transaction.fetch(_take(work, 1, lost=True), values)
                self._is_alone = bool(rows)
            return sorted((Claim(*row) for row in rows), key=lambda claim: claim.id)

        return await self._database.write(take)

    async def _attempt(self, work: Work, claim: Claim) -> None:
        try:
            if claim.failures > len(BACK_OFF_SECONDS):
                await self._report(work, claim, WORKER_LOST, claim.failures)
                return
            try:
                async with asyncio.timeout(work.lease.total_seconds() * LEASE_USED):
                    await work.handle(claim)
            except Exception as error:  # noqa: BLE001 - whatever it is, the row says so and is tried again
                self._failed(error)
                is_its_own = not isinstance(error, Unavailable)  # a database that is away puts no row aside
                await self._report(work, claim, type(error).__qualname__, claim.failures + is_its_own)
        except Exception as error:  # noqa: BLE001 - not even reported: the lease passes, and it counts as lost
            self._failed(error)

    async def _report(self, work: Work, claim: Claim, problem: str, failures: int) -> None:
        """Try again later, or put the row aside at the ninth failure: it falls due no more until somebody mends it."""
        again = None
        if failures <= len(BACK_OFF_SECONDS):
            again = self._clock() + timedelta(seconds=BACK_OFF_SECONDS[max(failures, 1) - 1])
        values = {"b_again": again, "b_failures": failures, "b_problem": problem, "claim": claim.id}
        values["attempt"] = claim.attempt
        await self._database.write(lambda transaction: transaction.fetch(_back_off(work), values))


def _bound(name: str, type_: Any) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=type_, required=False)


def _is_due(table: sa.FromClause, order: tuple[str, ...], line: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    """Past its time, and nothing of its line that still has a time comes before it."""
    before = table.alias("before")
    theirs, ours = ([t.c[name] for name in order] for t in (before, table))
    # Asked row by row, of the line's open ones: a planner that thinks many due would read whatever was ever due.
    blocker = (
        sa.select(before.c.id)
        .where(
            *(before.c[name] == table.c[name] for name in line),
            before.c.settled_at.is_(None),
            before.c.next_at.is_not(None),
            sa.tuple_(*theirs) < sa.tuple_(*ours),
        )
        .limit(_ONE)
        .scalar_subquery()
    )
    return [table.c.settled_at.is_(None), table.c.next_at < _bound("now", UtcTime()), blocker.is_(None)]


@lru_cache(maxsize=50)
def _look(work: Work) -> sa.Select[Any]:
    t = work.table
    due = sa.select(t.c.id).where(*_is_due(t, work.order, work.line))
    return due.order_by(t.c.next_at, t.c.id).limit(_ONE)  # in the order of the index, whatever plan is kept


@lru_cache(maxsize=500)
def _take(work: Work, room: int, *, lost: bool) -> Any:
    t = work.table
    alone = sa.func.coalesce(t.c.problem, "") == UNREPORTED
    pick = (
        sa.select(t.c.id)
        .where(*_is_due(t, work.order, work.line), alone if lost else ~alone)
        .order_by(t.c.next_at, t.c.id)
        .limit(sa.literal_column(str(room)))
        .with_for_update(skip_locked=True, of=t)
        .cte("pick")
    )
    taken = {"attempts": t.c.attempts + 1, "failures": t.c.failures + int(lost), "problem": UNREPORTED}
    return (
        sa.update(t)
        .where(t.c.id.in_(sa.select(pick.c.id)), t.c.settled_at.is_(None), t.c.next_at < _bound("now", UtcTime()))
        .values(**taken, next_at=_bound("b_until", UtcTime()))
        .returning(t.c.id, t.c.attempts, t.c.failures)
    )


@lru_cache(maxsize=50)
def _back_off(work: Work) -> sa.Update:
    """Of this very claim, and only while there is something left to do."""
    t = work.table
    return (
        sa.update(t)
        .where(t.c.id == _bound("claim", sa.Text), t.c.attempts == _bound("attempt", sa.Integer))
        .where(t.c.settled_at.is_(None), t.c.next_at.is_not(None))
        .values(
            next_at=_bound("b_again", UtcTime()),
            failures=_bound("b_failures", sa.Integer),
            problem=_bound("b_problem", sa.Text),
        )
    )
