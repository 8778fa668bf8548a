"""Clients as they connect: how long each is waited for, how many there may be, and how much is kept for them at once.

uvicorn waits for a client as long as it likes. Here each wait has an end, and where room is short, whoever's wait ends
first goes. Whoever waits for us is never turned away.
"""

from __future__ import annotations

import asyncio
import os
import resource
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.limits import BODY_BYTES_MAX
from api.settings import Settings

HEAD_BYTES_MAX: Final = 65_536
HEADERS_MAX: Final = 100
PIPELINED_MAX: Final = 16
PROGRESS_BYTES: Final = 65_536  # of a body: it is waited for anew
UNSENT_BYTES: Final = 16_384  # from here on an answer that is not taken counts as kept
KEPT_MAX: Final = BODY_BYTES_MAX + UNSENT_BYTES  # of one body: an upload is stored as it comes, and never kept whole
DESCRIPTORS_SPARE: Final = 48  # for databases, files and whoever is being turned away
CLIENTS_MIN: Final = 4
LOOKS_EACH: Final = 4  # within the shortest wait


class Wait(Enum):
    """What of a client is waited for."""

    REQUEST = auto()
    HEAD = auto()
    BODY = auto()
    TAKING = auto()  # of its answer
    NOTHING = auto()  # it waits for us


class TooMuch(Exception):
    """Too many headers, requests before their answers are taken, or a client that was turned away: read no further."""


