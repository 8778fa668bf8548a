"""`signet demo`: a server for the while, walked over HTTP from an application to badge, sanctions and their end."""

from __future__ import annotations

import asyncio
import logging
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Empty, Queue
from secrets import token_bytes
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Annotated, Final
from uuid import uuid4

import httpx2
import typer
from rich.console import Console
from rich.markup import escape

from api import logs
from api.app import opened, system_clock
from api.commands.callers import Caller, Unexpected, Wire
from api.commands.import_register import BY_COMMAND_LINE, pieces_of
from api.commands.migrate import migrated
from api.commands.serve import Server, server_of
from api.commands.startup import EXIT_REFUSED, cures_told, settings_from
from api.commands.token import trial_token
from api.commands.walk import Walk, walk
from api.commands.walk_badge import unit_of, walk_to_the_badge
from api.commands.walk_sanctions import DAYS_SUSPENDED, walk_a_closure_back, walk_the_rungs, watch_time_pass
from api.settings import Mode, SecretKeys, Settings
from domain.calendar import local_day
from domain.policy.roles import Role
from domain.register import RegisterKind
from workflows.demo import load_demo
from workflows.demo_register import import_licences
from workflows.office import Office
from workflows.register_import import ImportReport, import_register

WIDTH_MIN: Final = 116
START_SECONDS: Final = 30
_REGISTER: Final = Path(__file__).parents[3] / "shared" / "data" / "real" / "cac_source_list_2025_06.csv"
_UNIT_OF_THE_REGISTER: Final = "iChongqing"
_INVENTED_UNIT: Final = "示例晨光网"
_INVENTED: Final = f"name,section,form,level\n{_INVENTED_UNIT},LOCAL_NEWS,NEWS_WEBSITE,provincial\n".encode()


def demo(
    database_url: Annotated[
        str | None, typer.Option(help="A database to use, with the keys of the settings; else a new one for the while.")
    ] = None,
) -> None:
    """Walk from a stranger to a filing, a badge and its loss, sanctions and their end. Exit code 0: all was as told."""
    logs.set_up(logging.ERROR)  # the story tells itself what a log would warn of
    console = Console(highlight=False)
    if console.width < WIDTH_MIN:
        console = Console(highlight=False, width=WIDTH_MIN)
    with TemporaryDirectory(prefix="signet-demo-") as folder, cures_told():
        settings = _settings(database_url, Path(folder))
        if settings.is_production:
            typer.echo("The demo is for trials: a production deployment takes no demo data.", err=True)
            raise typer.Exit(EXIT_REFUSED)
        migrated(settings)
        suffix = uuid4().hex[:6] if database_url else ""
        unit_name = asyncio.run(_prepared(settings, console, suffix))
        story = Walk(console, unit_name, local_day(system_clock()), suffix)
        try:
            with _serving(settings) as url:
                _walked(settings, url, story, _walk_all)
            later = settings.model_copy(update={"clock_offset": timedelta(days=DAYS_SUSPENDED + 1)})
            with _serving(later) as url:
                _walked(settings, url, story, _walk_on)
            _told(story)
        except Unexpected as unexpected:
            console.print(f"\n[bold red]Not as expected.[/] {escape(str(unexpected))}", soft_wrap=True)
            raise typer.Exit(EXIT_REFUSED) from None


def _settings(database_url: str | None, folder: Path) -> Settings:
    if database_url is not None:
        return settings_from(database_url=database_url, host="127.0.0.1", port=0)
    (folder / "data").mkdir()
    keys = SecretKeys.model_validate({name: b64encode(token_bytes(32)).decode() for name in SecretKeys.model_fields})
    url = f"sqlite:///{folder}/data/signet.sqlite3"
    settings = settings_from(database_url=url, keys=keys, mode=Mode.SANDBOX, issuers=(), host="127.0.0.1", port=0)
    return settings.model_copy(
        update={"database_migration_url": None, "database_direct_url": None}
    )  # the environment's belongs to another database


