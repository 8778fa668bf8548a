"""The port over asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
import sqlalchemy as sa

from workflows.connections import FAILURES, MARGIN_SECONDS, Connections, bounds_of_one, options_for
from workflows.database import (
    PLAIN_REACH,
    POSTGRESQL,
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

ALIVE_SECONDS: Final = 30.0  # how often a connection that only listens shows that it is there
_NEVER: Final = 86_400.0 * 365
_COLLISIONS: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)
_UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # the disk is full, among others
    asyncpg.OperatorInterventionError,  # shut down, starting up, too slow
    asyncpg.PostgresSystemError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    OSError,
)
_LOST: Final = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)
# What a connection knows of the tables, or of its prepared statements, is not so any more.
_OUTDATED: Final = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
)


class _Again(Unavailable):
    """Nothing is written, and another connection may do: it was lost, or knew the tables as they were before."""


class PostgresConnection:
    """One of the connections, taken when the first statement runs."""

    __slots__ = ("_connection", "_connections")
    dialect = POSTGRESQL

    def __init__(self, connections: Connections, connection: Any = None) -> None:
        self._connections, self._connection = connections, connection

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        statement = compiled(clause, POSTGRESQL)
        if self._connection is None:
            self._connection = await self._connections.take()
        try:
            rows: Sequence[Row] = await self._connection.fetch(statement.sql, *statement.bind(values))
        except FAILURES as error:
            self._expect_available(error)
            raise
        return rows

    async def fetch_each(self, clause: sa.ClauseElement, each: Sequence[Values]) -> None:
        statement = compiled(clause, POSTGRESQL)
        try:
            if len(each) == 1:
                await self._connection.execute(statement.sql, *statement.bind(each[0]))
            elif each:
                await self._connection.executemany(statement.sql, [statement.bind(values) for values in each])
        except FAILURES as error:
            self._expect_available(error)
            raise

    async def run(self, sql: str, within_seconds: float | None = None) -> str:
        """Run what steers the transaction; what the server says it did."""
        try:
            return str(await self._connection.execute(sql, timeout=within_seconds))
        except FAILURES as error:
            self._expect_available(error)
            raise

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        await to_the_end(self.run("SAVEPOINT part"))
        try:
            yield
        except Unavailable:
            raise  # the whole of it is lost
        except BaseException as error:
            await to_the_end(self.run("ROLLBACK TO part; RELEASE part"))
            if isinstance(error, asyncpg.UniqueViolationError):
                raise Taken from error
            raise
        await to_the_end(self.run("RELEASE part"))

    async def undo(self) -> None:
        """Roll back what there is of a transaction. A connection that cannot is not used again."""
        if not self._connection.is_closed() and self._connection.is_in_transaction():
            try:
                await self.run("ROLLBACK")
            except BaseException:
                self.drop()
                raise
        self.give_back()

    async def commit(self) -> None:
        """Make what was written stay, and let the connection go."""
        try:
            done = await self.run("COMMIT", _NEVER)
        except _Again as lost:
            self.drop()
            raise Unavailable(*lost.args) from lost  # it may be written
        except BaseException:
            self.drop()
            raise
        self.give_back()
        if done != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("the work went on after a statement of it had failed")

    def give_back(self) -> None:
        """After the work, however it ended but by being cancelled."""
        if self._connection is not None:
            self._connections.give_back(self._connection)

    def drop(self) -> None:
        """After work that was cancelled, maybe in the midst of a statement, or lost its server."""
        if self._connection is not None:
            self._connections.drop(self._connection)

    def _expect_available(self, error: BaseException) -> None:
        """Unavailable where a failure of the driver means that the database is not to be had."""
        is_lost = isinstance(error, _LOST) or (self._connection.is_closed() and not isinstance(error, TimeoutError))
        if is_lost or isinstance(error, _OUTDATED):
            self._connections.renew()
            raise _Again(type(error).__qualname__) from error
        if isinstance(error, _UNAVAILABLE):
            raise Unavailable(type(error).__qualname__) from error


class Postgres:
    """PostgreSQL behind a few connections."""

    dialect = POSTGRESQL

    def __init__(self, connections: Connections, reach: Reach) -> None:
        self._connections, self._reach = connections, reach
        self._begin = f"BEGIN; {bounds_of_one(reach)}" if reach.is_pooled else "BEGIN"
        self._commits: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, url: str, reach: Reach = PLAIN_REACH) -> Postgres:
        """Connect: whatever is wrong with the URL shows here. Unavailable."""
        connections = Connections(reach.connections_max, options_for(url, reach), acquire_seconds=reach.acquire_seconds)
        connections.give_back(await connections.take())
        return cls(connections, reach)

    @property
    def can_listen(self) -> bool:
        """A pooler that hands connections on hands on no notifications."""
        return not self._reach.is_pooled or self._reach.direct_url is not None

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            return await self._read_once(work)
        except _Again:
            return await self._read_once(work)

    async def _read_once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        connection = PostgresConnection(self._connections)
        try:
            result = await work(connection)
        except Unavailable:
            connection.drop()
            raise
        except Exception:
            connection.give_back()
            raise
        except BaseException:
            connection.drop()
            raise
        connection.give_back()
        return result

    async def write(self, work: Work[T]) -> T:
        try:
            return await self._once(work)
        except (*_COLLISIONS, _Again):
            pass
        try:
            return await self._once(work)
        except _COLLISIONS as collision:
            raise collided() from collision

    async def _once(self, work: Work[T]) -> T:
        connection = PostgresConnection(self._connections, await self._connections.take())
        try:
            await connection.run(self._begin)
            result = await work(connection)
        except Unavailable:
            connection.drop()
            raise
        except Exception:
            await connection.undo()
            raise
        except BaseException:
            connection.drop()
            raise
        await self._committed(connection)
        return result

    async def _committed(self, connection: PostgresConnection) -> None:
        """Commit, whoever waits for it and however long: a commit that is cut off is neither done nor undone."""
        commit = asyncio.create_task(connection.commit())
        self._commits.add(commit)
        commit.add_done_callback(self._ended)
        await asyncio.wait({commit}, timeout=self._reach.statement_seconds + MARGIN_SECONDS)
        if not commit.done():
            raise Unavailable("COMMIT is not answered")
        commit.result()

    def _ended(self, commit: asyncio.Task[None]) -> None:
        self._commits.discard(commit)
        if not commit.cancelled():
            commit.exception()  # whoever waited for it may be gone

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` at each notification, and at first, for what was told before: until the connection breaks.

        It has a connection of its own, past a pooler, and rises only with what broke it.
        """
        connection, lost = await self._connections.apart(self._reach.direct_url), asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(channel, lambda *_: heard())
            heard()
            while not await _is_set(lost, ALIVE_SECONDS):
                # Whatever lies between may have lost it without a word.
                await connection.execute("SELECT 1", timeout=ALIVE_SECONDS)
        finally:
            connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError(f"nothing is heard of {channel} any more")

    async def is_behind_a_pooler(self) -> bool:
        """Whether who answered the connecting is another than who answers now."""
        raw = await self._connections.take()
        try:
            return bool(raw.get_server_pid() != await raw.fetchval("SELECT pg_backend_pid()"))
        finally:
            self._connections.give_back(raw)

    async def close(self) -> None:
        if self._commits:
            await asyncio.wait(self._commits, timeout=self._reach.statement_seconds)
        await self._connections.close()


async def _is_set(event: asyncio.Event, within_seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_seconds):
            await event.wait()
    return event.is_set()
