"""A database that is away, slow or locked: 503 and when to ask again, at every door; no restart after it (Art. 8)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import asyncpg
import pytest
import sqlalchemy as sa

from domain.holder import Holder
from tests.cases.own_server import HASTY, PAGES, OwnServer, enrolling, expect_away, knocked, own_server
from tests.databases import Kind
from tests.workflows.test_jobs import Desk
from tests.world import Provider, World, opened_world, unique
from workflows.database import Transaction, Unavailable
from workflows.jobs import BACK_OFF_SECONDS, Claim
from workflows.migrations import SQLITE_PREFIX, open_database

pytestmark = pytest.mark.anyio
READING = ("query", "receipt", *PAGES)
WRITING = ("step", "document")


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as made:
        yield made


@pytest.fixture
def own_url(server: OwnServer) -> str:
    return server.migrated()


@asynccontextmanager
async def hasty(url: str) -> AsyncIterator[tuple[World, Provider]]:
    async with opened_world(url, **HASTY) as world:
        yield world, await world.provider()


async def expect_well(world: World, provider: Provider) -> None:
    """Every door answers, and a step is taken."""
    answers = await knocked(world, provider)
    for door, answer in answers.items():
        assert answer.status_code < 500, (door, answer.text)
    assert answers["step"].json()["data"]["holderEnrol"]["problems"] == []


async def health(world: World) -> tuple[int, str]:
    answer = await world.client.get("/health")
    return answer.status_code, answer.json().get("reason", "")


async def test_g7_a_read_held_up_by_a_lock(own_database_url: str, database_kind: Kind) -> None:
    if database_kind != "postgresql":
        pytest.skip("on SQLite readers wait for nobody")
    async with hasty(own_database_url) as (world, provider):
        other = await asyncpg.connect(own_database_url)
        await other.execute("BEGIN; LOCK TABLE register_entry, account, notice, badge, holder IN ACCESS EXCLUSIVE MODE")

        answers = await knocked(world, provider)
        await other.close()

        expect_away(answers, "query", "step", PAGES[0], PAGES[1])
        await expect_well(world, provider)


async def test_g7_a_write_held_up_by_a_lock(own_database_url: str, database_kind: Kind) -> None:
    async with hasty(own_database_url) as (world, provider):
        async with locked_for_writers(database_kind, own_database_url):
            answers = await knocked(world, provider)
            told = await health(world)

        expect_away(answers, *WRITING)
        assert {answers[door].status_code for door in READING} <= {200, 404}
        assert told == (503, "NOT_WRITABLE")
        await expect_well(world, provider)


@asynccontextmanager
async def locked_for_writers(kind: Kind, url: str) -> AsyncIterator[None]:
    """Another process lets nobody write."""
    if kind == "sqlite":
        with closing(sqlite3.connect(url.removeprefix(SQLITE_PREFIX), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        connection = await asyncpg.connect(url)
        await connection.execute("BEGIN; LOCK TABLE idempotency_key, document IN EXCLUSIVE MODE")
        yield
        await connection.close()


async def test_g7_every_connection_in_use(own_database_url: str, database_kind: Kind) -> None:
    async with hasty(own_database_url) as (world, provider):
        hold, holding = asyncio.Event(), asyncio.Event()

        async def held(transaction: Transaction) -> None:
            await transaction.fetch(sa.text("SELECT 1"), {})
            holding.set()
            await hold.wait()

        everyone = range(HASTY["database_connections_max"] if database_kind == "postgresql" else 1)
        holders = [asyncio.create_task(world.office.database.write(held)) for _ in everyone]
        await holding.wait()
        await asyncio.sleep(0.1)

        answers = await knocked(world, provider)
        hold.set()
        await asyncio.gather(*holders)

        expect_away(answers, *(WRITING if database_kind == "sqlite" else answers))
        await expect_well(world, provider)


async def test_g7_a_statement_that_takes_too_long(own_database_url: str, database_kind: Kind) -> None:
    endless = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    async with hasty(own_database_url) as (world, provider):
        database = world.office.database
        for _ in range(4):
            with pytest.raises(Exception, match=r"INTERRUPT|QueryCanceled|Timeout"):
                await database.read(lambda connection: connection.fetch(endless, {}))

        await expect_well(world, provider)


async def test_g7_a_server_that_stands_still(server: OwnServer, own_url: str) -> None:
    async with hasty(own_url) as (world, provider):
        server.freeze()
        try:
            answers = await knocked(world, provider)
            told = await health(world)
        finally:
            server.thaw()

        expect_away(answers)
        assert told == (503, "DATABASE_AWAY")
        await expect_well(world, provider)
        assert await health(world) == (200, "")


async def test_g7_a_server_that_stands_still_while_it_commits(server: OwnServer, own_url: str) -> None:
    async with hasty(own_url) as (world, provider):
        key, subject = unique("key-"), unique("subject-")

        async def committing(transaction: Transaction) -> None:
            await transaction.fetch(sa.text("SELECT 1"), {})
            server.freeze()

        with pytest.raises(Exception, match="COMMIT"):
            await world.office.database.write(committing)
        away = await enrolling(provider.integration, key, subject)
        server.thaw()
        again = await enrolling(provider.integration, key, subject)

        assert away.status_code == 503
        assert again.json()["data"]["holderEnrol"]["problems"] == []
        assert len(await world.rows(Holder, subject=subject)) == 1
        await expect_well(world, provider)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_g7_a_server_that_is_gone_and_comes_back(server: OwnServer, own_url: str, how: str) -> None:
    async with hasty(own_url) as (world, provider):
        getattr(server, how)()
        try:
            answers = await knocked(world, provider)
            told = await health(world)
        finally:
            server.start()

        expect_away(answers)
        assert told == (503, "DATABASE_AWAY")
        await expect_well(world, provider)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_g7_nothing_acknowledged_is_lost_with_the_server(server: OwnServer, own_url: str, how: str) -> None:
    async with hasty(own_url) as (world, provider):
        acknowledged: list[str] = []
        refused: list[tuple[str, str]] = []
        is_over = False

        async def at_work() -> None:
            while not is_over:
                key, subject = unique("key-"), unique("subject-")
                answer = await enrolling(provider.integration, key, subject)
                if answer.status_code == 200 and not answer.json()["data"]["holderEnrol"]["problems"]:
                    acknowledged.append(subject)
                else:
                    assert answer.status_code in (200, 503), answer.text
                    refused.append((key, subject))
                    await asyncio.sleep(0.2)

        workers = [asyncio.create_task(at_work()) for _ in range(4)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(getattr(server, how))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.start)
        before = len(acknowledged)
        async with asyncio.timeout(20):
            while len(acknowledged) < before + 4:  # noqa: ASYNC110 - until work goes on by itself
                await asyncio.sleep(0.05)
        is_over = True
        await asyncio.gather(*workers)

        assert refused
        for key, subject in refused[:20]:
            again = await enrolling(provider.integration, key, subject)
            assert again.json()["data"]["holderEnrol"]["problems"] == []
        enrolled = [row.subject for row in await world.rows(Holder)]
        assert len(set(enrolled)) == len(enrolled)
        assert set(acknowledged) | {subject for _, subject in refused[:20]} <= set(enrolled)


async def test_g7_a_commit_goes_on_when_whoever_waited_for_it_is_gone(server: OwnServer, own_url: str) -> None:
    async with hasty(own_url) as (world, provider):
        database, name = world.office.database, unique("")
        add = sa.text("INSERT INTO code_probe (name) VALUES (:name)")
        count = sa.text("SELECT count(*) FROM code_probe WHERE name = :name")
        other = await asyncpg.connect(own_url)
        await other.execute("CREATE TABLE code_probe (name text PRIMARY KEY)")
        await other.close()

        async def committing(transaction: Transaction) -> None:
            await transaction.fetch(add, {"name": name})
            server.freeze()

        for _ in range(HASTY["database_connections_max"] - 1):
            writing = asyncio.create_task(database.write(committing))
            await asyncio.sleep(0.2)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
            server.thaw()
            await asyncio.sleep(0.2)

            named = {"name": name}
            ((written,),) = await database.read(lambda connection, named=named: connection.fetch(count, named))
            assert written == 1
            name = unique("")
        await expect_well(world, provider)


async def test_g7_a_server_that_takes_no_more_connections(own_database_url: str, database_kind: Kind) -> None:
    if database_kind != "postgresql":
        pytest.skip("PostgreSQL alone")
    async with hasty(own_database_url) as (world, provider):
        name = own_database_url.partition("?")[0].rpartition("/")[2]
        other = await asyncpg.connect(own_database_url)
        await other.execute(f"CREATE ROLE {name} LOGIN; GRANT ALL ON SCHEMA public TO {name}")
        await other.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        url = own_database_url.replace("postgres@", f"{name}@")

        with pytest.raises(Unavailable, match="too many connections"):
            await open_database(url)

        await other.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1; DROP OWNED BY {name}; DROP ROLE {name}")
        await other.close()
        await expect_well(world, provider)


async def test_g7_what_is_due_is_not_put_aside_for_a_database_that_is_away(own_database_url: str) -> None:
    database = await open_database(own_database_url)
    desk = Desk(database)
    (row,) = await desk.put(-1)

    async def away(_: Desk, claim: Claim) -> None:
        raise Unavailable(claim.id)

    for _ in range(len(BACK_OFF_SECONDS) + 2):
        await desk.worker(away).sweep()
        desk.clock.advance(seconds=BACK_OFF_SECONDS[0] + 1)
    waiting = await desk.row(row)
    await desk.worker().sweep()

    assert (waiting.failures, waiting.problem) == (0, "Unavailable")
    assert desk.done == [row]
    await database.close()
