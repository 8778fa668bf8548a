"""`signet register-dump`: the whole public register as files that anybody may keep and check (Art. 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.app import expect_clock, office_of, system_clock
from api.commands.startup import EXIT_USAGE, cures_told, settings_from
from api.settings import Settings
from workflows.deployment import NotMigrated, check, is_migrated, known_deployment
from workflows.migrations import open_database
from workflows.register_dump import CSV, JSONL, MANIFEST_FILE, MANIFEST_JWS, dump_register


def register_dump_command(
    folder: Annotated[Path, typer.Argument(help="Where the files go; those of an earlier dump are replaced.")],
) -> None:
    """Write the public register: JSON lines, CSV, and a signed manifest with their SHA-256."""
    settings = settings_from()
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with cures_told():
            manifest = asyncio.run(_dumped(settings, folder, told))
    except OSError as fault:
        told.print(f"[red]{escape(str(folder))}[/]: {escape(fault.strerror or str(fault))}")
        raise typer.Exit(EXIT_USAGE) from None
    names = f"{JSONL}, {CSV}, {MANIFEST_FILE}, {MANIFEST_JWS}"
    Console(highlight=False, soft_wrap=True).print(f"{manifest['rows']:,} entries in {escape(str(folder))}: {names}")


async def _dumped(settings: Settings, folder: Path, told: Console) -> Mapping[str, Any]:
    keys = settings.key_ring()
    database = await open_database(settings.database_url, settings.patient_reach)
    try:
        if not await is_migrated(database):
            raise NotMigrated
        check(await known_deployment(database), keys.id, settings.deployment_code)
        await expect_clock(settings, database)
        office = office_of(settings, database, keys, system_clock)
        columns = (TextColumn("register"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=told) as bar:
            task = bar.add_task("register", total=None)
            return await dump_register(office, folder, lambda done, of: bar.update(task, completed=done, total=of))
    finally:
        await database.close()
