"""At the start, where the calendar is another than before, what is due is counted anew: a step a case (Art. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from domain.columns import TEXT
from domain.deadline import Deadline
from domain.deployment import Deployment
from domain.table import table_of
from domain.viewer import SYSTEM
from workflows.database import Transaction, loader
from workflows.due_dates import RECOUNT, Recounted, that_end_later
from workflows.engine import On
from workflows.firing import complete, fire_due
from workflows.hands import Writing
from workflows.journal import write_steps
from workflows.loading import load_case, load_deadlines
from workflows.office import Office
from workflows.registry import workflow_of
from workflows.writing import write

_PAGE: Final = 1_000
_T, _DEPLOYMENT = table_of(Deadline), table_of(Deployment)
_COUNTED_BY: Final = sa.select(_DEPLOYMENT.c.counted_by)
_COUNT_BY: Final = sa.update(_DEPLOYMENT).values(counted_by=sa.bindparam("mark", type_=TEXT))
_CERTAIN: Final = sa.update(_T).where(_T.c.id == sa.bindparam("row", type_=TEXT)).values(is_assumed=sa.false())
_OPEN: Final = (
    sa.select(*loader(Deadline).columns)
    .where(_T.c.settled_at.is_(None), _T.c.counted_from.is_not(None), _T.c.next_at.is_not(None))
    .where(_T.c.id > sa.bindparam("after", type_=TEXT, required=False))
    .order_by(_T.c.id)
    .limit(_PAGE)
)


async def recount(office: Office) -> int:
    """Count anew what is due, once for each calendar; how many cases were moved."""
    (counted_by,) = (await office.database.read(lambda connection: connection.fetch(_COUNTED_BY, {})))[0]
    if counted_by == office.calendar.mark:
        return 0
    moved, after = 0, ""
    while page := await _page(office, after):
        after = page[-1].id
        for id_, noun in {row.case_id: row.case_kind for row in page if that_end_later([row], office.calendar)}.items():
            moved += await office.database.write(partial(_move, office, noun, id_))
        certain = [row.id for row in page if row.is_assumed and _is_certain(row, office)]
        await _written(office, _CERTAIN, [{"row": id_} for id_ in certain])
    await _written(office, _COUNT_BY, [{"mark": office.calendar.mark}])
    return moved


async def _page(office: Office, after: str) -> list[Deadline]:
    dialect = office.database.dialect
    rows = await office.database.read(lambda connection: connection.fetch(_OPEN, {"after": after}))
    return [loader(Deadline).row(row, dialect) for row in rows]


def _is_certain(row: Deadline, office: Office) -> bool:
    return row.counted_from is not None and office.calendar.is_certain(row.counted_from, row.due_at)


async def _written(office: Office, statement: sa.Update, values: Sequence[dict[str, Any]]) -> None:
    await office.database.write(lambda transaction: transaction.fetch_each(statement, values))


async def _move(office: Office, noun: str, case_id: str, transaction: Transaction) -> int:
    """One step of one case, for all of its dates that end later."""
    workflow = workflow_of(noun)
    transition, writing = workflow.by_trigger[RECOUNT], Writing(SYSTEM, office.clock())
    hand = await load_case(workflow, transition, case_id, SYSTEM, transaction, writing)
    await load_deadlines(writing, transaction)
    later = that_end_later(hand.deadlines, office.calendar)
    if not later or workflow.after(RECOUNT, hand.state) is None:
        return 0
    writing.now = max(writing.now, hand.stepped_at)
    on = On(hand.row, None, SYSTEM, writing.now, Recounted(later), hand.id)
    fire_due(writing, workflow, transition, hand, on, office.calendar)
    write_steps(writing, office.keys, None)
    await complete(office, writing, transaction)
    await write(writing, transaction)
    return 1
