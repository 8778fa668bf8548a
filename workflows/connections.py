"""A few connections to PostgreSQL, each used by one piece of work at a time.

asyncpg's own pool takes a task, a queue and a proxy for every use of a connection, which is more than a small statement
costs. No session state is used here, so a connection that comes back in order needs nothing but to be kept; one that
does not is closed, and another is opened in its place when it is wanted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from datetime import date
from typing import Any, Final

import asyncpg

from workflows.database import Reach, Unavailable

IDLE_SECONDS_MAX: Final = 300.0  # what lies between may forget a connection that nobody uses
CLOSING_SECONDS_MAX: Final = 5.0
ACQUIRE_SECONDS: Final = 5.0
STATEMENTS_KEPT: Final = 2_000  # per connection; asyncpg's own default of 100 made plans come and go
# The server itself ends a statement first; the client's bound is for a server that says nothing any more.
MARGIN_SECONDS: Final = 1.0
IDLE_IN_TRANSACTION: Final = "60s"  # a process that stands still must not keep its locks
_FIRST_OF_POSTGRES: Final = date(2000, 1, 1).toordinal()  # PostgreSQL counts days from then
# What asyncpg raises, of the server, of itself and of the network.
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


def _day_written(day: date) -> tuple[int]:
    return (day.toordinal() - _FIRST_OF_POSTGRES,)


def _day_read(counted: tuple[int]) -> date:
    """One beyond what Python counts is the last or the first that it does."""
    return date.fromordinal(max(1, min(counted[0] + _FIRST_OF_POSTGRES, date.max.toordinal())))


class Connections:
    """At most so many connections, the one used last given out first."""

    def __init__(self, most: int, options: dict[str, Any], *, acquire_seconds: float = ACQUIRE_SECONDS) -> None:
        self._most, self._options, self._acquire_seconds = most, options, acquire_seconds
        self._free: list[tuple[asyncpg.Connection, float]] = []
        self._opening = 0
        self._renewals = 0
        self._opened_after: dict[asyncpg.Connection, int] = {}  # how many renewals there were; all that are open
        self._closing: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._loop = asyncio.get_running_loop()

    async def take(self) -> asyncpg.Connection:
        """A connection that nobody else uses; who finds none waits for its turn. Unavailable."""
        until = 0.0
        while self._most:
            if self._free:
                connection, since = self._free.pop()
                if not connection.is_closed() and self._loop.time() - since < IDLE_SECONDS_MAX:
                    return connection
                self._end(connection)
            elif len(self._opened_after) + self._opening < self._most:
                return await self._opened()
            else:
                until = until or self._loop.time() + self._acquire_seconds
                if (given := await self._turn(until)) is not None:
                    return given
        raise asyncpg.InterfaceError("the database is closed")

    async def apart(self, url: str | None = None) -> asyncpg.Connection:
        """One that counts with no others, and that its taker closes. Unavailable."""
        try:
            connection = await asyncpg.connect(**self._options | ({"dsn": url} if url else {}))
        except FAILURES as error:
            raise Unavailable(_said(error)) from error
        # asyncpg's own would write the last day there is as infinity.
        await connection.set_type_codec(
            "date", schema="pg_catalog", format="tuple", encoder=_day_written, decoder=_day_read
        )
        return connection

    def give_back(self, connection: asyncpg.Connection) -> None:
        """Whoever waits longest has it next. One that was lost, or is left in a transaction, nobody gets."""
        is_outdated = self._opened_after.get(connection) != self._renewals
        if connection.is_closed() or connection.is_in_transaction() or is_outdated or not self._most:
            self._end(connection)
        elif not self._hand_on(connection):
            self._free.append((connection, self._loop.time()))

    def drop(self, connection: asyncpg.Connection) -> None:
        """Close a connection whose state is not known, once its server has been told to cancel what it is at."""
        self._let_go(connection)
        closing = self._loop.create_task(_closed(connection))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def renew(self) -> None:
        """Use none any more that is open now: what they know of the tables, or of the server, no longer holds."""
        self._renewals += 1
        free, self._free = self._free, []
        for connection, _ in free:
            self._end(connection)

    async def close(self) -> None:
        """Close them all; one that is in use, as soon as it comes back."""
        self._most = 0
        while self._hand_on(None):
            pass
        for connection, _ in self._free:
            await _closed(connection)
        self._free.clear()
        if self._closing:
            await asyncio.wait(self._closing)

    def _end(self, connection: asyncpg.Connection) -> None:
        connection.terminate()
        self._let_go(connection)

    def _let_go(self, connection: asyncpg.Connection) -> None:
        self._opened_after.pop(connection, None)
        self._hand_on(None)

    async def _opened(self) -> asyncpg.Connection:
        self._opening += 1
        renewals = self._renewals
        try:
            connection = await self.apart()
        except BaseException:
            self._opening -= 1
            self._hand_on(None)
            raise
        self._opening -= 1
        self._opened_after[connection] = renewals
        return connection

    async def _turn(self, until: float) -> asyncpg.Connection | None:
        """What comes back next; None where there is room for another instead."""
        turn: asyncio.Future[asyncpg.Connection | None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(until):
                return await turn
        except TimeoutError as late:
            self._pass_on(turn)
            raise Unavailable("every connection is in use") from late
        except asyncio.CancelledError:
            self._pass_on(turn)
            raise

    def _pass_on(self, turn: asyncio.Future[asyncpg.Connection | None]) -> None:
        """The turn came when nobody waited for it any more."""
        if turn.done() and not turn.cancelled():
            given = turn.result()
            if given is None:
                self._hand_on(None)
            else:
                self.give_back(given)

    def _hand_on(self, connection: asyncpg.Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False


async def _closed(connection: asyncpg.Connection) -> None:
    with suppress(*FAILURES):  # it is given up in any case
        await connection.close(timeout=CLOSING_SECONDS_MAX)


def _said(error: BaseException) -> str:
    """What a failure of opening says: it holds no value of a request."""
    return str(error) or type(error).__name__


def options_for(url: str, reach: Reach) -> dict[str, Any]:
    """How asyncpg opens a connection. A pooler hands on neither settings of a session nor prepared statements."""
    settings = {"application_name": "signet"}
    if not reach.is_pooled:
        settings |= _bounds(reach) | {"idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION}
    return {
        "dsn": url,
        "timeout": reach.connect_seconds,
        "command_timeout": reach.statement_seconds + MARGIN_SECONDS,
        "statement_cache_size": 0 if reach.is_pooled else STATEMENTS_KEPT,
        "max_cached_statement_lifetime": 0,
        "server_settings": settings,
    }


def _bounds(reach: Reach) -> dict[str, str]:
    lock, statement = (f"{round(each * 1_000)}ms" for each in (reach.lock_seconds, reach.statement_seconds))
    return {"jit": "off", "lock_timeout": lock, "statement_timeout": statement}


def bounds_of_one(reach: Reach) -> str:
    """The bounds of one transaction, where a session keeps none."""
    return "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in _bounds(reach).items())
