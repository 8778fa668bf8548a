"""Tables that change under a running server: what was prepared before is prepared anew, and nobody sees it (Art. 8)."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Final

import asyncpg
import pytest
import sqlalchemy as sa

from tests.cases.own_server import VIEWER, enrolling
from tests.databases import Kind
from tests.world import Person, World, opened_world
from workflows.migrations import SQLITE_PREFIX

pytestmark = pytest.mark.anyio

AT_ONCE: Final = 6
CONNECTIONS: Final = 3
REGISTER: Final = "/register?name=示例"
# Each on PostgreSQL, and what comes next to it on SQLite, which knows no types to alter.
CHANGES: Final = {
    "type altered": ("ALTER TABLE holder ALTER COLUMN seq TYPE bigint", "REINDEX holder"),
    "types altered of what every step writes": (
        ";".join(f"ALTER TABLE {name} ALTER COLUMN seq TYPE bigint" for name in ("step", "staff", "provider", "event")),
        "ALTER TABLE step ADD COLUMN later TEXT; ALTER TABLE event ADD COLUMN later TEXT",
    ),
    "type of a text altered": ("ALTER TABLE holder ALTER COLUMN display_name TYPE varchar(500)", "ANALYZE holder"),
    "column added": ("ALTER TABLE holder ADD COLUMN later integer NOT NULL DEFAULT 7",) * 2,
    "index dropped and another made": (
        "CREATE INDEX later ON holder (display_name); DROP INDEX later; CREATE INDEX later ON holder (stepped_at)",
    )
    * 2,
    "table rewritten": ("VACUUM FULL holder", "VACUUM"),
    "column renamed there and back": (
        "ALTER TABLE holder RENAME COLUMN seq TO later; ALTER TABLE holder RENAME COLUMN later TO seq",
    )
    * 2,
}


def change_file(path: str, statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.executescript(statements)


async def change(kind: Kind, url: str, statements: str) -> None:
    """As an administrator does, past the server."""
    if kind == "sqlite":
        await asyncio.to_thread(change_file, url.removeprefix(SQLITE_PREFIX), statements)
        return
    other = await asyncpg.connect(url)
    for statement in statements.split(";"):
        await other.execute(statement)
    await other.close()


async def expect_work(world: World, person: Person) -> None:
    """As many at once as use every connection: all of them read, and take their steps."""
    reads = [person.post(VIEWER) for _ in range(AT_ONCE)] + [world.client.get(REGISTER) for _ in range(2)]
    steps = [enrolling(person) for _ in range(AT_ONCE)]
    for answer in await asyncio.gather(*steps, *reads):
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text


@pytest.mark.parametrize("changed", CHANGES)
async def test_g6_whoever_writes_first_after_it_sees_nothing(
    own_database_url: str, database_kind: Kind, changed: str
) -> None:
    on_postgresql, on_sqlite = CHANGES[changed]
    async with opened_world(own_database_url, database_connections_max=CONNECTIONS) as world:
        person = (await world.provider()).integration
        await expect_work(world, person)

        await change(database_kind, own_database_url, on_sqlite if database_kind == "sqlite" else on_postgresql)
        await expect_work(world, person)


async def test_g6_tables_that_change_while_people_work(own_database_url: str, database_kind: Kind) -> None:
    async with opened_world(own_database_url, database_connections_max=CONNECTIONS) as world:
        person = (await world.provider()).integration
        work = [asyncio.create_task(expect_work(world, person)) for _ in range(2)]
        for on_postgresql, on_sqlite in list(CHANGES.values())[:3]:
            await change(database_kind, own_database_url, on_sqlite if database_kind == "sqlite" else on_postgresql)
            work.append(asyncio.create_task(expect_work(world, person)))
        await asyncio.gather(*work)


async def test_g6_statements_that_the_server_forgot(own_database_url: str, database_kind: Kind) -> None:
    if database_kind != "postgresql":
        pytest.skip("SQLite prepares nothing on a server")
    async with opened_world(own_database_url, database_connections_max=CONNECTIONS) as world:
        person = (await world.provider()).integration
        await expect_work(world, person)
        forget = sa.text("DEALLOCATE ALL")
        reads = [world.office.database.read(lambda each: each.fetch(forget, {})) for _ in range(CONNECTIONS)]
        await asyncio.gather(*reads)

        await expect_work(world, person)


async def test_g6_connections_that_the_server_ended(own_database_url: str, database_kind: Kind) -> None:
    if database_kind != "postgresql":
        pytest.skip("SQLite has no connections to end")
    async with opened_world(own_database_url, database_connections_max=CONNECTIONS) as world:
        person = (await world.provider()).integration
        await expect_work(world, person)

        await change(
            database_kind,
            own_database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        await expect_work(world, person)
