"""How the work of the worker stands, and two moves for those who run it: try a row again, put one aside.

Neither moves a legal date. A row put aside holds up nobody: those of its case that fall due later are done.

WorkRefused
├── UnknownWork     there is no such row
├── WorkSettled     nothing is left to do
├── WorkTold        what is due is for people to do
├── WorkStands      a step stopped its clock
├── WorkInHand      a worker is at it
├── WorkUntried     it has not failed
└── WorkAside       it is put aside already
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import cleandoc
from typing import Any, Final

import sqlalchemy as sa

from domain.columns import UtcTime
from domain.deadline import Deadline, DeadlineKind
from domain.deployment import Deployment
from domain.state import Word
from domain.table import table_of
from workflows.database import Connection, Database, Row, Transaction, decoder, loader
from workflows.jobs import UNREPORTED

PUT_ASIDE: Final = "PutAside"  # the `problem` of a row that somebody put aside by hand

_T: Final = table_of(Deadline)


class WorkState(Word):
    """How a row of work stands."""

    DUE = "DUE", "待处理", "Waits for a worker"
    IN_HAND = "IN_HAND", "处理中", "A worker is at it"
    FAILED = "FAILED", "待重试", "It failed, and is tried again"
    PARKED = "PARKED", "已搁置", "It is put aside until somebody mends it"


@dataclass(frozen=True, slots=True)
class Health:
    """How much there is to do, and whether it is done."""

    due: int
    oldest_due_at: datetime | None  # since when the one that waits longest could have been taken
    in_hand: int
    failed: int  # they wait to be tried again
    parked: int
    last_pass_at: datetime | None  # when a worker last looked, as of the last minute


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that wants doing or mending."""

    id: str
    state: WorkState
    kind: DeadlineKind
    case_kind: str
    case_id: str
    due_at: datetime
    next_at: datetime | None
    attempts: int
    failures: int
    problem: str | None


class WorkRefused(Exception):
    """The row stays as it is."""

    def __str__(self) -> str:
        return " ".join([*map(str, self.args), cleandoc(type(self).__doc__ or "").replace("\n", " ")])


class UnknownWork(WorkRefused):
    """There is no such row: `signet work list` shows the ids."""


class WorkSettled(WorkRefused):
    """It is settled: nothing is left to do."""


class WorkTold(WorkRefused):
    """It was told of as overdue: what is due now is for people to do, not for the worker."""


class WorkStands(WorkRefused):
    """Its clock was stopped by a step of its case, and only a step lets it run on."""


class WorkInHand(WorkRefused):
    """A worker has it in hand: wait until it reports, half a minute at most."""


class WorkUntried(WorkRefused):
    """It has not failed: it is done by itself when it is due."""


class WorkAside(WorkRefused):
    """It is put aside already: `signet work retry` makes it due again."""


def _bound(name: str, type_: Any) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=type_, required=False)


