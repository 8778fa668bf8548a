"""What is stored, read straight through the port: for claims about rows that no query shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from domain.ids import prefix_of
from domain.journal import Position
from domain.table import METADATA, Table, table_of
from workflows.database import Database, compile_once, loader
from workflows.registry import WORKFLOWS

R = TypeVar("R", bound=Table)
# The sequencer numbers steps in its own time: a refusal beside it is no less a refusal.
_COUNTED: Final = [table for table in METADATA.sorted_tables if table is not table_of(Position)]
_COUNTS: Final[Any] = sa.union_all(
    *(sa.select(sa.literal_column(f"'{table.name}'"), sa.func.count()).select_from(table) for table in _COUNTED)
)


async def rows(database: Database, model: type[R], *, order_by: str | None = None, **where: Any) -> list[R]:
    """The rows of a table whose columns have these values."""
    table = table_of(model)
    clause = sa.select(*loader(model).columns).where(*(table.c[name] == value for name, value in where.items()))
    statement = compile_once(clause.order_by(table.c[order_by]) if order_by else clause, database.dialect)
    found = await database.read(lambda connection: connection.fetch(statement, {}))
    return [loader(model).row(row, database.dialect) for row in found]


async def row(database: Database, model: type[R], id_: str) -> R:
    """The row with this id."""
    (found,) = await rows(database, model, id=id_)
    return found


async def written(database: Database, ids: Sequence[str]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many rows each table has, and all that is stored of these cases."""
    counts = await database.read(lambda connection: connection.fetch(_COUNTS, {}))
    cases: list[dict[str, Any]] = []
    for id_ in ids:
        if (workflow := WORKFLOWS.get(prefix_of(id_))) is not None:
            cases.extend(dict(vars(case)) for case in await rows(database, workflow.model, id=id_))
    return {row[0]: row[1] for row in counts}, cases
