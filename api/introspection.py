"""Introspection: the only fields that graphql-core itself answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)

from api.documents import Operation
from api.errors import ErrorCode, refused, reworded
from api.reading.recent import Recent
from api.reading.selection import Selection
from api.reading.variables import Variables

_KEPT: Final = 20
_FIELDS: Final = ("__schema", "__type")
_answers: Final[Recent[dict[str, Any]]] = Recent(_KEPT)


def introspected(
    schema: GraphQLSchema, operation: Operation, variables: Variables, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of the operation's introspection fields, by response key. The same question is answered once."""

    def make() -> dict[str, Any]:
        return _answered(schema, operation, variables, inputs)

    return _answers.get((operation, repr(sorted(inputs.items()))), make)


def _answered(
    schema: GraphQLSchema, operation: Operation, variables: Variables, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    flags = {name: bool(variables[name]) for name in operation.steering if name in variables}
    query_type = cast("GraphQLObjectType", schema.query_type)
    roots = Selection(schema, operation.node, operation.fragments, flags).roots(query_type)
    wanted = [node for nodes in roots.values() for node in nodes if node.name.value in _FIELDS]
    result = execute_sync(schema, _alone(operation, wanted), variable_values=dict(inputs))
    if result.errors:
        raise reworded(ErrorCode.DOCUMENT_INVALID, result.errors)
    if result.data is None:
        raise refused(ErrorCode.DOCUMENT_INVALID)
    return result.data


def _alone(operation: Operation, wanted: list[FieldNode]) -> DocumentNode:
    """A document of nothing but the introspection fields."""
    stripped = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=operation.node.variable_definitions,
        selection_set=SelectionSetNode(selections=tuple(wanted)),
        directives=(),
    )
    return DocumentNode(definitions=(stripped, *operation.fragments.values()))
