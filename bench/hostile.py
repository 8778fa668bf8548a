"""Hostile requests: what a server spends on them, at one size and at twice that size.

Work that is linear in size doubles at most. A request over a limit is refused sooner and costs less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Final

import orjson

from bench.servers import Server

_CPU_SECONDS_MIN: Final = 0.4  # below it the ticks of the clock would show
_REPEATS_MAX: Final = 400


@dataclass(frozen=True)
class Spent:
    """What one kind of request cost at one size."""

    name: str
    size: str
    kilobytes: float
    status: int
    code: str
    cpu_ms: float
    peak_growth_mb: float


def bomb(paths_log2: int, number: int) -> bytes:
    """Fragments that each spread the next twice: 2^n paths in n lines."""
    fragments = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(paths_log2)]
    return _query(f"query Q{number} {{ ...F0 }} {' '.join(fragments)} fragment F{paths_log2} on Query {{ __typename }}")


def aliases(count: int, number: int) -> bytes:
    """One field under many names."""
    return _query(f"query Q{number} {{ {' '.join(f'a{i}: __typename' for i in range(count))} }}")


def nesting(depth: int, number: int) -> bytes:
    """Selections in selections."""
    return _query(f"query Q{number} {{ a" + "{ a" * depth + " }" * depth + " }")


def json_nesting(depth: int, number: int) -> bytes:
    """Lists in lists in the variables."""
    return b'{"query":"query Q%d($a: ID!) { account(id: $a) { id } }","variables":{"a":%s}}' % (
        number,
        b"[" * depth + b"]" * depth,
    )


def long_text(count: int, number: int) -> bytes:
    """One long comment and a field."""
    return _query(f"query Q{number} {{ __typename }} #" + "x" * count)


def numbers(digits: int, number: int) -> bytes:
    """A number of many digits."""
    return _query(f"query Q{number} {{ accounts(first: {'9' * digits}) {{ nodes {{ id }} }} }}")


_KINDS: Final[tuple[tuple[str, str, Callable[[int, int], bytes], tuple[int, ...]], ...]] = (
    ("fragment bomb", "2^{} paths", bomb, (10, 20, 40)),
    ("aliases", "{}", aliases, (5_000, 10_000, 20_000)),
    ("nesting of selections", "{} deep", nesting, (500, 1_000, 10_000)),
    ("nesting of JSON", "{} deep", json_nesting, (500, 1_000, 10_000)),
    ("a long document", "{} characters", long_text, (250_000, 500_000, 999_000)),
    ("a long number", "{} digits", numbers, (1_000, 10_000, 100_000)),
    ("a body over the limit", "{} characters", long_text, (1_000_000, 4_000_000)),
)


def spent(server: Server, token: str) -> list[Spent]:
    """Send every kind, each time as a document that the server has not seen."""
    server.resume()
    return [
        _spent(server, token, name, size.format(f"{each:,}"), partial(make, each))
        for name, size, make, sizes in _KINDS
        for each in sizes
    ]


def _spent(server: Server, token: str, name: str, size: str, make: Callable[[int], bytes]) -> Spent:
    body = make(0)
    status, code = _send(server, token, body)
    peak, before, count = server.memory_mb(peak=True), server.cpu_seconds(), 0
    while count < _REPEATS_MAX and server.cpu_seconds() - before < _CPU_SECONDS_MIN:
        count += 1
        _send(server, token, make(count))
    cpu_ms = (server.cpu_seconds() - before) * 1000 / count
    growth = server.memory_mb(peak=True) - peak
    return Spent(name, size, len(body) / 1000, status, code, cpu_ms, growth)


def _send(server: Server, token: str, body: bytes) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    try:
        connection.request("POST", "/graphql", body, headers)
        response = connection.getresponse()
        answer = orjson.loads(response.read())
    except (BrokenPipeError, ConnectionResetError):  # refused while the body was still on its way
        return 413, "BODY_TOO_LARGE"
    finally:
        connection.close()
    errors = answer.get("errors")
    return response.status, errors[0]["extensions"]["code"] if errors else "answered"


def _query(text: str) -> bytes:
    return orjson.dumps({"query": text})
