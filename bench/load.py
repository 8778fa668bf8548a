"""The load: raw HTTP over kept connections, each sending its next request when it has its answer.

A process of its own. It reads one job as JSON from the standard input and writes what it saw to the standard output.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final, cast

import orjson
import uvloop

from bench.servers import on_core

_LENGTH: Final = b"content-length: "


@dataclass(frozen=True)
class Seen:
    """What one round saw."""

    requests: int
    failures: int  # answers without what each must hold
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def run(port: int, connections: Sequence[Sequence[bytes]], seconds: float, must_hold: bytes) -> Seen:
    """Let each connection send its requests, from the first again when they are used up."""
    job = {
        "port": port,
        "seconds": seconds,
        "must_hold": must_hold.decode(),
        "connections": [[b64encode(one).decode() for one in requests] for requests in connections],
    }
    with on_core(0):
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=orjson.dumps(job),
            stdout=subprocess.PIPE,
            check=True,
            cwd=Path(__file__).parent.parent,
        )
    return Seen(**orjson.loads(done.stdout))


def http(path: str, body: bytes, token: str | None = None) -> bytes:
    """A POST of JSON, as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", "accept: application/json"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class _Connection(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, requests: list[bytes], ends_at: float, must_hold: bytes) -> None:
        self._requests, self._ends_at, self._must_hold = requests, ends_at, must_hold
        self._next, self._sent_at, self._buffer = 0, 0.0, b""
        self.latencies: list[float] = []
        self.failures = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._buffer.find(_LENGTH) + len(_LENGTH)
        whole = end + 4 + int(self._buffer[at : self._buffer.find(b"\r", at)])
        if len(self._buffer) < whole:
            return
        now = perf_counter()
        self.latencies.append(now - self._sent_at)
        self.failures += self._must_hold not in self._buffer
        self._buffer = self._buffer[whole:]
        if now >= self._ends_at:
            self._end()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.failures += 1
            self._end()

    def _send(self) -> None:
        self._sent_at = perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1

    def _end(self) -> None:
        self._transport.close()
        if not self.done.done():
            self.done.set_result(None)


async def _round(job: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    lists = [[b64decode(one) for one in requests] for requests in job["connections"]]
    began = perf_counter()
    ends_at, must_hold = began + job["seconds"], job["must_hold"].encode()
    made = [
        await loop.create_connection(lambda each=each: _Connection(each, ends_at, must_hold), "127.0.0.1", job["port"])  # type: ignore[misc]
        for each in lists
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    seconds = perf_counter() - began
    latencies = sorted(latency for _, protocol in made for latency in protocol.latencies)
    return {
        "requests": len(latencies),
        "failures": sum(protocol.failures for _, protocol in made),
        "seconds": seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(_round(orjson.loads(sys.stdin.buffer.read())))))
