"""What a name holds is shown as it is: pages are written once, and nothing is looked for in them to be replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from domain.permission import RegisterEntry
from tests.world import World, opened_world, unique
from workflows.register_dump import dump_register

HTML: Final = {"accept": "text/html"}
NAMES: Final = (
    "@as-of@时间", "{moment}时间", "{{asOf}}", "%(now)s时间", "${asOf}时间", "<time>时间", "&lt;time&gt;时间",
    "\\g<0>时间", "{0}时间",
    "__AS_OF__", "</title>时间", "asOf",
)  # fmt: skip
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@pytest.mark.parametrize("name", NAMES)
async def test_g10_a_name_is_shown_as_it_is_wherever_the_register_shows_it(world: World, name: str) -> None:
    provider = await world.provider()
    shown = name + unique("号")
    _, account_id, _ = await provider.filed(displayName=shown)
    [entry] = await world.rows(RegisterEntry, account_id=account_id)

    for path in (f"/register/{entry.number}", f"/register?handle={entry.handle}"):
        data = await world.client.get(path)
        page = await world.client.get(path, headers=HTML)
        found = data.json().get("registerEntry") or data.json()["registerEntries"]["nodes"][0]
        assert found["displayName"] == shown
        assert f">{shown.translate(_ESCAPED)}<" in page.text
        assert page.text.count("2026-03-02T04:00:00Z") == 2  # once to read, once for machines
        assert data.json()["asOf"] == "2026-03-02T04:00:00Z"
    asked = await world.client.get("/register", params={"name": name}, headers=HTML)
    assert f'value="{name.translate(_ESCAPED)}"' in asked.text


async def test_g10_a_name_is_shown_as_it_is_in_the_dump(own_database_url: str, tmp_path: Path) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await provider.news_unit(displayName="@as-of@时间")
        await dump_register(world.office, tmp_path, lambda *_: None)

    assert "@as-of@时间" in (tmp_path / "register.jsonl").read_text()
    assert "@as-of@时间" in (tmp_path / "register.csv").read_text()


async def test_g10_the_tag_is_of_what_is_shown_and_not_of_the_moment(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed(displayName=unique("@as-of@"))
    [entry] = await world.rows(RegisterEntry, account_id=account_id)

    for headers in ({}, HTML):
        first = await world.client.get(f"/register/{entry.number}", headers=headers)
        world.clock.advance(seconds=5)
        later = await world.client.get(f"/register/{entry.number}", headers=headers)
        assert first.headers["etag"] == later.headers["etag"]
        assert first.content != later.content
