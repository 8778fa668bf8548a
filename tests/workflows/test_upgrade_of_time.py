"""What was given before there was a time for it gets its deadlines with the upgrade: the very same (Art. 4, 6, 7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from domain.account import Account
from domain.deadline import Deadline
from domain.identity import Identity
from domain.permission import Permission
from domain.qualification import Qualification
from domain.reminder import REMINDED_BY
from tests.workflows.test_account import supplement_asked
from tests.workflows.test_migrations import moved
from tests.workflows.test_permission import granted
from tests.workflows.test_permission_time import badged, renew
from tests.workflows.test_timed_steps import supplementing_a_change
from tests.world import PERMISSION_REASON, World, opened_world

NEW: Final = {str(kind) for kind in REMINDED_BY} | {str(kind) for kind in REMINDED_BY.values()}
CASES: Final = (Identity, Qualification, Permission, Account)


async def waiting(world: World) -> dict[tuple[str, str], datetime]:
    """What waits of the new kinds, by case and kind."""
    rows = [row for row in await world.rows(Deadline) if row.kind in NEW and row.settled_at is None]
    found = {(row.case_id, str(row.kind)): row.due_at for row in rows}
    assert len(found) == len(rows)
    assert all(row.next_at == row.due_at for row in rows)
    return found


async def shown(world: World) -> dict[str, tuple[datetime, str]]:
    cases: list[Any] = [row for model in CASES for row in await world.rows(model)]
    return {row.id: (row.due_at, str(row.clock)) for row in cases}


async def states(world: World) -> set[str]:
    """Where all that ends by itself stands."""
    cases: list[Any] = [row for model in CASES[:3] for row in await world.rows(model)]
    return {str(row.state) for row in cases}


async def given(world: World) -> None:
    """One of everything that ends by itself, in each of the ways in which it may stand."""
    provider = await world.provider()
    await supplement_asked(provider)
    await supplementing_a_change(provider)
    await badged(provider)
    holder, _, extended = await badged(provider)
    await renew(holder, extended.id)
    _, _, suspended = await badged(provider)
    suspend: dict[str, Any] = {"version": suspended.version, "reasons": PERMISSION_REASON}
    await provider.regulator.must("permissionSuspend", id=suspended.id, **suspend)
    holder, account_id, number = await provider.news_unit()
    await world.relist(number, valid_to=date(9999, 12, 31))  # somebody's "always"
    await granted(provider, await holder.request(account_id, number))
    one, _ = await provider.qualify(validTo="2026-06-30")
    await provider.officer.must("qualificationRenew", id=one.id, version=2)
    world.clock.advance(hours=1)
    await provider.applied()  # the last step so far


async def test_what_stood_before_the_upgrade_ends_and_is_reminded_of_as_if_it_had_been_given_after_it(
    own_database_url: str,
) -> None:
    async with opened_world(own_database_url) as world:
        await given(world)
        before = await waiting(world), await shown(world)

    await moved(own_database_url, "0005", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        assert await waiting(world) == before[0]
        assert await shown(world) == before[1]
    assert {kind for _, kind in before[0]} == NEW


async def test_what_is_long_past_is_not_reminded_of_at_the_upgrade_and_ends_at_its_moment(
    own_database_url: str,
) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        holder = await provider.holder()
        world.clock.advance(days=400)
        await provider.newcomer()  # a step, so that the upgrade knows how late it is
    await moved(own_database_url, "0005", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.advance(days=400)
        (row,) = await world.rows(Identity, id=holder.identity_id)
        assert row.verified_until is not None
        found = await waiting(world)
        await world.sweep()
        (after,) = await world.rows(Identity, id=holder.identity_id)

    assert found == {(holder.identity_id, "IDENTITY_VALIDITY"): row.verified_until + timedelta(days=30)}
    assert (after.state, after.seq) == ("STALE", row.seq + 1)


async def test_going_back_leaves_no_state_that_the_former_release_does_not_know(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await badged(provider)
        await provider.qualify(validTo="2026-06-30")
        world.clock.advance(days=800)
        await world.sweep()
        gone = await states(world)
    await moved(own_database_url, "0005", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        left = await states(world)

    assert gone == {"STALE", "LAPSED", "EXPIRED"}
    assert left == {"VERIFIED", "REVOKED"}
