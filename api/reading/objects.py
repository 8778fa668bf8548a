"""Objects backed by rows: each is one Python expression over the row of its level."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_abstract_type,
)

from api.reading import kinds
from api.reading.levels import Child, Level, Mode, Rows, is_out_of_sight, visible
from api.reading.masks import masked, masked_words
from api.reading.shapes import shape_of, what
from api.reading.values import Scene, call, value
from api.types.scalars import NATIVE, plainly
from domain.columns import WordText
from workflows.database import decoder


class NotPlannable(TypeError):
    """A field stands where it cannot be read: see api/reading/fields.py for what may stand where."""


@dataclass(frozen=True)
class Objects(ABC):
    """Plans what is read of one row."""

    scene: Scene

    @abstractmethod
    def to_many(
        self, field: GraphQLField, nodes: Sequence[FieldNode], made: kinds.Paged | kinds.ToMany, label: str
    ) -> Level:
        """The level of a list."""

    def object(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], rows: Rows) -> str:
        """The expression of an object of this type."""
        parts = []
        for key, same in self.scene.selection.fields(type_, nodes).items():
            name = same[0].name.value
            rows.level.body.weight += 1
            parts.append(f"{key!r}: {repr(type_.name) if name == '__typename' else self._field(type_, same, rows)}")
        return "{" + ", ".join(parts) + "}"

    def _field(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], rows: Rows) -> str:
        name = nodes[0].name.value
        field = type_.fields[name]
        named: Any = get_named_type(field.type)
        match what(field):
            case kinds.Column(of):
                return self._column(field, rows.column(of), rows)
            case kinds.Masked() as made:
                return masked(self.scene, named, nodes, made, rows)
            case kinds.MaskedWords() as made:
                return masked_words(self.scene, named, nodes, made, rows)
            case kinds.ToOne() as made:
                return self._to_one(field, nodes, made, rows)
            case kinds.Computed() as made:
                return self._computed(field, nodes, made, rows)
            case made:
                return self._below(type_, nodes, made, rows)

    def _below(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], made: kinds.What | None, rows: Rows) -> str:
        """What takes a statement of its own."""
        name = nodes[0].name.value
        field = type_.fields[name]
        label = f"{type_.name}.{name}"
        match made:
            case kinds.AnyOf(local) if local is not None:
                return self._child(rows, rows.column(local), self.any_of(field, nodes))
            case kinds.Batched(loader, key):
                found = self._child(rows, rows.column(key), {}, loader)
                return value(self.scene, field.type, nodes, found, rows.level.body)
            case kinds.ToMany():
                level = self.to_many(field, nodes, made, label)
                return self._child(rows, rows.alias.c.id, {None: level}, empty="[]")
            case kinds.Paged(foreign) if foreign is not None:
                level = self.to_many(field, nodes, made, label)
                return self._child(rows, rows.column(made.local), {None: level})
        raise NotPlannable(f"{label} cannot be read of a row: it is {made}")

    def _column(self, field: GraphQLField, of: sa.ColumnElement[Any], rows: Rows) -> str:
        named: Any = get_named_type(field.type)
        read = rows.value(of)
        if isinstance(named, GraphQLScalarType) and named.name not in NATIVE:
            return f"{rows.level.body.name(_written(named))}({read})"
        decode = None if isinstance(of.type, WordText) else decoder(of.type, self.scene.dialect)
        return (
            read if decode is None else f"{rows.level.body.name(decode)}({read})"
        )  # a stored word is its GraphQL name

    def _to_one(self, field: GraphQLField, nodes: Sequence[FieldNode], made: kinds.ToOne, rows: Rows) -> str:
        type_: Any = get_named_type(field.type)
        if is_out_of_sight(made.remote.table, self.scene.role):
            return "None"
        is_outer = rows.is_outer or not isinstance(field.type, GraphQLNonNull)
        joined = self._joined(made, rows, is_outer)
        written = self.object(type_, nodes, Rows(rows.level, joined, is_outer))
        return f"(None if {rows.value(joined.c.id)} is None else {written})" if is_outer else written

    def _joined(self, made: kinds.ToOne, rows: Rows, is_outer: bool) -> sa.FromClause:
        """The other row's alias; one join serves all aliases of a field."""
        level, remote = rows.level, made.remote.table
        key = (rows.alias, made.local, made.remote, is_outer)
        joined = level.joined.get(key)
        if joined is None:
            joined = level.joined[key] = level.another(remote)
            on = joined.c[made.remote.key] == rows.column(made.local)
            level.joins.append((joined, sa.and_(on, *visible(remote, joined, self.scene.role)), is_outer))
        return joined

    def _computed(self, field: GraphQLField, nodes: Sequence[FieldNode], made: kinds.Computed, rows: Rows) -> str:
        body = rows.level.body
        needs = []
        for of in made.needs:
            column = rows.column(of)
            decode = decoder(column.type, self.scene.dialect)
            needs.append(rows.value(column) if decode is None else f"{body.name(decode)}({rows.value(column)})")
        return value(self.scene, field.type, nodes, call(self.scene, field, nodes, made, needs, body), body)

    def _child(
        self,
        rows: Rows,
        column: sa.ColumnElement[Any],
        levels: Mapping[str | None, Level],
        loader: kinds.AnyLoader | None = None,
        empty: str = "",
    ) -> str:
        key = rows.level.index(column)
        rows.level.children.append(Child(key, levels, loader))
        return f"c{len(rows.level.children) - 1}.get(r[{key}]{empty and ', ' + empty})"

    def any_of(self, field: GraphQLField, nodes: Sequence[FieldNode]) -> dict[str | None, Level]:
        """One level for each type that an id may name, by its prefix."""
        levels: dict[str | None, Level] = {}
        named = get_named_type(field.type)
        schema = self.scene.selection.schema
        for type_ in schema.get_possible_types(named) if is_abstract_type(named) else [named]:
            shape = shape_of(type_)
            if shape is not None and shape.table is not None and shape.prefix is not None:
                levels[shape.prefix] = self.row(type_, nodes, shape.table, Mode.KEYS)  # type: ignore[arg-type]
        return levels

    def row(
        self,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        table: sa.Table,
        mode: Mode,
        of: sa.Column[Any] | None = None,
    ) -> Level:
        """The level of single rows by id, or by another unique column."""
        level = Level(table, self.scene.role, mode, parent=table.c.id if of is None else of)
        level.key = level.index(level.alias.c.id)
        written = self.object(type_, nodes, Rows(level, level.alias))
        level.make = level.body.function("r look", written, len(level.children))
        return level


def _written(type_: GraphQLScalarType) -> Any:
    return plainly(type_.serialize)
