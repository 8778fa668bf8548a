"""A repeated request does nothing twice: its key is inserted first, in the transaction of what it asks for.

A key is kept for thirty days. Whoever repeats a request later than that asks for something new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from domain.outbox import IdempotencyKey
from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from workflows.database import Database, Transaction, collided

KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 500  # keys removed in one transaction
_TRIES: Final = 3
_TABLE = table_of(IdempotencyKey)
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key),
}
_THIS = sa.and_(
    _TABLE.c.caller == sa.bindparam("b_caller", type_=sa.Text, required=False),
    _TABLE.c.key == sa.bindparam("b_key", type_=sa.Text, required=False),
)
_FOUND = sa.select(_TABLE.c.input_hash, _TABLE.c.ids).where(_THIS)
_FINISH = sa.update(_TABLE).where(_THIS).values(ids=sa.bindparam("b_ids", type_=_TABLE.c.ids.type, required=False))
_OLD = (
    sa.select(_TABLE.c.caller, _TABLE.c.key)
    .where(_TABLE.c.created_at < sa.bindparam("before", type_=_TABLE.c.created_at.type, required=False))
    .order_by(_TABLE.c.created_at)
    .limit(sa.literal_column(str(_AT_ONCE)))
)
_REMOVE = sa.delete(_TABLE).where(_THIS)


async def begin(
    transaction: Transaction, caller: str, key: str, input_hash: str, now: datetime
) -> Mapping[str, Any] | None:
    """The ids that this very request wrote before; None if it is new. Another input under the key is refused."""
    row = {"caller": caller, "key": key, "input_hash": input_hash, "ids": {}, "created_at": now}
    for _ in range(_TRIES):
        if await transaction.fetch(_INSERT[transaction.dialect.name], row):
            return None
        if found := await transaction.fetch(_FOUND, {"b_caller": caller, "b_key": key}):
            if found[0][0] != input_hash:
                raise Refused(Problem(ProblemCode.IDEMPOTENCY_CONFLICT, ("idempotencyKey",)))
            ids: Mapping[str, Any] = orjson.loads(found[0][1])
            return ids
    raise collided()  # the one that stood in the way went each time before it was read


async def finish(transaction: Transaction, caller: str, key: str, ids: Mapping[str, Any]) -> None:
    """Keep the ids that the request wrote."""
    await transaction.fetch(_FINISH, {"b_caller": caller, "b_key": key, "b_ids": dict(ids)})


async def remove_old(database: Database, now: datetime) -> int:
    """Remove the keys that were kept long enough; how many they were."""
    removed = 0

    async def work(transaction: Transaction) -> int:
        rows = await transaction.fetch(_OLD, {"before": now - KEPT})
        await transaction.fetch_each(_REMOVE, [{"b_caller": row[0], "b_key": row[1]} for row in rows])
        return len(rows)

    while count := await database.write(work):
        removed += count
    return removed
