"""The databases that the tests themselves rest on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg

from tests.databases import Databases, Kind, PostgresServer, copy_file, make_folder, remove_folder


async def tables_in(url: str) -> int:
    """How many tables of ours a database has."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    finally:
        await connection.close()


async def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    found = await tables_in(empty_database_url)

    assert found == 0


async def test_a_migrated_database_has_tables(database_url: str) -> None:
    found = await tables_in(database_url)

    assert found > 10


def test_a_database_of_ones_own_is_another_each_time(databases: Databases, database_kind: Kind) -> None:
    first, second = databases.migrated(database_kind), databases.migrated(database_kind)

    assert first != second
    assert first.startswith(database_kind)


def test_a_copy_has_what_still_lies_in_the_write_ahead_log(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE word (text)")

        copy_file(source, target)

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT name FROM sqlite_schema").fetchall() == [("word",)]


async def test_a_durable_server_waits_for_the_disk_and_ends_with_its_folder() -> None:
    folder = make_folder()
    server = PostgresServer(folder, durable=True)
    server.start()

    connection = await asyncpg.connect(server.url("postgres"))
    durable = await connection.fetchval("SHOW fsync")
    await connection.close()
    remove_folder(folder)

    assert durable == "on"
    assert not folder.exists()
