"""What lies on the disk of a deployment is for its owner alone, from the moment that it is made (Art. 5)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from api.commands.doctor import findings
from api.commands.migrate import migrated
from api.settings import Settings
from tests.databases import migrate, sqlite_url
from tests.world import opened_world
from workflows.deployment import try_writing
from workflows.migrations import open_database

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _open_handed() -> Iterator[None]:
    """A process that would let anybody read and write what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "示例 站.sqlite3"


def expect_private(folder: Path, *, kinds: tuple[str, ...]) -> None:
    """Every file there is its owner's alone, and those that are expected are there."""
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert all(any(name.endswith(kind) for name in modes) for kind in kinds)


def test_g14_the_database_that_a_migration_makes(file: Path) -> None:
    file.parent.mkdir()
    migrate(sqlite_url(file))

    expect_private(file.parent, kinds=(".sqlite3",))


def test_g14_the_database_and_the_keys_of_a_first_start(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    settings = Settings(database_url=sqlite_url(file), key_file=tmp_path / "keys" / "keys.json")
    migrated(settings)
    settings.key_ring()

    expect_private(file.parent, kinds=(".sqlite3",))
    expect_private(tmp_path / "keys", kinds=("keys.json",))
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


async def test_g14_the_database_with_its_log_while_it_is_open(migrated_file: Path) -> None:
    async with opened_world(sqlite_url(migrated_file)) as world:
        await try_writing(world.office.database, world.clock())

        expect_private(migrated_file.parent, kinds=(".sqlite3", "-wal", "-shm"))


async def test_g14_a_database_that_was_opened_before_it_was_migrated(file: Path) -> None:
    file.parent.mkdir()
    database = await open_database(sqlite_url(file))

    expect_private(file.parent, kinds=(".sqlite3",))
    await database.close()


async def test_g14_the_doctor_finds_one_that_others_may_read(migrated_file: Path) -> None:
    settings = Settings(database_url=sqlite_url(migrated_file), key_file=migrated_file.parent.parent / "keys.json")
    assert not [each for each in [one async for one in findings(settings, Console())] if "Others" in each.what]

    os.chmod(migrated_file, 0o644)
    (found,) = [each async for each in findings(settings, Console()) if "Others" in each.what]

    assert "chmod 600" in found.cure


@pytest.fixture
def migrated_file(file: Path) -> Path:
    file.parent.mkdir()
    migrate(sqlite_url(file))
    return file
