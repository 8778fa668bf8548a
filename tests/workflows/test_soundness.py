"""What is stored holds together, and whoever changes it past the program is noticed (Art. 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from domain.table import METADATA
from domain.vault.keys import KeyRing
from workflows.database import Database, Transaction
from workflows.demo import load_demo
from workflows.migrations import open_database
from workflows.office import Office
from workflows.sequencer import sequence_once, undelivered
from workflows.soundness import count_steps, orphan_states, understaffed, verify_chains

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEYS = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
ACCOUNT = METADATA.tables["account"]


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(own_database_url)
    try:
        await load_demo(Office(opened, KEYS, lambda: NOW))
        yield opened
    finally:
        await opened.close()


async def tamper(database: Database, *statements: str) -> None:
    """What an administrator of the database could do: take the triggers away and write."""
    if database.dialect.name == "sqlite":
        guards = ["DROP TRIGGER step_no_update", "DROP TRIGGER step_no_delete"]
    else:
        guards = ["DROP TRIGGER step_append_only ON step"]

    async def work(transaction: Transaction) -> None:
        for statement in (*guards, *statements):
            await transaction.fetch(sa.text(statement), {})

    await database.write(work)


async def test_what_the_engine_wrote_is_whole(database: Database) -> None:
    told: list[int] = []

    chains = await verify_chains(database, told.append)

    assert chains.are_whole
    assert chains.steps == sum(told) == await count_steps(database) > 20
    assert await orphan_states(database) == {}


async def test_every_step_gets_a_position(database: Database) -> None:
    before = await database.read(undelivered)

    assert before == await sequence_once(database) == await count_steps(database)
    assert await database.read(undelivered) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE step SET to_state = 'WITHDRAWN' WHERE case_kind = 'account' AND seq = 1",
        "UPDATE step SET actor_id = 'staff_x' WHERE case_kind = 'account' AND seq = 1",
        "UPDATE step SET seq = seq + 10 WHERE case_kind = 'account'",
        "UPDATE account SET seq = seq + 1",
        "UPDATE account SET head = hash FROM step WHERE step.case_kind = 'staff'",
    ],
)
async def test_a_changed_step_breaks_the_chains_it_is_in(database: Database, change: str) -> None:
    await tamper(database, change)

    chains = await verify_chains(database)

    accounts = await database.read(lambda connection: connection.fetch(sa.select(ACCOUNT.c.id), {}))
    assert set(chains.broken) == {row[0] for row in accounts}


async def test_a_chain_cut_short_is_broken(database: Database) -> None:
    last = "SELECT id FROM step s WHERE case_kind = 'account' AND seq = (SELECT seq FROM account WHERE id = s.case_id)"
    parts = [f"DELETE FROM {table} WHERE step_id IN ({last})" for table in ("event", "notice", "step_text")]
    await tamper(
        database, *parts, f"DELETE FROM step WHERE id IN ({last} AND id NOT IN (SELECT decision FROM involvement))"
    )

    assert (await verify_chains(database)).broken


async def test_steps_without_their_case_are_counted(database: Database) -> None:
    await tamper(database, "UPDATE step SET case_id = 'x' || case_id WHERE case_kind = 'account' AND seq = 1")

    accounts = await database.read(lambda connection: connection.fetch(sa.select(ACCOUNT.c.id), {}))
    assert (await verify_chains(database)).homeless == len(accounts)


async def test_a_state_that_does_not_exist_is_found(database: Database) -> None:
    await tamper(database, "UPDATE account SET state = 'SOLD'")

    assert list(await orphan_states(database)) == ["account"]


async def test_a_role_with_one_person_is_told(database: Database) -> None:
    everyone = await understaffed(database)
    await tamper(database, "UPDATE staff SET state = 'DISABLED' WHERE staff_number = 'R-02'")

    alone = set(await understaffed(database)) - set(everyone)

    assert {role for _, role in alone} == {"REVIEWER"}
