"""Lists: how a connection or a short list is written, and what page of it the arguments ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import sqlalchemy as sa
from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type

from api.errors import ErrorCode, refused
from api.reading import kinds
from api.reading.filters import Comparison, asked, filter_of, parameter
from api.reading.kinds import Order
from api.reading.levels import Level, Mode, Rows
from api.reading.objects import Objects
from api.reading.shapes import table_of_type
from api.reading.variables import arguments

DEFAULT_PAGE: Final = 20  # at the root
NESTED_PAGE: Final = 10  # of a row
INNER_PAGE: Final = 2  # of each row of a list
LARGEST_PAGE: Final = 100


class Page:
    """Where a page stands, as the generated functions read it."""

    __slots__ = ("cursor", "is_capped", "next", "previous", "total")

    def __init__(
        self,
        cursor: Callable[[Any], str],
        *,
        next_: bool = False,
        previous: bool = False,
        total: int = 0,
        is_capped: bool = False,
    ) -> None:
        self.cursor, self.next, self.previous, self.total, self.is_capped = cursor, next_, previous, total, is_capped


class Window(NamedTuple):
    """The shape of a page's arguments: with it the statement is known; the values are parameters."""

    order: Order
    order_name: str
    is_backward: bool
    is_resumed: bool
    comparisons: tuple[Comparison, ...]
    limit: int  # a literal in the SQL: with a parameter PostgreSQL plans anew at every execution


class Pages(Objects):
    """Plans lists."""

    def to_many(
        self, field: GraphQLField, nodes: Sequence[FieldNode], made: kinds.Paged | kinds.ToMany, label: str
    ) -> Level:
        """The level of a list: over the rows that point back, or at the root over all rows in sight."""
        type_: Any = get_named_type(field.type)
        is_page = isinstance(made, kinds.Paged)
        inputs = field.args["where"].type.fields if "where" in field.args else {}  # type: ignore[union-attr]
        node: Any = get_named_type(type_.fields["nodes"].type) if is_page else type_
        table = cast("sa.Table", table_of_type(node))
        level = Level(
            table,
            self.scene.role,
            Mode.PAGE if is_page else Mode.LIST,
            arguments=arguments(field, nodes[0]),
            parent=made.foreign,
            what=made,
            filters={name: filter_of(i) for name, i in inputs.items()},
            label=label,
        )
        if made.foreign is not None:
            level.key = level.index(level.alias.c[made.foreign.key])
        if not is_page:
            self._list(self._node(type_, nodes, level), level)
            return level
        written = self._connection(type_, nodes, level)
        if not level.columns:
            level.index(level.alias.c.id)  # only counted or named: SQL still needs something to select
        level.make = level.body.function("rows p look", written, len(level.children))
        return level

    def _list(self, node: str, level: Level) -> None:
        """Each row is written straight into its parent's list: a call per parent would cost more than what it does."""
        written = f"[g[r[{level.key}]].append({node}) for r in rows]"
        level.make_each = level.body.function("rows g look", written, len(level.children))

    def _node(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], level: Level) -> str:
        return self.object(type_, nodes, Rows(level, level.alias))

    def _connection(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], level: Level) -> str:
        parts = []
        for key, same in self.scene.selection.fields(type_, nodes).items():
            name = same[0].name.value
            inner: Any = None if name == "__typename" else get_named_type(type_.fields[name].type)
            match name:
                case "nodes":
                    written = f"[{self._node(inner, same, level)} for r in rows]"
                case "edges":
                    written = f"[{self._edge(inner, same, level)} for r in rows]"
                case "pageInfo":
                    written = self._page_info(inner, same, level)
                case "totalCount":
                    written = self._total_count(inner, same, level)
                case _:
                    written = repr(type_.name)
            parts.append(f"{key!r}: {written}")
        return "{" + ", ".join(parts) + "}"

    def _edge(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], level: Level) -> str:
        parts = []
        for key, same in self.scene.selection.fields(type_, nodes).items():
            level.body.weight += 1
            match same[0].name.value:
                case "cursor":
                    written = self._cursor("r", level)
                case "node":
                    written = self._node(get_named_type(type_.fields["node"].type), same, level)
                case _:
                    written = repr(type_.name)
            parts.append(f"{key!r}: {written}")
        return "{" + ", ".join(parts) + "}"

    def _page_info(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], level: Level) -> str:
        parts = []
        for key, same in self.scene.selection.fields(type_, nodes).items():
            match same[0].name.value:
                case "hasNextPage":
                    level.looks_ahead, written = 1, "p.next"
                case "hasPreviousPage":
                    level.looks_ahead, written = 1, "p.previous"
                case "startCursor":
                    written = f"({self._cursor('rows[0]', level)} if rows else None)"
                case "endCursor":
                    written = f"({self._cursor('rows[-1]', level)} if rows else None)"
                case _:
                    written = repr(type_.name)
            parts.append(f"{key!r}: {written}")
        return "{" + ", ".join(parts) + "}"

    def _total_count(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], level: Level) -> str:
        level.counts = True
        written = {"value": "p.total", "isCapped": "p.is_capped", "__typename": repr(type_.name)}
        fields = self.scene.selection.fields(type_, nodes)
        return "{" + ", ".join(f"{key!r}: {written[same[0].name.value]}" for key, same in fields.items()) + "}"

    def _cursor(self, row: str, level: Level) -> str:
        """The cursor of a row: whichever order is asked for, its columns are selected."""
        level.writes_cursors = True
        for order in cast("kinds.Paged", level.what).orders.values():
            for column in order.columns:
                level.index(level.alias.c[column.key])
        return f"p.cursor({row})"


