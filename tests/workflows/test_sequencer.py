"""Every committed step gets one position: dense, in order within its case, whoever commits late (Art. 8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from domain.ids import earlier, new_id
from domain.journal import GENESIS, Position, Step
from domain.policy.roles import Role
from domain.table import table_of
from workflows.database import Database, Transaction
from workflows.migrations import open_database
from workflows.sequencer import CHANNEL, Sequencer, sequence_once, undelivered

STEP, POSITION = table_of(Step), table_of(Position)
ADD = sa.insert(STEP)
NUMBERED = (
    sa.select(POSITION.c.position, STEP.c.case_id, STEP.c.seq)
    .join(STEP, STEP.c.id == POSITION.c.step_id)
    .order_by(POSITION.c.position)
)
STEPS = sa.select(sa.func.count()).select_from(STEP)


def step(case: str, seq: int, id_: str | None = None) -> dict[str, Any]:
    texts = ("reason_codes", "legal_bases", "details", "texts", "skipped")
    nothing = (
        "provider_id",
        "jurisdiction",
        "holder_id",
        "from_state",
        "actor_id",
        "actor_number",
        "cause",
        "cause_kind",
    )
    return {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys((*nothing, "cause", "cause_kind")),
        "id": id_ or new_id("step"),
        "case_kind": "account",
        "case_id": case,
        "root_id": case,
        "seq": seq,
        "trigger": "apply",
        "to_state": "SUBMITTED",
        "actor_role": Role.SYSTEM,
        "ruleset": 1,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "prev_hash": GENESIS,
        "hash": GENESIS,
    }


async def add(database: Database, *steps: dict[str, Any]) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.fetch_each(ADD, steps)

    await database.write(work)


async def numbered(database: Database) -> Sequence[Any]:
    return await database.read(lambda connection: connection.fetch(NUMBERED, {}))


def check_order(rows: Sequence[Any]) -> None:
    """Dense from 1, and within a case in the order of its steps."""
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    seen: dict[str, int] = {}
    for _, case, seq in rows:
        assert seq == seen.get(case, 0) + 1
        seen[case] = seq


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(own_database_url)
    yield opened
    await opened.close()


async def test_nothing_is_numbered_where_nothing_is(database: Database) -> None:
    assert await sequence_once(database) == 0


async def test_steps_are_numbered_by_case_and_seq(database: Database) -> None:
    await add(database, step("account_b", 1), step("account_a", 1), step("account_b", 2), step("account_a", 2))

    count = await sequence_once(database)

    assert count == 4
    assert [tuple(row) for row in await numbered(database)] == [
        (1, "account_a", 1),
        (2, "account_a", 2),
        (3, "account_b", 1),
        (4, "account_b", 2),
    ]


async def test_a_second_pass_goes_on_where_the_first_ended(database: Database) -> None:
    sequencer = Sequencer(database)
    await add(database, step("account_a", 1))
    await sequencer.once()
    await add(database, step("account_a", 2))

    counts = [await sequencer.once(), await sequencer.once(), await sequence_once(database)]

    assert counts == [1, 0, 0]
    check_order(await numbered(database))


async def test_writers_and_sequencers_at_once_leave_no_gap_and_no_double(database: Database) -> None:
    sequencers = [Sequencer(database) for _ in range(3)]
    done = asyncio.Event()

    async def writer(number: int) -> None:
        for seq in range(1, 21):
            # Two cases a writer in one commit; one id far in the past, as of a clock that stands wrong by seconds.
            await add(
                database,
                step(f"account_{number}_a", seq, earlier(new_id("step"), 5_000)[:-6] + new_id("step")[-6:]),
                step(f"account_{number}_b", seq),
            )

    async def sequence(sequencer: Sequencer) -> None:
        while not done.is_set():
            await sequencer.once()
            await asyncio.sleep(0.002)

    running = [asyncio.create_task(sequence(sequencer)) for sequencer in sequencers]
    await asyncio.gather(*[writer(number) for number in range(6)])
    done.set()
    await asyncio.gather(*running)
    await sequencers[0].once()

    rows = await numbered(database)
    check_order(rows)
    assert len(rows) == 240
    assert await database.read(undelivered) == 0


async def test_the_sequencer_runs_until_it_is_stopped(database: Database) -> None:
    told: list[Exception] = []
    sequencer = Sequencer(database)
    task = asyncio.create_task(sequencer.run(failed=told.append, pause_seconds=0.001))
    await add(database, step("account_a", 1))

    async with asyncio.timeout(10):
        while not await numbered(database):  # noqa: ASYNC110 - what is waited for is a row
            await asyncio.sleep(0.002)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == []


def test_an_earlier_id_sorts_before_every_id_since() -> None:
    id_ = new_id("step")

    assert earlier(id_, 0) <= id_
    assert earlier(id_, 1) < earlier(id_, 0)
    assert earlier(id_, 10**15) == "step_00000000000000000000000000"


class TestOnPostgresql:
    """What only a database of many writers can do."""

    @pytest.fixture
    def database_kind(self) -> str:
        return "postgresql"

    @pytest.mark.parametrize("others", [0, 3])
    async def test_a_transaction_that_commits_late_is_not_lost(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, others: int
    ) -> None:
        monkeypatch.setattr("workflows.sequencer.CLOCK_MARGIN_MS", 0)
        sequencer = Sequencer(database)
        await add(database, step("account_first", 1))
        await sequencer.once()
        began, may_commit = asyncio.Event(), asyncio.Event()

        async def slow(transaction: Transaction) -> None:
            await transaction.fetch(sa.text("SELECT pg_current_xact_id()::text"), {})  # as the lock of the root does
            await transaction.fetch_each(ADD, [step("account_slow", 1)])
            began.set()
            await may_commit.wait()

        late = asyncio.create_task(database.write(slow))
        await began.wait()
        for number in range(others):
            await add(database, step(f"account_quick_{number}", 1))
            await sequencer.once()
        for _ in range(3):
            await asyncio.sleep(0.005)
            await sequencer.once()
        may_commit.set()
        await late

        assert await sequencer.once() == 1
        check_order(await numbered(database))

    async def test_the_mark_follows_so_that_a_pass_does_not_grow_with_the_journal(self, database: Database) -> None:
        sequencer = Sequencer(database)
        await add(database, step("account_a", 1))

        for _ in range(3):
            await sequencer.once()

        assert sequencer._mark.after > ""

    async def test_a_batch_is_announced_once(self, own_database_url: str, database: Database) -> None:
        heard: asyncio.Queue[str] = asyncio.Queue()
        listener = await asyncpg.connect(own_database_url)
        await listener.add_listener(CHANNEL, lambda *told: heard.put_nowait(told[3]))
        await add(database, step("account_a", 1), step("account_a", 2), step("account_b", 1))

        await sequence_once(database)

        assert await asyncio.wait_for(heard.get(), 10) == "3"
        await listener.close()
        assert heard.empty()

    async def test_while_another_is_at_it_a_sequencer_leaves_the_work_to_it(
        self, own_database_url: str, database: Database
    ) -> None:
        other = await asyncpg.connect(own_database_url)
        await other.execute("SELECT pg_advisory_lock(7420142)")
        await add(database, step("account_a", 1))

        assert await sequence_once(database) == 0

        await other.close()
        assert await sequence_once(database) == 1
