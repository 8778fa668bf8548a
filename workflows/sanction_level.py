"""How far measures reach into accounts, asked anew each time over all their sanctions; stored nowhere (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import sqlalchemy as sa

from domain.sanction import NEVER, HasTerm, Measure, MeasureLevel, SanctionLevel, in_force
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among, Connection, decoder

_MEASURE = table_of(Measure)
_M = _MEASURE.c
_NOW: Final = sa.bindparam("now", type_=_M.from_at.type, required=False)
IN_FORCE: Final = sa.select(_M.account_id, _M.level, _M.until, _M.ended_at).where(
    Among(_M.account_id, "ids"),
    in_force(cast("HasTerm", _M), _NOW),
    _M.level != sa.literal_column(f"'{MeasureLevel.INTERIM}'"),  # no rung
)
NOTHING: Final = (SanctionLevel.NONE, NEVER)


class SanctionLevels:
    """The level of each of some accounts, by id."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, SanctionLevel]:
        """The levels by account."""
        found = await _highest(connection, ids, now)
        return {id_: found.get(id_, NOTHING)[0] for id_ in ids}


class SanctionEnds:
    """When the level of each of some accounts ends by itself."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, datetime]:
        """The ends by account; none of one that has no end in view."""
        found = await _highest(connection, ids, now)
        return {id_: end for id_, (_, end) in found.items() if end != NEVER}


async def _highest(
    connection: Connection, ids: Sequence[str], now: datetime
) -> Mapping[str, tuple[SanctionLevel, datetime]]:
    """Of each account that has one in force the highest level, and the last end of those that reach it."""
    decode = decoder(_M.until.type, connection.dialect) or (lambda stored: stored)
    found: dict[str, tuple[SanctionLevel, datetime]] = {}
    for id_, word, until, ended_at in await connection.fetch(IN_FORCE, {"ids": list(ids), "now": now}):
        level, end = SanctionLevel(word), min(decode(until), decode(ended_at))
        before, last = found.get(id_, NOTHING)
        if level.rung > before.rung:
            found[id_] = (level, end)
        elif level is before:
            found[id_] = (level, max(last, end))
    return found
