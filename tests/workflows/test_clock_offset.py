"""A clock set ahead is for trials: work is done by it, tokens keep to the time, and nobody goes live under it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from api.app import opened
from domain.deadline import Deadline, Outcome
from domain.provider import Provider
from tests import stored
from tests.workflows.test_jobs import Desk
from tests.world import opened_world, settings_for
from workflows.clock_offset import OffsetRefused, ahead, expect_sandboxes_only
from workflows.jobs import Worker
from workflows.timed_steps import deadlines_of

OFFSET: Final = timedelta(days=35)
NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def test_a_clock_is_so_much_ahead_and_the_clock_itself_without() -> None:
    assert ahead(noon, OFFSET)() == datetime(2026, 4, 6, 4, 0, tzinfo=UTC)
    assert ahead(noon, timedelta()) is noon


async def test_the_servers_and_the_worker_live_ahead_and_tokens_do_not(own_database_url: str) -> None:
    async with opened_world(own_database_url, clock_offset=OFFSET) as world:
        office = world.office
        provider = await world.provider()  # everybody's tokens are of the time itself
        (row,) = await Desk(office.database).put(34 * 86_400)

        swept = await Worker(office.database, office.clock, [deadlines_of(office)], failed=_raise).sweep()

        stepped = (await stored.row(office.database, Provider, provider.id)).created_at
        assert (office.clock() - world.clock(), office.clock_offset) == (OFFSET, OFFSET)
        assert stepped == world.clock() + OFFSET
        assert swept == 1
        assert (await stored.row(office.database, Deadline, row)).outcome == Outcome.MOOT


async def test_no_provider_goes_live_while_the_clock_is_ahead(own_database_url: str) -> None:
    async with opened_world(own_database_url, clock_offset=timedelta(hours=1)) as world:
        provider = await world.provider()
        await provider.qualify()

        refused = await provider.regulator.refused("providerGoLive", id=provider.id, version=1)

        assert refused.problems == [("CLOCK_AHEAD", "id")]
        assert await world.rows(Provider, sandbox_of=provider.id) == []


async def test_where_somebody_is_live_the_clock_is_not_set_ahead(own_database_url: str) -> None:
    settings = settings_for(own_database_url, clock_offset=OFFSET)
    async with opened(settings) as deployment:
        await expect_sandboxes_only(deployment.office.database)
    async with opened_world(own_database_url) as world:
        await (await world.provider()).live()

    with pytest.raises(OffsetRefused, match=r"every provider is a sandbox.*Providers in production: 1\."):
        async with opened(settings, with_worker=True):
            pass


def _raise(error: Exception) -> None:
    raise error
