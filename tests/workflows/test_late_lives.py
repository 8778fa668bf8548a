"""Random lives with the worker stopped, late or prompt: what is read before it comes is read after it (Art. 6, 7, 8).

Each step is one that somebody was told they may take, and nothing refuses it: at most it is repeated with the version
told. See also tests/workflows/test_random_lives.py, where every mutation is rehearsed before the worker came.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from domain.ids import prefix_of
from domain.sanction import Measure
from tests.cases.test_t1_reading import read
from tests.workflows.test_races import assert_badges_are_whole, assert_journal_is_whole
from tests.workflows.test_random_lives import WEIGHTS, Life, begun
from tests.world import Person, World, opened_world


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def move(life: Life, people: Sequence[Person]) -> None:
    """One step of somebody, a case of a new conduct, or a permission that is asked for."""
    draw = life.chance.random()
    if draw < 0.3:
        await life.open()
        return
    if draw < 0.4:
        await life.request()
        return
    person = life.chance.choice(people)
    measured = {measure.sanction_id for measure in await life.world.rows(Measure, account_id=life.account_id)}
    found = [
        (person, id_, node["version"], step)
        for id_, node in (await life.told(person)).items()
        for step in (node or {"availableSteps": ()})["availableSteps"]
        if step["allowed"] and (step["trigger"] != "rescind" or id_ in measured)
    ]
    weights = [WEIGHTS.get(f"{prefix_of(id_)}.{step['trigger']}", 4) for _, id_, _, step in found]
    if any(weights):
        await life.take(*life.chance.choices(found, weights)[0])


@pytest.mark.seeds(fast=3, long=20, night=5_000)
async def test_lateness_decides_nothing(world: World, seed: int) -> None:
    life = await begun(world, seed)
    comes, people = life.chance.choice((0.0, 0.3, 1.0)), list(life.people.values())
    for _ in range(8):
        await move(life, people)
        world.clock.advance(days=life.chance.choice((0.5, 1, 4, 8, 30)), seconds=1)
        if life.chance.random() < comes:
            await world.sweep()

    before = await read(world, life.account_id, people)
    await world.sweep()
    after = await read(world, life.account_id, people)

    assert before == after
    await assert_badges_are_whole(world)
    await assert_journal_is_whole(world)
