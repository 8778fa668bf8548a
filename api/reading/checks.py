"""What stops the start: a declaration that could leak, break its promise of non-null, or not be read at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import sqlalchemy as sa
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
)

from api.reading import kinds
from api.reading.filters import FilterField, filter_of
from api.reading.shapes import BACKREF, Shape, Undeclared, shape_of, what
from domain.identity import Identity
from domain.policy.roles import Role
from domain.policy.scopes import ALL, scope
from domain.table import table_of

# Those who ask through GraphQL; the others have no scope at all.
_ASKING: Final = tuple(role for role in Role if role not in (Role.OPERATOR, Role.SYSTEM))
_HASHES: Final = frozenset({"hash", "head", "prev_hash"})  # bytes that say nothing of anybody
_ON_A_ROW: Final = (
    kinds.Column, kinds.Masked, kinds.MaskedWords, kinds.ToOne, kinds.AnyOf, kinds.ToMany, kinds.Paged, kinds.Computed,
    kinds.Batched,
)  # fmt: skip
_AT_THE_ROOT: Final = (kinds.ById, kinds.Paged, kinds.AnyOf, kinds.Group, kinds.FromViewer, kinds.OfViewer, kinds.Value)


class PersonalColumn(Undeclared):
    """A personal column is shown, sorted or filtered by: show it by masked() or masked_text(), or not at all."""


class NotAlwaysThere(Undeclared):
    """A non-null relation may be out of some role's sight: let the field be nullable (`X | None`)."""


class OrderUnfit(Undeclared):
    """A keyset order rests on columns without null and ends in the id."""


def check(schema: GraphQLSchema) -> None:
    """Refuse the schema if any declaration of it is not as it must be."""
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType) and type_ is not schema.mutation_type:
            _check_object(type_, schema)
        elif is_input_object_type(type_):
            _check_filter(type_)


def _check_object(type_: GraphQLObjectType, schema: GraphQLSchema) -> None:
    shape = shape_of(type_)
    for name, field in type_.fields.items():
        where, made = f"{type_.name}.{name}", what(field)
        if shape is None:
            _check_plain(where, field, made)
            continue
        if made is None:
            raise Undeclared(f"{where} does not say what it is: give it column(), related(), computed() …")
        if shape.table is None:
            allowed: tuple[type, ...] = (*_AT_THE_ROOT, kinds.Reread)
        else:
            allowed = _ON_A_ROW
        if not isinstance(made, allowed):
            raise Undeclared(f"{where} cannot be a {type(made).__name__} here: see api/reading/fields.py")
        _check_kind(where, field, made, shape, schema)


def _check_plain(where: str, field: GraphQLField, made: kinds.What | None) -> None:
    definition = field.extensions.get(BACKREF)
    if definition is not None and definition.base_resolver is not None:
        raise Undeclared(f"{where} has a resolver; only mutations have one: use computed() or batched()")
    if made is not None and not isinstance(made, kinds.Computed):
        raise Undeclared(f"{where} is of a plain type, which has attributes and computed() only")


def _check_kind(where: str, field: GraphQLField, made: kinds.What, shape: Shape, schema: GraphQLSchema) -> None:
    for column in _columns(made, shape):
        if is_personal(column):
            raise PersonalColumn(f"{where} shows {column.table.name}.{column.key}, which is personal: use masked()")
    match made:
        case kinds.ToOne():
            _check_related(where, field, made, shape)
        case kinds.Masked() if shape.table is not table_of(Identity):
            raise Undeclared(f"{where} is masked() but its type has not the table of identities")
        case kinds.MaskedWords(_, of) if shape.table is not of.table or "identity_id" not in of.table.c:
            raise Undeclared(f"{where} is masked_text() of another table, or of one without identity_id")
        case kinds.ToMany(_, order, _):
            _check_order(where, order)
        case kinds.Paged(_, orders, _):
            for order in orders.values():
                _check_order(where, order)
        case kinds.AnyOf() | kinds.ById() | kinds.OfViewer():
            _check_findable(where, field, schema, made)


def _columns(made: kinds.What, shape: Shape) -> Iterator[sa.Column[Any]]:
    """The columns that a field shows, as they stand in the table of its type."""
    match made:
        case kinds.Column(of):
            named: tuple[sa.Column[Any] | str, ...] = (of,)
        case kinds.Computed(needs=needs):
            named = needs
        case kinds.AnyOf(local) if local is not None:
            named = (local,)
        case kinds.Batched(_, key):
            named = (key,)
        case kinds.ToMany(_, order, _):
            yield from order.columns
            return
        case kinds.Paged(_, orders, _):
            for order in orders.values():
                yield from order.columns
            return
        case _:
            return
    table = cast("sa.Table", shape.table)
    for one in named:
        key = one if isinstance(one, str) else one.key
        if key not in table.c or not (isinstance(one, str) or one.table is table):
            raise Undeclared(f"{table.name} has no column {key}: a field shows columns of its type's own table")
        yield table.c[key]


def is_personal(column: sa.Column[Any]) -> bool:
    """Whether a column holds sealed values, keys, blind indexes or secrets."""
    if isinstance(column.type, sa.LargeBinary):
        return column.key not in _HASHES
    return "sealed" in column.key or column.key.endswith("_index") or "secret" in column.key


def _check_related(where: str, field: GraphQLField, made: kinds.ToOne, shape: Shape) -> None:
    remote = made.remote
    if not (remote.primary_key or remote.unique):
        raise Undeclared(
            f"{where} names {remote.table.name}.{remote.key}, which is not unique: use latest() or paged()"
        )
    if not isinstance(field.type, GraphQLNonNull):
        return
    hidden = [role for role in _ASKING if scope(remote.table, role) != ALL]
    if hidden:
        raise NotAlwaysThere(
            f"{where} is non-null, but {remote.table.name} may be out of sight of {', '.join(hidden)}: "
            f"declare it `{get_named_type(field.type).name} | None`"
        )
    local = cast("sa.Table", shape.table).c[made.local if isinstance(made.local, str) else made.local.key]
    if local.nullable or not any(key.column is remote for key in local.foreign_keys):
        raise NotAlwaysThere(f"{where} is non-null, but {local} is nullable or no foreign key: declare it `… | None`")


def _check_order(where: str, order: kinds.Order) -> None:
    if order.columns[-1].key != "id" or any(column.nullable for column in order.columns):
        raise OrderUnfit(f"{where} sorts by a nullable column, or its last column is not the id")


def _check_findable(
    where: str, field: GraphQLField, schema: GraphQLSchema, made: kinds.AnyOf | kinds.ById | kinds.OfViewer
) -> None:
    by_prefix = isinstance(made, kinds.AnyOf)
    if isinstance(made, kinds.ById) and made.of is not None and (is_personal(made.of) or not made.of.unique):
        raise Undeclared(f"{where} finds a row by {made.of}, which is personal or not unique")
    named: Any = get_named_type(field.type)
    types = schema.get_possible_types(named) if is_abstract_type(named) else [named]
    for type_ in types:
        found = shape_of(type_)
        if found is None or found.table is None or (by_prefix and found.prefix is None):
            raise Undeclared(f"{where} may name a {type_.name}, which has no table or no prefix: give @shape() both")


def _check_filter(type_: GraphQLInputObjectType) -> None:
    for name, field in type_.fields.items():
        if isinstance(field.extensions.get(BACKREF), FilterField):
            made = filter_of(field)
            if is_personal(made.of):
                raise PersonalColumn(f"{type_.name}.{name} filters by {made.of}, which is personal: nothing may")
