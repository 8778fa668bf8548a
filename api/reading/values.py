"""Values that are no rows: what a function gave, written as its GraphQL type says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
)

from api.reading import kinds
from api.reading.bodies import Body
from api.reading.selection import Selection
from api.reading.shapes import attribute, what
from api.reading.variables import arguments
from api.types.scalars import NATIVE
from domain.policy.roles import Role
from domain.viewer import Sight


@dataclass(frozen=True)
class Scene:
    """What a plan is made from. The sight is all it knows of a viewer."""

    dialect: sa.Dialect
    selection: Selection
    sight: Sight

    @property
    def role(self) -> Role:
        return self.sight.role


def value(scene: Scene, type_: Any, nodes: Sequence[FieldNode], expression: str, body: Body) -> str:
    """The expression that writes what `expression` gives as a value of this type."""
    if isinstance(type_, GraphQLNonNull):
        return _given(scene, type_.of_type, nodes, expression, body)
    x = expression if expression.isidentifier() else body.fresh("x")
    written = _given(scene, type_, nodes, x, body)
    if written == x:
        return expression
    return f"(None if {x if x == expression else f'({x} := {expression})'} is None else {written})"


def _given(scene: Scene, type_: Any, nodes: Sequence[FieldNode], expression: str, body: Body) -> str:
    """The same for a value that is not null."""
    if isinstance(type_, GraphQLList):
        x = body.fresh("x")
        written = value(scene, type_.of_type, nodes, x, body)
        return expression if written == x else f"[{written} for {x} in {expression}]"
    if isinstance(type_, GraphQLScalarType):
        return expression if type_.name in NATIVE else f"{body.name(type_.serialize)}({expression})"
    if isinstance(type_, GraphQLEnumType):
        return expression  # a Word is its GraphQL name
    return _object(scene, type_, nodes, expression, body)


def _object(scene: Scene, type_: GraphQLObjectType, nodes: Sequence[FieldNode], expression: str, body: Body) -> str:
    x, parts = (expression if expression.isidentifier() else body.fresh("x")), []
    for key, same in scene.selection.fields(type_, nodes).items():
        name = same[0].name.value
        body.weight += 1
        parts.append(f"{key!r}: {repr(type_.name) if name == '__typename' else _member(scene, type_, same, x, body)}")
    written = f"{{{', '.join(parts)}}}"
    # Evaluated from left to right: the first part of the tuple names the object for all others.
    return written if x == expression else f"({x} := {expression}, {written})[1]"


def _member(scene: Scene, type_: GraphQLObjectType, nodes: Sequence[FieldNode], owner: str, body: Body) -> str:
    name = nodes[0].name.value
    field = type_.fields[name]
    made = what(field)
    if isinstance(made, kinds.Computed):
        needs = [f"{owner}.{need}" for need in made.needs]
        return value(scene, field.type, nodes, call(scene, field, nodes, made, needs, body), body)
    return value(scene, field.type, nodes, f"{owner}.{attribute(field, name)}", body)


def call(
    scene: Scene, field: GraphQLField, nodes: Sequence[FieldNode], made: kinds.Computed, needs: list[str], body: Body
) -> str:
    """The call of a computed field's function."""
    passed = [body.name(scene.role)] if made.by_role else []
    if made.by_now:
        passed.append("look.now")
    late = body.argument(arguments(field, nodes[0])) if made.arguments else ""
    if made.by_language:
        passed.append(f"({late}.get('language') or look.language)")
    passed.extend(needs)
    # GraphQL and Python names of the arguments are both in the order of the declaration.
    for gql, python in zip(field.args, made.arguments, strict=True):
        if not (made.by_language and python == "language"):
            passed.append(f"{python}={late}.get({gql!r})")
    return f"{body.name(made.function)}({', '.join(passed)})"
