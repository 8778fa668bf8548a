"""PgBouncer in transaction mode before PostgreSQL: what works without it works with it (Art. 8)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest
from rich.console import Console

from api.commands.doctor import Finding, findings
from api.commands.migrate import migrated
from api.settings import Settings
from domain.holder import Holder
from tests.cases.own_server import IN_TIME, VIEWER, OwnServer, enrolling, expect_away, knocked, own_server
from tests.pooler import POOLED, pooled_url, pooler
from tests.world import KEYS, World, opened_world, unique
from workflows.database import Reach, Unavailable
from workflows.migrations import open_database
from workflows.postgres import Postgres
from workflows.sequencer import CHANNEL

pytestmark = pytest.mark.anyio

AT_ONCE: Final = 24
# The tests of reading and stepping that are run again behind it.
AGAIN: Final = (
    "tests/workflows/test_engine.py",
    "tests/workflows/test_holder.py",
    "tests/workflows/test_identity.py",
    "tests/workflows/test_races.py",
    "tests/api/test_scope_of_ids.py",
    "tests/api/test_publishing.py",
    "tests/api/test_public_pages.py",
    "tests/api/test_notices.py",
)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as made:
        yield made


@pytest.fixture(scope="module")
def port(server: OwnServer) -> Iterator[int]:
    with pooler(server.sockets) as made:
        yield made


@pytest.fixture
def direct_url(server: OwnServer) -> str:
    return server.migrated()


@pytest.fixture
def url(port: int, direct_url: str) -> str:
    """The same database through the pooler."""
    return through(port, direct_url)


def through(port: int, direct_url: str) -> str:
    return pooled_url(port, urlsplit(direct_url).path.removeprefix("/"))


def pooled(direct_url: str, **more: Any) -> dict[str, Any]:
    return {"database_pooled": True, "database_direct_url": direct_url, **more}


async def at_work(world: World) -> None:
    """More at once than the pooler has connections: each reads and takes a step, and none sees the pooler."""
    person = (await world.provider()).integration
    subjects = [unique("subject-") for _ in range(AT_ONCE)]
    steps = [enrolling(person, "", subject) for subject in subjects]
    answers = await asyncio.gather(*steps, *(person.post(VIEWER) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}, [a.text for a in answers if a.status_code != 200][:2]
    assert set(subjects) <= {row.subject for row in await world.rows(Holder)}


async def test_g16_reads_and_steps_at_once(url: str, direct_url: str) -> None:
    async with opened_world(url, **pooled(direct_url)) as world:
        for _ in range(2):
            await at_work(world)
        assert (await world.client.get("/health")).status_code == 200


@pytest.mark.long
async def test_g16_two_servers_behind_one_pooler(url: str, direct_url: str) -> None:
    async with opened_world(url, **pooled(direct_url)) as one, opened_world(url, **pooled(direct_url)) as other:
        await asyncio.gather(at_work(one), at_work(other))


async def test_g16_a_server_without_the_setting_says_which_it_wants(url: str) -> None:
    with pytest.raises(Unavailable, match="startup parameter"):
        await open_database(url)


async def test_g16_steps_are_heard_past_the_pooler(url: str, direct_url: str) -> None:
    heard = asyncio.Event()
    database = await Postgres.open(url, Reach(is_pooled=True, direct_url=direct_url))
    listening = asyncio.create_task(database.listen(CHANNEL, heard.set))
    async with asyncio.timeout(IN_TIME):
        await heard.wait()
        heard.clear()
        async with opened_world(url, **pooled(direct_url)) as world:
            await world.provider()
            await heard.wait()
    listening.cancel()
    await asyncio.wait({listening})
    assert database.can_listen
    await database.close()


async def test_g16_without_a_way_past_it_nobody_listens(url: str) -> None:
    database = await Postgres.open(url, Reach(is_pooled=True))

    assert not database.can_listen
    await database.close()


def test_g16_migrations_go_past_the_pooler(port: int, server: OwnServer) -> None:
    direct = server.create(unique("signet_"))
    settings = Settings(database_url=through(port, direct), keys=KEYS, **pooled(direct))

    before, after = migrated(settings)

    assert before is None
    assert after is not None


async def test_g16_a_write_that_waits_for_a_lock_is_bounded(url: str, direct_url: str) -> None:
    short = {"database_lock_seconds": 0.3, "database_statement_seconds": 1.0, "database_acquire_seconds": 2.0}
    async with opened_world(url, **pooled(direct_url, **short)) as world:
        provider = await world.provider()
        other = await asyncpg.connect(direct_url)
        await other.execute("BEGIN; LOCK TABLE idempotency_key, document, register_entry IN ACCESS EXCLUSIVE MODE")
        answers = await knocked(world, provider)
        await other.close()

        expect_away(answers, "step", "document", "/register?name=x")
        await at_work(world)


async def test_g16_tables_that_change_behind_it(url: str, direct_url: str) -> None:
    async with opened_world(url, **pooled(direct_url)) as world:
        await at_work(world)
        other = await asyncpg.connect(direct_url)
        await other.execute("ALTER TABLE holder ALTER COLUMN seq TYPE bigint")
        await other.close()
        await at_work(world)


async def doctor(**settings: Any) -> list[Finding]:
    chosen = Settings(keys=KEYS, **settings)
    return [finding async for finding in findings(chosen, Console(quiet=True))]


@pytest.mark.parametrize(
    "ignored",
    ["", "ignore_startup_parameters = jit,lock_timeout,statement_timeout,idle_in_transaction_session_timeout"],
)
async def test_g16_the_doctor_says_what_does_not_fit(server: OwnServer, direct_url: str, ignored: str) -> None:
    with pooler(server.sockets, ignored) as port:
        url = through(port, direct_url)
        unset = await doctor(database_url=url)
        no_way_past = await doctor(database_url=url, database_pooled=True)
        fitting = await doctor(database_url=url, **pooled(direct_url))
        plain = await doctor(database_url=direct_url)

    assert any("SIGNET_DATABASE_POOLED" in finding.cure for finding in unset)
    assert any("SIGNET_DATABASE_DIRECT_URL" in finding.cure for finding in no_way_past)
    assert not any("SIGNET_DATABASE" in finding.cure for finding in (*fitting, *plain))


@pytest.mark.long
def test_g16_the_tests_of_reading_and_stepping_behind_it() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", "postgresql", *AGAIN]
    done = subprocess.run(
        command, env={**os.environ, POOLED: "yes"}, capture_output=True, text=True, check=False, timeout=1_500
    )

    assert done.returncode == 0, done.stdout[-3_000:]
    assert " passed" in done.stdout
