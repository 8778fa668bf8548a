"""One process at a time looks through the whole journal, for a bounded time; nobody's start does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa

from domain.deployment import Deployment
from domain.ids import earlier, new_id
from domain.table import table_of
from tests import aged
from tests.registers import opened
from tests.workflows.test_migrations import moved
from tests.workflows.test_sequencer import add, check_order, numbered, step
from tests.world import opened_world, settings_for
from workflows.database import Database, Transaction
from workflows.deployment import settle
from workflows.full_look import EVERY, PAGE, look
from workflows.sequencer import Sequencer, sequence_once, takes_turn, undelivered

NOW: Final = datetime(2026, 7, 1, tzinfo=UTC)
DEPLOYMENT: Final = table_of(Deployment)
MARK: Final = sa.select(DEPLOYMENT.c.sequenced_after, DEPLOYMENT.c.looked_after)


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        await settle(database, settings_for("").key_ring(), "SG")
        yield database


async def marks(database: Database) -> tuple[str, str]:
    ((mark, looked),) = await database.read(lambda connection: connection.fetch(MARK, {}))
    return mark, looked


async def begun(database: Database) -> Sequencer:
    """A sequencer as a server that starts runs one."""
    made = Sequencer(database)
    await made.keep_mark()
    return made


async def test_age_a_sequencer_begins_where_another_ended(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.sequencer.CLOCK_MARGIN_MS", 0)
    first = await begun(database)
    await add(database, *(step(f"account_{number:02d}", 1) for number in range(20)))
    for _ in range(3):
        await first.once()
        await first.keep_mark()

    second = await begun(database)
    await add(database, step("account_99", 1))

    assert (await marks(database))[0] > ""
    assert second._mark.after == first._mark.after
    assert await second.once() == 1
    check_order(await numbered(database))


async def test_age_a_mark_that_is_written_down_is_never_taken_back(database: Database) -> None:
    ahead, behind = await begun(database), await begun(database)
    await add(database, step("account_a", 1))
    for _ in range(3):
        await ahead.once()
    await behind.once()
    behind._mark.begin_after("" if database.dialect.name == "postgresql" else "1")
    await ahead.keep_mark()
    there = (await marks(database))[0]

    behind._kept = "-"
    await behind.keep_mark()

    assert there > ""
    assert (await marks(database))[0] == there


async def test_age_what_is_undelivered_is_counted_from_the_mark_on(database: Database) -> None:
    running = await begun(database)
    await add(database, step("account_a", 1))
    for _ in range(3):
        await running.once()
    await running.keep_mark()
    await add(database, step("account_a", 2), step("account_b", 1))

    waiting = await database.read(undelivered)
    await running.once()

    assert (waiting, await database.read(undelivered)) == (2, 0)


async def test_age_an_upgrade_begins_where_the_release_before_ended(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await (await world.provider()).filed()
        await aged.age(world.office.database)
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened(own_database_url) as database:
        mark, looked = await marks(database)
        running = await begun(database)
        await add(database, step("account_later", 1))

        assert mark > ""
        assert looked == ""
        assert await running.once() == 1
        assert await sequence_once(database) == 0


async def test_age_an_upgrade_passes_over_no_step_that_waits(own_database_url: str) -> None:
    async with opened(own_database_url) as database:
        await settle(database, settings_for("").key_ring(), "SG")
        await add(database, step("account_a", 1), step("account_b", 1))
        await sequence_once(database)
        await add(database, step("account_a", 2), step("account_c", 1))
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened(own_database_url) as database:
        assert await (await begun(database)).once() == 2
        check_order(await numbered(database))


class TestOnPostgresql:
    """Only there can a step hide below a mark."""

    @pytest.fixture
    def database_kind(self) -> str:
        return "postgresql"

    async def hidden(self, database: Database) -> Sequencer:
        """A sequencer, and a step that a clock set back by a day hides from it."""
        running = await begun(database)
        await add(database, step("account_a", 1))
        for _ in range(3):
            await running.once()
        await add(database, step("account_b", 1, earlier(new_id("step"), 86_400_000)))
        assert await running.once() == 0
        return running

    async def test_age_what_a_mark_hides_gets_its_position(self, database: Database) -> None:
        running = await self.hidden(database)

        seen = await look(database, NOW)

        assert seen == 2
        assert [row[1] for row in await numbered(database)] == ["account_a", "account_b"]
        assert await running.once() == 0

    @pytest.mark.parametrize("processes", [2, 5])
    async def test_age_of_many_one_looks(self, database: Database, processes: int) -> None:
        await self.hidden(database)

        seen = await asyncio.gather(*(look(database, NOW) for _ in range(processes)))
        again = await look(database, NOW + EVERY - timedelta(seconds=1))
        later = await look(database, NOW + EVERY)

        assert sorted(seen) == [0] * (processes - 1) + [2]
        assert (again, later) == (0, 2)

    async def test_age_a_look_ends_in_time_and_the_next_goes_on(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await add(database, *(step(f"account_{number}", 1) for number in range(2 * PAGE + 10)))
        seen, at = [], NOW
        for _ in range(4):
            seen.append(await look(database, at, seconds=0))
            at += EVERY

        assert seen == [PAGE, PAGE, 10, PAGE]
        assert len(await numbered(database)) == 2 * PAGE + 10

    async def test_age_who_numbers_is_not_waited_for(self, database: Database, own_database_url: str) -> None:
        await self.hidden(database)
        async with opened(own_database_url) as other:

            async def numbering(transaction: Transaction) -> int:
                assert await takes_turn(transaction)
                return await look(database, NOW)

            await other.write(numbering)
        before = len(await numbered(database))

        await look(database, NOW + EVERY)

        assert (before, len(await numbered(database))) == (1, 2)
