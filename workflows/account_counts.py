"""How many accounts a subject has and had: live ones for the quota, closed ones for the second reader (Art. 6, 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, AccountState, ClosedCause
from domain.columns import TEXT
from domain.holder import Holder
from domain.identity import Identity
from domain.table import table_of
from workflows.database import Among, Row
from workflows.engine import Fact
from workflows.lateness import was_closed

_ACCOUNT, _HOLDER, _IDENTITY = table_of(Account), table_of(Holder), table_of(Identity)


def _count(key: sa.ColumnElement[Any], source: sa.FromClause) -> Fact:
    """How many live accounts the holder has, and how many others under the same person or organisation.

    And as many of theirs as were closed as measures.
    """
    other, twin = _ACCOUNT.alias("other"), _IDENTITY.alias("twin")
    is_live = sa.and_(other.c.state.in_([str(state) for state in LIVE]), ~was_closed(other))
    live = sa.and_(other.c.holder_id == _HOLDER.c.id, is_live)
    mine = sa.select(key, sa.literal_column("'holder'"), sa.func.count(other.c.id)).select_from(
        source.join(other, live)
    )
    same = sa.and_(
        twin.c.provider_id == _IDENTITY.c.provider_id,
        sa.or_(twin.c.resident_id_index == _IDENTITY.c.resident_id_index, twin.c.uscc_index == _IDENTITY.c.uscc_index),
        twin.c.id != _IDENTITY.c.id,
    )
    theirs = sa.and_(other.c.holder_id == twin.c.holder_id, is_live)
    by_index = sa.select(key, sa.literal_column("'index'"), sa.func.count(other.c.id)).select_from(
        source.join(_IDENTITY, _IDENTITY.c.holder_id == _HOLDER.c.id).join(twin, same).join(other, theirs)
    )
    parts = (mine, by_index, *_closed(key, source, other, twin, same))
    return Fact("live", sa.union_all(*(part.where(Among(key, "ids")).group_by(key) for part in parts)), _counts)


def _closed(
    key: sa.ColumnElement[Any],
    source: sa.FromClause,
    other: sa.FromClause,
    twin: sa.FromClause,
    same: sa.ColumnElement[bool],
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """How many were closed as measures: of the holder, and of others who are the same person or organisation."""
    of_holder = sa.and_(other.c.holder_id == _HOLDER.c.id, closed_as_a_measure(other))
    of_twin = sa.and_(other.c.holder_id == twin.c.holder_id, closed_as_a_measure(other))
    mine = sa.select(key, sa.literal_column("'closed'"), sa.func.count(other.c.id))
    theirs = sa.select(key, sa.literal_column("'closed by index'"), sa.func.count(other.c.id))
    behind = source.join(_IDENTITY, _IDENTITY.c.holder_id == _HOLDER.c.id).join(twin, same)
    return mine.select_from(source.join(other, of_holder)), theirs.select_from(behind.join(other, of_twin))


def closed_as_a_measure(account: sa.FromClause) -> sa.ColumnElement[bool]:
    """An account that a sanction closed, and that no appeal or change of mind brought back."""
    is_closed = account.c.state == sa.literal_column(f"'{AccountState.CLOSED}'", TEXT)
    return sa.and_(is_closed, account.c.closed_cause == sa.literal_column(f"'{ClosedCause.SANCTION}'", TEXT))


def _counts(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    found = {row[1]: row[2] for row in rows}
    live = {"accounts_live": found.get("holder", 0), "accounts_by_index": found.get("index", 0)}
    return {**live, "closed": found.get("closed", 0), "closed_by_index": found.get("closed by index", 0)}


LIVE_ACCOUNTS: Final = _count(_HOLDER.c.id, _HOLDER)
LIVE_ACCOUNTS_BESIDE: Final = _count(_ACCOUNT.c.id, _ACCOUNT.join(_HOLDER, _HOLDER.c.id == _ACCOUNT.c.holder_id))


def _closed_before() -> sa.CompoundSelect[Any]:
    """Of many holders: those who had an account closed as a measure, or whose like had, by each index for itself."""
    other, twin, behind = _ACCOUNT.alias("other"), _IDENTITY.alias("twin"), _IDENTITY.alias("behind")
    closed = closed_as_a_measure(other)
    parts = [sa.select(other.c.holder_id).where(Among(other.c.holder_id, "ids"), closed)]
    for index in ("resident_id_index", "uscc_index"):
        same = sa.and_(twin.c.provider_id == behind.c.provider_id, twin.c[index] == behind.c[index])
        joined = behind.join(twin, same).join(other, sa.and_(other.c.holder_id == twin.c.holder_id, closed))
        parts.append(sa.select(behind.c.holder_id).select_from(joined).where(Among(behind.c.holder_id, "ids")))
    return sa.union(*parts)


CLOSED_BEFORE: Final = _closed_before()
