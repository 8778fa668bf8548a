"""What waits for a decision before the upgrade has its deadline with it, and what holds a closing stops it (Art. 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.account import Account
from domain.deadline import Deadline
from domain.sanction import Sanction
from domain.table import table_of
from tests.cases import test_w2_closing as w2
from tests.sanctions import DISMISSAL, Case, sanctioned
from tests.workflows.test_migrations import moved, within
from tests.world import World, opened_world

Stands = dict[str, tuple[datetime | None, ...]]


async def decisions(world: World) -> Stands:
    rows = await world.rows(Deadline, kind="SANCTION_DECISION", settled_at=None)
    return {row.case_id: (row.due_at, row.next_at) for row in rows}


async def shown(world: World) -> dict[str, tuple[Any, ...]]:
    cases: list[Any] = [*await world.rows(Sanction), *await world.rows(Account)]
    return {row.id: (row.state, row.due_at, row.clock) for row in cases}


async def stood(world: World) -> dict[str, Case]:
    """Cases in every way to wait for a decision, and closings beside them; what is held is asked for last of all."""
    provider = await world.provider()
    made = {name: await sanctioned(provider) for name in ("opened", "told", "heard", "again", "measured", "free")}
    world.clock.advance(days=2)
    for name in ("told", "heard"):
        await made[name].notify()
    await made["again"].dismiss()
    await w2.restricted(made["measured"])
    world.clock.advance(days=1)
    await made["heard"].answer("It was not I.")
    more: dict[str, Any] = {
        "findings": "There is more.",
        "evidence": [{"text": "A second item.", "isDisclosable": True}],
    }
    again = made["again"]
    await provider.officer.must("sanctionReopen", id=again.id, version=await again.version(), **more)
    for case in made.values():
        await w2.ask(case)
    return made


async def test_w2_what_waits_at_the_upgrade_waits_as_if_it_had_been_opened_after_it(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        made = await stood(world)
        before = await decisions(world), await shown(world)
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        assert await decisions(world) == before[0]
        assert await shown(world) == before[1]
        rows = {row.id: row.closing_held_at for row in await world.rows(Account)}
    held = {name for name, case in made.items() if rows[case.account_id] is not None}
    assert held == {"told", "heard", "measured"}
    assert len(before[0]) == len(made) - 1


async def test_w2_a_closing_that_is_held_at_the_upgrade_goes_on_when_its_case_ends(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        made = await stood(world)
        closing_at = world.clock() + timedelta(days=7)
    await moved(own_database_url, "0007", down=True)
    former = await within(own_database_url, running)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.now = closing_at + timedelta(days=1)
        await world.sweep()
        (held,) = await world.rows(Account, id=made["told"].account_id)
        (closed,) = await world.rows(Account, id=made["opened"].account_id)
        provider = replace(made["told"].provider, world=world)
        reviewer = replace(provider.reviewer, world=world)
        given: dict[str, Any] = {"id": made["told"].id, "version": 2, "reasons": DISMISSAL}
        await reviewer.must("sanctionDismiss", **given)
        world.clock.advance(days=7, seconds=1)
        await world.sweep()
        (after,) = await world.rows(Account, id=held.id)
    assert former == {(closing_at, closing_at, None)}
    assert (held.state, closed.state, after.state) == ("FILED", "CLOSED", "CLOSED")


def running(connection: sa.Connection) -> set[tuple[Any, ...]]:
    """The clocks of closings, as the former release finds them."""
    table = table_of(Deadline)
    chosen = sa.select(table.c.due_at, table.c.next_at, table.c.paused_at).where(table.c.kind == "COOLING_OFF")
    return {tuple(row) for row in connection.execute(chosen.where(table.c.settled_at.is_(None))).all()}
