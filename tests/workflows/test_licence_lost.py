"""A licence lost takes right and badge at once: every face says so, no step was taken and no worker runs (Art. 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pytest

from domain.account import Account
from domain.permission import Badge, Permission, RegisterEntry
from tests.api.test_public_pages import get, stands
from tests.world import Provider, World

_DECISION: Final = """query($account: ID, $act: PublishingAct!, $content: PublishingContent!) {
    publishingDecision(account: $account, act: $act, content: $content) { allowed validFor blockedBy { code } } }"""
_RECORD: Final = "query($id: ID!) { badgeRecord(id: $id) { standing revokedAt } }"
_ENTRY: Final = "query($number: String!) { registerEntry(number: $number) { badge { standing } } }"
LISTED: Final[dict[str, dict[str, Any]]] = {
    "it ended yesterday": {"valid_to": date(2026, 3, 1)},
    "it covers reprints only": {"services": "REPRINT_ONLY"},
    "it has not begun": {"valid_from": date(2026, 3, 3)},
    "it is for a platform only": {"services": "PLATFORM"},
}


@dataclass(frozen=True)
class Badged:
    """A badged account and what everybody may ask of it."""

    world: World
    provider: Provider
    account_id: str
    permission: Permission
    badge: Badge
    number: str

    async def relist(self, **values: Any) -> None:
        assert self.permission.licence_number is not None
        await self.world.relist(self.permission.licence_number, **values)

    async def blocks(self, content: str, act: str = "PUBLISH") -> list[str]:
        asked = {"account": self.account_id, "act": act, "content": content}
        answer = (await self.provider.integration.ask(_DECISION, **asked))["publishingDecision"]
        assert answer["allowed"] is (answer["blockedBy"] == [])
        return [block["code"] for block in answer["blockedBy"]]

    async def standings(self) -> list[str]:
        """Record and entry, by GraphQL and by GET: they agree, or all that they say is returned."""
        record = (await self.world.public.ask(_RECORD, id=self.badge.id))["badgeRecord"]
        entry = (await self.world.public.ask(_ENTRY, number=self.number))["registerEntry"]
        shown = [
            (await get(self.world, path)).json() for path in (f"/badges/{self.badge.id}", f"/register/{self.number}")
        ]
        told = [record, entry["badge"], shown[0]["badgeRecord"], shown[1]["registerEntry"]["badge"]]
        assert record["revokedAt"] is None
        return sorted({one["standing"] for one in told})

    async def is_as_it_was(self) -> bool:
        """Nobody took a step: the account is BADGED, the permission GRANTED, the badge not taken back."""
        [account] = await self.world.rows(Account, id=self.account_id)
        [permission] = await self.world.rows(Permission, id=self.permission.id)
        [badge] = await self.world.rows(Badge, account_id=self.account_id)
        return (account.state, permission.state, badge.revoked_at) == ("BADGED", "GRANTED", None)


async def badged(world: World, kind: str = "PUBLISH_AND_REPRINT") -> Badged:
    provider = await world.provider()
    _, account_id, granted = await provider.badged(kind)
    [permission] = await world.rows(Permission, id=granted.id)
    [badge] = await world.rows(Badge, account_id=account_id)
    [entry] = await world.rows(RegisterEntry, account_id=account_id)
    return Badged(world, provider, account_id, permission, badge, entry.number)


@pytest.mark.parametrize("listed", LISTED.values(), ids=LISTED.keys())
async def test_what_the_register_no_longer_bears_out_is_gone_from_every_face(
    world: World, listed: dict[str, Any]
) -> None:
    it = await badged(world)
    before = (await it.blocks("NEWS_ORIGINAL"), await it.standings(), await stands(world, it.badge.status_place))

    await it.relist(**listed)

    assert before == ([], ["STANDS"], True)
    assert await it.blocks("NEWS_ORIGINAL") == await it.blocks("NEWS_REPRINT") == ["LICENCE_LAPSED"]
    assert await it.standings() == ["ENDED"]
    world.clock.advance(seconds=30)
    assert not await stands(world, it.badge.status_place)
    assert await it.is_as_it_was()


async def test_the_same_moment_ends_it_everywhere_though_only_the_clock_moved(world: World) -> None:
    it = await badged(world)
    await it.relist(valid_to=date(2026, 3, 2))

    world.clock.advance(hours=11, minutes=59, seconds=59)
    last = (await it.blocks("NEWS_ORIGINAL"), await it.standings(), await stands(world, it.badge.status_place))
    world.clock.advance(seconds=1)
    first = (await it.blocks("NEWS_ORIGINAL"), await it.standings())
    world.clock.advance(seconds=29)

    assert last == ([], ["STANDS"], True)
    assert first == (["LICENCE_LAPSED"], ["ENDED"])
    assert not await stands(world, it.badge.status_place)
    assert await it.is_as_it_was()


async def test_what_is_no_news_goes_on_and_what_is_wrong_can_still_be_removed(world: World) -> None:
    it = await badged(world)

    await it.relist(valid_to=date(2026, 3, 1))

    assert await it.blocks("GENERAL") == []
    assert await it.blocks("NEWS_ORIGINAL", "REMOVE") == []
    assert (
        await it.blocks("NEWS_ORIGINAL", "UPDATE") == await it.blocks("NEWS_REPRINT", "COMMENT") == ["LICENCE_LAPSED"]
    )


async def test_a_permission_to_reprint_outlives_the_licence_that_shrank_to_it(world: World) -> None:
    it = await badged(world, "REPRINT_ONLY")

    await it.relist(services="REPRINT_ONLY")

    assert await it.blocks("NEWS_REPRINT") == []
    assert await it.blocks("NEWS_ORIGINAL") == ["BADGE_ONLY_REPRINTS"]
    assert await it.standings() == ["STANDS"]
    assert await stands(world, it.badge.status_place)


async def test_a_register_put_right_gives_everything_back_without_a_step(world: World) -> None:
    it = await badged(world)
    await it.relist(valid_to=date(2026, 3, 1))
    lost = (await it.blocks("NEWS_ORIGINAL"), await it.standings())

    await it.relist(valid_to=date(2027, 3, 1))

    assert lost == (["LICENCE_LAPSED"], ["ENDED"])
    assert (await it.blocks("NEWS_ORIGINAL"), await it.standings()) == ([], ["STANDS"])
    assert await it.is_as_it_was()


async def test_what_is_missing_from_the_register_is_only_doubted(world: World) -> None:
    it = await badged(world)

    await it.relist(missing_from="import_1")

    assert await it.blocks("NEWS_ORIGINAL") == []
    assert await it.standings() == ["STANDS"]
