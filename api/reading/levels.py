"""Levels of a plan: one statement each, and one generated function that is a single expression over its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from api.reading import kinds
from api.reading.bodies import Body
from api.reading.filters import FilterField
from api.reading.recent import Recent
from api.reading.variables import NO_ARGUMENTS, Arguments
from domain.policy.roles import Role
from domain.policy.scopes import ALL, NONE, scope
from workflows.database import Statement

STATEMENTS_KEPT: Final = 16  # per level


class Mode(Enum):
    """How a level's rows are found."""

    ID = "the row with this id"
    KEYS = "the rows with these ids"
    PAGE = "a page of rows, or one page per parent"
    LIST = "the first rows per parent"


@dataclass(frozen=True)
class Child:
    """A level below: for each row the value under the row's key."""

    key: int  # index of the column that holds it
    levels: Mapping[str | None, Level]  # by id prefix; None: there is only one
    loader: kinds.AnyLoader | None = None


@dataclass(eq=False)
class Level:
    """One statement and the function that turns its rows into values."""

    table: sa.Table
    role: Role
    mode: Mode
    arguments: Arguments = NO_ARGUMENTS
    parent: sa.Column[Any] | None = None  # the column that points at the parent; None at the root
    what: kinds.Paged | kinds.ToMany | None = None
    filters: Mapping[str, FilterField] = field(default_factory=dict)
    label: str = ""  # Type.field
    counts: bool = False
    writes_cursors: bool = False
    looks_ahead: int = 0  # one row more than asked for, to know whether there is a next page
    columns: list[sa.ColumnElement[Any]] = field(default_factory=list)
    joins: list[tuple[sa.FromClause, sa.ColumnElement[bool], bool]] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    key: int = -1  # index of the column that says whose row it is
    make: Callable[..., Any] = lambda *_: None
    make_each: Callable[..., Any] = lambda *_: None  # of a list: writes into the lists of its parents
    priced: tuple[int, Mapping[Level, Any]] | None = None  # its cost and pages, where nothing of a request touches them
    made: Recent[Any] = field(default_factory=lambda: Recent(STATEMENTS_KEPT))

    def __post_init__(self) -> None:
        self.alias = alias(self.table, 1)
        self.joined: dict[Any, sa.FromClause] = {}

    def another(self, table: sa.Table) -> sa.FromClause:
        """An alias that this statement does not use yet."""
        used = 1 + (self.table is table) + sum(joined.element is table for joined, _, _ in self.joins)  # type: ignore[attr-defined]
        return alias(table, used)

    def index(self, column: sa.ColumnElement[Any]) -> int:
        """Where a column stands in the rows; it is selected once."""
        for i, known in enumerate(self.columns):
            if known is column:
                return i
        self.columns.append(column)
        return len(self.columns) - 1

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The viewer's scope on the level's own table."""
        return visible(self.table, self.alias, self.role)

    def source(self) -> sa.FromClause:
        """The table with everything joined to it."""
        source: sa.FromClause = self.alias
        for joined, on, is_outer in self.joins:
            source = source.join(joined, on, isouter=is_outer)
        return source

    def statement(self, shape: Any, build: Callable[[], Statement]) -> Statement:
        """The statement of that shape, composed once."""
        found: Statement = self.made.get(shape, build)
        return found


@cache
def alias(table: sa.Table, number: int) -> sa.FromClause:
    """Shared by all plans: an alias with its columns is most of a plan's memory."""
    return table.alias(f"{table.name}{number}")


def visible(table: sa.Table, alias: sa.FromClause, role: Role) -> list[sa.ColumnElement[bool]]:
    """The viewer's scope on this table, as conditions."""
    found = scope(table, role)
    if found == ALL:
        return []
    return [sa.false()] if found == NONE else [found(alias)]


def is_out_of_sight(table: sa.Table, role: Role) -> bool:
    """Whether no row of the table is ever shown to the role."""
    return scope(table, role) == NONE


@dataclass(frozen=True)
class Rows:
    """Where a row-backed object comes from: a level and an alias in it."""

    level: Level
    alias: sa.FromClause
    is_outer: bool = False  # reached through an outer join: what is joined below it must be outer too
    opened: dict[str, str] = field(default_factory=dict)  # what the object's expression has named already

    def value(self, column: sa.ColumnElement[Any]) -> str:
        """The expression of a column's raw value."""
        return f"r[{self.level.index(column)}]"

    def column(self, of: sa.Column[Any] | str) -> sa.ColumnElement[Any]:
        """The column of that name in this alias."""
        return self.alias.c[of if isinstance(of, str) else of.key]
