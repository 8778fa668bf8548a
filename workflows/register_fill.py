"""Entries of accounts that were filed before there was a public register: made once, after the upgrade (Art. 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.calendar import local_day
from domain.filing import Filing, FilingState
from domain.ids import new_id
from domain.journal import Step
from domain.permission import RegisterEntry
from domain.table import table_of
from workflows.database import Connection, Transaction, decoder, loader
from workflows.office import Office
from workflows.public_record import said
from workflows.writing import insertion

_AT_ONCE: Final = 200
_ACCOUNT, _FILING, _ENTRY, _STEP = (table_of(model) for model in (Account, Filing, RegisterEntry, Step))
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)
_AFTER: Final = sa.bindparam("after", type_=sa.Text, required=False)
_IS_MISSING: Final = sa.and_(
    _FILING.c.number.is_not(None),
    _FILING.c.current_of.is_not(None),
    ~sa.exists().where(_ENTRY.c.account_id == _FILING.c.account_id),
)
_MISSING: Final = (
    sa.select(_FILING.c.id, _FILING.c.account_id)
    .where(_IS_MISSING, _FILING.c.id > _AFTER)
    .order_by(_FILING.c.id)
    .limit(sa.literal_column(str(_AT_ONCE)))
)
_OF: Final = sa.select(*loader(Filing).columns).where(_IS_MISSING, _FILING.c.id == _ID)
_LOCKED: Final = sa.select(*loader(Account).columns).where(_ACCOUNT.c.id == _ID).with_for_update(key_share=True)
_ACCEPTED_AT: Final = sa.select(sa.func.min(_STEP.c.at)).where(_STEP.c.case_id == _ID, _STEP.c.trigger == "accept")


async def fill_register(office: Office) -> int:
    """Make every entry that is missing, an account at a time as its own steps would; how many there were."""
    made, after = 0, ""
    while missing := await office.database.read(partial(_missing, after)):
        for filing_id, account_id in missing:
            made += await office.database.write(partial(_enter, office, filing_id, account_id))
        after = missing[-1][0]
    return made


async def _missing(after: str, connection: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in await connection.fetch(_MISSING, {"after": after})]


async def _enter(office: Office, filing_id: str, account_id: str, transaction: Transaction) -> int:
    """One entry, unless a step made it meanwhile."""
    [record] = await transaction.fetch(_LOCKED, {"id": account_id})
    rows = await transaction.fetch(_OF, {"id": filing_id})
    if not rows:
        return 0
    account = loader(Account).row(record, transaction.dialect)
    filing = loader(Filing).row(rows[0], transaction.dialect)
    values = await said(office, transaction, account, filing)
    whose = {"id": new_id("register_entry"), "account_id": account_id, "created_at": office.clock()}
    days = await _days(transaction, filing)
    row = {**values, **whose, **days, "licence_number": None, "changed_at": office.clock()}
    await transaction.fetch_each(insertion(_ENTRY), [row])
    return 1


async def _days(transaction: Transaction, filing: Any) -> Mapping[str, date | None]:
    """Since when it is on file, and since when it no longer is."""
    at = (await transaction.fetch(_ACCEPTED_AT, {"id": filing.id}))[0][0]
    read = decoder(_STEP.c.at.type, transaction.dialect)
    accepted_at = read(at) if read is not None and at is not None else at
    decided_on = local_day(filing.decided_at or filing.stepped_at)
    ended_on = None if filing.state == FilingState.ACCEPTED else decided_on
    return {"filed_on": decided_on if accepted_at is None else local_day(accepted_at), "ended_on": ended_on}
