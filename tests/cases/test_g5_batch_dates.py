"""A day that nothing may have is a problem with its place in a batch, like every other fault of an item."""

from __future__ import annotations

import pytest

from domain.batch import BatchItem
from tests.workflows.test_adopt import EXAMINED, filled, item, opened
from tests.world import World, unique


@pytest.mark.parametrize("day", ["0001-01-01", "0001-12-31", "1582-10-04", "1899-12-31"])
@pytest.mark.parametrize("place", [0, 1])
async def test_g5_an_examination_of_no_such_day_is_a_problem_of_its_item(world: World, day: str, place: int) -> None:
    provider = await opened(world)
    items = [item(await provider.holder()) for _ in range(2)]
    items[place]["examination"] = {**EXAMINED, "examinedOn": day}

    answer = await provider.integration.refused("batchFill", items=items, idempotencyKey=unique("key-"))

    assert answer.problems == [("INPUT_INVALID", f"items.{place}.examination.examinedOn")]


async def test_g5_every_such_day_of_a_batch_is_told_at_once(world: World) -> None:
    provider = await opened(world)
    items = [
        item(await provider.holder(), examination={**EXAMINED, "examinedOn": day})
        for day in ("0001-01-01", "1899-01-01")
    ]

    answer = await provider.integration.refused("batchFill", items=items, idempotencyKey=unique("key-"))

    assert [path for _, path in answer.problems] == [f"items.{n}.examination.examinedOn" for n in (0, 1)]


@pytest.mark.parametrize("day", ["1900-01-01", "9999-12-31"])
async def test_g5_the_ends_of_what_is_reckoned_with_are_judged_like_any_day(world: World, day: str) -> None:
    provider = await opened(world)
    wanted = item(await provider.holder(), examination={**EXAMINED, "examinedOn": day})

    batch = await filled(provider, [wanted])
    (row,) = await world.rows(BatchItem, batch_id=batch.id)

    assert ("EXAMINED_TOO_LATE" in str(row.problems)) is (day == "9999-12-31")
