"""`signet worker`: does what falls due, apart from the servers. As many as wanted, on PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated, Final

import typer
from rich.console import Console

from api.app import opened, tell_of_offset
from api.commands.migrate import migrated
from api.commands.startup import EXIT_REFUSED, ClockOffset, cures_told, settings_from
from api.settings import Settings
from workflows.migrations import SQLITE_PREFIX

# Measured: a second process that drains a backlog makes the server wait for the file, 70 times longer at the worst.
_NOT_BESIDE_SQLITE: Final = (
    "SQLite has one writer: a worker beside the server would make every request wait for the file. "
    "`signet serve` does what falls due by itself (SIGNET_WORKER); for a worker apart, set "
    "SIGNET_DATABASE_URL=postgresql://…"
)


def worker_command(
    database_url: Annotated[str | None, typer.Option(help="In place of SIGNET_DATABASE_URL.")] = None,
    clock_offset: ClockOffset = None,
) -> None:
    """Do what falls due, until interrupted; what is in hand then is finished."""
    settings = settings_from(database_url=database_url, clock_offset=clock_offset)
    if settings.database_url.startswith(SQLITE_PREFIX):
        typer.echo(_NOT_BESIDE_SQLITE, err=True)
        raise typer.Exit(EXIT_REFUSED)
    with cures_told():
        migrated(settings)
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    async with opened(settings, with_worker=True):
        tell_of_offset(settings)
        Console(highlight=False).print("The worker does what falls due.")
        await interrupted.wait()
