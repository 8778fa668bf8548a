"""Writing in time: before a step what has passed under its root is carried out as the worker would (Art. 6, 7).

Each deadline in a transaction of its own, in the order in which they fell due, at most once a step. One that fails is
left to the worker, and fails nobody's step: what holds is derived of the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog

from domain.deadline import Deadline
from domain.table import table_of
from workflows.database import T, Unavailable, Work
from workflows.lateness import PASSED, Late
from workflows.office import Office
from workflows.timed_steps import carry_out

_DEADLINE: Final = table_of(Deadline)
_UNDER: Final = (
    sa.select(_DEADLINE.c.id)
    .where(_DEADLINE.c.root_id == sa.bindparam("root", type_=sa.Text, required=False), *PASSED)
    .order_by(_DEADLINE.c.due_at, _DEADLINE.c.id)
)
_log: Final = structlog.get_logger()


async def in_time(office: Office, now: datetime, caught_up: set[str], work: Work[T]) -> T:
    """Do a piece of writing. It says `Late` of each root once, unless that stands in `caught_up`."""
    while True:
        try:
            return await office.database.write(work)
        except Late as late:
            await catch_up(office, late.roots, now)
            caught_up |= late.roots


async def catch_up(office: Office, roots: Iterable[str], now: datetime) -> None:
    """Carry out what has passed under these roots, until nothing is left that was not tried."""
    for root in sorted(roots):
        tried: set[str] = set()
        while (id_ := await _next(office, root, now, tried)) is not None:
            tried.add(id_)
            try:
                await carry_out(office, id_, now)
            except Unavailable:
                raise  # so would the next one, each after its wait
            except Exception as error:  # noqa: BLE001 - it stays due, and the worker says so
                _log.error("catching_up", type=type(error).__qualname__)


async def _next(office: Office, root: str, now: datetime, tried: set[str]) -> str | None:
    rows = await office.database.read(lambda connection: connection.fetch(_UNDER, {"root": root, "now": now}))
    return next((row[0] for row in rows if row[0] not in tried), None)
