"""A name that several ask for at once: applications take it as accounts, changes by keeping it back (Art. 6).

No unique index sees both tables, so whoever asks for a name holds it until the commit. SQLite has one writer: there
nobody else is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, ReservationKind, ReservedName
from domain.names import name_key
from domain.table import table_of
from workflows.database import Transaction
from workflows.engine import Gathered, On

_ACCOUNT, _RESERVED = table_of(Account), table_of(ReservedName)


def _bound(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.Text, required=False)


_HOLD: Final = sa.select(
    sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_bound("held"), sa.literal_column("0")))
)
_TAKEN: Final = sa.union_all(
    sa.select(_ACCOUNT.c.id).where(
        _ACCOUNT.c.provider_id == _bound("provider"),
        _ACCOUNT.c.name_key == _bound("key"),
        _ACCOUNT.c.id != _bound("account"),
        _ACCOUNT.c.state.in_([str(state) for state in LIVE]),
    ),
    sa.select(_RESERVED.c.id).where(
        _RESERVED.c.provider_id == _bound("provider"),
        _RESERVED.c.name_key == _bound("key"),
        _RESERVED.c.account_id != _bound("account"),
        _RESERVED.c.kind == sa.literal_column(f"'{ReservationKind.CHANGE}'"),
        _RESERVED.c.until.is_(None),
    ),
)


async def _held(_: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """Hold the name, then look again: what the facts said of it may be older than what another has just committed."""
    name = on.input.particulars.display_name
    if name is None or transaction.dialect.name != "postgresql":
        return {}
    account = "" if on.case is None else on.case.id
    is_taken = await held_and_taken(transaction, (on.case or on.cause).provider_id, name_key(name), account)
    return {"taken": on.facts.taken | {"name"}} if is_taken else {}


async def held_and_taken(transaction: Transaction, provider: str, key: str, account: str) -> bool:
    """Hold a name; whether another account than this one bears it or keeps it back."""
    if transaction.dialect.name == "postgresql":
        await transaction.fetch(_HOLD, {"held": f"{provider} {key}"})
    return bool(await transaction.fetch(_TAKEN, {"provider": provider, "key": key, "account": account}))


NAME_HELD: Final = Gathered("name_held", _held)