@dataclass
class Room:
    """What all clients of a server share."""

    settings: Settings
    kept: int = 0
    clients: set[Client] = field(default_factory=set)
    _looking: bool = False

    def __post_init__(self) -> None:
        settings = self.settings
        self.clients_max = min(settings.connections_max, _clients_by_descriptors(settings.connections_max))
        self.seconds = {
            Wait.REQUEST: settings.idle_seconds,
            Wait.HEAD: settings.head_seconds,
            Wait.BODY: settings.body_seconds,
            Wait.TAKING: settings.answer_seconds,
            Wait.NOTHING: inf,
        }
        self._pause = min(1.0, min(self.seconds.values()) / LOOKS_EACH)

    def enter(self, client: Client) -> bool:
        """Let a client in, where it is full in place of the one whose wait ends first. False: nobody can go."""
        if len(self.clients) >= self.clients_max:
            first = min(self.clients, key=_until)
            if first.until == inf:
                return False
            first.turn_away(503)
        self.clients.add(client)
        if not self._looking:
            self._looking = True
            client.loop.call_later(self._pause, self._look, client.loop)
        return True

    def leave(self, client: Client) -> None:
        """Forget a client and what was kept for it."""
        self.keep(client, 0)
        self.clients.discard(client)

    def keep(self, client: Client, size: int) -> None:
        """Count what is kept for a client; while it is too much, turn away of those kept for whose wait ends first."""
        self.kept += size - client.kept
        client.kept = size
        while size and self.kept > self.settings.bytes_in_flight_max:
            first = min((other for other in self.clients if other.kept), key=_until)
            (client if first.until == inf else first).turn_away(503)
            size = client.kept

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up each client that let us wait too long. One look at all costs less than a timer for each request."""
        now = loop.time()
        for client in tuple(self.clients):
            client.look(now)
            if client.until < now:
                client.turn_away(408)
        self._looking = bool(self.clients)
        if self._looking:
            loop.call_later(self._pause, self._look, loop)


class Client(HttpToolsProtocol):
    """uvicorn's connection, which tells what it waits for."""

    room: Room

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.kept = 0
        self._wait, self._wait_since = Wait.REQUEST, self.loop.time()
        self._head_bytes = 0
        self._body_bytes = 0
        self._unsent_since: float | None = None
        self._is_gone = False

    @property
    def until(self) -> float:
        """When the wait for it ends."""
        if self._unsent_since is not None:
            return self._unsent_since + self.room.seconds[Wait.TAKING]
        return self._wait_since + self.room.seconds[self._wait]

    def look(self, now: float) -> None:
        """Notice what uvicorn does not tell: an answer that is not taken, and that it is we who do not read."""
        if not self.transport.get_write_buffer_size():
            self._unsent_since = None
        elif self._unsent_since is None:
            self._unsent_since = now
        if self._wait is Wait.BODY and self.flow.read_paused:
            self._wait_since = now

    def turn_away(self, status: int) -> None:
        """Answer so where nothing was answered yet, and be rid of it."""
        is_owed = self._is_owed(status)
        self._forgotten()
        if is_owed and not self.transport.get_write_buffer_size():
            head = [STATUS_LINE[status], b"content-length: 0\r\nconnection: close\r\n"]
            head.append(b"retry-after: 1\r\n\r\n" if status == 503 else b"\r\n")
            self.transport.write(b"".join(head))
            self.transport.close()
        else:
            self.transport.abort()

    def _is_owed(self, status: int) -> bool:
        """Whether it sent what is not answered, or has just come: an answer that nobody asked for misleads."""
        cycle: RequestResponseCycle | None = self.cycle
        if self._wait is Wait.BODY:
            return cycle is not None and not cycle.response_started and not self.pipeline
        return self._wait is Wait.HEAD or (cycle is None and status == 503)

    def send_400_response(self, msg: str) -> None:
        if not self._is_gone:
            self._forgotten()
            super().send_400_response(msg)

    def _forgotten(self) -> None:
        self._is_gone = True
        self.room.leave(self)

    # --- what uvicorn tells
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=UNSENT_BYTES)
        if not self.room.enter(self):
            self.turn_away(503)

    def connection_lost(self, exc: Exception | None) -> None:
        self.room.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_gone:
            return
        if self._wait is Wait.REQUEST:
            self._wait_for(Wait.HEAD)
        if self._wait is Wait.HEAD:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._wait is Wait.HEAD and not self._is_gone:
            self._keep_head()

    def _keep_head(self) -> None:
        if self._head_bytes > HEAD_BYTES_MAX:
            self.turn_away(431)
        else:
            self.room.keep(self, self._head_bytes)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._wait is Wait.BODY:
            return  # a trailer, which nobody reads
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            self.turn_away(431)
            raise TooMuch

    def on_headers_complete(self) -> None:
        if self._is_gone or len(self.pipeline) >= PIPELINED_MAX:
            raise TooMuch
        self._head_bytes = self._body_bytes = 0
        self._wait_for(Wait.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.cycle.response_complete and not self._is_gone:
            if self._body_bytes // PROGRESS_BYTES < (self._body_bytes + len(body)) // PROGRESS_BYTES:
                self._wait_for(Wait.BODY)
            self._body_bytes += len(body)
            super().on_body(body)
            self.room.keep(self, min(self._body_bytes, KEPT_MAX))

    def on_message_complete(self) -> None:
        self._wait_for(Wait.REQUEST if self.cycle.response_complete else Wait.NOTHING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self.cycle.body = bytearray()  # of a body that nobody read: uvicorn keeps it until the next request
            if self._wait is Wait.NOTHING:
                self._wait_for(Wait.REQUEST)
        self.room.keep(self, 0)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self._is_gone:
            self._unsent_since = self.loop.time()
            self.room.keep(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._unsent_since = None
        self.room.keep(self, 0)
        super().resume_writing()

    def _wait_for(self, wait: Wait) -> None:
        self._wait, self._wait_since = wait, self.loop.time()


def client_protocol(settings: Settings) -> type[Client]:
    """The connection of one server, whose clients share a room."""
    return cast("type[Client]", type("RoomClient", (Client,), {"room": Room(settings)}))


def _until(client: Client) -> float:
    return client.until


def _clients_by_descriptors(wanted: int) -> int:
    """How many clients this process has descriptors for, a file for each beside its connection; more if it may."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = len(os.listdir("/dev/fd")) + DESCRIPTORS_SPARE
    if few < (needed := 2 * wanted + spare):
        with suppress(OSError, ValueError):  # what the system does not give is not had
            few = min(needed, most) if most != resource.RLIM_INFINITY else needed
            resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
        few = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(CLIENTS_MIN, (few - spare) // 2)
