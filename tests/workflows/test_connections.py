"""Connections to PostgreSQL are shared by turns, and none is used again whose state is not known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
import sqlalchemy as sa

from tests.databases import Kind
from workflows.connections import Connections
from workflows.database import Connection, Reach
from workflows.postgres import Postgres

pytestmark = pytest.mark.anyio
_WHICH = "SELECT pg_backend_pid()"


@pytest.fixture
def url(database_kind: Kind, database_url: str) -> str:
    """PostgreSQL alone: SQLite has no connections to share."""
    if database_kind != "postgresql":
        pytest.skip("PostgreSQL alone")
    return database_url


@asynccontextmanager
async def opened(url: str, most: int) -> AsyncIterator[Connections]:
    connections = Connections(most, {"dsn": url})
    yield connections
    await connections.close()


async def test_who_finds_none_free_waits_and_has_what_comes_back_first(url: str) -> None:
    async with opened(url, 1) as connections:
        first = await connections.take()
        waiting = [asyncio.create_task(connections.take()) for _ in range(2)]
        await asyncio.sleep(0)

        connections.give_back(first)
        second = await waiting[0]
        assert second is first
        assert not waiting[1].done()

        connections.give_back(second)
        assert await waiting[1] is first
        connections.give_back(first)


async def test_a_turn_that_comes_when_nobody_waits_any_more_goes_to_the_next(url: str) -> None:
    async with opened(url, 1) as connections:
        first = await connections.take()
        gone, next_ = (asyncio.create_task(connections.take()) for _ in range(2))
        await asyncio.sleep(0)

        connections.give_back(first)
        gone.cancel()

        assert await next_ is first
        connections.give_back(first)


async def test_one_that_was_dropped_makes_room_for_another(url: str) -> None:
    async with opened(url, 1) as connections:
        first = await connections.take()
        waiting = asyncio.create_task(connections.take())
        await asyncio.sleep(0)

        connections.drop(first)
        second = await waiting

        assert await second.fetchval("SELECT 1") == 1
        connections.give_back(second)


async def test_one_that_the_database_closed_is_not_given_out(url: str) -> None:
    async with opened(url, 2) as connections:
        lost, other = await connections.take(), await connections.take()
        await other.execute("SELECT pg_terminate_backend($1)", await lost.fetchval(_WHICH))
        connections.give_back(other)
        connections.give_back(lost)
        async with asyncio.timeout(10):
            while not lost.is_closed():  # noqa: ASYNC110 - asyncpg tells nobody but the event loop
                await asyncio.sleep(0.01)

        taken = [await connections.take(), await connections.take()]

        assert [await one.fetchval("SELECT 1") for one in taken] == [1, 1]
        for one in taken:
            connections.give_back(one)


async def test_one_that_is_left_in_a_transaction_is_closed(url: str) -> None:
    async with opened(url, 1) as connections:
        first = await connections.take()
        await first.execute("BEGIN")

        connections.give_back(first)

        assert first.is_closed()


async def test_nobody_gets_one_after_the_end_and_who_waits_is_told(url: str) -> None:
    connections = Connections(1, {"dsn": url})
    first = await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0)

    await connections.close()
    with pytest.raises(asyncpg.InterfaceError):
        await waiting
    with pytest.raises(asyncpg.InterfaceError):
        await connections.take()

    connections.give_back(first)
    assert first.is_closed()


async def test_cancelled_work_leaves_its_connection_to_nobody(url: str) -> None:
    database = await Postgres.open(url, Reach(connections_max=1))
    asleep = sa.text("SELECT pg_sleep(30)")

    async def slow(connection: Connection) -> None:
        await connection.fetch(asleep, {})

    for work in (database.read(slow), database.write(slow)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await work

    async def quick(connection: Connection) -> int:
        return int((await connection.fetch(sa.text("SELECT 1"), {}))[0][0])

    assert await database.read(quick) == 1
    await database.close()
