"""The port over asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import sqlalchemy as sa

from workflows.database import POSTGRESQL, Connection, Row, Statement, T, Taken, Values, Work, collided, compiled

STATEMENTS_KEPT: Final = 2_000  # per connection; asyncpg's own default of 100 made plans come and go
_COLLISIONS: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,
)


class PostgresConnection:
    """One connection of the pool, taken when the first statement runs."""

    __slots__ = ("_connection", "_pool")
    dialect = POSTGRESQL

    def __init__(self, pool: asyncpg.Pool, connection: Any = None) -> None:
        self._pool, self._connection = pool, connection

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        statement = compiled(clause, POSTGRESQL)
        if self._connection is None:
            self._connection = await self._pool.acquire()
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

    async def release(self) -> None:
        if self._connection is not None:
            await self._pool.release(self._connection)
            self._connection = None


class Postgres:
    """A pool of connections to PostgreSQL."""

    dialect = POSTGRESQL

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, url: str, *, connections_max: int = 10) -> Postgres:
        """Connect. No session state is used, so a returned connection needs no reset."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections_max,
            reset=_nothing,
            statement_cache_size=STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            server_settings={"jit": "off", "application_name": "signet", "lock_timeout": "10s"},
        )
        return cls(pool)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        connection = PostgresConnection(self.pool)
        try:
            return await work(connection)
        finally:
            await connection.release()

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
        async with self.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                result = await work(PostgresConnection(self.pool, connection))
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()
            return result

    async def close(self) -> None:
        await self.pool.close()


async def _nothing(_: Any) -> None: ...
