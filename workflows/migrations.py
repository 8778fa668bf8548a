"""Brings a database to the present schema: one lineage of revisions for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Final, cast

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command, context, op
from workflows.database import PLAIN_REACH, Database, Reach
from workflows.embedded import Sqlite
from workflows.postgres import Postgres

ADVISORY_LOCK: Final = 7_420_141  # several processes may start at once: one migrates, the others wait
SQLITE_PREFIX: Final = "sqlite:///"
_CHANGES: Final = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")
_GUARD: Final = "run_signet_migrate_instead"  # the name is what whoever runs the SQL reads


def configuration(url: str) -> Config:
    """Alembic's configuration for a database, wherever Signet is installed."""
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, revision: str = "head", *, sql: bool = False) -> None:
    """Upgrade the database to a revision; or write the SQL that would, from nothing, and touch no database."""
    command.upgrade(configuration(url), revision, sql=sql)


def sees_rows() -> bool:
    """Whether a revision may look at rows. Where SQL is written it may not, and that SQL fails on cases."""
    if not context.is_offline_mode():
        return True
    op.execute(f"CREATE TEMPORARY TABLE {_GUARD} (cases INTEGER CONSTRAINT {_GUARD} CHECK (cases = 0))")
    op.execute(f"INSERT INTO {_GUARD} SELECT count(*) FROM step")  # noqa: S608
    op.execute(f"DROP TABLE {_GUARD}")
    return False


def as_sqlite_would_run(config: Config, start: str | None, end: str | None) -> Iterator[str]:
    """The statements that lead from one revision to another. SQLite rebuilds tables as they are, so one is at hand."""
    script, said = ScriptDirectory.from_config(config), list[str]()
    with closing(sa.create_engine("sqlite://").connect()) as connection:
        if start is not None:
            _move(script, connection, None, start)
        cast("sqlite3.Connection", connection.connection.driver_connection).set_trace_callback(said.append)
        _move(script, connection, start, end)
    yield from ("PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE")
    yield from (one.strip() for one in said if one.lstrip().upper().startswith(_CHANGES))
    yield from ("COMMIT", "PRAGMA foreign_key_check")


def _move(script: ScriptDirectory, connection: sa.Connection, start: str | None, end: str | None) -> None:
    """Up or down, whichever way the end lies."""
    line = [None, *(one.revision for one in reversed(list(script.walk_revisions())))]
    is_up = line.index(start) <= line.index(end)
    move = script._upgrade_revs if is_up else script._downgrade_revs  # as alembic's own commands do
    options = {"fn": lambda heads, _: move(end or "base", heads) if start != end else [], "render_as_batch": True}
    moved = MigrationContext.configure(connection, opts=options)
    with Operations.context(moved), moved.begin_transaction():
        moved.run_migrations()


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver that SQLAlchemy is to use."""
    if url.startswith(SQLITE_PREFIX):
        return url.replace("sqlite://", "sqlite+aiosqlite://", 1)
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


async def open_database(url: str, reach: Reach = PLAIN_REACH) -> Database:
    """Open the database of a URL: `sqlite:///path` or `postgresql://…`. Unavailable."""
    if url.startswith(SQLITE_PREFIX):
        return await Sqlite.open(Path(url.removeprefix(SQLITE_PREFIX)), reach)
    if url.startswith("postgresql://"):
        return await Postgres.open(url, reach)
    raise UnknownDatabase(f"{url.partition(':')[0]}: SIGNET_DATABASE_URL begins with sqlite:/// or postgresql://")


class UnknownDatabase(Exception):
    """The database's URL is of no kind that Signet knows: see SIGNET_DATABASE_URL."""


def _scripts() -> Path:
    """The revisions: in a checkout beside the packages, in a wheel inside `domain`."""
    packaged = Path(str(resources.files("domain"))) / "_alembic"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "alembic"
