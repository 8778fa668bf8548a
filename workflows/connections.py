"""A few connections to PostgreSQL, each used by one piece of work at a time.

asyncpg's own pool takes a task, a queue and a proxy for every use of a connection, which is more than a small statement
costs. No session state is used here, so a connection that comes back in order needs nothing but to be kept; one that
does not is closed, and another is opened in its place when it is wanted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

import asyncpg

IDLE_SECONDS_MAX: Final = 300.0  # what lies between may forget a connection that nobody uses


class Connections:
    """At most so many connections, the one used last given out first."""

    def __init__(self, most: int, options: dict[str, Any]) -> None:
        self._most, self._options = most, options
        self._open = 0
        self._free: list[tuple[asyncpg.Connection, float]] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._loop = asyncio.get_running_loop()

    async def take(self) -> asyncpg.Connection:
        """A connection that nobody else uses; who finds none waits for its turn."""
        while self._most:
            if self._free:
                connection, since = self._free.pop()
                if not connection.is_closed() and self._loop.time() - since < IDLE_SECONDS_MAX:
                    return connection
                self.drop(connection)
            elif self._open < self._most:
                return await self._opened()
            elif (given := await self._turn()) is not None:
                return given
        raise asyncpg.InterfaceError("the database is closed")

    async def apart(self) -> asyncpg.Connection:
        """One that counts with no others, and that its taker closes."""
        return await asyncpg.connect(**self._options)

    def give_back(self, connection: asyncpg.Connection) -> None:
        """Whoever waits longest has it next. One that was lost, or is left in a transaction, nobody gets."""
        if connection.is_closed() or connection.is_in_transaction() or not self._most:
            self.drop(connection)
        elif not self._hand_on(connection):
            self._free.append((connection, self._loop.time()))

    def drop(self, connection: asyncpg.Connection) -> None:
        """Close a connection whose state is not known; whoever waits may open another."""
        connection.terminate()
        self._open -= 1
        self._hand_on(None)

    async def close(self) -> None:
        """Close them all; one that is in use, as soon as it comes back."""
        self._most = 0
        while self._hand_on(None):
            pass
        for connection, _ in self._free:
            await connection.close()
        self._free.clear()

    async def _opened(self) -> asyncpg.Connection:
        self._open += 1
        try:
            return await asyncpg.connect(**self._options)
        except BaseException:
            self._open -= 1
            self._hand_on(None)
            raise

    async def _turn(self) -> asyncpg.Connection | None:
        """What comes back next; None where there is room for another instead."""
        turn: asyncio.Future[asyncpg.Connection | None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn came, and it was gone
                given = turn.result()
                if given is None:
                    self._hand_on(None)
                else:
                    self.give_back(given)
            raise

    def _hand_on(self, connection: asyncpg.Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False
