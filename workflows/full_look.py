"""The look through the whole journal for steps that a sequencer's mark hides, as a clock set far back makes them.

Only PostgreSQL needs it: on SQLite steps appear in the order of their rows. However many processes there are, one of
them looks, for a bounded time, and leaves behind how far it came; a minute later whoever claims it first goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from domain.columns import UtcTime
from domain.deployment import Deployment
from domain.journal import Step
from domain.table import table_of
from workflows.database import Database, Transaction
from workflows.sequencer import BY_INDEX, NOT_FOUND, UNNUMBERED, numbering, takes_turn

EVERY: Final = timedelta(seconds=60)
PAGE: Final = 5_000  # steps looked at in one statement
LOOK_SECONDS: Final = 1.0  # a look begins no further page after them

_STEP, _DEPLOYMENT = table_of(Step), table_of(Deployment)
_NOW: Final = sa.bindparam("now", type_=UtcTime(), required=False)
_IS_TIME: Final = sa.or_(_DEPLOYMENT.c.look_at.is_(None), _DEPLOYMENT.c.look_at <= _NOW)
_LOOK: Final = sa.select(_DEPLOYMENT.c.number).where(_IS_TIME)
_CLAIM: Final = (
    sa.update(_DEPLOYMENT)
    .where(_IS_TIME)
    .values(look_at=sa.bindparam("b_next", type_=UtcTime(), required=False))
    .returning(_DEPLOYMENT.c.looked_after, BY_INDEX)
)
_COME: Final = sa.update(_DEPLOYMENT).values(looked_after=sa.bindparam("b_after", type_=sa.Text, required=False))
_AFTER: Final = sa.bindparam("after", type_=sa.Text, required=False)
_SEEN: Final = (
    sa.select(_STEP.c.id, NOT_FOUND.label("is_missing"))
    .where(_STEP.c.id > _AFTER)
    .order_by(_STEP.c.id)
    .limit(sa.literal_column(str(PAGE)))
    .subquery()
)
_PAGE: Final = sa.select(sa.func.max(_SEEN.c.id), sa.func.count(), sa.func.bool_or(_SEEN.c.is_missing))
_NUMBER: Final = numbering(
    UNNUMBERED.where(_STEP.c.id > _AFTER, _STEP.c.id <= sa.bindparam("up_to", type_=sa.Text, required=False))
)


async def look(database: Database, now: datetime, *, seconds: float = LOOK_SECONDS) -> int:
    """Look on where the last look ended, if nobody does; how many steps looked at. Those found get their positions."""
    if database.dialect.name == "sqlite" or not await database.read(lambda at: at.fetch(_LOOK, {"now": now})):
        return 0

    async def work(transaction: Transaction) -> int:
        claimed = await transaction.fetch(_CLAIM, {"now": now, "b_next": now + EVERY})
        return await _looked(transaction, claimed[0][0], seconds) if claimed else 0

    return await database.write(work)


async def _looked(transaction: Transaction, after: str, seconds: float) -> int:
    """Page after page until the time is over; at the end of the journal the next look begins anew."""
    loop, total, count = asyncio.get_running_loop(), 0, PAGE
    until = loop.time() + seconds
    while count == PAGE and (not total or loop.time() < until):
        ((last, count, is_missing),) = await transaction.fetch(_PAGE, {"after": after})
        if is_missing:
            if not await takes_turn(transaction):  # another is numbering: the next look finds this page again
                break
            await transaction.fetch(_NUMBER, {"after": after, "up_to": last})
        after, total = last if count == PAGE else "", total + count
    await transaction.fetch(_COME, {"b_after": after})
    return total


async def keep_looking(
    database: Database, clock: Callable[[], datetime], *, failed: Callable[[Exception], None]
) -> None:
    """Go on until cancelled."""
    while True:
        try:
            await look(database, clock())
        except Exception as error:  # noqa: BLE001 - a database that is away comes back, and the look goes on
            failed(error)
        await asyncio.sleep(EVERY.total_seconds())
