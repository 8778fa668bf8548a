"""The names of listed units, held ready to be searched: whose name an application equals or resembles (Art. 5, 7)."""

from __future__ import annotations

from typing import Final, NamedTuple

import sqlalchemy as sa

from domain.names import Candidates, Match
from domain.register import ImportState, RegisterImport, RegisterKind, SourceUnit
from domain.table import table_of
from workflows.database import Connection

MATCHES_MAX: Final = 20

_IMPORT: Final = table_of(RegisterImport)
_UNIT: Final = table_of(SourceUnit)
# How many imports wrote anything and are at their end: the number of the list's version, which only grows.
_VERSION: Final = sa.select(sa.func.count()).where(
    _IMPORT.c.kind == RegisterKind.SOURCES,
    _IMPORT.c.state != ImportState.RUNNING,
    _IMPORT.c.rows_created + _IMPORT.c.rows_changed > 0,
)
_NAMES: Final = sa.select(_UNIT.c.name_key, _UNIT.c.id).order_by(_UNIT.c.id)


class _Held(NamedTuple):
    version: int
    candidates: Candidates


class ListedNames:
    """An index of the listed names in memory, one for a database.

    It is built anew when an import has finished since, in this process or another. Any thread may ask, inside a
    transaction too: the index is never changed, only replaced, and two who find it stale at once both build it.
    """

    def __init__(self) -> None:
        self._held = _Held(-1, Candidates(()))

    async def index(self, connection: Connection) -> Candidates:
        """The index as of the connection or newer; one small statement where it is current."""
        version = int((await connection.fetch(_VERSION, {}))[0][0])
        if version > self._held.version:
            rows = await connection.fetch(_NAMES, {})
            built = _Held(version, Candidates((row[0], row[1]) for row in rows))
            self._held = max(self._held, built, key=lambda held: held.version)
        return self._held.candidates

    async def matches(self, connection: Connection, name: str) -> tuple[Match, ...]:
        """The listed units whose name this one equals or resembles, equal ones first; it proves nothing."""
        candidates = await self.index(connection)
        return tuple(candidates.search(name, limit=MATCHES_MAX))
