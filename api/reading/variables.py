"""Arguments and variables: whatever no variable touches is worked out once; common types are coerced fast.

graphql-core's own coercion takes up to 37 µs a request, so each operation gets a coercer of its own that is exact where
it succeeds. Anything else, and every error, goes to graphql-core, which words it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple, cast

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    type_from_ast,
)
from graphql.execution import get_variable_values
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from api.errors import ErrorCode, refused
from api.reading.selection import walk
from domain.reckoning import BOUNDS, is_reckoned

ERRORS_MAX: Final = 5
Variables = Mapping[str, Any]
Reader = Callable[[Variables], Any]
Quick = Callable[[Any], Any]
Coercer = Callable[[Mapping[str, Any]], "Variables | list[GraphQLError]"]


class Arguments(NamedTuple):
    """A field's arguments: a reader, and whether it needs no variables."""

    read: Callable[[Variables], Mapping[str, Any]]
    fixed: bool


NO_ARGUMENTS: Final = Arguments(lambda _: {}, fixed=True)


def arguments(field: GraphQLField, node: FieldNode) -> Arguments:
    """A reader of this field's arguments, with everything that no variable touches worked out once."""
    fixed: dict[str, Any] = {}
    late: list[tuple[str, Reader]] = []
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, argument in field.args.items():
        default = coerce_default_value(argument)
        if default is not Undefined:
            fixed[name] = default
        if name in given:
            if _has_variable(given[name]):
                late.append((name, _reader(given[name], argument.type)))
            else:
                fixed[name] = coerce_input_literal(given[name], argument.type)
    if not late:
        return Arguments(lambda _: fixed, fixed=True)

    def read(variables: Variables) -> Mapping[str, Any]:
        values = fixed.copy()
        for name, get in late:
            if (got := get(variables)) is not Undefined:
                values[name] = got
        return values

    return Arguments(read, fixed=False)


def _has_variable(node: ValueNode) -> bool:
    return any(isinstance(part, VariableNode) for part in walk(node))


def _reader(node: ValueNode, type_: Any) -> Reader:
    """From the variables to the value of a literal that holds some of them. Validation has passed."""
    if isinstance(type_, GraphQLNonNull):
        return _not_null(_reader(node, type_.of_type))
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: variables.get(name, Undefined)
    if not _has_variable(node):
        value = coerce_input_literal(node, type_)
        return lambda _: value
    if isinstance(type_, GraphQLList):
        return _list_reader(node, type_)
    return _object_reader(node, type_)


def _not_null(reader: Reader) -> Reader:
    """A variable that may be null may stand here only because of a default, which an explicit null defeats."""

    def read(variables: Variables) -> Any:
        value = reader(variables)
        if value is None:
            raise refused(ErrorCode.VARIABLES_INVALID, "One is null where no null may be.")
        return value

    return read


def _list_reader(node: ValueNode, type_: GraphQLList[Any]) -> Reader:
    item_type, nodes = type_.of_type, node.values if isinstance(node, ListValueNode) else [node]
    items = [_reader(item, get_nullable_type(item_type)) for item in nodes]

    def read(variables: Variables) -> list[Any]:
        values = [None if (value := item(variables)) is Undefined else value for item in items]
        if isinstance(item_type, GraphQLNonNull) and None in values:
            raise refused(ErrorCode.VARIABLES_INVALID, "One is null where no null may be.")
        return values

    return read


def _object_reader(node: ValueNode, type_: GraphQLInputObjectType) -> Reader:
    given = cast("ObjectValueNode", node).fields
    parts = [(f.name.value, _reader(f.value, type_.fields[f.name.value].type)) for f in given]
    defaults = {n: d for n, f in type_.fields.items() if (d := coerce_default_value(f)) is not Undefined}

    def read(variables: Variables) -> Any:
        values = {name: value for name, get in parts if (value := get(variables)) is not Undefined}
        return type_.out_type({**defaults, **values})

    return read


