"""The public register by plain GET: JSON or a page, in two languages, cached briefly, never a fault (Art. 5, 7)."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode
from typing import Any, Final

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from domain.permission import Badge, RegisterEntry
from tests.world import World

HTML: Final = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def get(world: World, path: str, **headers: str) -> httpx2.Response:
    return await world.client.get(path, headers=headers)


async def number_of(world: World, account_id: str) -> str:
    [row] = await world.rows(RegisterEntry, account_id=account_id)
    return row.number


async def checked(world: World, signed: str) -> dict[str, Any]:
    """The payload of a signature that holds under the published keys, as another library reads them."""
    keys = KeySet.import_key_set((await get(world, "/.well-known/signet-keys.json")).json())
    payload: dict[str, Any] = json.loads(jws.deserialize_compact(signed, keys, algorithms=["EdDSA"]).payload or b"")
    return payload


async def stands(world: World, place: int) -> bool:
    """Whether the signed status list says that the badge at a place stands."""
    told = await checked(world, (await get(world, "/badges/status.json")).json()["jws"])
    listed = told["status_list"]["lst"]
    bits = zlib.decompress(urlsafe_b64decode(listed + "=" * (-len(listed) % 4)))
    return not bits[place // 8] >> place % 8 & 1


async def test_an_entry_is_json_unless_a_page_is_preferred(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed(displayName="示例<b>&号")
    number = await number_of(world, account_id)

    data = await get(world, f"/register/{number}")
    page = await get(world, f"/register/{number.lower()}", **HTML)

    assert data.headers["content-type"] == "application/json"
    assert data.json()["registerEntry"]["number"] == number
    assert data.json()["asOf"] == "2026-03-02T04:00:00Z"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "示例&lt;b&gt;&amp;号" in page.text
    assert "<b>" not in page.text
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_page_is_in_the_language_that_is_asked_for(world: World) -> None:
    chinese = await get(world, "/register", **HTML)
    english = await get(world, "/register", **HTML, **{"accept-language": "en-GB,zh;q=0.3"})
    chosen = await get(world, "/register?lang=en", **HTML)

    assert '<html lang="zh-CN">' in chinese.text
    assert "公众账号公开登记" in chinese.text
    assert "Public register of public accounts" in english.text
    assert "Public register of public accounts" in chosen.text
    assert english.headers["vary"] == "Accept, Accept-Language"


async def test_what_did_not_change_is_not_sent_again(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.badged()
    path = f"/register/{await number_of(world, account_id)}"
    first = await get(world, path)

    world.clock.advance(seconds=40)
    same = await get(world, path, **{"if-none-match": f'"other", {first.headers["etag"]}'})
    [badge] = await world.rows(Badge, account_id=account_id)
    await world.relist(str(badge.licence_number), valid_to=world.clock().date().replace(day=1))
    other = await get(world, path, **{"if-none-match": first.headers["etag"]})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert first.headers["cache-control"] == "max-age=30, must-revalidate"
    assert (other.status_code, other.json()["registerEntry"]["badge"]["standing"]) == (200, "ENDED")
    assert holder.identity_id not in other.text


async def test_a_badge_is_verified_by_its_page_its_signature_and_the_status_list(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()
    [badge] = await world.rows(Badge, account_id=account_id)

    data, page = await get(world, f"/badges/{badge.id}"), await get(world, f"/badges/{badge.id}?lang=en", **HTML)
    signed = await checked(world, badge.jws)

    assert data.json()["badgeRecord"]["standing"] == "STANDS"
    assert "In force" in page.text
    assert signed["jti"] == badge.id
    assert signed["verify"] == f"http://127.0.0.1:8000/badges/{badge.id}"
    assert signed["status"]["status_list"] == {
        "uri": "http://127.0.0.1:8000/badges/status.json", "idx": badge.status_place
    }  # fmt: skip
    assert (signed["subject"], signed["kind"], signed["mode"]) == (badge.subject_name, badge.kind, "SANDBOX")
    assert await stands(world, badge.status_place)


async def test_a_badge_taken_back_is_shown_as_standing_for_no_longer_than_the_list_is_kept(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()
    [badge] = await world.rows(Badge, account_id=account_id)
    before = await stands(world, badge.status_place)

    await world.relist(str(badge.licence_number), valid_to=world.clock().date().replace(day=1))
    world.clock.advance(seconds=30)

    told = await checked(world, (await get(world, "/badges/status.json")).json()["jws"])
    assert (before, await stands(world, badge.status_place)) == (True, False)
    assert told["exp"] - told["iat"] == 60


async def test_the_status_list_is_also_sent_bare(world: World) -> None:
    response = await get(world, "/badges/status.json", accept="application/statuslist+jwt")

    assert response.headers["content-type"] == "application/statuslist+jwt"
    assert (await checked(world, response.text))["iss"] == "http://127.0.0.1:8000"


async def test_a_search_goes_on_from_page_to_page(world: World) -> None:
    provider = await world.provider()
    for _ in range(21):
        await provider.filed(displayName="翻页" + str(len(await world.rows(RegisterEntry))))

    first = (await get(world, "/register?name=翻页")).json()["registerEntries"]
    second = await get(world, f"/register?name=翻页&after={first['pageInfo']['endCursor']}")
    page = await get(world, "/register?name=翻页&lang=en", **HTML)

    assert (len(first["nodes"]), first["totalCount"]["value"]) == (20, 21)
    assert len(second.json()["registerEntries"]["nodes"]) == 1
    assert 'rel="next"' in page.text
    assert 'value="翻页"' in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/register/SG-NONE", 404),
        ("/register/a/b", 404),
        ("/register/%00", 400),
        ("/register/%ff%fe", 404),
        ("/register/dump/keys.json", 404),
        ("/register/dump/%2e%2e%2fsecrets", 404),
        ("/register/dump/register.csv", 404),
        ("/badges/", 404),
        ("/badges/badge_unknown", 404),
        ("/badges/%00", 400),
        ("/register?after=forged", 400),
        ("/register?name=%00", 400),
        ("/register?" + "&".join(f"a{i}=1" for i in range(100)), 400),
        ("/register?name=%ff%fe%f0", 200),
        ("/register?name=" + "%F0%9F%98%80" * 300, 200),
        ("/register?lang=fr&name='%20OR%201=1--", 200),
        ("/register?name=%3Cscript%3Ealert(1)%3C/script%3E", 200),
    ],
)
async def test_no_input_is_answered_with_a_fault(world: World, path: str, status: int) -> None:
    data, page = await get(world, path), await get(world, path, **HTML)

    assert (data.status_code, page.status_code) == (status, status)
    assert "<script" not in page.text
    if status != 200:
        assert set(data.json()) == {"asOf", "error"}


@pytest.mark.parametrize(
    "accept", ["", "*/*", "image/png", "text/html;q=0", "text/html;q=x", "," * 100, "text/html;q=nan"]
)
async def test_who_prefers_no_page_is_sent_json(world: World, accept: str) -> None:
    assert (await get(world, "/register", accept=accept)).headers["content-type"] == "application/json"


async def test_the_register_is_only_read(world: World) -> None:
    refused = await world.client.post("/register", content=b"x")
    asked = await world.client.options("/badges/x")
    head, whole = await world.client.head("/register"), await world.client.get("/register")

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, "GET, HEAD, OPTIONS", b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["etag"] == whole.headers["etag"]


async def test_a_trial_says_that_it_is_one(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()

    page = await get(world, f"/register/{await number_of(world, account_id)}?lang=en", **HTML)

    assert "A trial: of no effect." in page.text


async def test_the_list_tells_a_trial_and_leads_on_in_the_same_language(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    number = await number_of(world, account_id)

    page = await get(world, f"/register?number={number}&lang=en", **HTML)

    assert "<td>On file (trial)</td>" in page.text
    assert f'<a href="/register/{number}?lang=en">{number}</a>' in page.text
