"""What the schema offers, walked so that no test has to list it: roots, masked fields, ids and values of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from api.schema import schema
from tests.world import NEWS_REASON, unique

SCHEMA: Final[GraphQLSchema] = schema._schema
Path = tuple[str, ...]

# What an input takes where its type alone does not say it. Whatever is missing here fails as an unknown field.
VALUES: Final[Mapping[str, Any]] = {
    "address": "浙江省杭州市示例路1号",
    "answer": "已补充",
    "bodyHash": "0" * 64,
    "category": "LIFESTYLE",
    "channel": "WEB",
    "code": "OTHER",
    "description": "日常分享",
    "division": "330100",
    "email": "someone@example.com",
    "facts": "示例事实",
    "handle": "h123456",
    "hash": "0" * 64,
    "item": "displayName",
    "kind": "OPERATOR_ID",
    "legalName": "欧阳示例",
    "method": "DOCUMENT_CHECK",
    "mobile": "13900000000",
    "reasons": NEWS_REASON,
    "residentId": "000000196001010014",
    "sha256": "0" * 64,
    "uscc": "91350100M000100Y43",
    "validFrom": "2025-01-01",
    "validTo": "2027-12-31",
    "version": 1,
}


_SCALARS: Final = {"Int": 1, "Boolean": True, "DateTime": "2026-01-01T00:00:00Z", "Date": "2026-01-01"}


def roots_by_id() -> Iterator[str]:
    """The root fields that give one thing by its id."""
    for name, field in SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        if set(field.args) == {"id"}:
            yield name


def connections() -> Iterator[str]:
    """The root fields that give pages."""
    for name, field in SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        if "after" in field.args:
            yield name


def mutations() -> Mapping[str, GraphQLInputObjectType]:
    """Every mutation with its input."""
    fields = SCHEMA.mutation_type.fields  # type: ignore[union-attr]
    return {name: get_named_type(field.args["input"].type) for name, field in fields.items()}


def ids_of(type_: GraphQLInputObjectType) -> Iterator[Path]:
    """Where ids stand in an input; `*` is an item of a list."""
    return places_of(type_, "ID")


def places_of(type_: GraphQLInputObjectType, *scalars: str) -> Iterator[Path]:
    """Where values of these scalars stand in an input; `*` is an item of a list."""
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        here = (name, "*") if _is_list(field.type) else (name,)
        if named.name in scalars:
            yield here
        elif isinstance(named, GraphQLInputObjectType):
            yield from ((*here, *rest) for rest in places_of(named, *scalars))


def sample(type_: GraphQLInputObjectType, *, required_only: bool = True) -> dict[str, Any]:
    """A valid input, its ids apart."""
    made = {}
    for name, field in type_.fields.items():
        if name == "idempotencyKey":
            made[name] = unique("key-")
        elif isinstance(field.type, GraphQLNonNull) or not required_only:
            made[name] = _value(name, field.type, required_only)
    return made


def _value(name: str, type_: GraphQLInputType, required_only: bool) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _value(name, type_.of_type, required_only)
    if isinstance(type_, GraphQLList):
        return [_value(name, type_.of_type, required_only)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if name in VALUES:
        return VALUES[name]
    if isinstance(type_, GraphQLInputObjectType):
        return sample(type_, required_only=required_only)
    return _SCALARS.get(type_.name, unique("t"))


def placed(input_: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The input with a value at that place; what stands on the way is made if it is missing."""
    name, *rest = path
    if not rest:
        return {**input_, name: value}
    if rest[0] == "*":
        items = input_.get(name) or [{}]
        if len(rest) == 1:
            return {**input_, name: [value]}
        return {**input_, name: [placed(items[0], tuple(rest[1:]), value)]}
    return {**input_, name: placed(input_.get(name) or {}, tuple(rest), value)}


def payload_of(mutation: str) -> str:
    """All of a payload that says what came of it."""
    type_: Any = get_named_type(SCHEMA.mutation_type.fields[mutation].type)  # type: ignore[union-attr]
    parts = []
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        if name == "problems":
            parts.append("problems { code message fix path }")
        else:
            parts.append(name if is_leaf_type(named) else f"{name} {{ {leaves(named.name)} }}")
    return " ".join(parts)


@cache
def leaves(type_name: str) -> str:
    """Every leaf of a type that takes no argument."""
    type_ = SCHEMA.type_map[type_name]
    assert hasattr(type_, "fields")
    return "__typename " + " ".join(name for name, field in type_.fields.items() if is_leaf_type(_named(field)))


def _named(field: GraphQLField) -> Any:
    return get_named_type(field.type)


def _is_list(type_: GraphQLInputType) -> bool:
    return isinstance(type_, GraphQLList) or (isinstance(type_, GraphQLNonNull) and _is_list(type_.of_type))
