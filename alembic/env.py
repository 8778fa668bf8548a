"""Runs the migrations on either database, one process at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alembic import context
from domain import columns
from domain.tables import METADATA
from workflows.embedded import made_private
from workflows.migrations import ADVISORY_LOCK, SQLITE_PREFIX, sqlalchemy_url

WAIT_MILLISECONDS = 60_000


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


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(main(context.config.get_main_option("sqlalchemy.url") or ""))
