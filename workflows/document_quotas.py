"""How much may be handed in: so many documents and bytes a day, of a holder and of a provider or authority (Art. 5).

What counts is what came within a day, and what is not used yet for as long as it lies there; an upload under way counts
with all that it may become. The row of the provider or authority is locked meanwhile, so that of many uploads at once,
at however many servers, no more than allowed are let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa

from domain.authority import Authority
from domain.document import Document
from domain.provider import Provider
from domain.table import table_of
from workflows.database import Transaction, decoder

WINDOW: Final = timedelta(days=1)
SOON: Final = timedelta(minutes=1)  # what is old and unused goes with the next tidying
_DOCUMENT: Final = table_of(Document)
_OWNER: Final = sa.bindparam("owner", type_=sa.Text, required=False)
_SINCE: Final = sa.bindparam("since", type_=_DOCUMENT.c.created_at.type, required=False)


class Whose(Enum):
    """Whom a quota is of."""

    HOLDER = "holder"
    BODY = "provider or authority"


@dataclass(frozen=True, slots=True)
class Quota:
    """The most of one day."""

    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most of one day, by whose."""

    holder: Quota
    body: Quota


class QuotaExceeded(Exception):
    """Another document would be more than a quota allows: `whose`, and how long until the first no longer counts."""

    def __init__(self, whose: Whose, quota: Quota, wait: timedelta) -> None:
        super().__init__(whose.value)
        self.whose, self.quota, self.wait = whose, quota, wait


def _counted(*of: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """How many count, how large they are, and since when the first does."""
    lately = sa.select(_DOCUMENT.c.size, _DOCUMENT.c.created_at).where(*of, _DOCUMENT.c.created_at > _SINCE)
    unused = sa.select(_DOCUMENT.c.size, _DOCUMENT.c.created_at).where(
        *of, _DOCUMENT.c.used_at.is_(None), _DOCUMENT.c.created_at <= _SINCE
    )
    both = sa.union_all(lately, unused).subquery()
    return sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(both.c.size), 0), sa.func.min(both.c.created_at))


_OF_HOLDER: Final = _counted(_DOCUMENT.c.holder_id == _OWNER)
_OF_PROVIDER: Final = _counted(_DOCUMENT.c.provider_id == _OWNER)
_OF_AUTHORITY: Final = _counted(_DOCUMENT.c.provider_id.is_(None), _DOCUMENT.c.jurisdiction == _OWNER)
_LOCK_PROVIDER, _LOCK_AUTHORITY = (
    sa.select(table.c.id).where(table.c.id == _OWNER).with_for_update(key_share=True)
    for table in (table_of(Provider), table_of(Authority))
)


async def check_quotas(
    transaction: Transaction, quotas: Quotas, holder_id: str | None, provider_id: str | None, authority_id: str | None,
    size: int, now: datetime,
) -> None:  # fmt: skip
    """QuotaExceeded where one more of this size is too much. Nobody else comes in before the transaction ends."""
    is_provider, decode = provider_id is not None, decoder(_DOCUMENT.c.created_at.type, transaction.dialect)
    body = {"owner": provider_id if is_provider else authority_id}
    await transaction.fetch(_LOCK_PROVIDER if is_provider else _LOCK_AUTHORITY, body)
    asked = [(Whose.BODY, quotas.body, _OF_PROVIDER if is_provider else _OF_AUTHORITY, body)]
    if holder_id is not None:
        asked.insert(0, (Whose.HOLDER, quotas.holder, _OF_HOLDER, {"owner": holder_id}))
    for whose, quota, clause, owner in asked:
        [(count, total, first)] = await transaction.fetch(clause, {**owner, "since": now - WINDOW})
        if count + 1 > quota.count or total + size > quota.size:
            begun = decode(first) if decode is not None and first is not None else first
            raise QuotaExceeded(whose, quota, max((begun or now) + WINDOW - now, SOON))