# --- what page the arguments ask for ------------------------------------------------------------------------
class Asked(NamedTuple):
    """One page as asked for: its shape, how many rows it shows, where it resumes, and its filters' values."""

    window: Window
    limit: int
    place: str | None
    bound: dict[str, Any]


def page_asked(level: Level, values: Mapping[str, Any], *, is_inner: bool) -> Asked:
    """What the arguments of a list ask for; PAGE_INVALID. `is_inner`: it is a list of each row of a list."""
    if isinstance(level.what, kinds.ToMany):
        limit = _within(values["first"])
        return Asked(Window(level.what.order, "", False, False, (), limit), limit, None, {})
    nested = INNER_PAGE if is_inner else NESTED_PAGE
    limit, is_backward, place = _slice(values, DEFAULT_PAGE if level.parent is None else nested)
    comparisons, bound = _filters(level, values.get("where") or {})
    order_name = values.get("orderBy")
    order = cast("kinds.Paged", level.what).orders[order_name]
    name = "" if order_name is None else str(order_name.name)
    window = Window(order, name, is_backward, place is not None, comparisons, limit + level.looks_ahead)
    return Asked(window, limit, place, bound)


def _slice(values: Mapping[str, Any], default: int) -> tuple[int, bool, str | None]:
    first, last, after, before = values.get("first"), values.get("last"), values.get("after"), values.get("before")
    if last is None:
        if before is not None:
            raise refused(ErrorCode.PAGE_INVALID, "before goes with last.")
        return _within(default if first is None else first), False, after
    if first is not None or after is not None:
        raise refused(ErrorCode.PAGE_INVALID, "last goes with before alone.")
    return _within(last), True, before


def _within(limit: int) -> int:
    if not 1 <= limit <= LARGEST_PAGE:
        raise refused(ErrorCode.PAGE_INVALID)
    return limit


def _filters(level: Level, where: Mapping[str, Any]) -> tuple[tuple[Comparison, ...], dict[str, Any]]:
    comparisons, bound = [], {}
    if not where:
        return (), {}
    for name, field in level.filters.items():  # in the order declared: the same filters are the same statement
        value = where.get(name)
        if value is None:
            continue
        comparison, to_bind = asked(field, value, level.role)
        comparisons.append(comparison)
        if to_bind is not None:
            bound[parameter(field)] = to_bind
    return tuple(comparisons), bound
