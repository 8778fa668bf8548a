"""Batches that were begun and whose proposer was disabled: nobody may go on with them, so what waits is refused.

Only who proposed a batch carries it out, and who was disabled is not enrolled again under the same login. Each item
that waits is told why, and what it asked for is forgotten; what was carried out stays.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

import sqlalchemy as sa

from domain.batch import Batch, BatchItem, BatchState, ItemState
from domain.columns import TEXT
from domain.problems import Problem, ProblemCode
from domain.proposal import Proposal
from domain.staff import Staff, StaffState
from domain.table import table_of
from workflows.batch_items import told
from workflows.database import Database, Transaction
from workflows.writing import update

AT_ONCE: Final = 500  # items refused in one transaction

_BATCH, _ITEM, _PROPOSAL, _STAFF = table_of(Batch), table_of(BatchItem), table_of(Proposal), table_of(Staff)
_ID: Final = sa.bindparam("b_batch", type_=TEXT, required=False)
_WAITS: Final = (
    _BATCH.c.state == sa.literal_column(f"'{BatchState.CARRIED_OUT}'", TEXT),
    _BATCH.c.done + _BATCH.c.refused < _BATCH.c["items"],  # `c.items` is the method
)
_PROPOSER_IS_DISABLED: Final = (
    sa.exists()
    .where(_PROPOSAL.c.case_id == _BATCH.c.id, _PROPOSAL.c.used_by.is_not(None))
    .where(_STAFF.c.id == _PROPOSAL.c.proposer_id)
    .where(_STAFF.c.state == sa.literal_column(f"'{StaffState.DISABLED}'", TEXT))
)
# Once an hour, through batches and not their items: they are few.
_FORSAKEN: Final = (
    sa.select(_BATCH.c.id).where(*_WAITS, _PROPOSER_IS_DISABLED).order_by(_BATCH.c.id).limit(sa.literal_column("1"))
)
_LOCK: Final = sa.select(_BATCH.c.refused).where(_BATCH.c.id == _ID, *_WAITS).with_for_update(key_share=True)
_LEFT: Final = (
    sa.select(_ITEM.c.id)
    .where(_ITEM.c.batch_id == _ID, _ITEM.c.state == sa.literal_column(f"'{ItemState.WAITING}'", TEXT))
    .order_by(_ITEM.c.number)
    .limit(sa.literal_column(str(AT_ONCE)))
)
_TELL: Final = update(_ITEM, ("carried_out_at", "problems", "sealed", "state"))
_COUNT: Final = update(_BATCH, ("refused",))
WHY: Final = (Problem(ProblemCode.PROPOSER_GONE),)


async def end_forsaken(database: Database, now: datetime) -> int:
    """End what nobody may go on with; how many items were told so."""
    ended = 0
    while found := await database.read(lambda connection: connection.fetch(_FORSAKEN, {})):
        ended += await database.write(partial(_refused, found[0][0], now))
    return ended


async def _refused(batch_id: str, now: datetime, transaction: Transaction) -> int:
    """Refuse some of what waits, under the lock that carrying out takes."""
    locked = await transaction.fetch(_LOCK, {"b_batch": batch_id})
    left = await transaction.fetch(_LEFT, {"b_batch": batch_id}) if locked else ()
    verdict = {"state": ItemState.REFUSED, "problems": told(WHY), "sealed": None, "carried_out_at": now}
    await transaction.fetch_each(_TELL, [{"row_id": row[0], **verdict} for row in left])
    if left:
        await transaction.fetch(_COUNT, {"row_id": batch_id, "refused": locked[0][0] + len(left)})
    return len(left)
