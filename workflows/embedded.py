"""The port over SQLite: one writer, and plain readers in threads of their own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import aiosqlite
import sqlalchemy as sa

from workflows.database import SQLITE, Connection, Row, Statement, T, Taken, Values, Work, collided, compiled

BUSY_TIMEOUT_SECONDS: Final = 10.0
READERS: Final = 2
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
)
_UNIQUE: Final = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_COLLISIONS: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", *_UNIQUE)


class _Reader:
    """Runs in a reader's thread: its fetch answers at once, so reading never waits there."""

    dialect = SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        statement = compiled(clause, SQLITE)
        return self._connection.execute(statement.sql, statement.bind(values)).fetchall()


class _Writer:
    """The one connection that writes."""

    dialect = SQLITE

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        statement = compiled(clause, SQLITE)
        return list(await self._connection.execute_fetchall(statement.sql, statement.bind(values)))

    async def fetch_each(self, clause: sa.ClauseElement, each: Sequence[Values]) -> None:
        statement = compiled(clause, SQLITE)
        if each:
            cursor = await self._connection.executemany(statement.sql, [statement.bind(values) for values in each])
            await cursor.close()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        await self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException as error:
            await self._connection.execute("ROLLBACK TO part")
            await self._connection.execute("RELEASE part")
            if getattr(error, "sqlite_errorname", "") in _UNIQUE:
                raise Taken from error
            raise
        await self._connection.execute("RELEASE part")


class Sqlite:
    """A database file beside you."""

    dialect = SQLITE

    def __init__(self, path: Path, writer: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._turn = asyncio.Lock()
        self._threads = ThreadPoolExecutor(READERS, "sqlite-reader")
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    @classmethod
    async def open(cls, path: Path) -> Sqlite:
        """Open the file. Commits are on disk before they are acknowledged."""
        writer = await aiosqlite.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
        for pragma in _PRAGMAS:
            await writer.execute(pragma)
        return cls(path, writer)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._drive, work)

    def _drive(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """One hop to the thread for a whole piece of reading: none of its awaits waits."""
        connection = self._reader()
        connection.execute("BEGIN")
        try:
            cast("Coroutine[Any, Any, T]", work(_Reader(connection))).send(None)
        except StopIteration as done:
            return cast("T", done.value)
        finally:
            connection.execute("ROLLBACK")
        raise RuntimeError("a piece of reading may await nothing but its connection")

    def _reader(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                f"file:{self.path}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=BUSY_TIMEOUT_SECONDS,
                cached_statements=2_000,
                check_same_thread=False,
            )
            self._local.connection = found
            self._readers.append(found)
        return found

    async def write(self, work: Work[T]) -> T:
        async with self._turn:
            try:
                return await self._once(work)
            except sqlite3.Error as error:
                _rise_unless_collision(error)
            try:
                return await self._once(work)
            except sqlite3.Error as error:
                _rise_unless_collision(error)
                raise collided() from error

    async def _once(self, work: Work[T]) -> T:
        await self._writer.execute("BEGIN IMMEDIATE")
        try:
            result = await work(_Writer(self._writer))
        except BaseException:
            await asyncio.shield(self._writer.rollback())
            raise
        await self._writer.commit()
        return result

    async def close(self) -> None:
        self._threads.shutdown()
        for reader in self._readers:
            reader.close()
        await self._writer.close()


def _rise_unless_collision(error: sqlite3.Error) -> None:
    if not getattr(error, "sqlite_errorname", "").startswith(_COLLISIONS):
        raise error
