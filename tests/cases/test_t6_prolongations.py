"""T6: a prolongation taken back leaves what it prolonged, a measure takes its prolongations along (Art. 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain.deadline import Deadline
from domain.permission import Permission
from domain.sanction import Measure
from tests.sanctions import CIRCUMSTANCES, PIECE, REASONS, Case, opened, sanctioned
from tests.workflows.test_migrations import moved
from tests.world import Provider, World, opened_world


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def suspended(provider: Provider, days: int = 30, **more: Any) -> Case:
    case = await sanctioned(provider, **more)
    await case.notify()
    await case.waive()
    await case.suspend(days=days, circumstances=CIRCUMSTANCES)
    return case


async def ends(world: World, case: Case) -> list[Any]:
    """When its last measure ends by a deadline."""
    rows = await world.rows(Deadline, case_id=case.id, kind="MEASURE_END")
    return [row.due_at for row in rows if row.settled_at is None]


async def level(case: Case) -> str:
    asked = "query($id: ID!) { account(id: $id) { sanctionLevel } }"
    return str((await case.provider.officer.ask(asked, id=case.account_id))["account"]["sanctionLevel"])


async def test_t6_a_prolongation_taken_back_on_the_sixth_day_restores_the_former_end(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider)
    (base,) = await case.measures()
    await case.prolong(30)
    world.clock.advance(days=6)

    answer = await case.rescind()

    first, second = await case.measures()
    row = await case.row()
    assert (answer.state, await level(case)) == ("SUSPENDED", "SUSPENDED")
    assert (first.ended_by, first.until, second.ended_by) == (None, base.until, "OVERTURNED")
    assert (row.measure_id, row.measure_until, row.about_id) == (first.id, base.until, second.id)
    assert await ends(world, case) == [base.until]

    world.clock.now = base.until + timedelta(seconds=1)
    await world.sweep()
    assert ((await case.row()).state, await level(case)) == ("EXPIRED", "NONE")


async def test_t6_where_the_former_end_is_past_the_case_has_run_out_at_once(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=7)
    (base,) = await case.measures()
    await case.prolong(30)
    world.clock.advance(days=8)

    answer = await case.rescind()

    first, second = await case.measures()
    assert (answer.state, await level(case)) == ("EXPIRED", "NONE")
    assert (first.ended_by, first.ended_at, second.ended_by) == ("EXPIRED", base.until, "OVERTURNED")
    assert (await ends(world, case), (await case.row()).clock) == ([], "NONE")
    assert (await case.rescind(first.id)).state == "OVERTURNED"


async def test_t6_of_two_prolongations_each_goes_by_itself(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=15)
    await case.prolong(10)
    await case.prolong(20)
    base, middle, last = await case.measures()
    world.clock.advance(days=1)

    marked = await case.rescind(middle.id)
    still = await ends(world, case)
    restored = await case.rescind(last.id)

    assert (marked.state, still, restored.state) == ("SUSPENDED", [last.until], "SUSPENDED")
    assert await ends(world, case) == [base.until]  # the one between was taken back before
    assert [one.ended_by for one in await case.measures()] == [None, "OVERTURNED", "OVERTURNED"]


async def test_t6_the_last_of_two_prolongations_leaves_the_one_before_it(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=15)
    await case.prolong(10)
    await case.prolong(20)
    _, middle, last = await case.measures()

    await case.rescind(last.id)

    assert await ends(world, case) == [middle.until]
    assert [one.ended_by for one in await case.measures()] == ["PROLONGED", None, "OVERTURNED"]


async def test_t6_a_measure_takes_its_prolongations_along(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=15)
    await case.prolong(10)
    await case.prolong(20)
    base, middle, last = await case.measures()

    answer = await case.rescind(base.id)

    assert (answer.state, await level(case), await ends(world, case)) == ("OVERTURNED", "NONE", [])
    assert {one.ended_by for one in await case.measures()} == {"OVERTURNED"}
    for one in (base, middle, last):
        given = {"id": case.id, "version": await case.version(), "measureId": one.id, "reason": "Again."}
        again = await provider.officer.refused("sanctionRescind", **given)
        assert again.problems == [("MEASURE_OVERTURNED", "measureId")]


async def test_t6_an_earlier_prolongation_is_only_marked(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    await case.restrict(days=10, circumstances=CIRCUMSTANCES)
    await case.prolong(5)
    await case.suspend(days=30)
    restricted, prolonged, suspension = await case.measures()
    world.clock.advance(days=1)

    answer = await case.rescind(prolonged.id)

    assert (answer.state, await ends(world, case)) == ("SUSPENDED", [suspension.until])
    assert [one.ended_by for one in await case.measures()] == ["PROLONGED", "OVERTURNED", None]
    assert (await case.rescind(restricted.id)).state == "SUSPENDED"


async def test_t6_what_was_lifted_does_not_come_back_with_its_former_end(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider)
    await case.prolong(30)
    world.clock.advance(days=2)
    await case.lift()
    lifted_at = world.clock()
    world.clock.advance(days=2)

    answer = await case.rescind()

    first, _ = await case.measures()
    assert (answer.state, await level(case), await ends(world, case)) == ("LIFTED", "NONE", [])
    assert (first.ended_by, first.ended_at) == ("LIFTED", lifted_at)


async def test_t6_a_prolongation_that_ran_out_leaves_the_case_where_it_is(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider, days=7)
    (base,) = await case.measures()
    await case.prolong(7)
    world.clock.advance(days=15)
    await world.sweep()

    answer = await case.rescind()

    first, second = await case.measures()
    assert (answer.state, first.ended_by, first.ended_at, second.ended_by) == (
        "EXPIRED", "EXPIRED", base.until, "OVERTURNED",
    )  # fmt: skip


async def test_t6_a_news_permission_comes_back_where_the_former_end_is_past(world: World) -> None:
    provider = await world.provider()
    holder, account_id, permission = await provider.badged()
    case = await opened(provider, account_id, holder, ground="UNLICENSED_NEWS")
    await case.restrict(days=7, circumstances=CIRCUMSTANCES)
    await case.prolong(7)
    world.clock.advance(days=8)

    await case.rescind()

    assert (await world.rows(Permission, id=permission.id))[0].state == "GRANTED"


async def test_t6_an_extended_interim_measure_runs_to_its_former_end_again(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, ground="FRAUD")
    interim: dict[str, Any] = {"reasons": REASONS, "scope": ["PUBLISH"], "hours": 72}
    await provider.officer.must("sanctionInterim", id=case.id, version=await case.version(), **interim)
    await case.notify()
    await case._by_two("sanctionExtendInterim", {"id": case.id, "version": await case.version(), "reasons": REASONS})
    first, second = await case.measures()

    await case.rescind(second.id)
    row = await case.row()
    rows = [one for one in await world.rows(Deadline, case_id=case.id, kind="INTERIM_END") if one.settled_at is None]
    assert (row.state, row.interim_id, [one.due_at for one in rows]) == ("NOTIFIED", first.id, [first.until])

    await case.rescind(first.id)
    assert ((await case.row()).interim_id, [one.ended_by for one in await case.measures()]) == (
        None, ["OVERTURNED", "OVERTURNED"],
    )  # fmt: skip
    assert PIECE["isDisclosable"]


async def test_t6_what_prolongs_what_is_known_after_the_upgrade(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        case = await suspended(provider, days=15)
        world.clock.advance(hours=1)
        await case.prolong(10)
        await case.reduce("SUSPENDED", days=5)
        before = {one.id: one.prolongs for one in await world.rows(Measure)}
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        assert {one.id: one.prolongs for one in await world.rows(Measure)} == before
    assert sorted(one is not None for one in before.values()) == [False, False, True]
