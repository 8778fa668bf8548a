"""Reading what time will leave: what has passed is fired in memory, and read over what is stored.

Nothing is written. Every statement sees the changed rows in the place of the stored ones, so the facts of all that
hangs on a root are what they will be once the worker has come (Art. 6, 7).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from domain.deadline import Deadline
from domain.table import table_of
from workflows.database import Among, Connection, Row, Statement, Unavailable, Values, compile_once, loader
from workflows.hands import Writing
from workflows.lateness import has_passed
from workflows.office import Office
from workflows.timed_steps import beginning, follow, is_over
from workflows.writing import moved

_DEADLINE: Final = table_of(Deadline)
_UNDER: Final = sa.select(*loader(Deadline).columns).where(
    Among(_DEADLINE.c.root_id, "roots"), _DEADLINE.c.settled_at.is_(None)
)


async def foreseen(connection: Connection, roots: Collection[str], now: datetime, office: Office) -> Connection:
    """The connection, as it will read once all that has passed under these roots is carried out. Wakes the worker."""
    found = Foresight(connection)
    rows = await connection.fetch(_UNDER, {"roots": sorted(roots)})
    waiting = [loader(Deadline).row(row, connection.dialect) for row in rows]
    for root in sorted(roots):
        await found.see([one for one in waiting if one.root_id == root], now, office)
    office.wake()
    return found


class Foresight:
    """A connection over which stored rows are read as they will be."""

    def __init__(self, connection: Connection) -> None:
        self.dialect = connection.dialect
        self._connection = connection
        self._changed: dict[sa.Table, dict[str, dict[str, Any]]] = {}
        self._made: dict[sa.Table, list[Mapping[str, Any]]] = {}

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        tables = {*self._changed, *self._made}
        if not tables:
            return await self._connection.fetch(clause, values)
        chosen = cast("sa.Select[Any]", clause).add_cte(*map(self._as_it_will_be, tables))
        return await self._connection.fetch(compile_once(chosen, self.dialect), values)

    async def see(self, waiting: Sequence[Deadline], now: datetime, office: Office) -> None:
        """Fire what has passed of the deadlines under a root, in their order; what fails is as it was."""
        open_, tried = {one.id: one for one in waiting}, set[str]()
        while passed := [one for one in open_.values() if has_passed(one, now) and one.id not in tried]:
            first = min(passed, key=lambda one: (one.due_at, one.id))
            tried.add(first.id)
            try:
                writing = await self._fired(first, open_, now, office)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001, S112 - the worker says so
                continue
            if is_over(first):
                del open_[first.id]
            for hand in writing.hands:
                open_ |= {one.id: one for one in hand.deadlines}
            self._keep(writing)

    async def _fired(self, deadline: Deadline, open_: Mapping[str, Deadline], now: datetime, office: Office) -> Writing:
        writing, hand = await beginning(deadline, now, self, lock=False)
        for one in writing.hands:
            mine = [row for row in open_.values() if row.case_id == one.id and row.settled_at is None]
            one.deadlines = [row for row in mine if row.id != deadline.id or not is_over(deadline)]
        if hand is not None:
            await follow(office, writing, hand, deadline, self)
        return writing

    def _keep(self, writing: Writing) -> None:
        for hand in writing.hands:
            table, values = table_of(hand.workflow.model), moved(hand)
            if hand.is_new:
                self._made.setdefault(table, []).append({**vars(hand.row), **values})
            elif hand.changes or hand.seq != hand.seen:
                self._changed.setdefault(table, {}).setdefault(hand.id, {}).update(values)
        for model, id_, values in writing.updates:
            self._changed.setdefault(table_of(model), {}).setdefault(id_, {}).update(values)

    def _as_it_will_be(self, table: sa.Table) -> sa.CTE:
        """The table under its own name, with other values for some rows, and rows that are not there yet."""
        schema = "main" if self.dialect.name == "sqlite" else None  # there the bare name would mean itself
        stored: Any = sa.table(table.name, *(sa.column(c.name, c.type) for c in table.c), schema=schema)
        changed = self._changed.get(table, {})
        columns = [_changed(stored, column, changed) for column in table.c]
        rows = [sa.select(*(_value(row[c.name], c) for c in table.c)) for row in self._made.get(table, ())]
        shown = sa.union_all(sa.select(*columns), *rows) if rows else sa.select(*columns)
        return shown.cte(table.name).prefix_with("NOT MATERIALIZED")


def _changed(stored: Any, column: sa.Column[Any], rows: Mapping[str, Mapping[str, Any]]) -> sa.ColumnElement[Any]:
    cases = [
        (stored.c.id == sa.literal(id_, sa.Text), _value(values[column.name], column))
        for id_, values in rows.items()
        if column.name in values
    ]
    return sa.case(*cases, else_=stored.c[column.name]).label(column.name) if cases else stored.c[column.name]


def _value(value: Any, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null(), column.type) if value is None else sa.literal(value, column.type)
