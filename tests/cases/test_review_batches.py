"""A batch keeps nobody else from writing for long, and comes to an end though its proposer is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from domain.batch import BatchItem
from domain.staff import Staff
from tests.workflows import test_adopt as adoption
from tests.workflows import test_sanction_batch as decisions
from tests.world import Answer, Person, Provider, World, opened_world
from workflows import adopting, batch_ends, batch_pace, batch_run, deciding
from workflows.batch_chunk import Chunk
from workflows.batch_ends import end_forsaken
from workflows.batch_pace import HELD_SECONDS, Pace

Ready = Callable[[World, int], Awaitable[tuple[Provider, Any]]]


async def adoptions(world: World, count: int) -> tuple[Provider, adoption.Filled]:
    """A batch of so many adoptions, endorsed."""
    provider = await adoption.opened(world)
    holder = await provider.holder()
    return provider, await (await adoption.filled(provider, [adoption.item(holder) for _ in range(count)])).endorsed()


async def sanctions(world: World, count: int) -> tuple[Provider, decisions.Drawn]:
    """A batch of so many decisions, endorsed."""
    provider = await decisions.settled(world)
    cases = await decisions.heard(world, provider, count)
    return provider, await (await decisions.drawn(provider, [decisions.decision(case) for case in cases])).endorsed()


async def carried_out(batch: Any) -> Answer:
    answer: Answer = await (batch.adopt() if isinstance(batch, adoption.Filled) else batch.decide())
    return answer


KINDS: Final = pytest.mark.parametrize("ready", [adoptions, sanctions])


# --- how long ----------------------------------------------------------------------------------------------------
@dataclass
class Slow:
    """A clock that each item moves, and how long each transaction took by it."""

    now: float = 0.0
    held: list[tuple[int, float]] = field(default_factory=list)

    def set_up(self, monkeypatch: pytest.MonkeyPatch, seconds: Callable[[int], float]) -> None:
        began, tell, numbers = 0.0, Chunk._tell, iter(range(10_000))
        slow, decide, decided, begin = self, adopting._decide, deciding._decided, Pace.begin

        def begun(pace: Pace) -> None:
            nonlocal began
            began = slow.now
            begin(pace)

        def one(*given: Any) -> Any:
            slow.now += seconds(next(numbers))
            return decide(*given)

        async def other(*given: Any) -> Any:
            slow.now += seconds(next(numbers))
            return await decided(*given)

        async def told(chunk: Chunk, results: Any) -> None:
            slow.held.append((len(results), slow.now - began))
            await tell(chunk, results)

        monkeypatch.setattr(batch_pace, "seconds", lambda: slow.now)
        monkeypatch.setattr(Pace, "begin", begun)
        monkeypatch.setattr(adopting, "_decide", one)
        monkeypatch.setattr(deciding, "_decided", other)
        monkeypatch.setattr(Chunk, "_tell", told)


@KINDS
@pytest.mark.parametrize("seconds", [0.004, 0.012, 0.025])
async def test_review_no_transaction_of_a_batch_is_held_for_long(
    world: World, ready: Ready, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, batch = await ready(world, 40)
    slow = Slow()
    slow.set_up(monkeypatch, lambda _: seconds)

    answer = await carried_out(batch)

    assert len(answer.payload["results"]) == 40
    assert sum(count for count, _ in slow.held) == 40
    assert max(held for _, held in slow.held) <= HELD_SECONDS
    assert len(slow.held) >= 40 * seconds / HELD_SECONDS


async def test_review_decisions_that_grow_slow_at_once_are_held_no_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, batch = await sanctions(world, 40)
    slow = Slow()
    slow.set_up(monkeypatch, lambda number: 0.001 if number < 20 else 0.1)

    await carried_out(batch)

    assert sum(count for count, _ in slow.held) == 40
    assert max(held for _, held in slow.held) <= HELD_SECONDS


@pytest.mark.parametrize(
    ("items", "spent", "size"),
    [(10, 0.125, 10), (10, 1.25, 1), (10, 12.5, 1), (10, 0.0125, 100), (100, 0.25, 50), (1, 0.0, 100), (3, 0.03, 12)],
)
def test_review_the_next_transaction_takes_as_many_as_fit(
    monkeypatch: pytest.MonkeyPatch, items: int, spent: float, size: int
) -> None:
    times = iter([0.0, spent])
    monkeypatch.setattr(batch_pace, "seconds", lambda: next(times))
    pace = Pace(100)

    pace.begin()
    pace.end(items)

    assert pace.size == size


class TestOnSqlite:
    """Where there is one writer."""

    @pytest.fixture
    def database_kind(self) -> str:
        return "sqlite"

    @KINDS
    async def test_review_who_waits_to_write_comes_in_between(
        self, own_database_url: str, ready: Ready, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened_world(own_database_url) as world:
            _, batch = await ready(world, 30)
            monkeypatch.setattr(batch_run, "CHUNK", 6)
            waiting: list[asyncio.Task[Any]] = []
            tell, seen = Chunk._tell, list[int]()

            async def nothing(_: Any) -> None:
                """Somebody else's turn."""

            async def told(chunk: Chunk, results: Any) -> None:
                seen.append(sum(task.done() for task in waiting))
                waiting.append(asyncio.create_task(world.office.database.write(nothing)))
                await asyncio.sleep(0)
                await tell(chunk, results)

            monkeypatch.setattr(Chunk, "_tell", told)
            await carried_out(batch)
            await asyncio.gather(*waiting)

        assert len(seen) >= 3
        assert seen == list(range(len(seen)))  # of those who waited at a transaction, all had written at the next


