"""The port over asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from asyncpg.transaction import Transaction

from workflows.connections import Connections
from workflows.database import POSTGRESQL, Connection, Row, Statement, T, Taken, Values, Work, collided, compiled

STATEMENTS_KEPT: Final = 2_000  # per connection; asyncpg's own default of 100 made plans come and go
ALIVE_SECONDS: Final = 30.0  # how often a connection that only listens shows that it is there
_COLLISIONS: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,
)


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
        rows: Sequence[Row] = await self._connection.fetch(statement.sql, *statement.bind(values))
        return rows

    async def fetch_each(self, clause: sa.ClauseElement, each: Sequence[Values]) -> None:
        statement = compiled(clause, POSTGRESQL)
        if len(each) == 1:
            await self._connection.execute(statement.sql, *statement.bind(each[0]))
        elif each:
            await self._connection.executemany(statement.sql, [statement.bind(values) for values in each])

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        try:
            async with self._connection.transaction():
                yield
        except asyncpg.UniqueViolationError as error:
            raise Taken from error

    def give_back(self) -> None:
        """After the work, however it ended but by being cancelled."""
        if self._connection is not None:
            self._connections.give_back(self._connection)

    def drop(self) -> None:
        """After work that was cancelled, maybe in the midst of a statement."""
        if self._connection is not None:
            self._connections.drop(self._connection)


class Postgres:
    """PostgreSQL behind a few connections."""

    dialect = POSTGRESQL

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @classmethod
    async def open(cls, url: str, *, connections_max: int = 10) -> Postgres:
        """Connect: whatever is wrong with the URL shows here."""
        settings = {"jit": "off", "application_name": "signet", "lock_timeout": "10s"}
        options = {
            "dsn": url,
            "statement_cache_size": STATEMENTS_KEPT,
            "max_cached_statement_lifetime": 0,
            "server_settings": settings,
        }
        connections = Connections(connections_max, options)
        connections.give_back(await connections.take())
        return cls(connections)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        connection = PostgresConnection(self._connections)
        try:
            result = await work(connection)
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
        except _COLLISIONS:
            pass
        try:
            return await self._once(work)
        except _COLLISIONS as collision:
            raise collided() from collision

    async def _once(self, work: Work[T]) -> T:
        raw = await self._connections.take()
        connection = PostgresConnection(self._connections, raw)
        transaction = raw.transaction()
        try:
            await transaction.start()
            result = await work(connection)
            await transaction.commit()
        except Exception:
            await self._rolled_back(raw, transaction)
            raise
        except BaseException:
            connection.drop()
            raise
        connection.give_back()
        return result

    async def _rolled_back(self, raw: asyncpg.Connection, transaction: Transaction) -> None:
        """Undo what there is of a transaction. A connection that cannot is not used again."""
        try:
            if not raw.is_closed() and raw.is_in_transaction():
                await transaction.rollback()
        except BaseException:
            self._connections.drop(raw)
            raise
        self._connections.give_back(raw)

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` at each notification, and at first, for what was told before: until the connection breaks.

        It has a connection of its own, and rises only with what broke it.
        """
        connection, lost = await self._connections.apart(), asyncio.Event()
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

    async def close(self) -> None:
        await self._connections.close()


async def _is_set(event: asyncio.Event, within_seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_seconds):
            await event.wait()
    return event.is_set()
