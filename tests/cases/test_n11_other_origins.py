"""Pages of another origin may call the API from a browser where a setting names their origin; never with cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx2
import pytest
from pydantic import ValidationError

from tests.world import World, opened_world, settings_for

NAMED: Final = ("https://desk.example.cn", "http://localhost:5173")
OTHERS: Final = (
    "https://evil.example.cn", "null", "*", "", "http://desk.example.cn", "https://desk.example.cn:8443",
    "https://desk.example.cn/", "https://DESK.example.cn", "https://desk.example.cn.evil.test", "https://a.desk.example.cn",
    NAMED[0] + ", " + NAMED[1], "https://desk.example.cn%00",
)  # fmt: skip
PATHS: Final = ("/graphql", "/documents")
PREFLIGHT: Final = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,accept-language",
}


@pytest.fixture
async def open_world(database_url: str) -> AsyncIterator[World]:
    """A deployment that two origins may call."""
    async with opened_world(database_url, cors_origins=NAMED) as made:
        yield made


async def preflight(world: World, path: str, origin: str, **more: str) -> httpx2.Response:
    headers = {"origin": origin, **PREFLIGHT, **{name.replace("_", "-"): value for name, value in more.items()}}
    return await world.client.request("OPTIONS", path, headers=headers)


def allowed(response: httpx2.Response) -> str | None:
    """The origin that a browser is told may read it."""
    assert "access-control-allow-credentials" not in response.headers
    found: str | None = response.headers.get("access-control-allow-origin")
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", NAMED)
async def test_n11_a_page_of_a_named_origin_may_call(open_world: World, path: str, origin: str) -> None:
    first = await preflight(open_world, path, origin)
    then = await open_world.client.post(path, json={"query": "{ __typename }"}, headers={"origin": origin})

    assert (first.status_code, allowed(first), allowed(then)) == (200, origin, origin)
    assert "POST" in first.headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= set(first.headers["access-control-allow-headers"].lower().split(", "))
    assert "origin" in then.headers["vary"].lower()
    assert "retry-after" in then.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", OTHERS)
async def test_n11_a_page_of_another_origin_may_not(open_world: World, path: str, origin: str) -> None:
    first = await preflight(open_world, path, origin)
    then = await open_world.client.post(path, json={"query": "{ __typename }"}, headers={"origin": origin})

    assert first.status_code == 400
    assert (allowed(first), allowed(then)) == (None, None)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [*NAMED, "null", "*"])
async def test_n11_where_none_is_named_no_page_may(world: World, path: str, origin: str) -> None:
    first = await preflight(world, path, origin)
    then = await world.client.post(path, json={"query": "{ __typename }"}, headers={"origin": origin})

    assert first.status_code == 405
    assert (allowed(first), allowed(then)) == (None, None)


@pytest.mark.parametrize(
    "more",
    [
        {"access_control_request_method": "DELETE"},
        {"access_control_request_method": "GET"},
        {"access_control_request_headers": "x-admin"},
        {"access_control_request_headers": "cookie"},
    ],
)
async def test_n11_a_named_origin_may_only_post_with_a_token(open_world: World, more: dict[str, str]) -> None:
    response = await preflight(open_world, "/graphql", NAMED[0], **more)

    assert response.status_code == 400


async def test_n11_a_page_reads_why_it_was_refused(open_world: World) -> None:
    answers = [
        await open_world.client.post("/graphql", json=[], headers={"origin": NAMED[0]}),
        await open_world.client.post("/graphql", json={}, headers={"origin": NAMED[0], "authorization": "Bearer x"}),
        await open_world.client.post("/documents", headers={"origin": NAMED[0]}),
    ]

    assert [answer.status_code for answer in answers] == [400, 401, 401]
    assert {allowed(answer) for answer in answers} == {NAMED[0]}


async def test_n11_the_public_register_stays_open_to_every_page(open_world: World) -> None:
    for origin in (*NAMED, OTHERS[0]):
        assert allowed(await open_world.client.get("/register", headers={"origin": origin})) == "*"


@pytest.mark.parametrize("path", ["/health", "/"])
async def test_n11_what_is_not_for_pages_is_not_opened(open_world: World, path: str) -> None:
    assert allowed(await open_world.client.get(path, headers={"origin": NAMED[0]})) is None


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "", "desk.example.cn", "https://desk.example.cn/", "https://Desk.example.cn", "https://*.example.cn",
     "ftp://desk.example.cn", "https://desk.example.cn:443", "http://desk.example.cn:80", "https://a@desk.example.cn",
     "https://desk.example.cn/app", "https://", "https://desk.example.cn\n"],
)  # fmt: skip
def test_n11_what_no_browser_sends_is_refused_as_an_origin(origin: str) -> None:
    with pytest.raises(ValidationError, match="cors_origins"):
        settings_for("sqlite://", cors_origins=(origin,))
