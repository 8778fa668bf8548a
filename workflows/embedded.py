"""The port over SQLite: one writer, and plain readers in threads of their own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

import aiosqlite
import sqlalchemy as sa

from workflows.database import (
    PLAIN_REACH,
    SQLITE,
    Connection,
    Reach,
    Row,
    Statement,
    T,
    Taken,
    Unavailable,
    Values,
    Work,
    collided,
    compiled,
    to_the_end,
)

READERS: Final = 2
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
)
_UNIQUE: Final = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_COLLISIONS: Final = (*_UNIQUE, "SQLITE_SCHEMA")
_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT", "SQLITE_FULL", "SQLITE_SCHEMA")
# The file may be another by now: it is opened anew.
_AWAY: Final = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_NOMEM", "SQLITE_PROTOCOL", "SQLITE_PERM")
_STEPS_BETWEEN_LOOKS: Final = 100_000  # of SQLite's machine: some milliseconds


def made_private(path: Path) -> None:
    """Make the file for its owner alone before SQLite makes it: its -wal and -shm take after it."""
    with suppress(OSError):  # it is there; where it cannot be made, SQLite says why
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


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
        await to_the_end(self._connection.execute("SAVEPOINT part"))
        try:
            yield
        except BaseException as error:
            try:
                await to_the_end(self._back())
            except sqlite3.Error:
                raise error from None  # the disk was full or the like: SQLite has undone the whole already
            if _named(error) in _UNIQUE:
                raise Taken from error
            raise
        await to_the_end(self._connection.execute("RELEASE part"))

    async def _back(self) -> None:
        await self._connection.execute("ROLLBACK TO part")
        await self._connection.execute("RELEASE part")


class Sqlite:
    """A database file beside you."""

    dialect = SQLITE

    def __init__(self, path: Path, reach: Reach) -> None:
        self.path, self._reach = path, reach
        self._writer: aiosqlite.Connection | None = None
        self._turn = asyncio.Lock()
        self._threads = ThreadPoolExecutor(READERS, "sqlite-reader")
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._renewals = 0
        self._is_closed = False

    @classmethod
    async def open(cls, path: Path, reach: Reach = PLAIN_REACH) -> Sqlite:
        """Open the file. Commits are on disk before they are acknowledged. Unavailable."""
        made_private(path)
        opened = cls(path, reach)
        try:
            await opened._open_writer()
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from error
        return opened

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        bound = self._reach.acquire_seconds + self._reach.lock_seconds + self._reach.statement_seconds
        try:
            async with asyncio.timeout(bound):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._drive, work)
        except sqlite3.Error as error:
            self._expect_available(error)
            raise
        except TimeoutError as late:
            raise Unavailable("no reader is free") from late

    def _drive(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """One hop to the thread for a whole piece of reading: none of its awaits waits."""
        connection = self._reader()
        until = monotonic() + self._reach.statement_seconds
        connection.set_progress_handler(lambda: monotonic() > until, _STEPS_BETWEEN_LOOKS)
        connection.execute("BEGIN")
        try:
            cast("Coroutine[Any, Any, T]", work(_Reader(connection))).send(None)
        except StopIteration as done:
            return cast("T", done.value)
        finally:
            connection.rollback()
        raise RuntimeError("a piece of reading may await nothing but its connection")

    def _reader(self) -> sqlite3.Connection:
        """This thread's own, opened anew where the file may be another by now."""
        found, renewals = getattr(self._local, "connection", None), self._renewals
        if found is None or self._local.renewals != renewals:
            if found is not None:
                self._readers.remove(found)
                found.close()
            found = self._local.connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=self._reach.lock_seconds,
                cached_statements=2_000,
                check_same_thread=False,
            )
            self._local.renewals = renewals
            self._readers.append(found)
        return cast("sqlite3.Connection", found)

    async def write(self, work: Work[T]) -> T:
        try:
            async with asyncio.timeout(self._reach.acquire_seconds):
                await self._turn.acquire()
        except TimeoutError as late:
            raise Unavailable("others are writing") from late
        try:
            return await self._repeated(work)
        except sqlite3.Error as error:
            if _named(error).startswith(_AWAY):
                await to_the_end(self._close_writer())
            self._expect_available(error)
            raise
        finally:
            self._turn.release()

    async def _repeated(self, work: Work[T]) -> T:
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
        """What begins a transaction and what ends it is never cut off: a cancellation waits until it has ended."""
        if self._writer is None:
            await to_the_end(self._open_writer())
        writer = cast("aiosqlite.Connection", self._writer)
        try:
            await to_the_end(writer.execute("BEGIN IMMEDIATE"))
            result = await work(_Writer(writer))
            await to_the_end(writer.execute("COMMIT"))
        except BaseException:
            await to_the_end(self._undo(writer))
            raise
        return result

    async def _undo(self, writer: aiosqlite.Connection) -> None:
        """Roll back what there is of a transaction; a connection that cannot is closed."""
        with suppress(sqlite3.Error):
            await writer.rollback()
            if not writer.in_transaction:
                return
        await self._close_writer()

    async def _open_writer(self) -> None:
        if self._is_closed:
            raise ValueError("the database is closed")
        uri = f"{self.path.absolute().as_uri()}?mode=rw"  # a file that is gone is not made anew
        writer = await aiosqlite.connect(uri, uri=True, timeout=self._reach.lock_seconds, isolation_level=None)
        try:
            for pragma in _PRAGMAS:
                await writer.execute(pragma)
        except BaseException:
            await writer.close()
            raise
        self._writer = writer

    async def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                await writer.close()

    def _expect_available(self, error: sqlite3.Error) -> None:
        """Unavailable where the file is locked, full or away."""
        name = _named(error)
        if name.startswith(_AWAY):
            self._renewals += 1
        if name.startswith((*_BUSY, *_AWAY)):
            raise Unavailable(name) from error

    def open_to_others(self) -> list[Path]:
        """Which of its files somebody else may read."""
        files = [self.path, *(self.path.with_name(f"{self.path.name}-{kind}") for kind in ("wal", "shm"))]
        return [file for file in files if file.exists() and file.stat().st_mode & 0o077]

    async def close(self) -> None:
        self._is_closed = True
        self._threads.shutdown()
        for reader in self._readers:
            reader.close()
        await self._close_writer()


def _rise_unless_collision(error: sqlite3.Error) -> None:
    if not _named(error).startswith(_COLLISIONS):
        raise error


def _named(error: BaseException) -> str:
    """SQLite's name of what went wrong."""
    return str(getattr(error, "sqlite_errorname", ""))
