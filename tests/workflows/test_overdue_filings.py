"""Who is told of an overdue filing: the provider, and the next level above whoever is late (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain.authorities import NATION, authority_id
from domain.deadline import Deadline
from domain.notice import Notice
from tests.workflows.test_filing import prepared, submitted
from tests.world import Person, World, opened_world

MINE = "{ viewer { notices { nodes { party receiptNumber step { trigger } case { id } } } } }"


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def overdue(world: World, filing_id: str, kind: str) -> None:
    (row,) = await world.rows(Deadline, case_id=filing_id, kind=kind)
    world.clock.now = row.due_at + timedelta(seconds=1)
    await world.sweep()


async def notices(person: Person, case_id: str) -> list[dict[str, Any]]:
    """The viewer's own notices of a case."""
    found = (await person.ask(MINE))["viewer"]["notices"]["nodes"]
    return [one for one in found if one["case"] is not None and one["case"]["id"] == case_id]


async def addressed(world: World, case_id: str) -> list[str]:
    """The authorities that a notice of the case went to."""
    return [row.jurisdiction for row in await world.rows(Notice, case_id=case_id, party="AUTHORITY")]


async def test_of_a_late_provider_its_authority_is_told_and_nobody_else_reads_that(world: World) -> None:
    provider = await world.provider()
    holder, _, id_ = await prepared(provider)
    neighbour, nation = await world.regulator("310000"), await world.regulator(NATION)

    await overdue(world, id_, "FILING_SUBMISSION")

    (told,) = await notices(provider.regulator, id_)
    assert (told["party"], told["step"]["trigger"]) == ("AUTHORITY", "overdue")
    assert [one["party"] for one in await notices(provider.officer, id_)] == ["PROVIDER"]
    for person in (holder.person, neighbour, nation):
        assert await notices(person, id_) == []
    assert await addressed(world, id_) == [authority_id("330000")]


async def test_of_a_late_authority_the_one_above_is_told(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    nation = await world.regulator(NATION)

    await overdue(world, id_, "FILING_DECISION")

    (told,) = await notices(nation, id_)
    assert (told["party"], told["step"]["trigger"]) == ("AUTHORITY", "overdue")
    assert await notices(provider.regulator, id_) == []
    assert [one["party"] for one in await notices(provider.officer, id_)] == ["PROVIDER"]
    assert await addressed(world, id_) == [authority_id(NATION)]


async def test_what_an_authority_was_told_stays_with_it_when_the_filing_goes_to_another(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    elsewhere = await world.regulator("310000")
    await overdue(world, id_, "FILING_SUBMISSION")
    await provider.officer.must("filingSubmit", id=id_, version=2)
    ask: dict[str, Any] = {"id": id_, "version": 3, "authorityId": authority_id("310000"), "grounds": "示例"}
    asked = await provider.regulator.must("filingAskTransfer", **ask)
    await elsewhere.must("filingTransfer", id=id_, version=asked.version)

    moved = await world.rows(Notice, case_id=id_)

    assert {(row.party, row.jurisdiction) for row in moved} == {
        ("PROVIDER", authority_id("310000")),
        ("AUTHORITY", authority_id("330000")),
    }
    assert await notices(elsewhere, id_) == []


async def test_compliance_is_told_of_an_overdue_review(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()

    world.clock.advance(days=10)
    await world.sweep()

    (told,) = await notices(provider.officer, account.id)
    assert (told["party"], told["step"]["trigger"]) == ("PROVIDER", "review_overdue")
