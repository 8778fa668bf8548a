"""Licences in doubt (Art. 7): an import writes its doubts alone; a due row for each permission follows, once."""

from __future__ import annotations

import asyncio
import os
import resource
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.authorities import authority_id
from domain.calendar import WorkingDays
from domain.case import NO_DUE_DATE
from domain.deadline import Deadline
from domain.ids import new_id
from domain.licence import LicenceDoubt
from domain.permission import Permission
from domain.register import RegisterKind
from domain.table import METADATA
from tests import registers, stored
from tests.registers import NOW, Killed, clock, opened
from workflows.database import Connection, Database, Statement, Transaction, Work
from workflows.licence_doubts import CHUNK, keep_telling, tell_doubts
from workflows.register_csv import Source
from workflows.register_import import ImportReport, import_register
from workflows.register_run import Counts

HEADER: Final = "licence_no,holder,province,class,permission,issuer,valid_from,valid_to\n"
NUMBER: Final = "31120170001"
FIRST: Final = f"{HEADER}{NUMBER},示例日报社,上海,1,,,,2027-05-31\n32220180002,示例网,,2,,,,\n"
CHANGED: Final = FIRST.replace("示例日报社", "示例晚报社")
MISSING: Final = f"{HEADER}32220180002,示例网,,2,,,,\n"
HERE: Final = authority_id("310000")
MANY: Final = 10_000
CALENDAR: Final = WorkingDays()
DUE: Final = CALENDAR.after(NOW, 5)
LONG_ROWS: Final = int(os.environ.get("SIGNET_LONG_ROWS", "50000"))
EMPTY: Final[Mapping[str, Any]] = {
    "Text": "", "WordText": "", "Integer": 0, "BigInteger": 0, "Boolean": False, "LargeBinary": b"", "Json": [],
    "UtcTime": NOW,
}  # fmt: skip


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


def row_of(table: str, **values: Any) -> dict[str, Any]:
    """A row of a table that says nothing but this."""
    found: dict[str, Any] = {}
    for column in METADATA.tables[table].c:
        found[column.key] = None if column.nullable else EMPTY.get(type(column.type).__name__)
    return {**found, "id": new_id(table), "created_at": NOW, **values}


async def permitted(database: Database, count: int, number: str = NUMBER, state: str = "GRANTED") -> list[str]:
    """So many permissions on one licence, each of an account of its own."""
    provider = row_of("provider", jurisdiction=HERE, state="REGISTERED", mode="SANDBOX", settings={})
    holder = row_of("holder", provider_id=provider["id"], jurisdiction=HERE)
    own = {"provider_id": provider["id"], "jurisdiction": HERE, "holder_id": holder["id"]}
    accounts, permissions = [], []
    for each in range(count):
        account = row_of("account", **own, state="BADGED", name_key=f"n{each}", handle_key=f"h{each}")
        account["receipt_number"] = account["id"]
        case = {"account_id": account["id"], "state": state, "kind": "REPRINT_ONLY", "licence_number": number}
        permissions.append(row_of("permission", **own, **case, due_at=NO_DUE_DATE, clock="NONE"))
        accounts.append(account)

    async def keep(transaction: Transaction) -> None:
        for table, rows in (("provider", [provider]), ("holder", [holder])):
            await transaction.fetch_each(sa.insert(METADATA.tables[table]), rows)
        await transaction.fetch_each(sa.insert(METADATA.tables["account"]), accounts)
        await transaction.fetch_each(sa.insert(METADATA.tables["permission"]), permissions)

    await database.write(keep)
    return [permission["id"] for permission in permissions]


async def imported(database: Database, content: str | Source) -> ImportReport:
    return await registers.imported(database, RegisterKind.LICENCES, content)


async def told(database: Database, heard: Callable[[int], None] = lambda _: None) -> int:
    return await tell_doubts(database, clock, CALENDAR, heard)


async def open_rows(database: Database) -> Counter[str]:
    """How many open rows each permission has."""
    rows = await stored.rows(database, Deadline, kind="LICENCE_DOUBT")
    return Counter(row.case_id for row in rows if row.settled_at is None)


class Counting:
    """A database that counts what an import asks of it."""

    def __init__(self, database: Database) -> None:
        self._database, self.dialect = database, database.dialect
        self.statements = 0

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return await self._database.read(lambda connection: work(_Counted(connection, self)))

    async def write(self, work: Work[Any]) -> Any:
        return await self._database.write(lambda transaction: work(_Counted(transaction, self)))

    async def close(self) -> None:
        await self._database.close()


