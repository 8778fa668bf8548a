"""Variables are coerced by readers of our own, which give what graphql-core gives, or leave it to graphql-core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql.execution import get_variable_values

from api.reading.variables import coercer
from api.schema import schema

_SCHEMA: Final = schema._schema
_REASONS: Final = {
    "reasonCodes": ["OTHER"],
    "facts": "示例事实",
    "legalBases": ["IM_2014_ART_7"],
    "publicReason": "示例理由",
}
_DEFECT: Final = {"code": "OTHER", "item": "displayName", "text": "示例"}
_RETURN: Final = {"id": "filing_1", "version": 2, "reasons": _REASONS, "defects": [_DEFECT]}
_PAGE: Final = {"state": ["APPLIED", "FILED"], "isFlagged": None, "appliedSince": "2026-03-02T04:00:00Z"}


def _operation(type_: str) -> OperationDefinitionNode:
    document = parse(f"query($given: {type_}) {{ __typename }}")
    return cast("OperationDefinitionNode", document.definitions[0])


def _theirs(operation: OperationDefinitionNode, inputs: Mapping[str, Any]) -> Any:
    got = get_variable_values(_SCHEMA, operation.variable_definitions or (), dict(inputs), max_errors=5)
    return [error.message for error in got] if isinstance(got, list) else got.coerced


def _ours(operation: OperationDefinitionNode, inputs: Mapping[str, Any]) -> Any:
    got: Any = coercer(_SCHEMA, operation)(inputs)
    is_refused = isinstance(got, list) and all(isinstance(error, GraphQLError) for error in got)
    return [error.message for error in got] if is_refused else got


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("FilingReturnInput!", _RETURN),
        ("FilingReturnInput!", {**_RETURN, "defects": _DEFECT}),
        ("FilingReturnInput!", {**_RETURN, "defects": [_DEFECT, {**_DEFECT, "more": 1}]}),
        ("FilingReturnInput!", {**_RETURN, "version": 2.0}),
        ("FilingReturnInput!", {**_RETURN, "version": "2"}),
        ("FilingReturnInput!", {**_RETURN, "id": 7}),
        ("FilingReturnInput!", {**_RETURN, "reasons": {**_REASONS, "note": None}}),
        ("FilingReturnInput!", {**_RETURN, "reasons": {**_REASONS, "facts": None}}),
        ("FilingReturnInput!", {**_RETURN, "unknown": True}),
        ("FilingReturnInput!", {"id": "filing_1"}),
        ("FilingReturnInput!", []),
        ("FilingReturnInput!", None),
        ("FilingReturnInput", None),
        ("AccountFilter", _PAGE),
        ("AccountFilter", {**_PAGE, "state": "FILED"}),
        ("AccountFilter", {**_PAGE, "state": ["NEVER"]}),
        ("AccountFilter", {**_PAGE, "appliedSince": "yesterday"}),
        ("AccountFilter", {}),
    ],
)
def test_an_input_is_coerced_as_graphql_core_coerces_it(type_: str, given: Any) -> None:
    operation = _operation(type_)

    ours = _ours(operation, {"given": given})

    assert ours == _theirs(operation, {"given": given})
