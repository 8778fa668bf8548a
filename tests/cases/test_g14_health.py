"""How a deployment is: anybody is told whether it is well, whoever has the grant how its work and its keys stand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import pytest

from domain.policy.roles import GRANTS, Grant, Role
from tests.world import Person, Provider, World, opened_world

INSPECTING: Final = (Role.COMPLIANCE_OFFICER, Role.INTEGRATION)
DETAIL: Final = ("database", "migrated", "keys", "work")


@pytest.fixture
async def provider(world: World) -> Provider:
    return await world.provider()


@pytest.fixture
async def own_provider(own_database_url: str) -> AsyncIterator[Provider]:
    """A provider of a deployment whose database a test may take away."""
    async with opened_world(own_database_url) as made:
        yield await made.provider()


async def health(world: World, person: Person | None = None, **headers: str) -> httpx2.Response:
    if person is not None:
        headers["authorization"] = f"Bearer {person.token}"
    return await world.client.get("/health", headers=headers)


async def people(provider: Provider) -> dict[Role, Person]:
    """Somebody of every role that signs in."""
    holder = await provider.holder()
    regulators = [await provider.world.regulator(), await provider.world.regulator("000000")]
    some = [holder.person, *provider.staff.values(), *regulators]
    return {person.role: person for person in some if person.role is not None}


async def test_g14_the_public_is_told_no_more_than_that_it_is_well(world: World) -> None:
    answer = await health(world)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_g14_who_may_inspect_is_told_how_it_stands(provider: Provider) -> None:
    for role in INSPECTING:
        told = (await health(provider.world, provider.staff[role])).json()

        assert tuple(told) == ("status", *DETAIL)
        assert told["keys"] == provider.world.office.keys.id
        assert told["work"]["parked"] == 0


async def test_g14_nobody_else_is(provider: Provider) -> None:
    told: dict[Role, Any] = {}
    for role, person in (await people(provider)).items():
        told[role] = (await health(provider.world, person)).json()

    assert {role for role, answer in told.items() if answer != {"status": "ok"}} == set(INSPECTING)
    assert {role for role in told if Grant.HEALTH_INSPECT in GRANTS[role]} == set(INSPECTING)
    assert len(told) >= 7


@pytest.mark.parametrize(
    "authorization", ["Bearer x", "Bearer", "", "Basic c2lnbmV0OnNpZ25ldA==", "Bearer a.b.c", "Bearer " + "a" * 9_000]
)
async def test_g14_who_proves_nobody_is_anybody(world: World, authorization: str) -> None:
    answer = await health(world, authorization=authorization)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_g14_where_it_is_not_well_the_public_is_told_why_by_a_code_alone(own_provider: Provider) -> None:
    world = own_provider.world
    await world.office.database.close()

    answers = [
        await health(world),
        await health(world, authorization="Bearer x"),
        await health(world, own_provider.officer),
        await health(world, own_provider.reviewer),
    ]

    assert [answer.status_code for answer in answers] == [503] * 4
    assert [set(answer.json()) for answer in answers[:2]] == [{"status", "reason"}] * 2
    assert {answer.json()["reason"] for answer in answers} == {"DATABASE_AWAY"}
    assert set(answers[3].json()) == {"status", "reason"}


async def test_g14_what_is_told_is_not_kept_on_the_way(world: World) -> None:
    assert (await health(world)).headers["cache-control"] == "no-store"
