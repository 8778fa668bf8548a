"""Declared types: a GraphQL type is a shape over a table, and every field of it says what it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar, cast, dataclass_transform

import sqlalchemy as sa
import strawberry
from graphql import GraphQLField, GraphQLNamedType
from sqlmodel import SQLModel
from strawberry.types.field import StrawberryField

from api.reading.kinds import What
from api.reading.planned import PlannedField, declare
from domain.table import table_of

T = TypeVar("T")
BACKREF: Final = "strawberry-definition"  # where Strawberry leaves its definition on a graphql-core object


class Undeclared(TypeError):
    """A declared type has a field that does not say what it is: give it column(), related(), computed() …"""


@dataclass(frozen=True)
class Shape:
    """What the planner knows about a declared type."""

    table: sa.Table | None
    prefix: str | None


def shape(
    model: type[SQLModel] | None = None, *, prefix: str | None = None, interface: bool = False, name: str | None = None
) -> Callable[[type[T]], type[T]]:
    """Declare a GraphQL type over a table. A resolver or a bare attribute is refused; interfaces may have bare ones."""

    def declared(cls: type[T]) -> type[T]:
        if not interface:
            _refuse_undeclared(cls)
        make = strawberry.interface if interface else strawberry.type
        made = make(cls, name=name, description=inspect.cleandoc(cls.__doc__ or ""))
        setattr(made, "__shape__", Shape(None if model is None else table_of(model), prefix))  # noqa: B010
        declare(made)
        return made

    return declared


def _refuse_undeclared(cls: type) -> None:
    annotated = inspect.get_annotations(cls)
    where = f"{cls.__module__}.{cls.__name__}"
    for name in annotated:
        made = cls.__dict__.get(name)
        if not isinstance(made, PlannedField) or made.base_resolver or made.extensions:
            raise Undeclared(f"{where}.{name} must say what it is: column(), related(), computed() …")
    for name, made in vars(cls).items():
        if isinstance(made, StrawberryField) and name not in annotated:
            raise Undeclared(f"{where}.{name} has a resolver; a declared type has none: use computed() or batched()")


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def plain(cls: type[T]) -> type[T]:
    """Declare a type of plain attributes: parts of payloads and values of computed fields. It may have computed()."""
    for made in vars(cls).values():
        if isinstance(made, PlannedField):
            made.init = made.repr = made.compare = False
        elif isinstance(made, StrawberryField) and made.base_resolver:
            raise Undeclared(f"{cls.__module__}.{cls.__name__}.{made.python_name} has a resolver: use computed()")
    made_type = strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))
    declare(made_type)
    return made_type


# --- what the planner asks a graphql-core object ------------------------------------------------------------
def what(field: GraphQLField) -> What | None:
    """What a field is; None where it is a plain attribute or a mutation."""
    definition = field.extensions.get(BACKREF)
    return definition.what if isinstance(definition, PlannedField) else None


def attribute(field: GraphQLField, name: str) -> str:
    """The Python name of a field."""
    definition = field.extensions.get(BACKREF)
    return cast("str", definition.python_name) if definition is not None else name


def shape_of(type_: GraphQLNamedType) -> Shape | None:
    """The shape that a type declares; None for plain ones."""
    definition = type_.extensions.get(BACKREF)
    found: Shape | None = None if definition is None else getattr(definition.origin, "__shape__", None)
    return found


def table_of_type(type_: GraphQLNamedType) -> sa.Table | None:
    """The table behind a type; None where it has none."""
    found = shape_of(type_)
    return None if found is None else found.table
