"""Whoever keeps the server waiting is gone in time, takes little of it, and keeps nobody else out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.clients import HEAD_BYTES_MAX, HEADERS_MAX, PIPELINED_MAX
from tests.cases.raw_clients import HEAD, WHOLE, Served, served

SHORT: Final[dict[str, Any]] = {"idle_seconds": 0.4, "head_seconds": 0.4, "body_seconds": 0.4, "answer_seconds": 0.6}
MANY: Final = 20
NONE: list[bytes] = []
TOLD, ANSWERED, BOTH = [b"408"], [b"200"], [b"200", b"408"]
HALVES: Final = {
    "silent": (b"", NONE),
    "a line end": (b"\r\n", TOLD),
    "half a method": (b"PO", TOLD),
    "half a head": (HEAD, TOLD),
    "half a header": (HEAD + b"Authorization: Bea", TOLD),
    "half a body": (HEAD + b'Content-Length: 1000\r\n\r\n{"query": ', TOLD),
    "no body": (HEAD + b"Content-Length: 1000\r\n\r\n", TOLD),
    "a body to be asked for": (HEAD + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n", [b"100", b"408"]),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{", TOLD),
    "no last chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", TOLD),
    "an upgrade": (HEAD + b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 9\r\n\r\n{", [b"400"]),
    "nothing more after an answer": (WHOLE, ANSWERED),
    "half a second head": (WHOLE + HEAD, ANSWERED),
    "half a second body": (WHOLE + HEAD + b"Content-Length: 9\r\n\r\n{", BOTH),
    "half a body where none is read": (b"GET /register HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", ANSWERED),
    "half a body that is refused": (b"POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", [b"404"]),
}
DRIPS: Final = {
    "a head without end": (HEAD, b"X-A: b\r\n"),
    "a header without end": (HEAD + b"X-A: ", b"b"),
    "a body byte by byte": (HEAD + b"Content-Length: 900000\r\n\r\n", b" "),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
    "a body after its refusal": (HEAD.replace(b"json", b"text") + b"Content-Length: 900000\r\n\r\n", b" "),
}


@pytest.fixture
async def short(database_url: str) -> AsyncIterator[Served]:
    """A server with little patience."""
    async with served(database_url, **SHORT) as made:
        yield made


@pytest.mark.parametrize(("sent", "statuses"), HALVES.values(), ids=HALVES)
async def test_g11_who_sends_half_is_gone_in_time_while_others_are_served(
    short: Served, sent: bytes, statuses: list[bytes]
) -> None:
    slow = [await short.client(sent) for _ in range(MANY)]
    others = [await short.answers() for _ in range(3)]
    told = await asyncio.gather(*(client.rest() for client in slow))
    await short.until(0)

    assert [answer[:15] for answer in others] == [b"HTTP/1.1 200 OK"] * 3
    assert [re.findall(rb"HTTP/1.1 (\d+)", answer) for answer in told] == [statuses] * MANY


@pytest.mark.parametrize(("begun", "more"), DRIPS.values(), ids=DRIPS)
async def test_g11_who_sends_little_by_little_is_gone_in_time(short: Served, begun: bytes, more: bytes) -> None:
    slow = [await short.client(begun) for _ in range(5)]

    told = await asyncio.gather(*(client.drip(more) for client in slow))
    await short.until(0)

    assert all(answer.startswith(b"HTTP/1.1 4") for answer in told)
    assert (await short.answers()).startswith(b"HTTP/1.1 200")


async def test_g11_who_sends_steadily_is_served_however_long_it_takes(database_url: str) -> None:
    body = b'{"query": "{ __typename }"}'.ljust(600_000)
    async with served(database_url, **SHORT) as server:
        client = await server.client(HEAD + b"Content-Length: 600000\r\nConnection: close\r\n\r\n")
        for first in range(0, len(body), 66_000):
            await client.send(body[first : first + 66_000])
            await asyncio.sleep(0.15)
        answer = await client.rest()

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("window", [1, 4_096, 65_536])
async def test_g11_who_takes_no_answer_is_gone_in_time(database_url: str, tmp_path: Path, window: int) -> None:
    (tmp_path / "register.jsonl").write_bytes(b"x" * 30_000_000)
    asked = b"GET /register/dump/register.jsonl HTTP/1.1\r\nHost: signet\r\n\r\n"
    async with served(database_url, dump_folder=tmp_path, **SHORT) as server:
        slow = [await server.client(asked, window=window) for _ in range(5)]
        other = await server.answers()
        await server.until(0)
        taken = [len(await client.rest()) for client in slow]
        whole = await server.answers(asked)

    assert other.startswith(b"HTTP/1.1 200")
    assert max(taken) < 30_000_000 < len(whole)


@pytest.mark.parametrize(
    "sent", [b"", HEAD, HEAD + b"Content-Length: 99\r\n\r\n{", WHOLE], ids=["silent", "head", "body", "idle"]
)
async def test_g11_where_it_is_full_the_one_waited_for_makes_room(database_url: str, sent: bytes) -> None:
    async with served(database_url, connections_max=8) as server:
        most = 0
        for _ in range(30):
            await server.client(sent)
            assert (await server.answers()).startswith(b"HTTP/1.1 200")
            most = max(most, server.connected)

    assert most <= 8


async def test_g11_whoever_waits_for_us_is_never_turned_away_and_a_new_one_is_told_when_to_come_again() -> None:
    all_here, may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            all_here.release()
            await may_answer.wait()
            await PlainTextResponse("done")(scope, receive, send)
        else:
            await Starlette()(scope, receive, send)

    async with served("sqlite://", app=app, connections_max=4, **SHORT) as server:
        waiting = [await server.client(WHOLE) for _ in range(4)]
        for _ in waiting:
            await all_here.acquire()
        late = [await server.answers() for _ in range(3)]
        await asyncio.sleep(2 * SHORT["body_seconds"])
        may_answer.set()
        answers = [await client.rest() for client in waiting]

    assert {answer[:12] for answer in late} == {b"HTTP/1.1 503"}
    assert all(b"retry-after: 1\r\n" in answer for answer in late)
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 200"}


async def test_g11_bodies_that_are_not_whole_are_kept_within_bounds(database_url: str) -> None:
    part = HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 900_000
    async with served(database_url, bytes_in_flight_max=4_000_000) as server:
        clients = []
        for _ in range(MANY):
            clients.append(await server.client(part))
            assert (await server.answers()).startswith(b"HTTP/1.1 200")
        await server.until(4)
        told = [await client.rest() for client in clients[:-4]]

    assert {answer[:12] for answer in told} <= {b"HTTP/1.1 503", b""}


async def test_g11_answers_that_are_not_taken_are_kept_within_bounds(database_url: str) -> None:
    query = b"{ __schema { types { name description fields { name description args { name description } } } } }"
    body = b'{"query": "%s"}' % query
    asked = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    async with served(database_url, bytes_in_flight_max=4_000_000) as server:
        for _ in range(MANY):
            await server.client(asked * PIPELINED_MAX, window=1)
            assert (await server.answers()).startswith(b"HTTP/1.1 200")
            assert server.kept <= 4_000_000


@pytest.mark.parametrize(
    "more", [b"X-A: " + b"b" * HEAD_BYTES_MAX, b"X-" + b"a" * HEAD_BYTES_MAX, b"a:b\r\n" * (HEADERS_MAX + 1)]
)
async def test_g11_a_head_is_not_read_beyond_its_bounds(short: Served, more: bytes) -> None:
    clients = [await short.client(HEAD + more) for _ in range(MANY)]

    assert {(await client.rest())[:12] for client in clients} == {b"HTTP/1.1 431"}
    assert short.kept == 0


@pytest.mark.parametrize("times", [PIPELINED_MAX + 2, 1_000])
async def test_g11_requests_do_not_pile_up_before_their_answers(short: Served, times: int) -> None:
    client = await short.client(WHOLE * times)

    told = await client.rest()
    assert 0 < told.count(b"HTTP/1.1 ") <= PIPELINED_MAX + 2
    assert (await short.answers()).startswith(b"HTTP/1.1 200")


async def test_g11_requests_one_after_the_other_are_all_answered(short: Served) -> None:
    client = await short.client(WHOLE * PIPELINED_MAX)

    told = await client.rest()

    assert told.count(b"HTTP/1.1 200") == PIPELINED_MAX
