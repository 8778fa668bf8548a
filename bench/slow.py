"""A thousand clients that keep the server waiting, and how long others then wait."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import quantiles
from typing import Final

from bench.servers import Server

CLIENTS: Final = 1_000
ASKED: Final = 300
_QUESTION: Final = b'{"query":"{ __typename }"}'
_HEAD: Final = b"POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
_KINDS: Final = {
    "nobody": None,
    "silent": b"",
    "half heads": _HEAD + b"X-A: " + b"b" * 1_000,
    "half bodies": _HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 100_000,
}


@dataclass(frozen=True)
class Waited:
    """How long others waited beside clients of one kind, what these took, and when the last was gone."""

    name: str
    p50_ms: float
    p99_ms: float
    growth_mb: float
    gone_seconds: float


def waited(server: Server) -> list[Waited]:
    """Each kind in turn; `nobody` is the measure of the others."""
    server.resume()
    return [_waited(server, name, sent) for name, sent in _KINDS.items()]


def _waited(server: Server, name: str, sent: bytes | None) -> Waited:
    before, began = server.memory_mb(), time.perf_counter()
    with ExitStack() as stack:
        clients = [] if sent is None else [_client(stack, server, sent) for _ in range(CLIENTS)]
        times = sorted(_asked(server) for _ in range(ASKED))
        growth = server.memory_mb() - before
        for client in clients:
            _rest(client)
        gone = time.perf_counter() - began if clients else 0.0
    cuts = quantiles(times, n=100)
    return Waited(name, cuts[49] * 1_000, cuts[98] * 1_000, growth, gone)


def _client(stack: ExitStack, server: Server, sent: bytes) -> socket.socket:
    client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", server.port), timeout=120)))
    client.sendall(sent)
    return client


def _rest(client: socket.socket) -> None:
    try:
        while client.recv(65_536):
            pass
    except ConnectionError:
        return


def _asked(server: Server) -> float:
    """Seconds until somebody new is answered."""
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        connection.request("POST", "/graphql", _QUESTION, {"content-type": "application/json"})
        connection.getresponse().read()
    return time.perf_counter() - began
