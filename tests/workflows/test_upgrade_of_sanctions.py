"""Going back before sanctions leaves nothing behind that a worker would fail at; their journal stays (Art. 8)."""

from __future__ import annotations

from domain.batch import Batch
from domain.deadline import Deadline
from domain.notice import Notice
from domain.proposal import Proposal
from tests.sanctions import CIRCUMSTANCES, REASONS, sanctioned
from tests.workflows.test_migrations import moved
from tests.world import opened_world, unique

GONE = {"sanction", "authority_report", "batch"}


async def test_what_hangs_on_sanctions_goes_with_them(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        restricted, told = await sanctioned(provider), await sanctioned(provider)
        await restricted.restrict(days=10, circumstances=CIRCUMSTANCES)
        await told.notify()
        await told.waive()
        await provider.officer.must("sanctionSuspend", **await told.input(days=7, circumstances=CIRCUMSTANCES))
        warn = {"reasons": REASONS, "evidenceIds": await told.evidence()}
        item = {"id": told.id, "version": await told.version(), "warn": warn}
        await provider.officer.must("sanctionBatchFill", items=[item], idempotencyKey=unique("key-"))

    await moved(own_database_url, "0005", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.advance(days=40)
        await world.sweep()
        kinds = {row.case_kind for row in await world.rows(Deadline)}
        kinds |= {row.case_kind for row in await world.rows(Notice)}
        kinds |= {row.case_kind for row in await world.rows(Proposal)}
        assert kinds & GONE == set()
        assert [row.problem for row in await world.rows(Deadline) if row.problem is not None] == []
        assert await world.rows(Batch) == []
