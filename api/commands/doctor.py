"""`signet doctor`: the settings, and whether the deployment is sound; for each thing that is not, its cure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.app import calendar_of, system_clock
from api.auth import MUTE, Authenticator, IssuerUnusable
from api.commands.startup import EXIT_REFUSED, settings_from
from api.commands.work import told
from api.settings import Settings, shown
from api.viewers import Viewers
from domain.calendar import WorkingDays, local_day
from domain.vault.keys import Keys
from workflows.clock_offset import OffsetRefused, ahead, expect_sandboxes_only
from workflows.database import Database, Unavailable
from workflows.deployment import DeploymentUnusable, check, is_migrated, known_deployment, try_writing
from workflows.due_work import Health, health_of
from workflows.embedded import Sqlite
from workflows.keys import KeysUnusable
from workflows.migrations import open_database
from workflows.postgres import Postgres
from workflows.sequencer import undelivered
from workflows.soundness import count_steps, orphan_states, understaffed, verify_chains

LOOK_AHEAD_DAYS: Final = 60  # the longest deadline is 30 working days
WAITING_MINUTES_MAX: Final = 10  # a worker looks once a second
_STARTUP: Final = "startup parameter"
_POOLER_CURE: Final = (
    "Set SIGNET_DATABASE_POOLED=true for PgBouncer, and SIGNET_DATABASE_DIRECT_URL to PostgreSQL itself."
)
_YEAR_CURE: Final = (
    "Due dates there count Monday to Friday less the statutory days: set SIGNET_HOLIDAYS and SIGNET_MAKE_UP_DAYS."
)


class Mark(StrEnum):
    """How a check ended."""

    GOOD = "[green]✓[/]"
    WARNING = "[yellow]![/]"
    BAD = "[red]✗[/]"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and the cure where one is needed."""

    mark: Mark
    what: str
    cure: str = ""


def doctor() -> None:
    """Show the settings; check database, keys, states, work, chains, calendar and staffing. Exit 1 if one is bad."""
    settings = settings_from()
    console = Console(highlight=False)
    _print_settings(settings, console)
    if not asyncio.run(_examined(settings, console)):
        raise typer.Exit(EXIT_REFUSED)


async def _examined(settings: Settings, console: Console) -> bool:
    is_sound = True
    async for finding in findings(settings, console):
        is_sound = is_sound and finding.mark is not Mark.BAD
        console.print(f"{finding.mark} {escape(finding.what)}", soft_wrap=True)
        if finding.cure:
            console.print(f"  → {escape(finding.cure)}", soft_wrap=True)
    return is_sound


async def findings(settings: Settings, console: Console) -> AsyncIterator[Finding]:
    """The findings in order; where one makes the next ones pointless, they end."""
    keys = None
    try:
        keys = settings.key_ring()
        yield Finding(Mark.GOOD, f"The keys are there; their id is {keys.id}")
    except KeysUnusable as unusable:
        yield Finding(Mark.BAD, "The keys cannot be used", str(unusable))
    try:
        database = await open_database(settings.database_url, settings.patient_reach)
    except Exception as away:  # noqa: BLE001 - whatever the driver says: it is not reachable
        kind, cure = type(away.__cause__ or away).__name__, "See SIGNET_DATABASE_URL."
        if _STARTUP in str(away):  # PgBouncer says so of what it does not hand on
            cure = _POOLER_CURE
        yield Finding(Mark.BAD, f"The database does not answer ({kind})", cure)
        return
    try:
        if not await is_migrated(database):
            yield Finding(Mark.BAD, "The tables are not those of this version", "Run `signet migrate`.")
            return
        yield Finding(Mark.GOOD, "The database answers, with the tables of this version")
        async for finding in _reached(settings, database):
            yield finding
        if keys is not None:
            async for finding in _fits(settings, database, keys):
                yield finding
        if settings.clock_offset:
            yield await _clock(settings, database)
        async for finding in _data(settings, database, console):
            yield finding
    finally:
        await database.close()