# --- to its end --------------------------------------------------------------------------------------------------
async def half_way(ready: Ready, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Provider, Any]:
    """A batch of six of which two were carried out."""
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    provider, batch = await ready(world, 6)
    with monkeypatch.context() as patched:
        patched.setattr(batch_run, "CALL_MAX", 2)
        await carried_out(batch)
    return provider, batch


async def disabled(provider: Provider, person: Person) -> None:
    (row,) = await provider.world.rows(Staff, id=person.id)
    by = provider.officer if person is not provider.officer else await provider.second_officer()
    await by.must("staffDisable", id=row.id, version=row.seq)


async def items_of(world: World, batch: Any) -> list[BatchItem]:
    return list(await world.rows(BatchItem, order_by="number", batch_id=batch.id))


@KINDS
async def test_review_what_waits_is_refused_once_its_proposer_is_disabled(
    world: World, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, batch = await half_way(ready, world, monkeypatch)
    await disabled(provider, batch.proposer)

    ended = await end_forsaken(world.office.database, world.clock())

    items = await items_of(world, batch)
    assert ended == 4
    assert [str(item.state) for item in items] == ["DONE"] * 2 + ["REFUSED"] * 4
    assert all([one["code"] for one in item.problems] == ["PROPOSER_GONE"] for item in items[2:])
    assert all(item.sealed is None and item.carried_out_at == world.clock() for item in items[2:])
    assert await adoption.counts(world, batch.id) == (6, 2, 4)
    assert await end_forsaken(world.office.database, world.clock()) == 0


@KINDS
async def test_review_many_that_wait_are_refused_piece_by_piece(
    world: World, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, batch = await half_way(ready, world, monkeypatch)
    await disabled(provider, batch.proposer)
    left = batch_ends._LEFT.limit(1)
    monkeypatch.setattr(batch_ends, "_LEFT", left)

    assert await end_forsaken(world.office.database, world.clock()) == 4
    assert await adoption.counts(world, batch.id) == (6, 2, 4)


@KINDS
async def test_review_what_its_proposer_can_go_on_with_is_left(
    world: World, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, batch = await half_way(ready, world, monkeypatch)
    await disabled(provider, batch.endorser)

    assert await end_forsaken(world.office.database, world.clock()) == 0

    await carried_out(batch)
    assert await adoption.counts(world, batch.id) == (6, 6, 0)


@KINDS
async def test_review_a_batch_that_was_not_begun_or_is_done_is_left(world: World, ready: Ready) -> None:
    provider, batch = await ready(world, 2)
    done_by, done = await ready(world, 2)
    await carried_out(done)
    await disabled(provider, batch.proposer)
    await disabled(done_by, done.proposer)

    async with world.untouched(batch.id, done.id):
        assert await end_forsaken(world.office.database, world.clock()) == 0
