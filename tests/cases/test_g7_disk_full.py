"""A full disk under either database: 503, nothing acknowledged is lost, work goes on once there is room (Art. 8)."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, cast

import asyncpg
import pytest

from domain.holder import Holder
from tests.cases.own_server import HASTY, IN_TIME, OwnServer, enrolling, expect_away, knocked, own_server
from tests.databases import Kind, copy_file
from tests.world import Provider, World, opened_world, unique
from workflows.embedded import Sqlite
from workflows.migrations import SQLITE_PREFIX

pytestmark = pytest.mark.anyio
TRIES: Final = 400
# What PostgreSQL says when it cannot take a write: full, out of memory, failing disk, shut down, too slow, read-only.
CODES: Final = ("53100", "53200", "53400", "58030", "57014", "57P03", "25006", "55P03")


@asynccontextmanager
async def hasty(url: str) -> AsyncIterator[tuple[World, Provider]]:
    async with opened_world(url, **HASTY) as world:
        yield world, await world.provider()


async def until_refused(world: World, provider: Provider) -> tuple[set[str], tuple[str, str]]:
    """Enrol until it is refused: who was enrolled, and the key and the subject that were not."""
    enrolled: set[str] = set()
    for _ in range(TRIES):
        key, subject = unique("key-"), unique("subject-")
        answer = await enrolling(provider.integration, key, subject)
        if answer.status_code != 200:
            expect_away({"step": answer})
            return enrolled, (key, subject)
        enrolled.add(subject)
    raise AssertionError("the disk was never full")


async def expect_full(world: World, provider: Provider) -> None:
    """Nothing can be written, everything can be read, and health says so."""
    answers = await knocked(world, provider)
    health = await world.client.get("/health")

    expect_away(answers, "step")
    assert answers["document"].status_code in (201, 503)  # a small one may find room
    assert answers["query"].status_code == 200
    assert (health.status_code, health.json()["reason"]) == (503, "NOT_WRITABLE")


async def expect_room(world: World, provider: Provider, enrolled: set[str], refused: tuple[str, str]) -> None:
    """What was refused is taken when it is sent again, and all that was acknowledged is there, once."""
    async with asyncio.timeout(IN_TIME):
        while (again := await enrolling(provider.integration, *refused)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert again.json()["data"]["holderEnrol"]["problems"] == []
    subjects = [row.subject for row in await world.rows(Holder)]
    assert len(set(subjects)) == len(subjects)
    assert enrolled | {refused[1]} <= set(subjects)


@pytest.fixture
def sqlite_url(own_database_url: str, database_kind: Kind) -> str:
    if database_kind != "sqlite":
        pytest.skip("SQLite alone")
    return own_database_url


async def test_g7_a_file_that_may_not_grow(sqlite_url: str) -> None:
    async with hasty(sqlite_url) as (world, provider):
        writer = cast("Sqlite", world.office.database)._writer
        assert writer is not None
        ((pages,),) = await writer.execute_fetchall("PRAGMA page_count")
        await writer.execute(f"PRAGMA max_page_count = {pages + 4}")

        enrolled, refused = await until_refused(world, provider)
        await expect_full(world, provider)
        await writer.execute("PRAGMA max_page_count = 1000000")

        await expect_room(world, provider, enrolled, refused)


@contextmanager
def files_may_have(size: int) -> Iterator[None]:
    """No file of this process may grow beyond a size, as under a quota."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_g7_a_log_that_may_not_grow(sqlite_url: str) -> None:
    log = sqlite_url.removeprefix(SQLITE_PREFIX) + "-wal"
    async with hasty(sqlite_url) as (world, provider):
        with files_may_have(os.stat(log).st_size + 100_000):
            enrolled, refused = await until_refused(world, provider)
            await expect_full(world, provider)

        await expect_room(world, provider, enrolled, refused)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own, so small that it can be filled; skipped where nobody may mount one."""
    folder.mkdir(mode=0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody may mount a file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        folder.rmdir()


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(65_536)):
            pass
    return ballast


async def test_g7_a_disk_that_is_full_under_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        file = disk / "signet.sqlite3"
        copy_file(Path(sqlite_url.removeprefix(SQLITE_PREFIX)), file)
        async with hasty(f"{SQLITE_PREFIX}{file}") as (world, provider):
            ballast = fill(disk)
            enrolled, refused = await until_refused(world, provider)
            await expect_full(world, provider)
            ballast.unlink()

            await expect_room(world, provider, enrolled, refused)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("moment", ["at once", "at its commit"])
async def test_g7_postgresql_cannot_take_a_write(
    own_database_url: str, database_kind: Kind, code: str, moment: str
) -> None:
    if database_kind != "postgresql":
        pytest.skip("PostgreSQL alone")
    deferred = "DEFERRABLE INITIALLY DEFERRED" if moment == "at its commit" else ""
    async with hasty(own_database_url) as (world, provider):
        other = await asyncpg.connect(own_database_url)
        await other.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$;"
            f" CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON idempotency_key {deferred}"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        async with world.untouched():
            enrolled, refused = await until_refused(world, provider)
            health = await world.client.get("/health")
        await other.execute("DROP FUNCTION refuse CASCADE")
        await other.close()

        assert (health.status_code, health.json()["reason"]) == (503, "NOT_WRITABLE")
        await expect_room(world, provider, enrolled, refused)


@pytest.fixture
def small_server() -> Iterator[tuple[OwnServer, Path, str]]:
    with small_disk(Path(tempfile.gettempdir()) / unique("disk-"), "160m") as disk, own_server(disk) as server:
        yield server, disk, server.migrated()


async def test_g7_a_disk_that_is_full_under_postgresql(small_server: tuple[OwnServer, Path, str]) -> None:
    server, disk, url = small_server
    async with hasty(url) as (world, provider):
        ballast = fill(disk)
        enrolled, refused = await until_refused(world, provider)
        answers = await knocked(world, provider)
        health = await world.client.get("/health")
        ballast.unlink()
        server.start()  # where it ended for want of room

        assert not any(answer.status_code == 500 for answer in answers.values())
        assert health.status_code == 503
        await expect_room(world, provider, enrolled, refused)