async def _reached(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    """Whether the file is private, or the way to PostgreSQL is as the settings say, and whether it can be written."""
    try:
        await try_writing(database, system_clock())
        yield Finding(Mark.GOOD, "The database can be written")
    except Unavailable as away:
        yield Finding(
            Mark.BAD, f"The database cannot be written ({away})", "See whether its disk is full, or it is a copy."
        )
    if isinstance(database, Sqlite):
        if open_files := database.open_to_others():
            told = ", ".join(path.name for path in open_files)
            yield Finding(Mark.BAD, f"Others may read the data: {told}", "`chmod 600` them.")
    elif isinstance(database, Postgres):
        is_pooled = await database.is_behind_a_pooler()
        if is_pooled and not settings.database_pooled:
            yield Finding(
                Mark.BAD,
                "A pooler lies before PostgreSQL, and statements are prepared for longer than it keeps a connection",
                _POOLER_CURE,
            )
        elif settings.database_pooled and settings.database_direct_url is None:
            yield Finding(
                Mark.WARNING,
                "No way leads past the pooler: the worker hears of no step and looks once a second",
                "Set SIGNET_DATABASE_DIRECT_URL to PostgreSQL itself.",
            )


async def _fits(settings: Settings, database: Database, keys: Keys) -> AsyncIterator[Finding]:
    try:
        check(await known_deployment(database), keys.id, settings.deployment_code)
        authenticator = Authenticator(settings, keys, Viewers(database, float), system_clock)
    except (DeploymentUnusable, IssuerUnusable) as unusable:
        yield Finding(Mark.BAD, "Keys, code or issuers are not those of this deployment", str(unusable))
        return
    yield Finding(Mark.GOOD, "Keys, code and issuers are those of this deployment")
    for name in authenticator.mute:
        yield Finding(Mark.BAD, f"Nobody is believed on the word of {name}", MUTE)


async def _clock(settings: Settings, database: Database) -> Finding:
    told = f"The clock is set ahead by {settings.clock_offset}"
    try:
        await expect_sandboxes_only(database)
    except OffsetRefused as refused:
        return Finding(Mark.BAD, told, str(refused))
    return Finding(Mark.WARNING, told, "For demos only: SIGNET_CLOCK_OFFSET.")


async def _data(settings: Settings, database: Database, console: Console) -> AsyncIterator[Finding]:
    now = ahead(system_clock, settings.clock_offset)()
    if orphans := await orphan_states(database):
        told = ", ".join(f"{count} × {noun}" for noun, count in orphans.items())
        yield Finding(Mark.BAD, f"Cases stand in states that do not exist: {told}", "Restore them from a backup.")
    else:
        yield Finding(Mark.GOOD, "Every case stands in a state of its workflow")
    if waiting := await database.read(undelivered):
        yield Finding(Mark.BAD, f"{waiting} steps have no position", "Start `signet serve`: it numbers them at once.")
    else:
        yield Finding(Mark.GOOD, "Every step has its position")
    for finding in _work(await health_of(database, now), now):
        yield finding
    yield await _chains(database, console)
    for finding in years_told(calendar_of(settings), now):
        yield finding
    for body, role in await understaffed(database):
        cure = "Enrol a second one: nobody endorses a proposal of their own."
        yield Finding(Mark.WARNING, f"{body} has one {role} only", cure)


def _work(health: Health, now: datetime) -> Iterator[Finding]:
    """Whether what falls due is done, and nothing is put aside."""
    waiting = now - (health.oldest_due_at or now)
    if waiting > timedelta(minutes=WAITING_MINUTES_MAX):
        cure = "No worker does it: start `signet serve` with SIGNET_WORKER=true, or on PostgreSQL `signet worker`."
        yield Finding(Mark.BAD, f"What is due waits: {told(health)}", cure)
    elif not health.parked:
        yield Finding(Mark.GOOD, f"What falls due is done: {told(health)}")
    if health.parked:
        cure = "`signet work list --parked` says why. Mend it, then `signet work retry ID`."
        yield Finding(Mark.BAD, f"Rows of work are put aside: {health.parked}", cure)


def years_told(calendar: WorkingDays, now: datetime) -> Iterator[Finding]:
    """Whether the official working days of this year and the next are known: a warning where deadlines reach them."""
    reached = local_day(now + timedelta(days=LOOK_AHEAD_DAYS)).year
    for year in (local_day(now).year, local_day(now).year + 1):
        if calendar.knows(year):
            yield Finding(Mark.GOOD, f"The official working days of {year} are known")
        elif year > reached:
            yield Finding(
                Mark.GOOD, f"The official working days of {year} are not known yet, and no deadline reaches them"
            )
        else:
            yield Finding(Mark.WARNING, f"The official working days of {year} are not known", _YEAR_CURE)


async def _chains(database: Database, console: Console) -> Finding:
    columns = (TextColumn("Verifying chains"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=await count_steps(database))
        chains = await verify_chains(database, lambda steps: progress.advance(task, steps))
    if chains.are_whole:
        return Finding(Mark.GOOD, f"The chains of {chains.steps} steps verify")
    told = ", ".join([*chains.broken[:5], *(["…"] if len(chains.broken) > 5 else [])])
    homeless = f" {chains.homeless} steps belong to no case." if chains.homeless else ""
    return Finding(
        Mark.BAD,
        f"{len(chains.broken)} chains do not verify: {told}.{homeless}",
        "Somebody wrote past the program: compare with a backup, and keep this database as evidence.",
    )


def _print_settings(settings: Settings, console: Console) -> None:
    for name, (value, purpose) in shown(settings).items():
        console.print(f"[bold]{name}[/] = {escape(value)}\n  [dim]{escape(purpose)}[/]", soft_wrap=True)
    console.print()
