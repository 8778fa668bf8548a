"""What is asked again and again costs the same however much is over: by the plans, on tables that are years old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from tests import aged
from tests.aged import Asked
from tests.world import World, opened_world
from workflows.documents import remove_unused
from workflows.full_look import look
from workflows.idempotency import remove_old
from workflows.licence_doubts import tell_doubts
from workflows.sequencer import Sequencer, undelivered

Asking = Callable[[World], Awaitable[object]]


async def worker(world: World) -> None:
    """It looks, takes, steps and looks again."""
    provider = await world.provider()
    await provider.applied()
    world.clock.advance(days=60)
    assert await world.sweep() > 0


async def sequencer(world: World) -> None:
    """It begins where another ended, numbers, and finds nothing more."""
    running = Sequencer(world.office.database)
    await running.keep_mark()
    provider = await world.provider()
    await provider.applied()
    await world.office.database.write(running._numbered)  # the server's own may have been first
    await running.once()


async def steps(world: World) -> None:
    """A filing goes to and fro."""
    provider = await world.provider()
    _, account = await provider.approved()
    filing = account.case["filing"]
    for version in (1, 3, 5):
        await provider.officer.must("filingSubmit", id=filing["id"], version=version)
        await provider.officer.must("filingPullBack", id=filing["id"], version=version + 1)


async def tidying(world: World) -> None:
    """What runs by the hour, and by the minute."""
    database = world.office.database
    await remove_unused(database, world.clock())
    await remove_old(database, world.clock())
    await tell_doubts(database, world.clock, world.office.calendar)
    await look(database, world.clock())
    await database.read(undelivered)


ASKING: Final[tuple[Asking, ...]] = (worker, sequencer, steps, tidying)


async def aged_world(url: str) -> None:
    """A world of one account that is the youngest of very many."""
    async with opened_world(url) as world:
        provider = await world.provider()
        await provider.filed()
        await aged.age(world.office.database)
        running = Sequencer(world.office.database)  # it has run all the time
        await running.keep_mark()
        for _ in range(3):
            await running.once()
        await running.keep_mark()


async def asked_of(url: str, asking: Asking, monkeypatch: pytest.MonkeyPatch) -> Asked:
    async with opened_world(url) as world, aged.listening(monkeypatch) as asked:
        await asking(world)
    return asked


@pytest.mark.parametrize("asking", ASKING, ids=lambda each: each.__name__)
@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never-analysed"])
async def test_age_no_statement_reads_through_what_is_over(
    own_database_url: str, asking: Asking, is_analysed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await aged_world(own_database_url)
    if is_analysed:
        await aged.analysed(own_database_url)

    asked = await asked_of(own_database_url, asking, monkeypatch)

    assert len(asked.statements) > 2
    assert await asked.scans(own_database_url, generic=True) == {}
    assert await asked.scans(own_database_url, generic=False) == {}
