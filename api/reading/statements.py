"""SQL of a level: one SQLAlchemy statement for each shape of its arguments, compiled once.

Only the rows of many parents are fetched differently: LATERAL on PostgreSQL, row_number() on SQLite.
"""

from __future__ import annotations

from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.sql.operators import desc_op

from api.reading.filters import condition
from api.reading.levels import Level
from api.reading.pages import Window
from domain.columns import TEXT
from workflows.database import Among, Beside, Keys, Statement, compile_once

COUNT_MAX: Final = 10_000
_ID: Final = sa.bindparam("id", type_=TEXT, required=False)


def by_id(level: Level, dialect: sa.Dialect) -> Statement:
    """The row with this id, or with this value of a unique column."""
    select = sa.select(*level.columns).select_from(level.source())
    return compile_once(select.where(_foreign(level) == _ID, *level.conditions()), dialect)


def by_keys(level: Level, dialect: sa.Dialect) -> Statement:
    """The rows with these ids."""
    select = sa.select(*level.columns).select_from(level.source())
    return compile_once(select.where(Among(level.alias.c.id, "keys"), *map(Beside, level.conditions())), dialect)


def page(level: Level, window: Window, dialect: sa.Dialect) -> Statement:
    """The rows of one page; nested: of one page per parent, each cut at its own limit."""
    t = level.alias
    limit: sa.ColumnElement[int] = sa.literal_column(str(window.limit))
    by, resume = _ordered(t, window)
    conditions = [*level.conditions(), *_filtered(t, window), *([] if resume is None else [resume])]
    if level.parent is None:
        select = sa.select(*level.columns).select_from(level.source()).where(*conditions)
        return compile_once(select.order_by(*by).limit(limit), dialect)
    labelled = [column.label(f"c{i}") for i, column in enumerate(level.columns)]
    inner = sa.select(*labelled).select_from(level.source()).where(*conditions)
    nested = _ranked if dialect.name == "sqlite" else _lateral
    return compile_once(nested(level, inner, by, limit), dialect)


def _ranked(
    level: Level, inner: sa.Select[Any], by: list[sa.UnaryExpression[Any]], limit: sa.ColumnElement[int]
) -> sa.Select[Any]:
    foreign = _foreign(level)
    rank = sa.func.row_number().over(partition_by=foreign, order_by=by).label("rank")
    ranked = inner.add_columns(rank).where(Among(foreign, "keys")).subquery("page")
    shown = sa.select(*[ranked.c[f"c{i}"] for i in range(len(level.columns))])
    return shown.where(ranked.c.rank <= limit).order_by(ranked.c.rank)


def _lateral(
    level: Level, inner: sa.Select[Any], by: list[sa.UnaryExpression[Any]], limit: sa.ColumnElement[int]
) -> sa.Select[Any]:
    keys, key = _keys("postgresql")
    sorted_by = [one.element.label(f"s{i}") for i, one in enumerate(by)]
    of_one = inner.add_columns(*sorted_by).where(_foreign(level) == key).order_by(*by).limit(limit).lateral("page")
    again = [of_one.c[f"s{i}"].desc() if one.modifier is desc_op else of_one.c[f"s{i}"] for i, one in enumerate(by)]
    shown = sa.select(*[of_one.c[f"c{i}"] for i in range(len(level.columns))])
    return shown.select_from(keys.join(of_one, sa.true())).order_by(*again)


def count(level: Level, window: Window, dialect: sa.Dialect) -> Statement:
    """How many rows there are, counted up to one more than the most that is told; nested: per parent."""
    t = level.alias
    some: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).select_from(t)
    some = some.where(*level.conditions(), *_filtered(t, window))
    most: sa.ColumnElement[int] = sa.literal_column(str(COUNT_MAX + 1))
    if level.parent is None:
        return compile_once(sa.select(sa.func.count()).select_from(some.limit(most).subquery()), dialect)
    keys, key = _keys(dialect.name)
    of_one = some.where(_foreign(level) == key).correlate(keys).limit(most).subquery()
    counted = sa.select(sa.func.count()).select_from(of_one).scalar_subquery()
    return compile_once(sa.select(key, counted).select_from(keys), dialect)


def _foreign(level: Level) -> sa.ColumnElement[Any]:
    return level.alias.c[cast("sa.Column[Any]", level.parent).key]


def _keys(dialect_name: str) -> tuple[Any, sa.ColumnElement[Any]]:
    """The parents' ids as a table, and its column."""
    bound = sa.bindparam("keys", type_=Keys(), required=False)
    if dialect_name == "sqlite":
        table = sa.func.json_each(bound).table_valued(sa.column("value", sa.Text), name="k")
        return table, table.c.value
    unnested = sa.func.unnest(bound).table_valued(sa.column("id", sa.Text), name="k").render_derived()
    return unnested, unnested.c.id


def _filtered(t: sa.FromClause, window: Window) -> list[sa.ColumnElement[bool]]:
    return [condition(comparison, t) for comparison in window.comparisons]


def _ordered(t: sa.FromClause, window: Window) -> tuple[list[sa.UnaryExpression[Any]], sa.ColumnElement[bool] | None]:
    """ORDER BY, and the condition that resumes after a cursor."""
    is_descending = window.order.descending is not window.is_backward
    columns = [t.c[column.key] for column in window.order.columns]
    by = [column.desc() if is_descending else column.asc() for column in columns]
    if not window.is_resumed:
        return by, None
    last = sa.tuple_(*[sa.bindparam(f"cursor_{i}", type_=c.type, required=False) for i, c in enumerate(columns)])
    return by, (sa.tuple_(*columns) < last if is_descending else sa.tuple_(*columns) > last)
