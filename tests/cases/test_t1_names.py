"""A name, a handle or a place of the quota that time has freed is free, though no worker came (Art. 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.account import Account
from tests.sanctions import CIRCUMSTANCES, sanctioned
from tests.workflows.test_account import supplement_asked
from tests.workflows.test_account_change import ask_change
from tests.workflows.test_timed_steps import supplementing_a_change
from tests.world import Provider, World, opened_world


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def gone_but_unswept(p: Provider) -> Any:
    """An account whose time to cool off is over."""
    holder, id_, _ = await p.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    p.world.clock.advance(days=8)
    return (await p.world.rows(Account, id=id_))[0]


async def test_t1_a_name_and_a_handle_of_an_account_that_time_has_closed_are_free(world: World) -> None:
    provider = await world.provider()
    gone = await gone_but_unswept(provider)

    taken = await (await provider.holder()).try_to_apply(displayName=gone.display_name, handle=gone.handle)

    (after,) = await world.rows(Account, id=gone.id)
    assert (taken.codes, after.state) == ([], "CLOSED")


@pytest.mark.parametrize("what", ["displayName", "handle"])
async def test_t1_either_of_them_alone_is_free(world: World, what: str) -> None:
    provider = await world.provider()
    gone = await gone_but_unswept(provider)
    asked = {"displayName": gone.display_name, "handle": gone.handle}[what]

    assert (await (await provider.holder()).try_to_apply(**{what: asked})).codes == []


async def test_t1_at_the_last_instant_of_its_time_the_name_is_still_held(world: World) -> None:
    provider = await world.provider()
    gone = await gone_but_unswept(provider)
    world.clock.now = gone.closing_at

    answer = await (await provider.holder()).try_to_apply(displayName=gone.display_name)

    assert answer.codes == ["NAME_UNAVAILABLE"]
    assert (await world.rows(Account, id=gone.id))[0].state == "FILED"


async def test_t1_a_name_of_an_application_that_lapsed_is_free(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplement_asked(provider)
    world.clock.advance(days=17)
    await world.sweep()  # they were reminded
    world.clock.advance(days=20)
    (gone,) = await world.rows(Account, id=id_)

    assert (await (await provider.holder()).try_to_apply(displayName=gone.display_name)).codes == []


async def test_t1_a_name_kept_for_a_change_that_lapsed_is_free(world: World) -> None:
    provider = await world.provider()
    await supplementing_a_change(provider)
    world.clock.advance(days=17)
    await world.sweep()
    world.clock.advance(days=20)

    assert (await (await provider.holder()).try_to_apply(displayName="夜航船")).codes == []


async def test_t1_a_change_takes_a_name_that_time_has_freed(world: World) -> None:
    provider = await world.provider()
    holder, mine, _ = await provider.filed()
    gone = await gone_but_unswept(provider)

    answer = await ask_change(holder, mine, displayName=gone.display_name)

    assert answer.codes == []


async def test_t1_a_place_of_the_quota_that_time_has_freed_is_free_and_no_exception(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    for _ in range(20):  # as many as the quota has places
        if (await holder.try_to_apply()).codes:
            break
    (account,) = await world.rows(Account, id=id_)
    await holder.person.must("accountAskClose", id=id_, version=account.seq)
    world.clock.advance(days=8)

    answer = await holder.try_to_apply(exception_reason="One more is needed.")

    (made,) = await world.rows(Account, id=answer.id)
    assert "QUOTA_EXCEPTION" not in made.flags
    assert (await holder.try_to_apply()).codes == ["QUOTA_EXCEEDED"]


async def test_t1_a_closure_is_taken_back_under_a_name_that_time_has_freed(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES)
    (closed,) = await world.rows(Account, id=case.account_id)
    world.clock.advance(days=181)
    await world.sweep()
    other = await provider.holder()
    account = await other.apply(displayName=closed.display_name, handle=closed.handle)
    await provider.reviewer.must("accountClaim", id=account.id)
    approve: dict[str, Any] = {"id": account.id, "version": account.version, "category": "LIFESTYLE"}
    await provider.reviewer.must("accountApprove", **approve)
    await other.person.must("accountAskClose", id=account.id, version=account.version + 1)
    world.clock.advance(days=8)

    assert (await case.rescind()).state == "OVERTURNED"
    assert (await world.rows(Account, id=case.account_id))[0].state in ("REVIEWED", "FILED")