# --- what no database holds ----------------------------------------------------------------------------------
def holds_nul(value: Any) -> bool:
    """Whether a text anywhere in it holds NUL, which no text of PostgreSQL may."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(holds_nul, value.values()))
    return isinstance(value, list) and any(map(holds_nul, value))


def check_values(values: Mapping[str, Any]) -> None:
    """VARIABLES_INVALID for a text with NUL in it, ARGUMENT_INVALID for a date that nothing may have."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            check_values(value)
        elif isinstance(value, date) and not is_reckoned(value):
            raise refused(ErrorCode.ARGUMENT_INVALID, f"{name} {BOUNDS}.")
        elif holds_nul(value):
            raise refused(ErrorCode.VARIABLES_INVALID, "A text holds the character NUL.")


# --- variables ----------------------------------------------------------------------------------------------
class _Slot(NamedTuple):
    name: str
    quick: Quick
    is_required: bool
    default: Any


def coercer(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Coercer:
    """A coercer of this operation's variables."""
    definitions = operation.variable_definitions or ()

    def slow(inputs: Mapping[str, Any]) -> Variables | list[GraphQLError]:
        got = get_variable_values(schema, definitions, dict(inputs), max_errors=ERRORS_MAX)
        return got if isinstance(got, list) else got.coerced

    slots: list[_Slot] = []
    for definition in definitions:
        type_: Any = type_from_ast(schema, definition.type)
        if (quick := _quick(type_)) is None:
            return slow
        literal = definition.default_value
        default = Undefined if literal is None else coerce_input_literal(literal, type_)
        slots.append(_Slot(definition.variable.name.value, quick, isinstance(type_, GraphQLNonNull), default))
    return _fast(slots, slow)


def _fast(slots: list[_Slot], slow: Coercer) -> Coercer:
    def fast(inputs: Mapping[str, Any]) -> Variables | list[GraphQLError]:
        out: dict[str, Any] = {}
        try:
            for name, quick, is_required, default in slots:
                if name in inputs:
                    out[name] = quick(inputs[name])
                elif default is not Undefined:
                    out[name] = default
                elif is_required:
                    return slow(inputs)
        except Exception:  # noqa: BLE001 - graphql-core words the error
            return slow(inputs)
        return out

    return fast


class _NotQuick(Exception):
    """Left to graphql-core."""


def _quick(type_: Any, within: tuple[Any, ...] = ()) -> Quick | None:
    """A coercer for one value that is exact where it succeeds; None: leave it to graphql-core."""
    if isinstance(type_, GraphQLNonNull):
        inner = _quick(type_.of_type, within)
        return None if inner is None else _required(inner)
    if isinstance(type_, GraphQLList):
        item = _quick(type_.of_type, within)
        return None if item is None else _each(item)
    if isinstance(type_, GraphQLInputObjectType):
        return None if type_ in within else _object(type_, (*within, type_))
    if isinstance(type_, GraphQLEnumType):
        return _optional({name: type_.coerce_input_value(name) for name in type_.values}.__getitem__)
    exact = {"String": str, "ID": str, "Boolean": bool}.get(type_.name)
    if exact is not None:
        return _exactly(exact)
    return _optional(type_.coerce_input_value) if isinstance(type_, GraphQLScalarType) else None


def _required(inner: Quick) -> Quick:
    def coerce(value: Any) -> Any:
        if value is None:
            raise _NotQuick
        return inner(value)

    return coerce


def _optional(inner: Quick) -> Quick:
    return lambda value: None if value is None else inner(value)


def _each(item: Quick) -> Quick:
    def coerce(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is not list:
            raise _NotQuick
        return [item(member) for member in value]

    return coerce


def _object(type_: GraphQLInputObjectType, within: tuple[Any, ...]) -> Quick | None:
    slots: list[_Slot] = []
    for name, field in type_.fields.items():
        quick = _quick(field.type, within)
        if quick is None or field.out_name is not None or type_.is_one_of:
            return None
        default = coerce_default_value(field)
        slots.append(_Slot(name, quick, isinstance(field.type, GraphQLNonNull), default))
    names, out_type = type_.fields.keys(), type_.out_type

    def coerce(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is not dict or not value.keys() <= names:
            raise _NotQuick
        out = {}
        for name, quick, is_required, default in slots:
            if name in value:
                out[name] = quick(value[name])
            elif default is not Undefined:
                out[name] = default
            elif is_required:
                raise _NotQuick
        return out_type(out)

    return coerce


def _exactly(wanted: type) -> Quick:
    def coerce(value: Any) -> Any:
        if value is not None and type(value) is not wanted:
            raise _NotQuick
        return value

    return coerce
