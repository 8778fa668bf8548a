"""From a validated operation to a plan: a tree of levels under its root fields.

The planner is given a sight, never the viewer. What depends on who exactly asks can only enter as a bound parameter or
through the look at run time, so a cached plan cannot carry one viewer's rows to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, cast

import sqlalchemy as sa
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
)

from api.reading import kinds
from api.reading.bodies import Body
from api.reading.levels import Level, Mode
from api.reading.objects import NotPlannable
from api.reading.pages import Pages
from api.reading.selection import Fields
from api.reading.shapes import table_of_type, what
from api.reading.values import value
from api.reading.variables import NO_ARGUMENTS, Arguments, Variables, arguments


class Kind(Enum):
    """What a root field takes."""

    CONSTANT = "nothing"
    INTROSPECTION = "the schema"
    VIEWER = "the viewer"
    GROUP = "its own fields"
    VALUE = "a function that reads"
    ROW = "one row by id"
    ANY = "one row of any type by id"
    ANY_EACH = "rows of any type by ids"
    PAGE = "a page"
    MUTATION = "a step, and its payload"


FIELDS_OF_ONE: Final = 50
_ROWLESS: Final = frozenset({Kind.CONSTANT, Kind.INTROSPECTION, Kind.VIEWER, Kind.GROUP})


@dataclass(frozen=True)
class Root:
    """One root field."""

    key: str
    kind: Kind
    levels: dict[str | None, Level] = field(default_factory=dict)
    arguments: Arguments = NO_ARGUMENTS
    function: Callable[..., Any] | None = None
    make: Callable[..., Any] = lambda *_: None
    late: tuple[Arguments, ...] = ()
    weight: int = 0
    roots: tuple[Root, ...] = ()
    field: GraphQLField | None = None
    name: str = ""
    children: tuple[Reread, ...] = ()
    takes_keys: bool = False

    @property
    def level(self) -> Level:
        """The only level."""
        return self.levels[None]


@dataclass(frozen=True)
class Reread:
    """In a payload: the row that an attribute of the outcome names; or, of a list of ids, the rows."""

    attribute: str
    levels: dict[str | None, Level]
    is_list: bool


@dataclass(eq=False)
class Plan:
    """What to read, whoever of this sight asks."""

    roots: tuple[Root, ...]
    prepared: Any = None  # what its lists ask for, where that is the same for every request
    fields: int = field(init=False)
    steps: bool = field(init=False)  # whether it takes any step
    late: tuple[Arguments, ...] = field(init=False)  # beside a step: what is read of the variables, payloads included
    reads: bool = field(init=False)  # whether it reads anything beside the payloads of steps

    def weight(self) -> int:
        """How many ordinary plans it counts for where plans are kept."""
        return 1 + self.fields // FIELDS_OF_ONE

    def __post_init__(self) -> None:
        self.fields = sum(map(_fields, every(self.roots)))
        kinds_ = {root.kind for root in every(self.roots)}
        self.steps = Kind.MUTATION in kinds_
        self.reads = not self.steps and not kinds_ <= _ROWLESS
        self.late = tuple(_late(self.roots)) if self.steps else ()


def _levels(root: Root) -> Iterator[Level]:
    below = [*root.levels.values(), *[level for child in root.children for level in child.levels.values()]]
    while below:
        level = below.pop()
        yield level
        below.extend(under for child in level.children for under in child.levels.values())


def _fields(root: Root) -> int:
    return root.weight + sum(level.body.weight for level in _levels(root))


def _late(roots: Sequence[Root]) -> Iterator[Arguments]:
    for root in roots:
        read = [root.arguments, *root.late]
        for level in _levels(root):
            read += [level.arguments, *level.body.late]
        yield from (arguments for arguments in read if not arguments.fixed)


def every(roots: Sequence[Root]) -> list[Root]:
    """Root fields and those grouped below them."""
    return [found for root in roots for found in (root, *every(root.roots))]


class Planner(Pages):
    """Plans operations."""

    def plan(self) -> Plan:
        """The plan of the operation."""
        selection = self.scene.selection
        type_: Any = selection.schema.get_root_type(selection.operation.operation)
        return Plan(self._roots(type_, selection.roots(type_)))

    def _roots(self, type_: GraphQLObjectType, fields: Fields) -> tuple[Root, ...]:
        return tuple(self._root(type_, key, nodes) for key, nodes in fields.items())

    def _root(self, type_: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name == "__typename":
            return Root(key, Kind.CONSTANT, make=lambda: type_.name)
        if name in ("__schema", "__type"):
            return Root(key, Kind.INTROSPECTION)
        gql = type_.fields[name]
        if type_ is self.scene.selection.schema.mutation_type:
            return self._mutation(key, name, gql, nodes, arguments(gql, nodes[0]))
        made = what(gql)
        if isinstance(made, (kinds.Group, kinds.FromViewer, kinds.Value)):
            return self._rowless(key, gql, nodes, made)
        kind, levels = self._rows(f"{type_.name}.{name}", gql, nodes, made)
        own = made.function if isinstance(made, kinds.OfViewer) else None
        return Root(key, kind, levels, arguments(gql, nodes[0]), own)

    def _rows(
        self, label: str, gql: GraphQLField, nodes: Sequence[FieldNode], made: kinds.What | None
    ) -> tuple[Kind, dict[str | None, Level]]:
        """What is read of tables."""
        named: Any = get_named_type(gql.type)
        match made:
            case kinds.ById(of):
                table = cast("sa.Table", table_of_type(named))
                return Kind.ROW, {None: self.row(named, nodes, table, Mode.ID, of)}
            case kinds.OfViewer():
                return Kind.ROW, {None: self.row(named, nodes, cast("sa.Table", table_of_type(named)), Mode.ID)}
            case kinds.Paged():
                return Kind.PAGE, {None: self.to_many(gql, nodes, made, label)}
            case kinds.AnyOf():
                return Kind.ANY_EACH if "ids" in gql.args else Kind.ANY, self.any_of(gql, nodes)
        raise NotPlannable(f"{label} cannot be a root field: it is {made}")

    def _rowless(
        self,
        key: str,
        gql: GraphQLField,
        nodes: Sequence[FieldNode],
        made: kinds.Group | kinds.FromViewer | kinds.Value,
    ) -> Root:
        """What is no row of a table."""
        if isinstance(made, kinds.Group):
            named: Any = get_named_type(gql.type)
            return Root(key, Kind.GROUP, roots=self._roots(named, self.scene.selection.fields(named, nodes)))
        if isinstance(made, kinds.FromViewer):
            return self._value(key, Kind.VIEWER, gql, nodes, made.function)
        read = _renamed(arguments(gql, nodes[0]), gql, made.arguments)
        return replace(self._value(key, Kind.VALUE, gql, nodes, made.function, read), takes_keys=made.takes_keys)

    def _value(
        self,
        key: str,
        kind: Kind,
        gql: GraphQLField,
        nodes: Sequence[FieldNode],
        function: Callable[..., Any],
        read: Arguments = NO_ARGUMENTS,
    ) -> Root:
        body = Body()
        written = value(self.scene, gql.type, nodes, "given", body)
        make = body.function("given look", written)
        return Root(key, kind, arguments=read, function=function, make=make, late=tuple(body.late), weight=body.weight)

    def _mutation(self, key: str, name: str, gql: GraphQLField, nodes: Sequence[FieldNode], read: Arguments) -> Root:
        """The payload is planned before the step is taken: its own values, and rows read anew like any others."""
        type_: Any = get_named_type(gql.type)
        body, parts, children = Body(), [], list[Reread]()
        for response_key, same in self.scene.selection.fields(type_, nodes).items():
            member = same[0].name.value
            if member == "__typename":
                parts.append(f"{response_key!r}: {type_.name!r}")
                continue
            inner = type_.fields[member]
            made = cast("kinds.Reread", what(inner))
            parts.append(f"{response_key!r}: {self._reread(inner, same, made, body, children)}")
        make = body.function("o look", "{" + ", ".join(parts) + "}", len(children))
        late = tuple(body.late)
        return Root(key, Kind.MUTATION, {}, read, None, make, late, body.weight, (), gql, name, tuple(children))

    def _reread(
        self, gql: GraphQLField, nodes: Sequence[FieldNode], made: kinds.Reread, body: Body, children: list[Reread]
    ) -> str:
        named: Any = get_named_type(gql.type)
        given = f"o.{made.attribute}"
        table = table_of_type(named)
        if table is None and not is_abstract_type(named):
            return value(self.scene, gql.type, nodes, given, body)
        levels: dict[str | None, Level] = (
            self.any_of(gql, nodes) if table is None else {None: self.row(named, nodes, table, Mode.KEYS)}
        )
        is_list = is_list_type(get_nullable_type(gql.type))
        children.append(Reread(made.attribute, levels, is_list))
        found = f"c{len(children) - 1}"
        x = body.fresh("x")
        return f"[{found}[{x}] for {x} in {given} if {x} in {found}]" if is_list else f"{found}.get({given})"


def _renamed(read: Arguments, gql: GraphQLField, takes: Mapping[str, Any]) -> Arguments:
    """Arguments under their Python names: both are in the order of the declaration. One not given is null."""
    names = dict(zip(takes, gql.args, strict=True))

    def renamed(variables: Variables) -> Mapping[str, Any]:
        values = read.read(variables)
        return {python: values.get(name) for python, name in names.items()}

    return Arguments(renamed, read.fixed)
