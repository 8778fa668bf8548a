"""The names of listed units are held ready, and renewed only when an import has changed the list (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from domain.names import Candidates, Match
from domain.register import RegisterKind
from workflows.database import Connection, Database, Row, Statement, Values
from workflows.listed_names import MATCHES_MAX, ListedNames
from workflows.migrations import open_database
from workflows.register_import import import_register


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    database = await open_database(own_database_url)
    try:
        yield database
    finally:
        await database.close()


async def listed(database: Database, *names: str) -> None:
    """Import a list of these names."""

    async def opened() -> AsyncIterator[bytes]:
        yield "\n".join(("name", *names)).encode()

    def quiet(rows: int, read_bytes: int) -> None: ...

    now = datetime(2026, 7, 1, tzinfo=UTC)
    await import_register(database, lambda: now, RegisterKind.SOURCES, opened, "TEST", quiet)


async def matches(database: Database, names: ListedNames, name: str) -> tuple[Match, ...]:
    return await database.read(lambda connection: names.matches(connection, name))


async def test_a_listed_name_is_matched_exactly_and_a_name_near_it_is_matched_too(database: Database) -> None:
    await listed(database, "示例晨报", "样品电视台")
    names = ListedNames()

    exact = await matches(database, names, "示例 晨报")
    near = await matches(database, names, "示例晨报官方号")
    none = await matches(database, names, "山间小路")

    assert [match.is_exact for match in exact] == [True]
    assert near == (Match(exact[0].id, False),)
    assert exact[0].id.startswith("source_unit_")
    assert none == ()


async def test_no_more_matches_than_a_reviewer_can_look_at(database: Database) -> None:
    await listed(database, *(f"示例晨报{number}" for number in range(30)))

    found = await matches(database, ListedNames(), "示例晨报")

    assert len(found) == MATCHES_MAX


async def test_an_empty_list_matches_nothing(database: Database) -> None:
    assert await matches(database, ListedNames(), "示例晨报") == ()


class Counting:
    """A connection that counts the statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self.statements = 0

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        self.statements += 1
        return await self._connection.fetch(clause, values)


async def asked(database: Database, names: ListedNames) -> tuple[int, Candidates]:
    """How many statements the index took, and the index."""

    async def counted(connection: Connection) -> tuple[int, Candidates]:
        counting = Counting(connection)
        index = await names.index(counting)
        return counting.statements, index

    return await database.read(counted)


async def test_the_index_is_built_anew_only_after_an_import_that_changed_the_list(database: Database) -> None:
    names = ListedNames()
    await listed(database, "示例晨报")
    built, first = await asked(database, names)

    await listed(database, "示例晨报")
    unchanged, same = await asked(database, names)
    await listed(database, "示例晨报", "示例晚报")
    rebuilt, second = await asked(database, names)

    assert (built, unchanged, rebuilt) == (2, 1, 2)
    assert same is first
    assert (len(first), len(second)) == (1, 2)


async def test_the_index_may_be_asked_inside_a_transaction_and_from_many_threads(database: Database) -> None:
    await listed(database, "示例晨报")
    names = ListedNames()

    written = await database.write(lambda transaction: names.matches(transaction, "示例晨报"))
    with ThreadPoolExecutor(4) as threads:
        searches = [threads.submit(_searched, names) for _ in range(20)]
        found = {search.result() for search in searches}

    assert [match.is_exact for match in written] == [True]
    assert found == {1}


def _searched(names: ListedNames) -> int:
    """Ask as a reader's thread does: no event loop, and nothing that waits."""
    try:
        names.index(_Current()).send(None)
    except StopIteration as done:
        return len(done.value)
    raise AssertionError("the index awaited something but its connection")


class _Current:
    """A connection on which the list is as it was."""

    dialect: sa.Dialect

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        return [(1,)]