class _Counted:
    def __init__(self, connection: Any, counting: Counting) -> None:
        self._connection, self._counting, self.dialect = connection, counting, connection.dialect

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Mapping[str, Any]) -> Any:
        self._counting.statements += 1
        return await self._connection.fetch(clause, values)

    async def fetch_each(self, clause: sa.ClauseElement, each: Sequence[Mapping[str, Any]]) -> None:
        self._counting.statements += len(each)
        await self._connection.fetch_each(clause, each)

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        found: AbstractAsyncContextManager[None] = self._connection.savepoint()
        return found


async def statements_of(database: Database, content: str) -> int:
    counting = Counting(database)
    await imported(counting, content)
    return counting.statements


async def test_ten_thousand_permissions_cost_an_import_nothing_and_get_one_due_row_each(database: Database) -> None:
    await imported(database, FIRST)
    alone = await statements_of(database, CHANGED)
    await told(database)
    await imported(database, FIRST)
    await told(database)
    ids = await permitted(database, MANY)
    chunks: list[int] = []

    beside_many = await statements_of(database, CHANGED)
    after_import = await open_rows(database)
    due = await told(database, chunks.append)

    assert beside_many == alone
    assert after_import == Counter()
    assert (due, chunks) == (MANY, [CHUNK] * (MANY // CHUNK))
    assert await open_rows(database) == Counter(ids)
    rows = await stored.rows(database, Permission)
    assert {(row.due_at, row.clock) for row in rows} == {(DUE, "RUNNING")}
    (first, *_) = await stored.rows(database, Deadline, case_id=ids[0])
    assert (first.case_kind, first.runs_from, first.due_at, first.next_at) == ("permission", NOW, DUE, DUE)
    assert first.jurisdiction == HERE


async def test_a_second_import_raises_no_second_row_while_one_is_open(database: Database) -> None:
    ids = await permitted(database, 3)
    await imported(database, FIRST)
    await imported(database, CHANGED)
    first = await told(database)

    await imported(database, FIRST)
    await imported(database, MISSING)
    second = await told(database)

    assert (first, second) == (3, 0)
    assert await open_rows(database) == Counter(ids)
    assert all(doubt.told_at is not None for doubt in await stored.rows(database, LicenceDoubt))


async def test_a_later_doubt_is_told_anew_once_the_first_is_settled(database: Database) -> None:
    ids = await permitted(database, 1)
    await imported(database, FIRST)
    await imported(database, CHANGED)
    await told(database)
    deadline = METADATA.tables["deadline"]
    await database.write(
        lambda transaction: transaction.fetch(sa.update(deadline).values(settled_at=NOW, outcome="MET"), {})
    )
    await told(database)
    between = await open_rows(database)
    later = NOW + timedelta(days=1)
    await import_register(
        database, lambda: later, RegisterKind.LICENCES, registers.source(MISSING.encode()), "TEST", registers.quiet
    )

    await told(database)

    assert between == Counter()
    assert await open_rows(database) == Counter(ids)
    assert [row.runs_from for row in await stored.rows(database, Deadline, order_by="id")] == [NOW, later]


@pytest.mark.parametrize("state", ["REQUESTED", "REFUSED", "REVOKED", "REPLACED"])
async def test_only_permissions_in_force_are_told(database: Database, state: str) -> None:
    await permitted(database, 1, state=state)
    suspended = await permitted(database, 1, state="SUSPENDED")
    await permitted(database, 1, number="32220180002")
    await imported(database, FIRST)

    await imported(database, CHANGED)
    await told(database)

    assert await open_rows(database) == Counter(suspended)


async def test_whoever_dies_between_two_transactions_is_taken_over_from(database: Database) -> None:
    ids = await permitted(database, 3 * CHUNK + 7)
    await imported(database, FIRST)
    await imported(database, CHANGED)
    seen: list[int] = []

    def dies(written: int) -> None:
        seen.append(written)
        if len(seen) == 2:
            raise Killed

    with pytest.raises(Killed):
        await told(database, dies)
    left = await open_rows(database)
    rest = await told(database)

    assert sum(left.values()) == 2 * CHUNK
    assert rest == CHUNK + 7
    assert await open_rows(database) == Counter(ids)


async def test_two_that_tell_at_once_give_each_permission_one_row(database: Database) -> None:
    ids = await permitted(database, CHUNK + 100)
    await imported(database, FIRST)
    await imported(database, CHANGED)

    both = await asyncio.gather(told(database), told(database))

    assert sum(both) == len(ids)
    assert await open_rows(database) == Counter(ids)


async def test_an_earlier_due_date_stays_the_permissions_own(database: Database) -> None:
    (id_,) = await permitted(database, 1)
    earlier = datetime(2026, 7, 2, tzinfo=UTC)
    permission = METADATA.tables["permission"]
    await database.write(
        lambda transaction: transaction.fetch(sa.update(permission).values(due_at=earlier, clock="RUNNING"), {})
    )
    await imported(database, FIRST)
    await imported(database, CHANGED)

    await told(database)

    (row,) = await stored.rows(database, Permission, id=id_)
    assert (row.due_at, row.clock) == (earlier, "RUNNING")


async def test_the_background_tells_what_an_import_left_and_goes_on_after_a_fault(database: Database) -> None:
    ids = await permitted(database, 2)
    await imported(database, FIRST)
    await imported(database, CHANGED)
    faults: list[Exception] = []
    times = iter([None])

    def breaks_once() -> datetime:
        if next(times, NOW) is None:
            raise Killed
        return NOW

    work = asyncio.ensure_future(
        keep_telling(database, breaks_once, CALENDAR, failed=faults.append, pause_seconds=0.01)
    )
    try:
        async with asyncio.timeout(30):
            while not [doubt for doubt in await stored.rows(database, LicenceDoubt) if doubt.told_at]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # nobody sets an event: what another task writes is looked for
    finally:
        work.cancel()

    assert [type(fault) for fault in faults] == [Killed]
    assert await open_rows(database) == Counter(ids)


def number(n: int) -> str:
    """The n-th of 1.5 million numbers: by province, year, class and serial."""
    block, serial = divmod(n, 10_000)
    years, licence_class = divmod(block, 3)
    province, year = divmod(years, 25)
    return f"{31 + province}{licence_class + 1}{2000 + year}{serial:04}"


def generated(rows: int) -> Source:
    """A register of so many licences, made while it is read."""

    async def content() -> AsyncIterator[bytes]:
        yield HEADER.encode()
        for start in range(0, rows, 100):
            numbers = range(start, min(start + 100, rows))
            yield "".join(f"{number(n)},示例{n}报社,,,,,,\n" for n in numbers).encode()

    return content


@pytest.mark.long
async def test_a_register_of_any_length_takes_constant_memory_and_comes_in_once(database: Database) -> None:
    """A million rows with SIGNET_LONG_ROWS=1000000."""
    shown: list[tuple[int, int]] = []
    await imported(database, generated(1_000))
    few = await peak_bytes(database, generated(5_000), shown)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shown.clear()

    many = await peak_bytes(database, generated(LONG_ROWS), shown)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    rows_shown = [rows for rows, _ in shown]
    before = await licences_written(database)
    again = await imported(database, generated(LONG_ROWS))

    assert many < few * 1.5
    assert grown_kib < 128 * 1024
    assert rows_shown == sorted(rows_shown)
    assert rows_shown[-1] == LONG_ROWS
    assert len(set(rows_shown)) >= LONG_ROWS // 500
    assert again.counts == Counts(read=LONG_ROWS, unchanged=LONG_ROWS)
    assert await licences_written(database) == before


async def peak_bytes(database: Database, content: Source, shown: list[tuple[int, int]]) -> int:
    tracemalloc.start()
    try:
        await registers.imported(
            database, RegisterKind.LICENCES, content, lambda rows, read: shown.append((rows, read))
        )
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def licences_written(database: Database) -> Sequence[Any]:
    """How many licences and doubts there are, and which imports said something of them last."""
    licence, doubt = METADATA.tables["licence"], METADATA.tables["licence_doubt"]
    last = sa.select(sa.func.count(), sa.func.max(licence.c.import_id), sa.func.max(licence.c.seen_in))
    found = [
        await database.read(lambda connection, wanted=wanted: connection.fetch(wanted, {}))  # type: ignore[misc]
        for wanted in (last.select_from(licence), sa.select(sa.func.count()).select_from(doubt))
    ]
    return [[tuple(row) for row in rows] for rows in found]