def _text(value: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{value}'", sa.Text)


_NOW: Final = _bound("now", UtcTime())
_OPEN: Final = _T.c.settled_at.is_(None)
_DUE: Final = (_OPEN, _T.c.next_at < _NOW)
_TROUBLED: Final = (_OPEN, _T.c.problem.is_not(None))  # an index holds these, and they are few
_IN_HAND: Final = (*_TROUBLED, _T.c.problem == _text(UNREPORTED), _T.c.next_at >= _NOW)
_FAILED: Final = (*_TROUBLED, _T.c.problem != _text(UNREPORTED), _T.c.failures > 0, _T.c.next_at >= _NOW)
_PARKED: Final = (*_TROUBLED, _T.c.next_at.is_(None), _T.c.paused_at.is_(None), _T.c.outcome.is_(None))


def _of(value: Any, where: Sequence[sa.ColumnElement[bool]]) -> sa.ScalarSelect[Any]:
    return sa.select(value).select_from(_T).where(*where).scalar_subquery()


_PASSED: Final = table_of(Deployment).c.worker_passed_at
_HEALTH: Final = sa.select(
    _of(sa.func.count(), _DUE),
    _of(sa.func.min(_T.c.next_at), _DUE),
    _of(sa.func.count(), _IN_HAND),
    _of(sa.func.count(), _FAILED),
    _of(sa.func.count(), _PARKED),
    sa.select(sa.func.max(_PASSED)).scalar_subquery(),
)
_STATE: Final = sa.case(
    (sa.and_(*_DUE), _text(WorkState.DUE)),
    (_T.c.next_at.is_(None), _text(WorkState.PARKED)),
    (_T.c.problem == _text(UNREPORTED), _text(WorkState.IN_HAND)),
    else_=_text(WorkState.FAILED),
)
_SHOWN: Final = (_T.c.case_kind, _T.c.case_id, _T.c.due_at, _T.c.next_at, _T.c.attempts, _T.c.failures, _T.c.problem)
_COLUMNS: Final = (_T.c.id, _STATE, _T.c.kind, *_SHOWN)
_LIMIT: Final = _bound("most", sa.Integer)
_ALL: Final = sa.or_(*(sa.and_(*each) for each in (_DUE, _IN_HAND, _FAILED, _PARKED)))
_LISTS: Final = {
    parked_only: sa.select(*_COLUMNS).where(wanted).order_by(_T.c.due_at, _T.c.id).limit(_LIMIT)
    for parked_only, wanted in ((False, _ALL), (True, sa.and_(*_PARKED)))
}
_ROW: Final = _T.c.id == _bound("row", sa.Text)
_ONE: Final = sa.select(*loader(Deadline).columns).where(_ROW)
# Whoever has the row in hand reports of an attempt that is no longer its last, and so of nothing.
_RETRY: Final = (
    sa.update(_T)
    .where(_ROW, sa.or_(sa.and_(*_PARKED), sa.and_(*_FAILED)))
    .values(next_at=_T.c.due_at, failures=0, problem=sa.null(), attempts=_T.c.attempts + 1)
    .returning(_T.c.id)
)
_PARK: Final = (
    sa.update(_T)
    .where(_ROW, _OPEN, _T.c.next_at.is_not(None))
    .values(next_at=sa.null(), problem=_bound("b_problem", sa.Text), attempts=_T.c.attempts + 1)
    .returning(_T.c.id)
)


async def health_of(database: Database, now: datetime) -> Health:
    """How the work stands, in one statement."""
    (row,) = await database.read(lambda connection: connection.fetch(_HEALTH, {"now": now}))
    moment = decoder(UtcTime(), database.dialect) or _itself
    due, oldest, in_hand, failed, parked, passed = row
    return Health(due, oldest and moment(oldest), in_hand, failed, parked, passed and moment(passed))


async def listed(database: Database, now: datetime, *, most: int, parked_only: bool = False) -> list[Listed]:
    """The rows that are due, in hand, failed or put aside, by due date."""
    values = {"now": now, "most": most}
    rows = await database.read(lambda connection: connection.fetch(_LISTS[parked_only], values))
    return [_listed(row, database.dialect) for row in rows]


async def retry(database: Database, id_: str, now: datetime) -> Deadline:
    """Make a row that failed, or was put aside, due again, as if it had never failed; the row. WorkRefused."""
    return await _moved(database, _RETRY, id_, {"now": now}, now)


async def park(database: Database, id_: str, now: datetime) -> Deadline:
    """Put a row aside, whoever has it in hand: no worker takes it until it is tried again; the row. WorkRefused."""
    return await _moved(database, _PARK, id_, {"b_problem": PUT_ASIDE}, now)


async def _moved(database: Database, move: sa.Update, id_: str, values: dict[str, Any], now: datetime) -> Deadline:
    async def work(transaction: Transaction) -> Deadline:
        is_moved = bool(await transaction.fetch(move, {"row": id_, **values}))
        row = await _row(transaction, id_)
        if not is_moved:
            raise _why(row, now)(f"{id_}:")
        return row

    return await database.write(work)


async def _row(connection: Connection, id_: str) -> Deadline:
    rows = await connection.fetch(_ONE, {"row": id_})
    if not rows:
        raise UnknownWork(f"{id_}:")
    row: Deadline = loader(Deadline).row(rows[0], connection.dialect)
    return row


def _why(row: Deadline, now: datetime) -> type[WorkRefused]:
    """Why a row could not be moved."""
    if row.settled_at is not None:
        return WorkSettled
    if row.outcome is not None:
        return WorkTold
    if row.paused_at is not None:
        return WorkStands
    if row.next_at is None:
        return WorkAside
    return WorkInHand if row.problem == UNREPORTED and row.next_at >= now else WorkUntried


def _listed(row: Row, dialect: sa.Dialect) -> Listed:
    id_, state, kind, case_kind, case_id, due_at, next_at, *rest = row
    moment = decoder(UtcTime(), dialect) or _itself
    times = moment(due_at), next_at and moment(next_at)
    return Listed(id_, WorkState(state), DeadlineKind(kind), case_kind, case_id, *times, *rest)


def _itself(value: Any) -> Any:
    return value
