"""Keys of requests go after thirty days, and one that goes while it is looked for stops nobody."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.outbox import IdempotencyKey
from domain.table import table_of
from tests.world import Provider, World, opened_world, unique
from workflows import idempotency
from workflows.idempotency import remove_old

GONE = sa.delete(table_of(IdempotencyKey)).where(table_of(IdempotencyKey).c.key == sa.bindparam("gone", type_=sa.Text))


async def asked(provider: Provider) -> tuple[Any, dict[str, Any]]:
    holder = await provider.holder()
    input_: dict[str, Any] = {"particulars": holder.particulars(), "idempotencyKey": unique("key-")}
    return holder.person, input_


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (30, True), (31, False), (400, False)])
async def test_age_a_key_is_kept_for_thirty_days(world: World, days: int, is_kept: bool) -> None:
    person, input_ = await asked(await world.provider())
    await person.must("accountApply", **input_)
    world.clock.advance(days=days)

    await remove_old(world.office.database, world.clock())

    kept = await world.rows(IdempotencyKey, key=input_["idempotencyKey"])
    assert bool(kept) is is_kept


async def test_age_old_keys_go_in_many_small_pieces(own_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await provider.applied()
        there = await world.rows(IdempotencyKey)
        world.clock.advance(days=31)
        monkeypatch.setattr(idempotency, "_OLD", idempotency._OLD.limit(sa.literal_column("1")))

        removed = await remove_old(world.office.database, world.clock())

        assert removed == len(there) > 1
        assert await world.rows(IdempotencyKey) == []


class Vanishing:
    """A transaction beside which the key goes, after it was found taken and before it is read."""

    def __init__(self, transaction: Any) -> None:
        self._transaction, self.dialect = transaction, transaction.dialect

    async def fetch(self, clause: Any, values: Any) -> Any:
        if clause is idempotency._FOUND:
            await self._transaction.fetch(GONE, {"gone": values["b_key"]})
        return await self._transaction.fetch(clause, values)


@pytest.mark.parametrize("input_hash", ["h", "of another input"])
async def test_age_a_key_that_vanishes_before_it_is_read_makes_the_request_a_new_one(
    world: World, input_hash: str
) -> None:
    key, database, now = unique("key-"), world.office.database, world.clock()
    await database.write(lambda transaction: idempotency.begin(transaction, "c", key, "h", now))

    begun = await database.write(lambda at: idempotency.begin(Vanishing(at), "c", key, input_hash, now))  # type: ignore[arg-type]

    assert begun is None
    assert len(await world.rows(IdempotencyKey, key=key)) == 1


async def test_age_a_request_repeated_after_its_key_went_is_judged_anew(world: World) -> None:
    person, input_ = await asked(await world.provider())
    first = await person.must("accountApply", **input_)
    world.clock.advance(days=31)
    await remove_old(world.office.database, world.clock())

    again = await person.do("accountApply", **input_)

    assert set(again.codes) & {"NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"}
    assert len(await world.rows(Account, holder_id=first.case.get("holderId", person.id))) == 1
