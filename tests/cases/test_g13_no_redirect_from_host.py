"""No answer sends anybody on to a host that the request named."""

from __future__ import annotations

from typing import Final

import pytest

from tests.world import World

_PATHS: Final = (
    "/graphql/", "/graphql//", "/documents/", "/health/", "/register/", "/register//", "/badges/", "/badges",
    "/.well-known/signet-keys.json/", "//evil.test/", "//evil.test/graphql/", "/register/dump/", "/graphql/?x=1",
)  # fmt: skip
_HEADS: Final = (
    {"host": "evil.test"},
    {"host": "evil.test", "x-forwarded-host": "evil.test", "x-forwarded-proto": "https"},
    {"host": "evil.test:80@good.test"},
)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", _PATHS)
async def test_g13_nobody_is_sent_on_to_the_host_that_the_request_names(world: World, method: str, path: str) -> None:
    for head in _HEADS:
        response = await world.client.request(method, f"http://signet.test{path}", headers=head)

        assert not 300 <= response.status_code < 400, response.headers
        assert response.status_code < 500
        assert "evil.test" not in response.text
        assert all("evil.test" not in value for value in response.headers.values())


async def test_g13_links_are_built_from_the_setting_alone(world: World) -> None:
    provider = await world.provider()
    await provider.badged()
    found = await world.public.ask("{ registerEntries(first: 100) { nodes { number badge { id } } } }")
    badges = [one for one in found["registerEntries"]["nodes"] if one["badge"]]

    for path in (f"/register/{badges[0]['number']}", f"/badges/{badges[0]['badge']['id']}", "/register/dump"):
        told = await world.client.get(path, headers={"host": "evil.test"})
        assert told.status_code == 200
        assert "evil.test" not in told.text
