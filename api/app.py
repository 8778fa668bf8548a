"""The composition root: everything a deployment is made of, opened in order, closed in the other (see `opened`).

Here and nowhere else the clock is made.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import MUTE, Authenticator
from api.background import running
from api.endpoint import GraphQLEndpoint
from api.execute import Engine
from api.health import Health
from api.limits import Buckets, Rate
from api.register import PublicRegister
from api.schema import schema
from api.settings import Settings
from api.uploads import UploadEndpoint
from api.viewers import Viewers
from domain.calendar import WorkingDays
from domain.vault.keys import Keys
from workflows.clock_offset import ahead, expect_sandboxes_only
from workflows.database import Database
from workflows.deployment import settle
from workflows.migrations import open_database
from workflows.office import Clock, Office

REGISTER_PATHS: Final = (
    "/register",
    "/register/{rest:path}",
    "/badges/{rest:path}",
    "/.well-known/signet-keys.json",
)
ALLOCATIONS_BETWEEN_COLLECTIONS: Final = 10_000
_log: Final = structlog.get_logger()


def system_clock() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place where the clock is made; everything else is handed it


@dataclass(frozen=True)
class Deployment:
    """A deployment that is open."""

    settings: Settings
    office: Office
    authenticator: Authenticator
    graphql: GraphQLEndpoint
    uploads: UploadEndpoint
    register: PublicRegister
    health: Health


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Clock = system_clock, with_worker: bool = False
) -> AsyncIterator[Deployment]:
    """Open the database, check its keys and the clock, start what runs beside, and a worker where one is wanted.

    KeysUnusable, DeploymentUnusable, IssuerUnusable.
    """
    keys = settings.key_ring()
    database = await open_database(settings.database_url, settings.reach)
    try:
        await settle(database, keys, settings.deployment_code)
        await expect_clock(settings, database)
        deployment = composed(settings, database, keys, clock)
        async with running(deployment.office, with_worker=with_worker):
            yield deployment
    finally:
        await database.close()


def composed(settings: Settings, database: Database, keys: Keys, clock: Clock) -> Deployment:
    """The collaborators, each handed what it needs. Tokens keep to the time, whatever the office's clock says."""
    office = office_of(settings, database, keys, clock)
    authenticator = Authenticator(settings, keys, Viewers(database, monotonic), clock)
    for name in authenticator.mute:
        _log.warning("issuer.mute", issuer=name, cure=MUTE)
    documents = Buckets(
        _rate(settings.unknown_documents_per_minute), _rate(settings.anonymous_unknown_documents_per_minute)
    )
    engine = Engine(schema, office, documents)
    buckets = Buckets(_rate(settings.uploads_per_minute))
    uploads = UploadEndpoint(office, authenticator.viewer, buckets, settings.upload_quotas)
    graphql, register = GraphQLEndpoint(engine, authenticator.viewer), PublicRegister(engine, settings.dump_folder)
    return Deployment(settings, office, authenticator, graphql, uploads, register, Health(office, authenticator.viewer))


def office_of(settings: Settings, database: Database, keys: Keys, clock: Clock) -> Office:
    """What every unit of work is handed."""
    return Office(
        database,
        keys,
        ahead(clock, settings.clock_offset),
        calendar_of(settings),
        deployment_code=settings.deployment_code,
        public_url=settings.base_url,
        clock_offset=settings.clock_offset,
    )


def calendar_of(settings: Settings) -> WorkingDays:
    """The working days."""
    return WorkingDays(settings.holidays, settings.make_up_days, assumed=_warn_of_year)


@cache
def _warn_of_year(year: int) -> None:
    """Log that a year's official working days are not known: once, when it is first counted in."""
    _log.warning("calendar.year_unknown", year=year, counted="Monday to Friday", less="statutory days off")


async def expect_clock(settings: Settings, database: Database) -> None:
    """OffsetRefused where the clock is set ahead and what is decided counts."""
    if settings.clock_offset:
        await expect_sandboxes_only(database)


def tell_of_offset(settings: Settings) -> None:
    """Say in the log that the clock is set ahead."""
    if settings.clock_offset:
        _log.warning("clock.ahead", by=str(settings.clock_offset), seconds=int(settings.clock_offset.total_seconds()))


def create_app(settings: Settings, *, clock: Clock = system_clock) -> Starlette:
    """The ASGI application. Its deployment opens and closes with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened(settings, clock=clock, with_worker=settings.worker) as deployment:
            app.state.deployment = deployment
            tell_of_offset(settings)
            _settled_in()
            yield

    def handed(choose: Callable[[Deployment], Any]) -> Any:
        return _Handed(lambda: choose(app.state.deployment))

    def called(choose: Callable[[Deployment], Any]) -> Any:
        return for_pages_of(settings.cors_origins, handed(choose))

    graphql = called(lambda deployment: deployment.graphql)
    app = _App(
        lifespan=lifespan,
        routes=[
            Route("/graphql", graphql),
            Route("/documents", called(lambda deployment: deployment.uploads)),
            *[Route(path, handed(lambda deployment: deployment.register)) for path in REGISTER_PATHS],
            Route("/health", handed(lambda deployment: deployment.health), methods=["GET"]),
            Route("/", hint, methods=["GET"]),
        ],
    )
    app.state.graphql = graphql
    app.router.redirect_slashes = False  # it would send on to whatever host the request names
    return app


def for_pages_of(origins: Sequence[str], part: ASGIApp) -> ASGIApp:
    """Let browsers call a part from pages of these origins, with a token that the page has and never with cookies."""
    if not origins:
        return part
    return CORSMiddleware(
        part, origins, allow_methods=["POST"], allow_headers=["Authorization"], expose_headers=["Retry-After"]
    )


def _settled_in() -> None:
    """Take what the start made out of the collector's sight: walking through all of it again made requests wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS)


class _App(Starlette):
    """Hands what nearly every request is for straight to its part, which itself answers whatever goes wrong in it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self.state.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Handed:
    """Hands a request to a part of the deployment, which is made after the routes are."""

    def __init__(self, part: Callable[[], Any]) -> None:
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._part()(scope, receive, send)


async def hint(_: Request) -> JSONResponse:
    """What there is."""
    return JSONResponse(
        {
            "name": "signet",
            "graphql": "POST /graphql",
            "documents": "POST /documents",
            "register": "GET /register",
            "health": "GET /health",
            "authorization": "Bearer token; in a sandbox: signet token --role REVIEWER",
        }
    )


def _rate(per_minute: int) -> Rate:
    return Rate(float(per_minute), per_minute / 60)
