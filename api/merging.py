"""Whether fields under one response key can merge: told in linear time for every ordinary document.

graphql-core's rule compares fields pair by pair, which two thousand tokens turn into half a second. Here all fields of
a merged selection are compared with the first of their key, which is as good where each pair is the same field with the
same arguments and type. Only a document where some pair is not goes to graphql-core, and only a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    get_named_type,
    specified_rules,
    validate,
)

from api.errors import ERRORS_MAX, ErrorCode, refused

OTHER_RULES: Final = tuple(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule)
PAIRS_MAX: Final = 2_000  # some milliseconds
Selected = tuple[Any, SelectionSetNode]  # the type selected on, and what is selected


def check_merging(schema: GraphQLSchema, document: DocumentNode) -> list[Any]:
    """Errors of a document that is otherwise valid; LIMIT_EXCEEDED if telling them would take too long."""
    merging = _Merging(schema, document)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            merging.visit([(schema.get_root_type(operation.operation), operation.selection_set)])
    if merging.is_plain:
        return []
    if merging.pairs > PAIRS_MAX:
        raise refused(ErrorCode.LIMIT_EXCEEDED, "Too many fields share a name and differ: give them aliases.")
    return validate(schema, document, [OverlappingFieldsCanBeMergedRule], max_errors=ERRORS_MAX)


class _Merging:
    """Walks merged selections. As many fields are visited as the limit on fields allows."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self.is_plain = True
        self.pairs = 0

    def visit(self, selected: list[Selected]) -> None:
        """Compare the fields of a merged selection by key, then those below each key."""
        seen: set[str] = set()
        groups: dict[str, list[tuple[Any, FieldNode]]] = {}
        for type_, set_ in selected:
            for parent, node in self._fields(type_, set_, seen):
                groups.setdefault((node.alias or node.name).value, []).append((parent, node))
        self.pairs += len(seen) ** 2
        for group in groups.values():
            self.pairs += len(group) ** 2
            below = [self._below(parent, node, group[0]) for parent, node in group]
            if sets := [found for found in below if found is not None]:
                self.visit(sets)

    def _fields(self, type_: Any, set_: SelectionSetNode, seen: set[str]) -> Iterator[tuple[Any, FieldNode]]:
        for node in set_.selections:
            if isinstance(node, FieldNode):
                yield type_, node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = type_ if condition is None else self._schema.get_type(condition.name.value)
                yield from self._fields(inner, node.selection_set, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                inner = self._schema.get_type(fragment.type_condition.name.value)
                yield from self._fields(inner, fragment.selection_set, seen)

    def _below(self, parent: Any, node: FieldNode, first: tuple[Any, FieldNode]) -> Selected | None:
        """What is selected below a field, which is compared with the first of its key."""
        type_ = self._type(parent, node)
        other_parent, other = first
        if node is not other and (
            node.name.value != other.name.value
            or (node.arguments or ()) != (other.arguments or ())
            or str(type_) != str(self._type(other_parent, other))
        ):
            self.is_plain = False
        return None if node.selection_set is None else (get_named_type(type_), node.selection_set)

    def _type(self, parent: Any, node: FieldNode) -> Any:
        field = self._schema.get_field(parent, node.name.value)
        return None if field is None else field.type
