"""Telling of licences in doubt: one due row for each permission that rests on one (Art. 7).

An import writes its doubts and no more, however many permissions there are. Afterwards, here, their rows follow in
transactions of their own. A doubt is marked as told with its last row. Whoever dies in between leaves it unmarked, and
the next one goes on: a permission that has its row is passed over.

Each transaction locks the accounts first, as every step of their permissions does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.calendar import WorkingDays
from domain.case import ClockState
from domain.columns import UtcTime
from domain.deadline import Deadline, DeadlineKind
from domain.ids import new_id
from domain.licence import Licence, LicenceDoubt
from domain.permission import Permission, PermissionState
from domain.table import table_of
from workflows.database import Among, Connection, Database, Row, Transaction, decoder
from workflows.deadlines import due
from workflows.register_run import Clock

CHUNK: Final = 500  # due rows in one transaction
PAGE: Final = 500  # doubts looked at together
PAUSE_SECONDS: Final = 5.0

_DOUBT, _LICENCE = table_of(LicenceDoubt), table_of(Licence)
_PERMISSION, _ACCOUNT, _DEADLINE = table_of(Permission), table_of(Account), table_of(Deadline)
_UNTOLD: Final = (
    sa.select(_DOUBT.c.id).where(_DOUBT.c.told_at.is_(None)).order_by(_DOUBT.c.id).limit(sa.literal_column(str(PAGE)))
)
# A row that is open, or that ran from this doubt on and is settled, tells of it already.
_HAS_ITS_ROW: Final = sa.exists().where(
    _DEADLINE.c.case_id == _PERMISSION.c.id,
    _DEADLINE.c.kind == sa.literal_column(f"'{DeadlineKind.LICENCE_DOUBT}'"),
    sa.or_(_DEADLINE.c.settled_at.is_(None), _DEADLINE.c.runs_from >= _DOUBT.c.created_at),
)
_AFFECTED: Final = (
    sa.select(_PERMISSION.c.id)
    .select_from(_DOUBT)
    .join(_LICENCE, _LICENCE.c.id == _DOUBT.c.licence_id)
    .join(_PERMISSION, _PERMISSION.c.licence_number == _LICENCE.c.number)
    .where(Among(_DOUBT.c.id, "doubts"))
    .where(
        _PERMISSION.c.state.in_(
            [sa.literal_column(f"'{state}'") for state in (PermissionState.GRANTED, PermissionState.SUSPENDED)]
        )
    )
    .where(~_HAS_ITS_ROW)
)
_ACCOUNTS: Final = (
    _AFFECTED.with_only_columns(_PERMISSION.c.account_id)
    .where(_PERMISSION.c.account_id > sa.bindparam("after", type_=sa.Text, required=False))
    .order_by(_PERMISSION.c.account_id)
    .limit(sa.literal_column(str(CHUNK)))
)
_LOCK: Final = (
    sa.select(_ACCOUNT.c.id)
    .where(Among(_ACCOUNT.c.id, "accounts"))
    .order_by(_ACCOUNT.c.id)
    .with_for_update(key_share=True)
)
_OWN: Final = ("id", "provider_id", "jurisdiction", "holder_id", "account_id")
_TO_TELL: Final = (
    _AFFECTED.with_only_columns(*(_PERMISSION.c[name] for name in _OWN), sa.func.min(_DOUBT.c.created_at))
    .where(Among(_PERMISSION.c.account_id, "accounts"))
    .group_by(*(_PERMISSION.c[name] for name in _OWN))
    .order_by(_PERMISSION.c.id)
)
_INSERT: Final = sa.insert(_DEADLINE)
_DUE: Final = sa.bindparam("new_due", type_=UtcTime(), required=False)
_SHOW: Final = (
    sa.update(_PERMISSION)
    .where(_PERMISSION.c.id == sa.bindparam("permission", type_=sa.Text, required=False))
    .values(
        due_at=sa.case((_PERMISSION.c.due_at > _DUE, _DUE), else_=_PERMISSION.c.due_at),
        clock=sa.literal_column(f"'{ClockState.RUNNING}'"),
    )
)
_TELL: Final = (
    sa.update(_DOUBT)
    .where(Among(_DOUBT.c.id, "doubts"), _DOUBT.c.told_at.is_(None))
    .values(told_at=sa.bindparam("at", type_=UtcTime(), required=False))
)


async def tell_doubts(
    database: Database, clock: Clock, calendar: WorkingDays, told: Callable[[int], None] = lambda _: None
) -> int:
    """Write what due rows are missing for all doubts untold; how many that were. `told` hears of each transaction's."""
    total = 0
    while doubts := await database.read(_untold):
        telling = _Telling(doubts, clock, calendar)
        while (written := await database.write(telling.chunk)) is not None:
            total += written
            told(written)
        await database.write(telling.end)
    return total


