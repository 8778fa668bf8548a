"""What a validated operation selects: its fields after fragments and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

Fields = dict[str, list[FieldNode]]  # by response key, in order
_CONDITIONS: Final = ("skip", "include")


@dataclass(frozen=True)
class Selection:
    """The operation, its fragments, and the values of the variables that steer @skip and @include."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    flags: Mapping[str, bool]

    def fields(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Fields:
        """The fields selected below these nodes on an object of this type, merged by response key."""
        found: Fields = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set:
                self._collect(type_, node.selection_set, found, seen)
        return found

    def roots(self, type_: GraphQLObjectType) -> Fields:
        """The root fields selected."""
        found: Fields = {}
        self._collect(type_, self.operation.selection_set, found, set())
        return found

    def _collect(self, type_: GraphQLObjectType, set_: SelectionSetNode, found: Fields, seen: set[str]) -> None:
        for node in set_.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                    self._collect(type_, node.selection_set, found, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    self._collect(type_, fragment.selection_set, found, seen)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        other = self.schema.type_map[condition]
        return other is type_ or (isinstance(other, GraphQLAbstractType) and self.schema.is_sub_type(other, type_))

    def _on(self, value: ValueNode) -> bool:
        return (
            value.value if isinstance(value, BooleanValueNode) else self.flags[cast("VariableNode", value).name.value]
        )

    def _included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            if directive.name.value in _CONDITIONS:
                on = self._on((directive.arguments or ())[0].value)
                if on is (directive.name.value == "skip"):
                    return False
        return True


def reached(tops: Iterable[Node], fragments: Mapping[str, FragmentDefinitionNode]) -> dict[str, FragmentDefinitionNode]:
    """The fragments spread below these nodes, and below one another."""
    found: dict[str, FragmentDefinitionNode] = {}
    waiting = list(tops)
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, FragmentSpreadNode) and node.name.value not in found:
                found[node.name.value] = fragments[node.name.value]
                waiting.append(fragments[node.name.value])
    return found


def steering(tops: Iterable[Node]) -> frozenset[str]:
    """Names of the variables that any @skip or @include below these nodes reads."""
    return frozenset(
        argument.value.name.value
        for top in tops
        for node in walk(top)
        if isinstance(node, DirectiveNode) and node.name.value in _CONDITIONS
        for argument in node.arguments or ()
        if isinstance(argument.value, VariableNode)
    )


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes below it; not by recursion, for documents may be deep."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        for key in here.keys:
            value = getattr(here, key, None)
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, (list, tuple)):
                waiting.extend(child for child in value if isinstance(child, Node))
