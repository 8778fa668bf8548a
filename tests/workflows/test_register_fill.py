"""What was on file before there was a register is entered once, as a step would have entered it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from domain.permission import Badge, RegisterEntry
from domain.table import table_of
from tests.world import REVOCATION, World, by_two, opened_world
from workflows.register_fill import fill_register

_FORGOTTEN = sa.delete(table_of(RegisterEntry))
_ALSO = sa.delete(table_of(Badge))


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A deployment of its own: the whole register is forgotten and read."""
    async with opened_world(own_database_url) as made:
        yield made


async def forget(world: World) -> None:
    """As if there had been no register."""
    for clause in (_ALSO, _FORGOTTEN):
        await world.office.database.write(lambda transaction, clause=clause: transaction.fetch(clause, {}))


async def test_an_account_filed_earlier_is_entered_as_it_would_have_been(world: World) -> None:
    provider = await world.provider()
    _, person, _ = await provider.filed()
    _, unit, _ = await provider.news_unit()
    _, revoked, filing = await provider.filed()
    two = provider.regulator, await world.regulator()
    await by_two(*two, "filingRevoke", id=filing.id, version=filing.version, **REVOCATION)
    wanted = {row.account_id: shown(row) for row in await world.rows(RegisterEntry)}
    await forget(world)
    world.clock.advance(days=3)

    made = await fill_register(world.office)

    rows = {row.account_id: shown(row) for row in await world.rows(RegisterEntry)}
    assert rows == wanted
    assert made == len(rows)
    assert {person, unit, revoked} <= set(rows)
    assert rows[unit]["organisation_name"] is not None


async def test_it_is_entered_once(world: World) -> None:
    provider = await world.provider()
    await provider.filed()
    await provider.approved()

    assert await fill_register(world.office) == 0


async def test_a_badge_is_issued_for_what_was_not_entered_yet(world: World) -> None:
    provider = await world.provider()
    _, account_id, asked = await provider.requested()
    await forget(world)

    officers = provider.officer, await provider.second_officer()
    await by_two(*officers, "permissionGrant", id=asked.id, version=asked.version)

    [entry], [badge] = await world.rows(RegisterEntry, account_id=account_id), await world.rows(Badge)
    assert (badge.filing_number, entry.licence_number) == (entry.number, badge.licence_number)


def shown(row: RegisterEntry) -> dict[str, object]:
    """An entry without what is its own whenever it is made."""
    passing = ("id", "created_at", "changed_at")
    return {name: value for name, value in vars(row).items() if name not in passing}
