"""The demo data: whole cases with their journals, loaded once however often it is asked for."""

from __future__ import annotations

import sqlalchemy as sa

from domain.account import Account
from domain.filing import Filing
from domain.journal import Step
from domain.outbox import IdempotencyKey
from domain.policy.roles import Role
from domain.staff import Staff
from domain.table import table_of
from tests.world import Person, World, opened_world, unique
from workflows.database import Transaction
from workflows.demo import load_demo
from workflows.soundness import understaffed, verify_chains

_STEPS = sa.select(sa.func.count()).select_from(table_of(Step))
_ACCOUNTS = sa.select(table_of(Account).c.state, table_of(Account).c.is_flagged)
_FILINGS = sa.select(table_of(Filing).c.state)


async def _count(world: World) -> int:
    rows = await world.office.database.read(lambda connection: connection.fetch(_STEPS, {}))
    return int(rows[0][0])


async def _forget_the_last_step(transaction: Transaction) -> None:
    staff, key = table_of(Staff), table_of(IdempotencyKey)
    gone = sa.update(staff).where(staff.c.subject == "demo-auditor-shanghai").values(subject="gone")
    await transaction.fetch(gone, {})
    await transaction.fetch(sa.delete(key).where(key.c.key == "demo:demo-auditor-shanghai:staff.enrol"), {})


async def test_the_demo_data_stand_where_a_newcomer_can_go_on(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        loaded = await load_demo(world.office)

        accounts = await world.office.database.read(lambda connection: connection.fetch(_ACCOUNTS, {}))
        filings = await world.office.database.read(lambda connection: connection.fetch(_FILINGS, {}))
        chains = await verify_chains(world.office.database)
        alone = await understaffed(world.office.database)
    assert loaded
    assert sorted((row[0], bool(row[1])) for row in accounts) == [
        ("APPLIED", False),
        ("APPLIED", False),
        ("APPLIED", True),
        ("BADGED", True),
        ("FILED", False),
        ("REVIEWED", False),
        ("SUPPLEMENT_REQUESTED", False),
    ]
    assert sorted(row[0] for row in filings) == ["ACCEPTED", "ACCEPTED", "SUBMITTED"]
    assert chains.are_whole
    assert alone == []


async def test_loading_the_demo_data_again_changes_nothing(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await load_demo(world.office)
        before = await _count(world)

        again = await load_demo(world.office)

        assert (again, await _count(world)) == (False, before)


async def test_an_interrupted_load_goes_on_where_it_stopped(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await load_demo(world.office)
        before = await _count(world)
        await world.office.database.write(_forget_the_last_step)

        again = await load_demo(world.office)

        assert (again, await _count(world)) == (True, before + 1)


async def test_who_repeats_their_enrolment_as_a_holder_gets_the_same_answer(world: World) -> None:
    provider = await world.provider()
    person = Person(world, unique("holder-"), Role.HOLDER, provider.id)
    asked = {"subjectType": "INDIVIDUAL", "displayName": "示例", "division": "330100", "idempotencyKey": unique("key-")}

    first = await person.must("holderEnrol", **asked)
    again = await person.must("holderEnrol", **asked)

    assert (again.id, again.version) == (first.id, first.version)
