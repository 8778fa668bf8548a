"""`signet migrate`: bring the database to this version's tables."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from api.commands.startup import cures_told, settings_from
from api.settings import Settings
from workflows.deployment import newest_revision, revision
from workflows.migrations import migrate, open_database


def migrate_command(
    database_url: Annotated[str | None, typer.Option(help="In place of SIGNET_DATABASE_URL.")] = None,
    *,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL for an empty database, and touch none.")] = False,
) -> None:
    """Bring the database to this version's tables. Safe to run from several machines at once, and again."""
    settings = settings_from(database_url=database_url)
    if sql:
        migrate(settings.database_migration_url or settings.database_url, sql=True)
        return
    with cures_told():
        before, after = migrated(settings)
    told = f"was at {before}, is at {after}" if before != after else f"is at {after}: nothing to do"
    Console(highlight=False).print(f"The database {told}.")


def migrated(settings: Settings) -> tuple[str | None, str | None]:
    """Migrate as the owner of the tables; the revisions before and after."""
    before = asyncio.run(_revision(settings))
    if before != newest_revision():
        migrate(settings.migration_url)
    return before, asyncio.run(_revision(settings))


async def _revision(settings: Settings) -> str | None:
    database = await open_database(settings.database_url, settings.patient_reach)
    try:
        return await revision(database)
    finally:
        await database.close()
