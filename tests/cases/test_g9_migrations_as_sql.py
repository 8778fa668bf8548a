"""The migrations can be written as SQL to the end, up and down, and that SQL does what they do themselves."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from typing import Final

import asyncpg
import pytest
import sqlalchemy as sa

from alembic import command
from domain.journal import Step
from tests.api.conftest import folder  # noqa: F401 - a fixture
from tests.api.test_cli import run
from tests.workflows.test_migrations import REVISIONS, drawn, moved, within
from tests.world import opened_world
from workflows.migrations import SQLITE_PREFIX, configuration

_AUTHORITIES: Final = sa.text("SELECT id, division, name_zh, name_en, created_at FROM authority ORDER BY id")


def written(url: str, revisions: str, *, down: bool = False) -> str:
    """The SQL, with no database at hand."""
    config = configuration(url)
    config.output_buffer = io.StringIO()
    (command.downgrade if down else command.upgrade)(config, revisions, sql=True)
    return config.output_buffer.getvalue()


async def run_sql(url: str, sql: str) -> None:
    """As whoever is handed the SQL runs it."""
    if url.startswith(SQLITE_PREFIX):
        with closing(sqlite3.connect(url.removeprefix(SQLITE_PREFIX))) as connection:
            connection.executescript(sql)
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_g9_the_sql_makes_the_very_same_tables_and_rows(own_database_url: str, empty_database_url: str) -> None:
    await run_sql(empty_database_url, written(empty_database_url, "head"))

    assert await within(empty_database_url, drawn) == await within(own_database_url, drawn)
    rows = [
        await within(url, lambda c: [tuple(map(str, row)) for row in c.execute(_AUTHORITIES)])
        for url in (empty_database_url, own_database_url)
    ]
    assert rows[0] == rows[1]
    async with opened_world(empty_database_url) as world:
        assert (await world.provider()).id


@pytest.mark.parametrize("place", range(len(REVISIONS) - 1))
async def test_g9_each_revision_is_written_up_and_down(empty_database_url: str, place: int) -> None:
    start, end = REVISIONS[place], REVISIONS[place + 1]
    await moved(empty_database_url, start)
    before = await within(empty_database_url, drawn)

    await run_sql(empty_database_url, written(empty_database_url, f"{start}:{end}"))
    there = await within(empty_database_url, drawn)
    await run_sql(empty_database_url, written(empty_database_url, f"{end}:{start}", down=True))

    assert await within(empty_database_url, drawn) == before
    await moved(empty_database_url, end)
    assert await within(empty_database_url, drawn) == there


async def test_g9_all_of_it_is_taken_back_with_rows_in_its_tables(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await (await world.provider()).filed()

    await run_sql(own_database_url, written(own_database_url, "head:base", down=True))

    left = await within(own_database_url, drawn)
    assert set(left) <= {"alembic_version", "triggers"}


async def test_g9_where_rows_must_be_worked_out_the_sql_fails_and_says_what_to_run(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await world.provider()
        assert await world.rows(Step)
    await moved(own_database_url, "0005", down=True)
    before = await within(own_database_url, drawn)

    with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError), match="run_signet_migrate_instead"):
        await run_sql(own_database_url, written(own_database_url, "0005:head"))

    assert await within(own_database_url, drawn) == before
    await moved(own_database_url, "head")


def test_g9_the_command_line_prints_it(folder: None) -> None:  # noqa: F811
    result = run("migrate", "--sql")

    assert result.exit_code == 0, result.output
    assert result.output.startswith("PRAGMA foreign_keys=OFF;\nBEGIN IMMEDIATE;\n")
    assert "CREATE TABLE account (" in result.output
