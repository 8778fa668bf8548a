"""A thousand clients that keep a server waiting: in a process of its own, whose memory is looked at."""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.cases.raw_clients import HEAD, WHOLE, Served, started
from tests.databases import Databases

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MEMORY_MAX: Final = 64 << 20
SLOW: Final = 1_000
KINDS: Final = {
    "silent": b"",
    "half heads": HEAD,
    "long half heads": HEAD + b"X-A: " + b"b" * 60_000,
    "many half headers": HEAD + b"a:b\r\n" * 90,
    "half bodies": HEAD + b"Content-Length: 1000\r\n\r\n{",
    "long half bodies": HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 900_000,
    "long half uploads": HEAD.replace(b"graphql", b"documents") + b"Content-Length: 4000000\r\n\r\n" + b" " * 3_900_000,
    "pipelines": WHOLE * 16 + HEAD,
}


def memory(pid: int, kind: str) -> int:
    """VmRSS: what a process takes; VmHWM: the most it ever took."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == kind:
            return int(value.split()[0]) * 1024
    raise LookupError(kind)


@pytest.fixture
def many_descriptors() -> None:
    """Enough of them for this side of the connections."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 3 * SLOW:
        pytest.skip("too few descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(few, 3 * SLOW), most))


async def warmed(server: Served) -> None:
    for _ in range(50):
        assert (await server.answers()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\n{"], ids=["silent", "heads", "bodies"])
async def test_g11_few_descriptors_still_let_others_in(own_database_url: str, tmp_path: Path, sent: bytes) -> None:
    async with started(own_database_url, tmp_path, descriptors=128) as (server, _):
        for _ in range(200):
            await server.client(sent)
        others = [await server.answers() for _ in range(20)]

    assert {answer[:15] for answer in others} == {b"HTTP/1.1 200 OK"}


async def weighed(server: Served, pid: int, kinds: Sequence[bytes]) -> int:
    """What a thousand clients of these kinds take, others being served meanwhile; it returns when all are gone."""
    await warmed(server)
    before = memory(pid, "VmRSS")
    clients = []
    for number in range(SLOW):
        clients.append(await server.client(kinds[number % len(kinds)]))
        if number % 20 == 0:
            assert (await server.answers()).startswith(b"HTTP/1.1 200")
    for client in clients:
        await client.rest()
    assert (await server.answers()).startswith(b"HTTP/1.1 200")
    return memory(pid, "VmHWM") - before


@pytest.mark.long
@pytest.mark.usefixtures("many_descriptors")
async def test_g11_a_thousand_slow_clients_take_little_and_are_gone(own_database_url: str, tmp_path: Path) -> None:
    async with started(own_database_url, tmp_path, descriptors=4_096) as (server, pid):
        assert await weighed(server, pid, list(KINDS.values())) <= MEMORY_MAX


@pytest.mark.long
@pytest.mark.usefixtures("many_descriptors")
@pytest.mark.parametrize("sent", KINDS.values(), ids=KINDS)
async def test_g11_a_thousand_of_each_kind_take_little(databases: Databases, tmp_path: Path, sent: bytes) -> None:
    url, short = databases.migrated("sqlite"), {"idle_seconds": 4, "head_seconds": 4, "body_seconds": 4}
    async with started(url, tmp_path, descriptors=4_096, **short) as (server, pid):
        assert await weighed(server, pid, [sent]) <= MEMORY_MAX
