"""Carrying what a unit of work decided to the database: one statement a table, in an order its keys allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from domain.tables import METADATA
from workflows.database import Transaction
from workflows.hands import Hand, Writing
from workflows.moving import move_account

_ORDER: Final = {table: i for i, table in enumerate(METADATA.sorted_tables)}


async def write(writing: Writing, transaction: Transaction) -> None:
    """Write all of it. A case that moved on meanwhile stops everything."""
    rows: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
    for hand in writing.hands:
        if hand.is_new:
            rows[table_of(hand.workflow.model)].append({**vars(hand.row), **moved(hand)})
    for model, values in writing.inserts:
        rows[table_of(model)].append(values)
    for table in sorted(rows, key=_ORDER.__getitem__):
        await transaction.fetch_each(insertion(table), rows[table])
    for hand in reversed(writing.hands):  # what a follow-up gave up is free before what caused it takes it
        if not hand.is_new and (hand.changes or hand.seq != hand.seen):
            await _update_case(hand, transaction)
    for model, id_, values in writing.updates:
        clause = update(table_of(model), tuple(sorted(values)))
        await transaction.fetch(clause, {**values, "row_id": id_})
    for account_id, authority_id in writing.moves:
        await move_account(account_id, authority_id, transaction)


async def _update_case(hand: Hand, transaction: Transaction) -> None:
    values = moved(hand)
    clause = update_seen(table_of(hand.workflow.model), tuple(sorted(values)))
    written: Sequence[Any] = await transaction.fetch(clause, {**values, "row_id": hand.id, "seen": hand.seen})
    if len(written) != 1:
        raise Refused(Problem(ProblemCode.TRY_AGAIN))


def moved(hand: Hand) -> dict[str, Any]:
    """The columns of a case that its steps have moved."""
    own = {"state": hand.state, "seq": hand.seq, "head": hand.head, "stepped_at": hand.stepped_at}
    return {**hand.changes, **own}


@lru_cache(maxsize=200)
def insertion(table: sa.Table) -> sa.ClauseElement:
    """INSERT of a whole row."""
    return sa.insert(table)


@lru_cache(maxsize=500)
def update(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    """UPDATE of some columns of a row by its id."""
    chosen = {name: sa.bindparam(name, type_=table.c[name].type, required=False) for name in names}
    return sa.update(table).where(table.c.id == sa.bindparam("row_id", type_=sa.Text, required=False)).values(chosen)


@lru_cache(maxsize=500)
def update_seen(table: sa.Table, names: tuple[str, ...]) -> sa.ClauseElement:
    """The same, only if the case is still at the version that was seen."""
    found = update(table, names)
    seen = table.c.seq == sa.bindparam("seen", type_=sa.Integer, required=False)
    return found.where(seen).returning(table.c.id)