async def keep_telling(
    database: Database,
    clock: Clock,
    calendar: WorkingDays,
    *,
    failed: Callable[[Exception], None],
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Go on until cancelled: what an import or a process that died left to tell is told. See `tell_doubts`."""
    while True:
        try:
            await tell_doubts(database, clock, calendar)
        except Exception as error:  # noqa: BLE001 - the doubts stay untold, and the next round goes on with them
            failed(error)
        await asyncio.sleep(pause_seconds)


async def _untold(connection: Connection) -> list[str]:
    return [row[0] for row in await connection.fetch(_UNTOLD, {})]


class _Telling:
    """A page of doubts on their way to those who answer for the permissions."""

    def __init__(self, doubts: Sequence[str], clock: Clock, calendar: WorkingDays) -> None:
        self._doubts, self._clock, self._calendar = list(doubts), clock, calendar
        self._after = ""  # the last account told; at the end all are looked through once more

    async def chunk(self, transaction: Transaction) -> int | None:
        """Write the rows of some accounts; None where every permission has its own."""
        accounts = await self._accounts(transaction, self._after)
        if not accounts and self._after:
            accounts = await self._accounts(transaction, "")
        if not accounts:
            return None
        await transaction.fetch(_LOCK, {"accounts": accounts})
        # Asked anew behind the lock: another process may have told some, and a step have ended others.
        rows = await transaction.fetch(_TO_TELL, {"doubts": self._doubts, "accounts": accounts})
        moment = decoder(_DOUBT.c.created_at.type, transaction.dialect)
        made = [self._row(row, moment(row[-1]) if moment else row[-1]) for row in rows]
        await transaction.fetch_each(_INSERT, made)
        await transaction.fetch_each(_SHOW, [{"permission": row["case_id"], "new_due": row["due_at"]} for row in made])
        self._after = accounts[-1]
        return len(made)

    async def _accounts(self, transaction: Transaction, after: str) -> list[str]:
        found = await transaction.fetch(_ACCOUNTS, {"doubts": self._doubts, "after": after})
        return sorted({row[0] for row in found})

    async def end(self, transaction: Transaction) -> None:
        await transaction.fetch(_TELL, {"doubts": self._doubts, "at": self._clock()})

    def _row(self, permission: Row, doubted_at: Any) -> dict[str, Any]:
        """Due from when the doubt arose, however late it is told."""
        id_, provider_id, jurisdiction, holder_id, account_id, _ = permission
        due_at = due(DeadlineKind.LICENCE_DOUBT, doubted_at, self._calendar)
        unset = dict.fromkeys(("paused_at", "left_seconds", "counted_seconds", "settled_at", "outcome", "problem"))
        return unset | {
            "id": new_id("deadline"),
            "created_at": self._clock(),
            "provider_id": provider_id,
            "jurisdiction": jurisdiction,
            "holder_id": holder_id,
            "root_id": account_id,
            "case_kind": "permission",
            "case_id": id_,
            "kind": DeadlineKind.LICENCE_DOUBT,
            "runs_from": doubted_at,
            "counted_from": doubted_at,
            "is_assumed": not self._calendar.is_certain(doubted_at, due_at),
            "due_at": due_at,
            "next_at": due_at,
            "attempts": 0,
            "failures": 0,
        }
