"""Serial numbers: one row a prefix, counted up in the transaction that uses the number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from domain.filing import Counter
from domain.ids import new_id
from domain.table import table_of
from workflows.database import Transaction

_COUNTER: Final = table_of(Counter)


def _counted() -> Mapping[str, sa.ClauseElement]:
    made = {}
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
        inserted = dialect.insert(_COUNTER)
        counted = {"value": _COUNTER.c.value + 1}
        made[name] = inserted.on_conflict_do_update(index_elements=["prefix"], set_=counted).returning(_COUNTER.c.value)
    return made


_NEXT: Final = _counted()


async def next_serial(transaction: Transaction, prefix: str, values: Mapping[str, Any]) -> int:
    """The next number under a prefix, from 1. `values`: created_at, provider_id, jurisdiction of the first."""
    row = {**values, "id": new_id("counter"), "prefix": prefix, "value": 1}
    return int((await transaction.fetch(_NEXT[transaction.dialect.name], row))[0][0])
