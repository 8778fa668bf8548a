"""A decision rests on the version that was seen: one that a case has left is refused, and told what happened since."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from domain.columns import TEXT
from domain.journal import Step, written
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from workflows.database import Connection, decoder

_STEP = table_of(Step)
_SINCE: Final[sa.Select[Any]] = (
    sa.select(_STEP.c.trigger, _STEP.c.actor_role, _STEP.c.at)
    .where(
        _STEP.c.case_id == sa.bindparam("id", type_=TEXT, required=False),
        _STEP.c.seq > sa.bindparam("seen", type_=sa.Integer, required=False),
    )
    .order_by(_STEP.c.seq)
    .limit(sa.literal_column("5"))
)


async def moved_on(case_id: str, seq: int, seen: int, connection: Connection) -> Problem | None:
    """Why what rests on the version seen is refused; None where the case is still there."""
    if seen == seq:
        return None
    rows = await connection.fetch(_SINCE, {"id": case_id, "seen": seen})
    moment = decoder(_STEP.c.at.type, connection.dialect)
    since = "; ".join(f"{row[0]} by {row[1]} at {written(moment(row[2]) if moment else row[2])}" for row in rows)
    detail = f"It is at version {seq}. Since then: {since}." if since else f"It is at version {seq}."
    return Problem(ProblemCode.STALE_VERSION, ("version",), detail)
