"""Documents: parsed, measured and validated once, then known by their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    StringValueNode,
    parse,
    validate,
)

from api.errors import ERRORS_MAX, ErrorCode, RequestRefused, refused, reworded
from api.limits import TOKENS_MAX, Limits, Measure, measured
from api.merging import OTHER_RULES, check_merging
from api.reading.selection import steering, walk
from api.reading.variables import Coercer, coercer

NODES_OF_ONE: Final = 150  # about 50 KB
CHARACTERS_OF_ONE: Final = 4_000
_ANY_ROLE: Final = Limits()


@dataclass(eq=False)
class Operation:
    """One operation of a document, ready to be planned."""

    node: OperationDefinitionNode
    measure: Measure
    coerce: Coercer


@dataclass(eq=False)
class Document:
    """A valid document, or why it is refused."""

    source: DocumentNode | None = None
    refusal: RequestRefused | None = None
    operations: Mapping[str, Operation] = field(default_factory=dict)  # the nameless one under ""
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    steering: frozenset[str] = frozenset()

    def weight(self, text: str) -> int:
        """How many ordinary documents it counts for where documents are kept."""
        nodes = 0 if self.source is None else sum(1 for _ in walk(self.source))
        return 1 + max(nodes // NODES_OF_ONE, len(text) // CHARACTERS_OF_ONE)

    def operation(self, name: str | None) -> Operation:
        """The operation asked for; it need not be named where there is only one. OPERATION_UNKNOWN."""
        if not name:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            raise refused(ErrorCode.OPERATION_UNKNOWN, "Several are there: name one.")
        found = self.operations.get(name)
        if found is None:
            raise refused(ErrorCode.OPERATION_UNKNOWN)
        return found


def read(schema: GraphQLSchema, text: str) -> Document:
    """The document of a text. One that is refused is remembered as such."""
    try:
        return _read(schema, text)
    except RequestRefused as refusal:
        return Document(refusal=refusal)


def _read(schema: GraphQLSchema, text: str) -> Document:
    source = _parsed(text)
    measures = measured(source)
    for measure in measures.values():
        if excess := measure.excess(_ANY_ROLE):
            raise refused(ErrorCode.LIMIT_EXCEEDED, excess)
    _validate(schema, source, text)
    if any(isinstance(node, StringValueNode) and "\0" in node.value for node in walk(source)):
        raise refused(ErrorCode.DOCUMENT_INVALID, "A text holds the character NUL.")
    operations = {
        node.name.value if node.name else "": Operation(node, measure, coercer(schema, node))
        for node, measure in measures.items()
    }
    if not operations:
        raise refused(ErrorCode.OPERATION_UNKNOWN)
    fragments = {d.name.value: d for d in source.definitions if isinstance(d, FragmentDefinitionNode)}
    return Document(source, None, operations, fragments, steering(source))


def _parsed(text: str, **options: Any) -> DocumentNode:
    try:
        return parse(text, no_location=True, max_tokens=TOKENS_MAX, **options)
    except GraphQLError as error:
        if "token" in error.message and str(TOKENS_MAX) in error.message:
            raise refused(ErrorCode.LIMIT_EXCEEDED, f"It has more than {TOKENS_MAX} tokens.") from None
        raise reworded(ErrorCode.DOCUMENT_INVALID, [error]) from None
    except RecursionError:
        raise refused(ErrorCode.LIMIT_EXCEEDED, "It is nested too deeply.") from None


def _validate(schema: GraphQLSchema, source: DocumentNode, text: str) -> None:
    try:
        errors = _errors(schema, source)
        if errors:  # once more with locations, which a document that is kept does without
            errors = _errors(schema, parse(text))
    except (ValueError, OverflowError, RecursionError, TypeError):
        # Numbers of thousands of digits and the like; what such an exception says is not for the client.
        raise refused(ErrorCode.DOCUMENT_INVALID) from None
    if errors:
        raise reworded(ErrorCode.DOCUMENT_INVALID, errors)


def _errors(schema: GraphQLSchema, source: DocumentNode) -> list[GraphQLError]:
    return validate(schema, source, OTHER_RULES, max_errors=ERRORS_MAX) or check_merging(schema, source)
