"""Documents: parsed, measured and validated once, then known by their text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
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
from api.reading.selection import reached, steering, walk
from api.reading.variables import Coercer, coercer

NODES_OF_ONE: Final = 150  # about 50 KB
CHARACTERS_OF_ONE: Final = 4_000
_ANY_ROLE: Final = Limits()
# All of it: a syntax error tells what was found, which may be any word or number.
_TOO_MANY: Final = f"Syntax Error: Document contains more than {TOKENS_MAX} tokens. Parsing aborted."


@dataclass(eq=False)
class Operation:
    """One operation with the fragments it reaches, ready to be planned. Others of its document do not count."""

    node: OperationDefinitionNode
    measure: Measure
    fragments: Mapping[str, FragmentDefinitionNode]
    steering: frozenset[str]
    coerce: Coercer


@dataclass(eq=False)
class Document:
    """A valid document, or why it is refused."""

    source: DocumentNode | None = None
    refusal: RequestRefused | None = None
    operations: Mapping[str, Callable[[], Operation]] = field(default_factory=dict)  # the nameless one under ""

    def weight(self, text: str) -> int:
        """How many ordinary documents it counts for where documents are kept."""
        nodes = 0 if self.source is None else sum(1 for _ in walk(self.source))
        return 1 + max(nodes // NODES_OF_ONE, len(text) // CHARACTERS_OF_ONE)

    def operation(self, name: str | None) -> Operation:
        """The operation asked for; it need not be named where there is only one. OPERATION_UNKNOWN, or its refusal."""
        if not name:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))()
            raise refused(ErrorCode.OPERATION_UNKNOWN, "Several are there: name one.")
        found = self.operations.get(name)
        if found is None:
            raise refused(ErrorCode.OPERATION_UNKNOWN)
        return found()


def read(schema: GraphQLSchema, text: str) -> Document:
    """The document of a text. One that is refused is remembered as such."""
    try:
        return _read(schema, text)
    except RequestRefused as refusal:
        return Document(refusal=refusal)


def _read(schema: GraphQLSchema, text: str) -> Document:
    source = _parsed(text)
    measures = measured(source)
    if not measures:
        raise refused(ErrorCode.OPERATION_UNKNOWN)
    if all(excess := [measure.excess(_ANY_ROLE) for measure in measures.values()]):
        raise refused(ErrorCode.LIMIT_EXCEEDED, excess[0])
    _validate(schema, source, text)
    fragments = _fragments(source)

    def making(node: OperationDefinitionNode) -> Callable[[], Operation]:
        @cache
        def make() -> Operation:
            return _operation(schema, node, measures[node], reached([node], fragments))

        return make

    operations = {node.name.value if node.name else "": making(node) for node in measures}
    if len(operations) == 1:
        next(iter(operations.values()))()  # what is wrong with the only one is wrong with the document
    return Document(source, None, operations)


def _operation(
    schema: GraphQLSchema,
    node: OperationDefinitionNode,
    measure: Measure,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Operation:
    if excess := measure.excess(_ANY_ROLE):
        raise refused(ErrorCode.LIMIT_EXCEEDED, excess)
    parts = (node, *fragments.values())
    if any(isinstance(part, StringValueNode) and "\0" in part.value for top in parts for part in walk(top)):
        raise refused(ErrorCode.DOCUMENT_INVALID, "A text holds the character NUL.")
    return Operation(node, measure, fragments, steering(parts), coercer(schema, node))


def _parsed(text: str, **options: Any) -> DocumentNode:
    try:
        return parse(text, no_location=True, max_tokens=TOKENS_MAX, **options)
    except GraphQLError as error:
        if error.message == _TOO_MANY:
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
    return validate(schema, source, OTHER_RULES, max_errors=ERRORS_MAX) or check_merging(schema, _allowed(source))


def _allowed(source: DocumentNode) -> DocumentNode:
    """Without the operations that nobody may run: the fields of a bomb are not compared."""
    kept = [node for node, measure in measured(source).items() if not measure.excess(_ANY_ROLE)]
    return DocumentNode(definitions=(*kept, *reached(kept, _fragments(source)).values()))


def _fragments(source: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in source.definitions if isinstance(d, FragmentDefinitionNode)}
