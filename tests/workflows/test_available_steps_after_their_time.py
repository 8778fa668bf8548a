"""The same of what has run out: identities gone stale, qualifications lapsed, permissions expired or extended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest

from domain.account import Account
from domain.identity import Identity
from domain.permission import Permission
from domain.qualification import Qualification
from tests.workflows.test_available_steps import Made, assert_told_to_all
from tests.workflows.test_permission import granted
from tests.workflows.test_permission_time import badged
from tests.world import Provider, World, opened_world


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def pass_away(p: Provider, days: int) -> None:
    """Days pass, and what falls due meanwhile is done."""
    p.world.clock.advance(days=days)
    await p.world.sweep()


async def version(p: Provider, model: type[Any], id_: str) -> int:
    (row,) = await p.world.rows(model, id=id_)
    return int(row.seq)


async def stale(p: Provider) -> Made:
    holder = await p.holder()
    await pass_away(p, 396)
    return holder, holder.identity_id, Identity


async def stale_and_submitted(p: Provider) -> Made:
    holder, id_, model = await stale(p)
    await holder.submit_identity(await version(p, model, id_))
    return holder, id_, model


async def filed_by_somebody_stale(p: Provider) -> Made:
    holder, id_, _ = await p.filed()
    await pass_away(p, 396)
    return holder, id_, Account


async def lapsed(p: Provider) -> Made:
    one, _ = await p.qualify(validTo="2026-06-30")
    await pass_away(p, 130)
    return await p.newcomer(), one.id, Qualification


async def lapsed_and_renewing(p: Provider) -> Made:
    holder, id_, model = await lapsed(p)
    await p.officer.must("qualificationRenew", id=id_, version=await version(p, model, id_))
    return holder, id_, model


async def expired(p: Provider) -> Made:
    holder, _, one = await badged(p)
    await pass_away(p, 310)
    return holder, one.id, Permission


async def account_of_what_expired(p: Provider) -> Made:
    holder, id_, _ = await badged(p)
    await pass_away(p, 310)
    return holder, id_, Account


async def extended(p: Provider) -> Made:
    holder, account_id, number = await p.news_unit()
    one = await granted(p, await holder.request(account_id, number), validUntil="2026-04-30")
    await holder.person.must("permissionRenew", id=one.id, version=one.version, receipt="受理2026-1")
    await pass_away(p, 70)
    return holder, one.id, Permission


_IDENTITY: Final = {
    "REVIEWER": {"verify", "fail"},
    "second": {"verify", "fail"},
    "INTEGRATION": {"submit", "verify", "fail"},
    "holder": {"submit"},
}
SCENES: Final[dict[Callable[[Provider], Awaitable[Made]], dict[str, set[str]]]] = {
    stale: _IDENTITY,
    stale_and_submitted: _IDENTITY | {"INTEGRATION": {"submit", "fail"}},
    filed_by_somebody_stale: {"COMPLIANCE_OFFICER": {"close"}, "holder": {"ask_close"}},
    lapsed: {"COMPLIANCE_OFFICER": {"renew"}},
    lapsed_and_renewing: {"COMPLIANCE_OFFICER": {"renew"}, "regulator": {"renewed"}},
    expired: {},
    account_of_what_expired: {
        "COMPLIANCE_OFFICER": {"close"},
        "INTEGRATION": {"change"},
        "holder": {"change", "ask_close"},
    },
    extended: {
        "COMPLIANCE_OFFICER": {"renewed"},
        "regulator": {"suspend", "revoke"},
        "holder": {"give_up"},
    },
}


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
async def test_what_everybody_is_told_after_its_time_is_what_the_mutation_does(
    world: World, make: Callable[[Provider], Awaitable[Made]]
) -> None:
    provider = await world.provider()

    assert await assert_told_to_all(provider, *(await make(provider))) == SCENES[make]
