"""A deployment starts with its own keys, its own code and the tables of this version, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.vault.keys import KeyRing
from workflows.database import Database
from workflows.deployment import (
    NotMigrated,
    OtherCode,
    OtherKeys,
    is_migrated,
    known_deployment,
    newest_revision,
    revision,
    settle,
)
from workflows.migrations import open_database

KEYS = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
OTHERS = KeyRing(b"m" * 32, b"c" * 32, b"j" * 32)


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(own_database_url)
    yield opened
    await opened.close()


async def test_the_first_start_notes_keys_and_code(database: Database) -> None:
    assert await known_deployment(database) is None

    await settle(database, KEYS, "SG")

    assert await known_deployment(database) == ("SG", KEYS.id)
    await settle(database, KEYS, "SG")
    await settle(database, KEYS.only_reading(), "SG")


async def test_other_keys_stop_the_start_and_change_nothing(database: Database) -> None:
    await settle(database, KEYS, "SG")

    with pytest.raises(OtherKeys, match=f"have the id {KEYS.id}, these {OTHERS.id}"):
        await settle(database, OTHERS, "SG")

    assert await known_deployment(database) == ("SG", KEYS.id)


async def test_another_code_stops_the_start(database: Database) -> None:
    await settle(database, KEYS, "SG")

    with pytest.raises(OtherCode, match=r"SIGNET_DEPLOYMENT_CODE to that of the first start\. It was SG\."):
        await settle(database, KEYS, "XX")


async def test_several_that_start_together_agree(own_database_url: str) -> None:
    opened = [await open_database(own_database_url) for _ in range(4)]

    await asyncio.gather(*[settle(database, KEYS, "SG") for database in opened])

    assert await known_deployment(opened[0]) == ("SG", KEYS.id)
    for database in opened:
        await database.close()


async def test_of_two_keys_that_start_together_one_is_refused(own_database_url: str) -> None:
    opened = [await open_database(own_database_url) for _ in range(2)]

    ends = await asyncio.gather(settle(opened[0], KEYS, "SG"), settle(opened[1], OTHERS, "SG"), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "OtherKeys"]
    for database in opened:
        await database.close()


async def test_a_database_without_tables_stops_the_start_with_its_cure(empty_database_url: str) -> None:
    database = await open_database(empty_database_url)

    assert await revision(database) is None
    with pytest.raises(NotMigrated, match="signet migrate"):
        await settle(database, KEYS, "SG")
    await database.close()


async def test_a_migrated_database_is_at_the_newest_revision(database: Database) -> None:
    assert await is_migrated(database)
    assert await revision(database) == newest_revision()
