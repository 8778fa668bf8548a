"""Runs the migrations on either database, one process at a time."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alembic import context
from domain import columns
from domain.tables import METADATA
from workflows.embedded import made_private
from workflows.migrations import ADVISORY_LOCK, SQLITE_PREFIX, as_sqlite_would_run, sqlalchemy_url

WAIT_MILLISECONDS = 60_000
URL = context.config.get_main_option("sqlalchemy.url") or os.environ.get("SIGNET_DATABASE_URL", "")


def rendered(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types as the columns module names them, so that a revision reads like the table."""
    if kind != "type":
        return False
    if isinstance(item, columns.WordText | sa.Text):
        return "columns.TEXT"
    if isinstance(item, columns.UtcTime | columns.Day | columns.Json):
        return f"columns.{type(item).__name__}()"
    return False


def run(connection: sa.Connection) -> None:
    """Migrate on this connection. SQLite rebuilds tables, so foreign keys are off while it does and checked after."""
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(f"PRAGMA busy_timeout={WAIT_MILLISECONDS}")
        connection.commit()
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # whoever starts at the same time waits, then finds it done
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=rendered,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if not on_sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()
        if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("a migration left a row that points at nothing; the database is unchanged")


async def main(url: str) -> None:
    if url.startswith(SQLITE_PREFIX):
        made_private(Path(url.removeprefix(SQLITE_PREFIX)))
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


def write() -> None:
    """Write the SQL of it for somebody else to run."""
    if URL.startswith(SQLITE_PREFIX):
        start, end = context.get_starting_revision_argument(), context.get_revision_argument()
        output = context.config.output_buffer or sys.stdout
        output.writelines(f"{line};\n" for line in as_sqlite_would_run(context.config, start, end))
        return
    written = {"dialect_opts": {"paramstyle": "named"}, "literal_binds": True}  # else every % would be doubled
    context.configure(dialect_name="postgresql", target_metadata=METADATA, render_as_batch=True, **written)
    with context.begin_transaction():
        context.execute(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        context.run_migrations()


if context.is_offline_mode():
    write()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(main(URL))
