"""A client of POST /graphql that speaks ASGI, for the tests of the endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from api.endpoint import GraphQLEndpoint
from api.errors import NotAuthenticated
from domain.policy.roles import Role
from domain.viewer import ANONYMOUS, Viewer
from tests.api.reading_world import World, world_on

GRAPHQL = "application/graphql-response+json"
JSON_BODY = {"content-type": "application/json"}
TYPENAME = b'{"query": "{ __typename }"}'


@dataclass
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def code(self) -> str:
        return str(self.json["errors"][0]["extensions"]["code"])


@dataclass
class Client:
    """Speaks ASGI to the endpoint."""

    endpoint: GraphQLEndpoint
    world: World

    async def post(
        self, body: bytes | dict[str, Any], *, method: str = "POST", parts: int = 1, raw: Any = None, **headers: str
    ) -> Response:
        """Send a body in so many parts; header names with `_` for `-`."""
        payload = orjson.dumps(body) if isinstance(body, dict) else body
        sent = {**JSON_BODY, **{name.replace("_", "-"): value for name, value in headers.items()}}
        size = max(1, -(-len(payload) // parts))
        chunks = [payload[i : i + size] for i in range(0, len(payload), size)] or [b""]
        messages = iter(
            {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1} for i, chunk in enumerate(chunks)
        )
        return await self.call(
            method, raw or [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value], messages
        )

    async def call(self, method: str, headers: list[tuple[bytes, bytes]], messages: Any) -> Response:
        """One request."""
        answered: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return next(messages)

        async def send(message: MutableMapping[str, Any]) -> None:
            answered.append(message)

        scope = {"type": "http", "method": method, "path": "/graphql", "headers": headers, "client": ("192.0.2.1", 1)}
        await self.endpoint(scope, receive, send)
        if not answered:
            return Response(0, {}, b"")
        start, body = answered
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Response(start["status"], found, body["body"])


@asynccontextmanager
async def client_on(url: str) -> AsyncIterator[Client]:
    """A client of an endpoint that knows one reviewer and nobody else."""
    async with world_on(url) as world:
        viewers = {"reviewer": world.ours.viewer(Role.REVIEWER)}

        async def viewer_of(authorization: str | None) -> Viewer:
            if authorization is None:
                return ANONYMOUS
            if authorization not in viewers:
                raise NotAuthenticated
            return viewers[authorization]

        yield Client(GraphQLEndpoint(world.engine, viewer_of), world)
