"""One lineage for both databases: up and down, nothing left to generate, append-only, and two at once do no harm."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alembic import command
from domain.tables import APPEND_ONLY, METADATA
from tests.world import opened_world
from workflows.migrations import configuration, migrate, sqlalchemy_url

REFUSED: Final = "append-only|referenced in a foreign key"  # what others point at is not truncated alone
ROOT: Final = Path(__file__).resolve().parents[2]
REVISIONS: Final = [
    one.revision for one in reversed(list(ScriptDirectory.from_config(configuration("x")).walk_revisions()))
]


async def within(url: str, work: Any) -> Any:
    """What work gives, on a connection of its own, committed."""
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def drawn(connection: sa.Connection) -> dict[str, Any]:
    """Everything that can be seen of a schema: columns, keys, indexes, triggers."""
    inspector, found = sa.inspect(connection), dict[str, Any]()
    for table in sorted(inspector.get_table_names()):
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)]
        indexes = sorted(
            (i["name"] or "", tuple(i["column_names"]), bool(i["unique"])) for i in inspector.get_indexes(table)
        )
        keys = sorted(str(sorted(one.items())) for one in inspector.get_foreign_keys(table))
        found[table] = (columns, indexes, keys, inspector.get_pk_constraint(table)["constrained_columns"])
    triggers = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.dialect.name]
    found["triggers"] = sorted(row[0] for row in connection.execute(sa.text(triggers)))
    return found


def differences(connection: sa.Connection) -> list[Any]:
    """What autogenerate would still write."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
    return list(compare_metadata(context, METADATA))


async def moved(url: str, revision: str, *, down: bool = False) -> None:
    """Go to a revision, as the command line does: in a thread, with a loop of its own."""
    await asyncio.to_thread((command.downgrade if down else command.upgrade), configuration(url), revision)


def test_there_is_one_lineage() -> None:
    script = ScriptDirectory.from_config(configuration("x"))

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert len(REVISIONS) >= 3


async def test_it_goes_up_and_down_and_up_again_step_by_step(empty_database_url: str) -> None:
    seen = []
    for revision in REVISIONS:
        await moved(empty_database_url, revision)
        seen.append(await within(empty_database_url, drawn))
    for before in [*reversed(seen[:-1]), None]:
        await moved(empty_database_url, "-1", down=True)
        after = await within(empty_database_url, drawn)
        if before is None:
            assert set(after) <= {"alembic_version", "triggers"}
            assert after["triggers"] == []
        else:
            assert after == before
    await moved(empty_database_url, "head")

    assert await within(empty_database_url, drawn) == seen[-1]


async def test_it_goes_down_with_rows_in_its_tables(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await (await world.provider()).filed()
    before = await within(own_database_url, drawn)

    await moved(own_database_url, "base", down=True)
    await moved(own_database_url, "head")

    assert await within(own_database_url, drawn) == before


async def test_nothing_is_left_to_generate(database_url: str) -> None:
    assert await within(database_url, differences) == []


async def test_a_table_that_no_revision_makes_is_noticed(empty_database_url: str) -> None:
    await moved(empty_database_url, "head")
    await within(empty_database_url, lambda c: c.execute(sa.text("ALTER TABLE account ADD COLUMN planted text")))

    found = await within(empty_database_url, differences)

    assert [change[0] for change in found] == ["remove_column"]


@pytest.fixture
async def journalled(own_database_url: str) -> str:
    """A database in which every append-only table has a row."""
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        _, account = await provider.rejected()
        assert account.state == "REJECTED"
        for _ in range(100):  # the sequencer runs beside
            if await within(own_database_url, lambda c: c.execute(sa.text("SELECT count(*) FROM position")).scalar()):
                break
            await asyncio.sleep(0.1)
    return own_database_url


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_the_database_itself_lets_nobody_change_what_was_journalled(journalled: str, table: str) -> None:
    column = "position" if table == "position" else "id"

    def work(connection: sa.Connection) -> tuple[int, list[str]]:
        count = int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
        statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        if connection.dialect.name == "postgresql":
            statements += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
        refused = []
        for statement in statements:
            with pytest.raises(sa.exc.DBAPIError, match=REFUSED), connection.begin_nested():
                connection.execute(sa.text(statement))
            refused.append(statement)
        after = int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
        assert after == count
        return count, refused

    count, refused = await within(journalled, work)

    assert count > 0
    assert len(refused) >= 2


async def test_a_journalled_row_cannot_be_replaced(journalled: str) -> None:
    replacing = {
        "sqlite": "INSERT OR REPLACE INTO step SELECT * FROM step LIMIT 1",
        "postgresql": "INSERT INTO step SELECT * FROM step LIMIT 1 ON CONFLICT (id) DO UPDATE SET trigger = 'forged'",
    }

    def work(connection: sa.Connection) -> None:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), connection.begin_nested():
            connection.execute(sa.text(replacing[connection.dialect.name]))

    await within(journalled, work)


def test_processes_that_start_at_once_migrate_once(empty_database_url: str, tmp_path: Path) -> None:
    program = "import sys; from workflows.migrations import migrate; migrate(sys.argv[1])"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    told = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], told
    assert asyncio.run(within(empty_database_url, differences)) == []


def test_a_database_that_is_up_to_date_is_left_alone(own_database_url: str) -> None:
    before = asyncio.run(within(own_database_url, drawn))

    migrate(own_database_url)

    assert asyncio.run(within(own_database_url, drawn)) == before
