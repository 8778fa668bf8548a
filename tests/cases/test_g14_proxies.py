"""What a request says of where it comes from is believed of the proxies that are named, and of nobody else."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

import pytest
from pydantic import ValidationError

from tests.cases.raw_clients import HEAD, Served, served
from tests.world import settings_for

LIMIT: Final = 3
_numbers: Final = count()
SAID: Final = {
    "another address each time": b"X-Forwarded-For: 203.0.113.%d\r\n",
    "a chain": b"X-Forwarded-For: 203.0.113.%d, 127.0.0.1\r\n",
    "two headers": b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.%d\r\n",
    "no address": b"X-Forwarded-For: somebody%d\r\n",
    "with the protocol": b"X-Forwarded-Proto: https\r\nX-Forwarded-For: [2001:db8::%d]:443\r\n",
}


async def statuses(server: Served, said: bytes, number: int = 2 * LIMIT) -> list[bytes]:
    """What as many new documents are answered, each sent with the next number in its header."""
    found = []
    for place in range(1, number + 1):
        body = b'{"query": "{ a%d: __typename }"}' % next(_numbers)
        extra = said % place if b"%d" in said else said
        answer = await server.answers(HEAD + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        found.append(answer[9:12])
    return found


def few(**more: Any) -> dict[str, Any]:
    return {"anonymous_unknown_documents_per_minute": LIMIT, **more}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",), ("127.0.0.2", "::1")])
async def test_g14_nobody_is_believed_who_is_not_named(
    database_url: str, trusted: tuple[str, ...], said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own
    async with served(database_url, **few(trusted_proxies=trusted)) as server:
        found = await statuses(server, said)

    assert found == [b"200"] * LIMIT + [b"429"] * LIMIT


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0"])
async def test_g14_a_named_proxy_is_believed(database_url: str, trusted: str) -> None:
    async with served(database_url, **few(trusted_proxies=(trusted,))) as server:
        found = await statuses(server, SAID["another address each time"])

    assert found == [b"200"] * 2 * LIMIT


async def test_g14_of_a_chain_only_what_a_named_proxy_added_is_believed(database_url: str) -> None:
    async with served(database_url, **few(trusted_proxies=("127.0.0.1",))) as server:
        found = await statuses(server, b"X-Forwarded-For: 203.0.113.%d, 198.51.100.7\r\n")

    assert found == [b"200"] * LIMIT + [b"429"] * LIMIT


@pytest.mark.parametrize("trusted", ["*", "proxy.example.cn", "10.0.0.1/8", ""])
def test_g14_what_is_no_address_names_no_proxy(trusted: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        settings_for("sqlite://", trusted_proxies=(trusted,))
