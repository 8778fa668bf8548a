"""A worker is woken by what is committed, here and elsewhere: shown by one that never looks by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import pytest
import sqlalchemy as sa

from api.background import running
from domain.deadline import Deadline, Outcome
from tests import stored
from tests.databases import Kind
from tests.registers import opened
from tests.workflows.test_jobs import Desk
from tests.workflows.test_sequencer import add, step
from tests.world import settings_for
from workflows.database import Database
from workflows.deployment import settle
from workflows.due_work import health_of
from workflows.jobs import Claim, Worker
from workflows.office import Office
from workflows.postgres import Postgres
from workflows.sequencer import Sequencer, sequence_once
from workflows.waking import keep_listening

NEVER: Final = 1_000_000.0  # seconds that a worker of these tests rests unless it is woken
PATIENCE_SECONDS: Final = 30
LISTENERS: Final = (
    "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def desk(own_database_url: str) -> AsyncIterator[Desk]:
    async with opened(own_database_url) as database:
        yield Desk(database)


@pytest.fixture
def postgres_desk(database_kind: Kind, desk: Desk) -> Desk:
    """PostgreSQL alone: on SQLite there is no other process to hear of."""
    if database_kind != "postgresql":
        pytest.skip("PostgreSQL alone")
    return desk


async def until(is_so: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that happens in its own time; if it never does, the test fails."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = is_so()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def background(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def resting(desk: Desk) -> AsyncIterator[Worker]:
    """A worker that has looked once, found nothing, and will not look again by itself."""
    worker = desk.worker(settles, idle_seconds=NEVER)
    async with background(worker.run()):
        await until(lambda: worker.passed_at is not None)
        yield worker


async def settles(desk: Desk, claim: Claim) -> None:
    await desk.settle(claim.id)


async def test_a_worker_that_is_woken_looks_at_once(desk: Desk) -> None:
    async with resting(desk) as worker:
        rows = await desk.put(-1)

        worker.wake()

        await until(lambda: desk.done == rows)
        assert worker.passed_at == desk.clock()


async def test_new_positions_wake_the_worker_of_the_same_process(desk: Desk) -> None:
    async with resting(desk) as worker:
        sequencing = Sequencer(desk.database).run(failed=lambda _: None, numbered=worker.wake)
        async with background(sequencing):
            rows = await desk.put(-1)

            await add(desk.database, step("account_a", 1))

            await until(lambda: desk.done == rows)


async def test_however_many_steps_are_numbered_together_the_worker_hears_once(desk: Desk) -> None:
    heard: list[None] = []
    await add(desk.database, *(step("account_a", seq) for seq in range(1, 6)))

    async with background(Sequencer(desk.database).run(failed=lambda _: None, numbered=lambda: heard.append(None))):
        await until(lambda: bool(heard))
        await asyncio.sleep(0.3)  # it looks around meanwhile, and finds nothing more

    assert len(heard) == 1


async def test_a_commit_of_another_process_wakes_a_worker_that_listens(
    postgres_desk: Desk, own_database_url: str
) -> None:
    desk = postgres_desk
    async with resting(desk) as worker, listening(desk.database, worker.wake) as heard:
        rows = await desk.put(-1)

        async with opened(own_database_url) as other:
            await add(other, step("account_a", 1))
            await sequence_once(other)

        await until(lambda: desk.done == rows)
        assert len(heard) == 2  # when it began to listen, and of the commit


async def test_a_connection_that_breaks_is_opened_again(postgres_desk: Desk) -> None:
    desk, faults = postgres_desk, list[str]()
    async with resting(desk) as worker, listening(desk.database, worker.wake, faults) as heard:
        rows = await desk.put(-1)

        end = sa.text(f"SELECT pg_terminate_backend(pid) {LISTENERS}")
        await desk.database.read(lambda connection: connection.fetch(end, {}))
        await until(lambda: len(heard) == 2)  # what was said meanwhile it looks for by itself
        await until(lambda: desk.done == rows)

        more = await desk.put(-1)
        await add(desk.database, step("account_a", 1))
        await sequence_once(desk.database)
        await until(lambda: desk.done == [*rows, *more])

    assert faults == ["ConnectionDoesNotExistError"]


async def test_who_listens_leaves_no_connection_behind(postgres_desk: Desk) -> None:
    async def is_gone() -> bool:
        count = sa.text(f"SELECT count(*) {LISTENERS}")
        return not (await postgres_desk.database.read(lambda connection: connection.fetch(count, {})))[0][0]

    async with listening(postgres_desk.database, lambda: None):
        assert not await is_gone()

    await until(is_gone)


async def test_a_deployment_looks_at_once_for_what_a_step_makes_due(desk: Desk, own_database_url: str) -> None:
    database, keys = desk.database, settings_for(own_database_url).key_ring()
    await settle(database, keys, "SG")
    async with running(Office(database, keys, desk.clock), with_worker=True, idle_seconds=NEVER):

        async def has_looked() -> bool:
            return (await health_of(database, desk.clock())).last_pass_at == desk.clock()

        async def is_done() -> bool:
            return (await stored.row(database, Deadline, row)).outcome == Outcome.MOOT

        await until(has_looked)
        (row,) = await desk.put(-1)
        assert not await is_done()

        await add(database, step("account_a", 1))

        await until(is_done)


@asynccontextmanager
async def listening(
    database: Database, wake: Callable[[], None], faults: list[str] | None = None
) -> AsyncIterator[list[None]]:
    """One who listens already; what was heard so far. The first, of having begun, wakes nobody."""
    assert isinstance(database, Postgres)
    heard: list[None] = []

    def hear() -> None:
        heard.append(None)
        if len(heard) > 1:
            wake()

    def failed(error: Exception) -> None:
        if faults is not None:
            faults.append(type(error).__qualname__)

    async with background(keep_listening(database, hear, failed=failed, pause_seconds=0)):
        await until(lambda: len(heard) == 1)
        yield heard