async def _prepared(settings: Settings, console: Console, suffix: str) -> str:
    """Load the demo's people and the registers; the name of a unit on the list of sources."""
    async with opened(settings) as deployment:
        await load_demo(deployment.office)
        licences = (await import_licences(deployment.office, [unit_of(suffix)])).counts
        is_real = _REGISTER.is_file()
        done = await _imported(deployment.office, (lambda: pieces_of(_REGISTER)) if is_real else _invented)
    counts = done.counts
    what = _REGISTER.name if is_real else "an invented list (the published one is not beside the repository)"
    console.print(
        f"Register 稿源单位名单: {what}: {counts.read:,} rows, {counts.created:,} in, {counts.unchanged:,} unchanged, "
        f"{counts.quarantined:,} put aside as broken"
    )
    console.print(f"Register 许可证名单: an invented list: {licences.read:,} licences, {licences.created:,} in")
    return _UNIT_OF_THE_REGISTER if is_real else _INVENTED_UNIT


async def _imported(office: Office, source: Callable[[], AsyncIterator[bytes]]) -> ImportReport:
    return await import_register(
        office.database, office.clock, RegisterKind.SOURCES, source, BY_COMMAND_LINE, lambda _rows, _bytes: None
    )


async def _invented() -> AsyncIterator[bytes]:
    yield _INVENTED


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    """A server in a thread of its own, until the block ends; its URL."""
    answered: Queue[str] = Queue()
    server = server_of(settings, answered.put)
    thread = threading.Thread(target=server.run, name="signet-serve", daemon=True)
    thread.start()
    try:
        yield _first(answered)
    finally:
        _stop(server, thread)


def _first(answered: Queue[str]) -> str:
    try:
        return answered.get(timeout=START_SECONDS)
    except Empty:
        raise Unexpected(f"The server did not start within {START_SECONDS} seconds.") from None


def _stop(server: Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join(START_SECONDS)


def _walk_all(story: Walk) -> None:
    story.ids["number"] = walk(story)
    story.ids["badge"] = walk_to_the_badge(story)
    story.ids["case"] = walk_the_rungs(story)
    walk_a_closure_back(story)


def _walk_on(story: Walk) -> None:
    watch_time_pass(story, story.ids["case"])


def _walked(settings: Settings, url: str, story: Walk, chapters: Callable[[Walk], None]) -> None:
    """Some chapters of the story, by people whose tokens the settings sign."""
    keys = settings.key_ring()
    with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:
        _wait_until_healthy(client)
        story.console.print(f"Serving on {url} for as long as this takes")
        wire = Wire(client)

        def find(role: Role, subject: str, provider_id: str | None) -> Caller:
            if role is Role.PUBLIC:
                return Caller("the public", wire)
            return Caller(subject, wire, trial_token(settings, keys, role, subject=subject, provider_id=provider_id))

        story.find = find
        try:
            chapters(story)
        except (LookupError, TypeError, StopIteration, httpx2.HTTPError) as surprise:
            raise Unexpected(f"{type(surprise).__name__}: {surprise}. The last answer was {wire.last!r}") from surprise
        story.requests += wire.requests


def _told(story: Walk) -> None:
    ids, seconds = story.ids, monotonic() - story.begun
    story.console.rule()
    story.console.print(
        f"[bold green]Filed as {ids['number']}; {ids['badge']} issued and taken back.[/]\n"
        f"[bold green]{ids['case']} has run out.[/]\n"
        f"{story.requests} requests, {story.refusals} refusals, all as expected, in {seconds:.1f} s. "
        "Go on with `make run`."
    )


def _wait_until_healthy(client: httpx2.Client) -> None:
    until = monotonic() + START_SECONDS
    while client.get("/health").status_code != httpx2.codes.OK:
        if monotonic() > until:
            raise Unexpected("/health does not answer 200.")
        sleep(0.1)
