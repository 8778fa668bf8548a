"""How much may be handed in a day, of a holder and of a provider or authority: at all servers together, never more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import httpx2
import pytest
import sqlalchemy as sa

from domain.document import Document
from domain.table import table_of
from tests.world import Holder, Person, Provider, World, opened_world
from workflows.documents import remove_unused

PDF: Final = b"%PDF-1.7\n" + b"1 0 obj\n" * 40
DAY: Final = timedelta(days=1)
COUNT, BYTES = 3, 5_000_000
FEW: Final[dict[str, Any]] = {"holder_uploads_per_day": COUNT}
LITTLE: Final[dict[str, Any]] = {"holder_upload_bytes_per_day": BYTES}
_DOCUMENT: Final = table_of(Document)


def large(size: int) -> bytes:
    return PDF.ljust(size, b"\n")


async def hand_in(world: World, person: Person, content: Any = PDF, **given: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {person.token}", **given.pop("headers", {})}
    return await world.client.post("/documents", content=content, headers=headers, **given)


async def stored(world: World, **where: Any) -> list[Document]:
    return list(await world.rows(Document, **where))


async def use(world: World, holder: Holder) -> None:
    """Mark all documents of a holder as used, as the steps that take them do."""
    clause = sa.update(_DOCUMENT).where(_DOCUMENT.c.holder_id == holder.id).values(used_at=world.clock())
    await world.office.database.write(lambda transaction: transaction.fetch(clause, {}))


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[tuple[World, Provider, Holder]]:
    async with opened_world(url, **settings) as world:
        provider = await world.provider()
        yield world, provider, await provider.holder()


def assert_over(answer: httpx2.Response, whose: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (429, "QUOTA_EXCEEDED")
    assert whose in told["message"]
    assert told["fix"]
    assert 0 < int(answer.headers["retry-after"]) <= 86_400


async def test_g12_a_holder_hands_in_so_many_a_day(database_url: str) -> None:
    async with opened(database_url, **FEW) as (world, _, holder):
        answers = [await hand_in(world, holder.person) for _ in range(COUNT + 2)]
        rows = await stored(world, holder_id=holder.id)

    assert [answer.status_code for answer in answers] == [201] * COUNT + [429] * 2
    assert_over(answers[-1], "A holder has 3 documents")
    assert len(rows) == COUNT  # nothing is left of what was refused


async def test_g12_and_so_many_bytes(database_url: str) -> None:
    async with opened(database_url, **LITTLE) as (world, _, holder):
        answers = [await hand_in(world, holder.person, large(BYTES // 2 - 400)) for _ in range(3)]
        small = await hand_in(world, holder.person)

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert_over(answers[-1], "5,000,000 bytes a day")
    assert small.status_code == 201  # what still fits is taken


@pytest.mark.parametrize("other", ["neighbour", "officer", "other provider"])
async def test_g12_another_is_not_held_up(database_url: str, other: str) -> None:
    async with opened(database_url, **FEW) as (world, provider, holder):
        for _ in range(COUNT + 1):
            await hand_in(world, holder.person)
        elsewhere = await world.provider()
        people = {
            "neighbour": (await provider.holder()).person,
            "officer": provider.officer,
            "other provider": (await elsewhere.holder()).person,
        }

        assert (await hand_in(world, people[other])).status_code == 201


async def test_g12_what_integration_hands_in_for_a_holder_counts_for_that_holder(database_url: str) -> None:
    async with opened(database_url, **FEW) as (world, provider, holder):
        second = await provider.holder()
        for _ in range(COUNT):
            assert (await hand_in(world, provider.integration, params={"holderId": holder.id})).status_code == 201

        assert_over(await hand_in(world, provider.integration, params={"holderId": holder.id}), "A holder")
        assert_over(await hand_in(world, holder.person), "A holder")
        assert (await hand_in(world, provider.integration, params={"holderId": second.id})).status_code == 201


@pytest.mark.parametrize("settings", [{"provider_uploads_per_day": 4}, {"provider_upload_bytes_per_day": 64_000_000}])
async def test_g12_a_provider_with_all_its_holders_hands_in_so_much(
    own_database_url: str, settings: dict[str, Any]
) -> None:
    async with opened(own_database_url, **settings) as (world, provider, holder):
        people = [holder.person, provider.officer, (await provider.holder()).person, provider.officer]
        content = PDF if "provider_uploads_per_day" in settings else large(4_999_000)
        answers = [await hand_in(world, people[number % 4], content) for number in range(14)]
        other = await world.provider()

        assert answers[0].status_code == 201
        assert_over(answers[-1], "A provider")
        assert (await hand_in(world, other.officer)).status_code == 201


async def test_g12_an_authority_too(own_database_url: str) -> None:
    async with opened(own_database_url, provider_uploads_per_day=2) as (world, provider, _):
        elsewhere = await world.regulator("310000")
        answers = [await hand_in(world, provider.regulator) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert (await hand_in(world, elsewhere)).status_code == 201
        assert (await hand_in(world, provider.officer)).status_code == 201


async def test_g12_a_day_later_what_was_used_no_longer_counts(database_url: str) -> None:
    async with opened(database_url, **FEW) as (world, _, holder):
        for _ in range(COUNT):
            await hand_in(world, holder.person)
        await use(world, holder)
        refused = await hand_in(world, holder.person)
        world.clock.advance(seconds=int(refused.headers["retry-after"]) - 1)
        early = await hand_in(world, holder.person)
        world.clock.advance(seconds=1)
        late = await hand_in(world, holder.person)

    assert [answer.status_code for answer in (refused, early, late)] == [429, 429, 201]


async def test_g12_what_is_not_used_counts_until_it_is_gone(own_database_url: str) -> None:
    async with opened(own_database_url, **FEW) as (world, _, holder):
        for _ in range(COUNT):
            await hand_in(world, holder.person)
        world.clock.advance(days=2)
        still = await hand_in(world, holder.person)
        await remove_unused(world.office.database, world.clock())
        then = await hand_in(world, holder.person)

    assert_over(still, "A holder")
    assert int(still.headers["retry-after"]) <= 3_600
    assert then.status_code == 201


@pytest.mark.parametrize(
    "content", [b"no document \x00\x01\x02", b"", large(5_000_001), b"\xff"], ids=["type", "empty", "large", "a byte"]
)
async def test_g12_only_what_was_taken_counts(database_url: str, content: bytes) -> None:
    async with opened(database_url, **FEW) as (world, _, holder):
        refused = [await hand_in(world, holder.person, content) for _ in range(2 * COUNT)]
        left = await stored(world, holder_id=holder.id)
        answer = await hand_in(world, holder.person)

    assert {answer.status_code for answer in refused} <= {413, 415, 422}
    assert left == []
    assert answer.status_code == 201


async def test_g12_what_is_under_way_counts_with_all_that_it_may_become(database_url: str) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield PDF
        begun.set()
        await may_end.wait()
        yield b"\n"

    async with opened(database_url, **LITTLE) as (world, _, holder):
        length = {"content-length": str(BYTES - 1_000)}
        slow = asyncio.create_task(hand_in(world, holder.person, slowly(), headers=length))
        await begun.wait()
        meanwhile = await hand_in(world, holder.person, large(2_000))
        may_end.set()
        taken = await slow
        after = await hand_in(world, holder.person, large(2_000))

    assert_over(meanwhile, "A holder")
    assert (taken.status_code, after.status_code) == (201, 201)


@pytest.mark.parametrize("settings", [{"holder_uploads_per_day": 5}, {"provider_uploads_per_day": 5}])
async def test_g12_of_many_at_once_at_several_servers_no_more_are_let_in(
    own_database_url: str, settings: dict[str, Any]
) -> None:
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(opened_world(own_database_url, **settings)) for _ in range(3)]
        provider = await worlds[0].provider()
        holder = await provider.holder()
        sent = [hand_in(worlds[number % 3], holder.person) for number in range(24)]
        answers = await asyncio.gather(*sent)
        rows = await stored(worlds[0], holder_id=holder.id)

    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 19
    assert len(rows) == 5
