"""Clients that write bytes as they like, and the real server that they write to."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from api.commands.serve import Server, server_of
from tests.world import KEYS, settings_for

HEAD = b"POST /graphql HTTP/1.1\r\nHost: signet\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: 27\r\n\r\n" + b'{"query": "{ __typename }"}'
ROOT = Path(__file__).resolve().parents[2]
GUARD_SECONDS = 60  # ends a test that waits for what never comes


@dataclass
class Served:
    """A server on a free port of this machine."""

    server: Server | None
    address: tuple[str, int]
    opened: list[Raw] = field(default_factory=list)

    @property
    def connected(self) -> int:
        """How many connections it has."""
        assert self.server is not None
        return len(self.server.server_state.connections)

    @property
    def kept(self) -> int:
        """How many bytes it keeps for its clients."""
        assert self.server is not None
        protocol: Any = self.server.config.http_protocol_class
        return int(protocol.room.kept)

    async def client(self, sent: bytes = b"", *, window: int | None = None) -> Raw:
        """A connection on which some bytes were written; `window`: how little it takes at once."""
        made = socket.socket()
        made.setblocking(False)
        if window is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        await asyncio.get_running_loop().sock_connect(made, self.address)
        raw = Raw(made)
        self.opened.append(raw)
        await raw.send(sent)
        return raw

    async def answers(self, sent: bytes = WHOLE) -> bytes:
        """What somebody else is answered, on a connection of their own."""
        raw = await self.client(sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        return await raw.rest()

    async def until(self, connected: int) -> None:
        """Wait until it has no more connections than that."""
        async with asyncio.timeout(GUARD_SECONDS):
            while self.connected > connected:  # noqa: ASYNC110 - a server does not tell who left
                await asyncio.sleep(0.05)


@dataclass(eq=False)
class Raw:
    """One connection."""

    made: socket.socket

    async def send(self, data: bytes) -> None:
        """Write; a server that has gone meanwhile is no fault of the client."""
        with suppress(ConnectionError, BrokenPipeError):
            await asyncio.get_running_loop().sock_sendall(self.made, data)

    async def rest(self) -> bytes:
        """What comes until the server ends the connection."""
        parts: list[bytes] = []
        async with asyncio.timeout(GUARD_SECONDS):
            with suppress(ConnectionError):
                while part := await asyncio.get_running_loop().sock_recv(self.made, 1 << 16):
                    parts.append(part)
        return b"".join(parts)

    async def drip(self, data: bytes) -> bytes:
        """Write the same little again and again until the server ends the connection; what it said."""
        answer = asyncio.create_task(self.rest())
        while not answer.done():
            await self.send(data)
            await asyncio.sleep(0.02)
        return await answer


@asynccontextmanager
async def started(
    database_url: str, folder: Path, *, descriptors: int, **more: object
) -> AsyncIterator[tuple[Served, int]]:
    """A server in a process of its own that may open so many files and connections, and its id."""
    given = {f"SIGNET_KEYS__{name.upper()}": secret.get_secret_value() for name, secret in KEYS}
    given |= {f"SIGNET_{name.upper()}": str(value) for name, value in more.items()}
    program = f"{shlex.quote(sys.executable)} -c 'from api.cli import app; app()'"
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", f"ulimit -n {descriptors}; exec {program} serve --port 0",
        cwd=folder,
        env={**os.environ, **given, "PYTHONPATH": str(ROOT), "SIGNET_DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        port = int(line.split()[-1].removesuffix("/graphql").rpartition(":")[2])
        yield Served(None, ("127.0.0.1", port)), process.pid
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def served(database_url: str, *, app: ASGIApp | None = None, **more: Any) -> AsyncIterator[Served]:
    """A server as `signet serve` starts it, without a worker; `app`: something simpler behind the same doors."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = settings_for(database_url, port=0, worker=False, **more)
    server = server_of(settings, told.set_result)
    server.config.app = app or server.config.app
    running = asyncio.create_task(server.serve())
    try:
        url = await told
        found = Served(server, ("127.0.0.1", int(url.rpartition(":")[2])))
        yield found
        for raw in found.opened:
            raw.made.close()
    finally:
        server.should_exit = True
        await running
