"""Numbers of the public register: nothing is told of groups so small that they point at somebody (Art. 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from api.types.public import Statistic
from domain.permission import RegisterEntry
from domain.provider import Mode
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Connection

SMALLEST_GROUP: Final = 5
_E: Final = table_of(RegisterEntry).c
_GROUPS: Final = (
    sa.select(_E.division, _E.category, _E.mode, sa.func.count())
    .where(_E.ended_on.is_(None))
    .group_by(_E.division, _E.category, _E.mode)
    .order_by(_E.division, _E.category, _E.mode)
)


async def statistics(connection: Connection, _: Viewer, __: datetime) -> list[Statistic]:
    """Accounts on file by division and category."""
    return [
        Statistic(
            division=division, category=category, mode=Mode(mode), count=count if count >= SMALLEST_GROUP else None
        )
        for division, category, mode, count in await connection.fetch(_GROUPS, {})
    ]
