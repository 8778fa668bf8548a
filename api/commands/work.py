"""`signet work`: what the worker has to do, what went wrong with it, and two moves: try again, put aside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from api.app import system_clock
from api.commands.startup import EXIT_REFUSED, cures_told, settings_from
from api.settings import Settings
from domain.deadline import Deadline
from workflows import due_work
from workflows.clock_offset import ahead
from workflows.database import Database
from workflows.deployment import NotMigrated, is_migrated
from workflows.due_work import Health, Listed, WorkRefused
from workflows.migrations import open_database

T = TypeVar("T")
Id = Annotated[str, typer.Argument(help="The row's id, as `signet work list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
_HEADINGS: Final = ("id", "state", "kind", "case", "due at", "next at", "attempts", "failures", "problem")
work_app: Final = typer.Typer(help="What falls due: whether it is done, and what went wrong.", no_args_is_help=True)


@work_app.callback()
def work() -> None:
    """What falls due: whether it is done, and what went wrong."""


@work_app.command("list")
def list_command(
    parked: Annotated[bool, typer.Option("--parked", help="Only what is put aside.")] = False,
    most: Annotated[int, typer.Option(help="How many rows at most.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what is due, in hand, failed or put aside, by due date."""

    async def asked(database: Database, now: datetime) -> tuple[Health, list[Listed]]:
        rows = await due_work.listed(database, now, most=most, parked_only=parked)
        return await due_work.health_of(database, now), rows

    health, rows = _asked(asked)
    if as_json:
        typer.echo(orjson.dumps({"health": asdict(health), "rows": [asdict(row) for row in rows]}))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(told(health))
    if rows:
        console.print(_table(rows))
    if len(rows) == most:
        console.print(f"There may be more than these {most}: ask with --most.")


@work_app.command("retry")
def retry_command(id_: Id, as_json: AsJson = False) -> None:
    """Make a row due again that failed or was put aside, as if it had never failed."""
    row = _asked(lambda database, now: due_work.retry(database, id_, now))
    _show(row, as_json, "is due again")


@work_app.command("park")
def park_command(id_: Id, as_json: AsJson = False) -> None:
    """Put a row aside: no worker takes it until it is tried again. Its due date stays."""
    row = _asked(lambda database, now: due_work.park(database, id_, now))
    _show(row, as_json, "is put aside; `signet work retry` makes it due again")


def told(health: Health) -> str:
    """How the work stands, in a line."""
    since = f" (since {_at(health.oldest_due_at)})" if health.oldest_due_at else ""
    counts = f"{health.due} due{since}, {health.in_hand} in hand, {health.failed} failed, {health.parked} put aside"
    return f"{counts}. A worker last looked: {_at(health.last_pass_at) or 'never'}."


def _asked(ask: Callable[[Database, datetime], Awaitable[T]]) -> T:
    """What a question to the database gives; the program ends with the cure where it cannot be asked."""
    settings = settings_from()
    try:
        with cures_told():
            return asyncio.run(_answered(settings, ask))
    except WorkRefused as refused:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(str(refused))}")
        raise typer.Exit(EXIT_REFUSED) from None


async def _answered(settings: Settings, ask: Callable[[Database, datetime], Awaitable[T]]) -> T:
    database = await open_database(settings.database_url, settings.patient_reach)
    try:
        if not await is_migrated(database):
            raise NotMigrated
        return await ask(database, ahead(system_clock, settings.clock_offset)())
    finally:
        await database.close()


def _table(rows: list[Listed]) -> Table:
    table = Table(*(Column(heading, overflow="fold") for heading in _HEADINGS))  # an id is never cut short
    for row in rows:
        case, times = f"{row.case_kind} {row.case_id}", (_at(row.due_at), _at(row.next_at))
        counts = str(row.attempts), str(row.failures)
        table.add_row(row.id, row.state, row.kind, case, *times, *counts, escape(row.problem or ""))
    return table


def _show(row: Deadline, as_json: bool, what: str) -> None:
    if as_json:
        typer.echo(orjson.dumps(_moved(row)))
    else:
        typer.echo(f"{row.id} ({row.kind} of {row.case_id}, due {_at(row.due_at)}) {what}.")


def _moved(row: Deadline) -> dict[str, Any]:
    names = ("id", "kind", "case_kind", "case_id", "due_at", "next_at", "attempts", "failures", "problem")
    return {name: getattr(row, name) for name in names}


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
