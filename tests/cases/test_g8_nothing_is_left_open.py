"""Work that is cut off, wherever it is, leaves no transaction open: whoever writes next can (Art. 8)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from itertools import count
from typing import Any, Final

import asyncpg
import pytest
import sqlalchemy as sa

from api.dev_issuer import ISSUER
from domain.holder import Holder, SubjectType
from tests.databases import Kind
from tests.workflows.test_jobs import TABLE, Desk
from tests.world import World, unique
from workflows.database import Database, Reach, Taken, Transaction, Unavailable
from workflows.holder import HolderEnrol
from workflows.jobs import Claim, Work, Worker
from workflows.migrations import SQLITE_PREFIX, open_database
from workflows.registry import WORKFLOWS
from workflows.unit_of_work import carry_out

pytestmark = pytest.mark.anyio

HASTY: Final = Reach(connections_max=1, lock_seconds=0.3, acquire_seconds=2, statement_seconds=5)
TABLES: Final = (
    "CREATE TABLE parent (id TEXT PRIMARY KEY)",
    "CREATE TABLE child (id TEXT PRIMARY KEY, parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
)
INSERT: Final = sa.text("INSERT INTO parent (id) VALUES (:id)")
ORPHAN: Final = sa.text("INSERT INTO child (id, parent) VALUES (:id, :id)")
COUNT: Final = sa.text("SELECT count(*) FROM parent")


class CutOff:
    """Awaits a coroutine and cancels whoever does at its nth await, counted from none."""

    def __init__(self, work: Coroutine[Any, Any, Any], at: int) -> None:
        self._work, self._at = work, at
        self.was_reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        resume: Callable[[], Any] = lambda: self._work.send(None)  # noqa: E731 - another one each time
        for number in count():
            try:
                awaited = resume()
            except StopIteration as done:
                return done.value
            if number == self._at:
                self.was_reached = True
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                yield awaited
                resume = lambda: self._work.send(None)  # noqa: E731
            except BaseException as error:  # noqa: BLE001 - handed on to the work
                resume = lambda error=error: self._work.throw(error)  # type: ignore[misc]  # noqa: E731


async def cut_off(work: Coroutine[Any, Any, Any], at: int) -> bool:
    """Whether it was cut off at its nth await; else it had fewer and ended well."""

    async def awaiting() -> bool:
        cutting = CutOff(work, at)
        await cutting
        return cutting.was_reached

    try:
        return await asyncio.create_task(awaiting())
    except asyncio.CancelledError:
        return True


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(empty_database_url, HASTY)

    async def make(transaction: Transaction) -> None:
        for statement in TABLES:
            await transaction.fetch(sa.text(statement), {})

    await opened.write(make)
    try:
        yield opened
    finally:
        await opened.close()


async def two_rows(transaction: Transaction) -> None:
    """Two rows, the second in a part, after one that fails alone."""
    first = unique("")
    await transaction.fetch(INSERT, {"id": first})
    with pytest.raises(Taken):
        async with transaction.savepoint():
            await transaction.fetch_each(INSERT, [{"id": unique("")}, {"id": first}])
    async with transaction.savepoint():
        await transaction.fetch_each(INSERT, [{"id": unique("")}])


async def rows(database: Database) -> int:
    return int((await database.read(lambda connection: connection.fetch(COUNT, {})))[0][0])


async def expect_whole(database: Database) -> None:
    """Another can write at once, and no half is there."""
    before = await rows(database)
    assert before % 2 == 0
    await database.write(two_rows)
    assert await rows(database) == before + 2


async def test_g8_a_write_cut_off_at_any_of_its_awaits_leaves_the_way_free(database: Database) -> None:
    for at in count():
        was_cut_off = await cut_off(database.write(two_rows), at)
        await expect_whole(database)
        if not was_cut_off:
            break

    assert at >= 5


async def test_g8_a_write_cut_off_twice_leaves_the_way_free(database: Database) -> None:
    for moment in (0.0, 0.001, 0.002, 0.005, 0.01):
        task = asyncio.create_task(database.write(two_rows))
        for _ in range(3):
            await asyncio.sleep(moment / 3)
            task.cancel()
        await asyncio.wait({task})
        await expect_whole(database)


async def test_g8_a_read_cut_off_at_any_of_its_awaits_leaves_the_way_free(database: Database) -> None:
    for at in count():
        was_cut_off = await cut_off(database.read(lambda connection: connection.fetch(COUNT, {})), at)
        await expect_whole(database)
        if not was_cut_off:
            break

    assert at >= 1


async def test_g8_a_part_that_is_cut_off_alone_is_undone_alone(database: Database) -> None:
    for at in range(6):

        async def part(transaction: Transaction) -> None:
            async with transaction.savepoint():
                await transaction.fetch(INSERT, {"id": unique("")})

        async def work(transaction: Transaction, at: int = at) -> None:
            async with transaction.savepoint():
                await transaction.fetch(INSERT, {"id": unique("")})
                await cut_off(part(transaction), at)
                await transaction.fetch(INSERT, {"id": unique("")})

        before = await rows(database)
        try:
            await database.write(work)
        except Unavailable:
            assert await rows(database) == before
        assert await rows(database) - before in (0, 2, 3)
        await database.write(two_rows)


async def test_g8_a_commit_that_is_refused_leaves_the_way_free(database: Database) -> None:
    async def orphaned(transaction: Transaction) -> None:
        await two_rows(transaction)
        await transaction.fetch(ORPHAN, {"id": unique("")})

    for _ in range(2):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)):
            await database.write(orphaned)
        await expect_whole(database)


@asynccontextmanager
async def locked(kind: Kind, url: str, table: str) -> AsyncIterator[None]:
    """Another process holds what a writer of the table needs."""
    if kind == "sqlite":
        with closing(sqlite3.connect(url.removeprefix(SQLITE_PREFIX), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        connection = await asyncpg.connect(url)
        await connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        await connection.close()


async def test_g8_a_write_cut_off_while_another_process_holds_the_lock(
    database: Database, database_kind: Kind, empty_database_url: str
) -> None:
    async with locked(database_kind, empty_database_url, "parent"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.write(two_rows)
        with pytest.raises(Unavailable):
            await database.write(two_rows)

    await expect_whole(database)


async def test_g8_a_handler_of_the_worker_cut_off_while_another_process_holds_the_lock(
    own_database_url: str, database_kind: Kind
) -> None:
    database = await open_database(own_database_url, HASTY)
    desk = Desk(database)
    (row,) = await desk.put(-1)
    was_late = False

    async def handle(claim: Claim) -> None:
        nonlocal was_late
        if was_late:
            await desk.settle(claim.id)
        else:
            was_late = True
            async with locked(database_kind, own_database_url, "deadline"):
                await desk.settle(claim.id)

    work = Work(TABLE, handle, line=("case_id",), lease=timedelta(seconds=0.2))
    worker = Worker(database, desk.clock, [work], failed=lambda error: desk.faults.append(type(error).__qualname__))
    await worker.sweep()
    desk.clock.advance(days=1)
    await worker.sweep()

    assert desk.faults == ["TimeoutError"]
    assert desk.done == [row]
    await database.close()


async def test_g8_a_step_cut_off_at_any_of_its_awaits_is_taken_whole_or_not_at_all(world: World) -> None:
    provider = await world.provider()
    viewer = await world.deployment.authenticator.viewer(f"Bearer {provider.integration.token}")
    for at in count():
        subject = unique("subject-")
        command = HolderEnrol(
            subject_type=SubjectType.INDIVIDUAL,
            display_name=unique("示例使用者"),
            division="330100",
            issuer=ISSUER,
            subject=subject,
            idempotency_key=unique("key-"),
        )
        was_cut_off = await cut_off(carry_out(world.office, viewer, WORKFLOWS["holder"], "enrol", command), at)

        again = await carry_out(world.office, viewer, WORKFLOWS["holder"], "enrol", command)

        assert again.problems == ()
        assert [holder.id for holder in await world.rows(Holder, subject=subject)] == [again.case_id]
        if not was_cut_off:
            break

    assert at > 8
