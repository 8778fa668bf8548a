"""A permission is narrowed only where the register lists less: nothing would widen it again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from domain.permission import Permission
from tests.world import PERMISSION_REASON, Provider, World

UNCHANGED = ("SERVICES_NOT_REDUCED", "id")


async def narrowable(provider: Provider, **listed: Any) -> tuple[str, dict[str, Any]]:
    """A badged account's permission to publish, its licence listed so; what narrowing it asks."""
    world = provider.world
    _, account_id, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    if listed:
        await world.relist(str(row.licence_number), **listed)
    return account_id, {"id": row.id, "version": row.seq, "reasons": PERMISSION_REASON}


@pytest.mark.parametrize("by", ["officer", "regulator"])
@pytest.mark.parametrize(
    "listed",
    [
        {},
        {"services": "PUBLISH_AND_REPRINT", "valid_to": date(2026, 3, 1)},
        {"holder_name": "示例别家"},
        {"services": "PLATFORM"},
        {"services": sa.null()},
    ],
    ids=["as-it-was", "ended", "renamed", "for-something-else", "untold"],
)
async def test_review_a_permission_whose_licence_lists_no_less_is_not_narrowed(
    world: World, listed: dict[str, Any], by: str
) -> None:
    provider = await world.provider()
    account_id, narrow = await narrowable(provider, **listed)

    async with world.untouched(narrow["id"], account_id):
        answer = await getattr(provider, by).do("permissionNarrow", **narrow)

    assert answer.problems == [UNCHANGED]


@pytest.mark.parametrize("by", ["officer", "regulator"])
async def test_review_one_whose_licence_lists_reprinting_alone_is_narrowed(world: World, by: str) -> None:
    provider = await world.provider()
    _, narrow = await narrowable(provider, services="REPRINT_ONLY")

    answer = await getattr(provider, by).must("permissionNarrow", select="kind", **narrow)

    assert answer.case["kind"] == "REPRINT_ONLY"


async def test_review_one_to_reprint_is_told_that_alone(world: World) -> None:
    provider = await world.provider()
    _, _, permission = await provider.badged("REPRINT_ONLY")

    answer = await provider.officer.refused(
        "permissionNarrow", id=permission.id, version=permission.version, reasons=PERMISSION_REASON
    )

    assert answer.problems == [("NOTHING_TO_NARROW", "id")]
