"""How many statements a query takes depends on its shape only, however many rows a page has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.reading_world import Counted
from tests.world import Person, World

ACCOUNTS = 50
SHAPE = """
query($first: Int!, $orderBy: AccountOrder!) {
  accounts(first: $first, orderBy: $orderBy) {
    totalCount { value }
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      jurisdiction { id }
      provider { name }
      holder { id identity { legalName { display } } consents(first: 1) { nodes { agreement { id } } } }
      submissions(last: 1) { totalCount { value } nodes { id materials(first: 1) { id } } }
      latestSubmissions(first: 1) { differences { field } }
      journal(first: 1) { nodes { id actor { id } texts(first: 1) { id } case { id ... on Account { handle } } } }
      availableSteps { trigger allowed }
    }
  }
}
"""
# accounts, counted; consents; submissions, counted; materials; latest; differences; journal; texts; cases.
LEVELS = 11


def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows by each statement that a question takes; the sequencer's are not among them."""
    engine = world.deployment.graphql._engine
    database = Counted(world.office.database)
    monkeypatch.setattr(engine, "office", replace(world.office, database=database))
    return database.statements


async def taken(person: Person, statements: list[str], first: int, order: str, shape: str = SHAPE) -> int:
    """How many statements a page takes, once who asks is known."""
    await person.ask(shape, first=first, orderBy=order)
    statements.clear()
    data = await person.ask(shape, first=first, orderBy=order)
    assert len(data["accounts"]["nodes"]) == first
    return len(statements)


async def test_pages_of_one_five_and_fifty_rows_take_as_many_statements(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await world.provider()
    for _ in range(ACCOUNTS):
        await provider.applied()
    statements = counted(world, monkeypatch)
    people = [provider.reviewer, provider.officer, provider.integration]

    for order in ("NEWEST", "OLDEST", "QUEUE"):
        for person in people:
            read = {first: await taken(person, statements, first, order) for first in (1, 5, 50)}
            assert read[1] == read[5] == read[50], (order, person.role, read)
            plain = SHAPE.replace("availableSteps { trigger allowed }", "")
            assert await taken(person, statements, 50, order, plain) == LEVELS
