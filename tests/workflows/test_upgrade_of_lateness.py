"""Deadlines that stood before they carried the root of their case get the same that new ones carry."""

from __future__ import annotations

from domain.deadline import Deadline, DeadlineKind
from tests.sanctions import CIRCUMSTANCES, sanctioned
from tests.workflows.test_account import supplement_asked
from tests.workflows.test_migrations import moved
from tests.world import World, opened_world, unique


async def roots(world: World) -> dict[str, str]:
    """The roots of what stood before; decisions of sanctions had no deadline yet, and get new ones."""
    rows = await world.rows(Deadline)
    return {row.id: row.root_id for row in rows if row.kind is not DeadlineKind.SANCTION_DECISION}


async def test_each_deadline_of_the_former_release_finds_its_root(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await supplement_asked(provider)
        await provider.badged()
        await provider.qualify()
        case = await sanctioned(provider)
        await case.restrict(days=10, circumstances=CIRCUMSTANCES)  # by two: a proposal that was used
        warn = await case.input(days=9)
        await provider.officer.must("sanctionProlong", **warn)  # one that waits
        beside = await sanctioned(provider)
        given = {name: value for name, value in (await beside.input()).items() if name not in ("id", "version")}
        item = {"id": beside.id, "version": await beside.version(), "warn": given}
        filled = await provider.officer.must(
            "sanctionBatchFill", select="digest", items=[item], idempotencyKey=unique("key-")
        )
        decide = {"id": filled.id, "version": filled.version, "digest": filled.case["digest"]}
        await provider.officer.must("sanctionDecide", **decide)
        before = await roots(world)
        kinds = {(row.case_kind, row.root_id.partition("_")[0]) for row in await world.rows(Deadline)}

    await moved(own_database_url, "0012", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        assert await roots(world) == before
    assert kinds >= {
        ("account", "account"), ("filing", "account"), ("permission", "account"), ("sanction", "account"),
        ("authority_report", "account"), ("identity", "holder"), ("qualification", "provider"),
        ("proposal", "account"), ("proposal", "batch"),
    }  # fmt: skip
