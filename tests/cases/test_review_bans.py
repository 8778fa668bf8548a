"""Whoever bans a subject and whoever lets it in take turns: no account is approved beside a ban that is under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import pytest

from domain.account import Account, AccountState
from domain.identity import Identity
from domain.sanction import Ban, BanKind
from domain.table import table_of
from domain.vault.blind_index import ban_index
from tests import placed
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows import test_adopt as adoption
from tests.world import Provider, World, opened_world, resident_id
from workflows.bans import hold, known_by
from workflows.database import Database, Transaction
from workflows.migrations import open_database
from workflows.writing import insertion

_WAITING: Final = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


class Beside:
    """A transaction of somebody else, in which something is done and not committed yet."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self._url = database, url
        self.may_commit, self._did = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def doing(self, do: Callable[[Transaction], Awaitable[None]]) -> AsyncIterator[None]:
        """Until the block ends it stays open; then it commits."""

        async def work(transaction: Transaction) -> None:
            await do(transaction)
            self._did.set()
            await self.may_commit.wait()

        task = asyncio.create_task(self.database.write(work))
        await self._did.wait()
        yield
        self.may_commit.set()
        await task

    async def is_waited_for(self, asked: asyncio.Task[Any]) -> bool:
        """Whether somebody comes to wait for what it holds; False where what was asked is answered."""
        connection = await asyncpg.connect(self._url)
        try:
            while not asked.done() and not await connection.fetchval(_WAITING):  # noqa: ASYNC110 - a row is waited for
                await asyncio.sleep(0.01)
            return not asked.done()
        finally:
            await connection.close()


@pytest.fixture
def database_kind() -> str:
    """On SQLite nobody else is under way."""
    return "postgresql"


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    async with opened_world(own_database_url) as made:
        yield made


@pytest.fixture
async def beside(own_database_url: str) -> AsyncIterator[Beside]:
    database = await open_database(own_database_url)
    yield Beside(database, own_database_url)
    await database.close()


async def banning(world: World, account_id: str) -> Callable[[Transaction], Awaitable[None]]:
    """What a closure of this account with a ban of its subject holds and writes."""
    (account,) = await world.rows(Account, id=account_id)
    (identity,) = await world.rows(Identity, holder_id=account.holder_id)
    (index, *_) = known_by(account.subject_type, identity.resident_id_index, identity.uscc_index)
    digest = ban_index(world.keys, account.provider_id, index)
    await placed.ban(world, account_id, BanKind.NAME)
    (row,) = await world.rows(Ban, account_id=account_id)
    values = {**vars(row), "id": "ban_beside", "kind": BanKind.SUBJECT, "key": None, "subject_index": digest}

    async def do(transaction: Transaction) -> None:
        await hold(transaction, [digest])
        await transaction.fetch(insertion(table_of(Ban)), values)

    return do


async def applied_again(provider: Provider, number: str) -> str:
    """The application of another holder who is the same person, in a reviewer's hand."""
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    return account.id


async def test_review_an_approval_waits_for_a_ban_under_way_and_heeds_it(world: World, beside: Beside) -> None:
    provider, number = await world.provider(), resident_id()
    first = await (await provider.holder(residentId=number)).apply()
    again = await applied_again(provider, number)

    async with beside.doing(await banning(world, first.id)):
        approve: dict[str, Any] = {"id": again, "version": 1, "category": "LIFESTYLE"}
        asked = asyncio.create_task(provider.reviewer.do("accountApprove", **approve))
        waited = await beside.is_waited_for(asked)

    assert waited
    assert "SUBJECT_BANNED" in (await asked).codes
    (row,) = await world.rows(Account, id=again)
    assert row.state == AccountState.APPLIED


async def test_review_an_approval_of_somebody_else_waits_for_no_ban(world: World, beside: Beside) -> None:
    provider, number = await world.provider(), resident_id()
    first = await (await provider.holder(residentId=number)).apply()
    other = await applied_again(provider, resident_id())

    async with beside.doing(await banning(world, first.id)):
        answer = await provider.reviewer.must("accountApprove", id=other, version=1, category="LIFESTYLE")

    assert answer.state == "REVIEWED"


async def test_review_a_closure_with_a_ban_waits_for_an_approval_under_way(world: World, beside: Beside) -> None:
    provider, number = await world.provider(), resident_id()
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    case = await opened(provider, account.id, holder, gravity="GRAVE")
    await case.notify()
    await case.waive()
    (identity,) = await world.rows(Identity, holder_id=holder.id)
    digest = ban_index(world.keys, provider.id, bytes(identity.resident_id_index or b""))

    async def approving(transaction: Transaction) -> None:
        await hold(transaction, [digest])

    async with beside.doing(approving):
        asked = asyncio.create_task(case.close(circumstances=CIRCUMSTANCES, banDays=365))
        waited = await beside.is_waited_for(asked)
        before = await world.rows(Ban, kind="SUBJECT")

    await asked
    assert waited
    assert (before, len(await world.rows(Ban, kind="SUBJECT"))) == ([], 1)


async def test_review_an_adoption_waits_for_a_ban_under_way_and_heeds_it(world: World, beside: Beside) -> None:
    provider, number = await adoption.opened(world), resident_id()
    first = await (await provider.holder(residentId=number)).apply()
    again = await provider.holder(residentId=number)
    batch = await (await adoption.filled(provider, [adoption.item(again)])).endorsed()

    async with beside.doing(await banning(world, first.id)):
        asked = asyncio.create_task(batch.adopt())
        waited = await beside.is_waited_for(asked)

    assert waited
    assert adoption.told(await asked) == [(0, ["REVIEW_NEEDED"])]
