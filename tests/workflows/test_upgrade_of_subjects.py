"""Filings of before keep no name of their own: what the register shows of them goes on, there and back (Art. 7)."""

from __future__ import annotations

from domain.deadline import Deadline
from domain.filing import Filing
from domain.permission import RegisterEntry
from tests.cases.test_w1b_changed_names import KIND, filed
from tests.workflows.test_account_change import ask_change
from tests.workflows.test_migrations import moved
from tests.world import opened_world


async def test_a_name_that_waited_is_forgotten_and_the_register_stays(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        firm = await filed(world)
        await ask_change(firm.holder, firm.account_id)
        await firm.rename("示例乙公司")
        assert await firm.due() == [(True, None)]

    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.advance(days=40)
        await world.sweep()
        (filing,) = await world.rows(Filing, account_id=firm.account_id)
        (entry,) = await world.rows(RegisterEntry, account_id=firm.account_id)
        assert (filing.state, filing.sealed) == ("ACCEPTED", None)
        assert entry.organisation_name == "示例甲公司"
        assert await world.rows(Deadline, kind=KIND) == []
