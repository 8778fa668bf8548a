"""`signet serve`: migrate, open, serve; for a trial also load the demo data and tell who one may be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Annotated, Final

import orjson
import typer
import uvicorn
from rich.console import Console

from api.app import create_app, opened
from api.clients import client_protocol
from api.commands.migrate import migrated
from api.commands.startup import EXIT_REFUSED, ClockOffset, cures_told, settings_from
from api.commands.token import trial_token
from api.settings import Settings
from domain.policy.roles import Role
from workflows.demo import load_demo
from workflows.demo_people import SUBJECTS

GRACE_SECONDS: Final = 10
_QUERY: Final = (  # no single quote in it: it stands between two on a command line
    "{ accounts(first: 5, orderBy: QUEUE, where: {state: [APPLIED]}) { nodes { id displayName caption(language: EN)"
    " isFlagged holder { identity { legalName { display } residentId { display } mobile { display } } } } } }"
)


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 takes a free one.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo data first and print tokens to try it.")] = False,
    clock_offset: ClockOffset = None,
) -> None:
    """Serve the API. SQLite beside you unless SIGNET_DATABASE_URL says otherwise."""
    settings = settings_from(host=host, port=port, clock_offset=clock_offset)
    if demo and settings.is_production:
        typer.echo("The demo data are for trials: a production deployment takes none.", err=True)
        raise typer.Exit(EXIT_REFUSED)
    _expect_free(settings)
    with cures_told():
        migrated(settings)
        asyncio.run(_checked(settings, with_demo=demo))
    run(settings, lambda url: _told(settings, url, with_tokens=demo))


def run(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; `ready` is told the URL as soon as it answers."""
    with suppress(KeyboardInterrupt):  # raised again by uvicorn after it has shut down in order
        server_of(settings, ready).run()


def server_of(settings: Settings, ready: Callable[[str], None]) -> Server:
    """The server, not yet running."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=client_protocol(settings),
        ws="none",
        lifespan="on",
        access_log=False,  # it would print query strings
        log_config=None,
        server_header=False,
        timeout_keep_alive=ceil(settings.idle_seconds),
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, ready)


def _expect_free(settings: Settings) -> None:
    """End with the cure where the address cannot be listened on, before anything is written."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, *_, address in found[:1]:
            with socket.socket(family) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as fault:
        reason = f"{settings.host}:{settings.port} cannot be listened on: {fault.strerror}."
        cure = "Name another with --port or --host: signet serve --port 8001, or make run ARGS='--port 8001'."
        typer.echo(f"{reason}\n{cure}", err=True)
        raise typer.Exit(EXIT_REFUSED) from None


async def _checked(settings: Settings, *, with_demo: bool) -> None:
    """Open and close once, so that what stops the start is told with its cure and not by a traceback."""
    async with opened(settings) as deployment:
        if with_demo:
            await load_demo(deployment.office)


def _told(settings: Settings, url: str, *, with_tokens: bool) -> None:
    """Where it answers; for a trial also who to be, and a request that works."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Signet shows the public register at [bold]{url}/register[/] and answers at [bold]{url}/graphql[/]")
    if not with_tokens:
        return
    keys = settings.key_ring()
    tokens = {role: trial_token(settings, keys, role) for role in SUBJECTS}
    for role, token in tokens.items():
        console.print(f"\n[bold]{role}[/] {role.zh} · {role.en} · {SUBJECTS[role]}\n{token}")
    console.print(
        "\nThey hold for 15 minutes; `signet token --role REVIEWER` makes new ones, with --subject demo-reviewer-2 or"
        " demo-officer-2 for the second person of a step under four eyes. What waits for a reviewer:\n"
    )
    headers = f"-H 'Content-Type: application/json' -H 'Authorization: Bearer {tokens[Role.REVIEWER]}'"
    body = orjson.dumps({"query": _QUERY}).decode()
    console.print(f"curl -s {url}/graphql {headers} -d '{body}'\n", markup=False)


class Server(uvicorn.Server):
    """Tells where it answers, which with port 0 is known only then."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
