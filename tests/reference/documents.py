"""Systematic documents, made from the SDL: every field of every type, by every way to it.

A way is how a row of a type is come by: a root field, a connection, node, nodes, an alias, a named fragment, an inline
fragment on an interface, with @skip and @include on each field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from tests.reference.oracle import LEFT_OUT, TABLES

ROWS_MAX: Final = 4  # of a list below others: what a document costs is what it could show
# At most so many fields are steered as a document may have directives.
_STEERED: Final = (" @include(if: $yes)", " @skip(if: $no)", "") * 10
_VARIABLES: Final = "$id: ID!, $out: ID!, $ids: [ID!]!, $yes: Boolean!, $no: Boolean!"
_NAMED: Final = {"journal": "(last: 3)"}


@dataclass(frozen=True)
class Way:
    """A way to the rows of a type: `{}` stands for what is asked of them."""

    name: str
    text: str

    def document(self, asked: str) -> str:
        """A whole document; only the variables it uses are declared."""
        body = self.text.replace("{}", asked)
        declared = [each for each in _VARIABLES.split(", ") if each.split(":")[0] in _words(body)]
        return f"query({', '.join(declared)}) {body}" if declared else body


def _words(text: str) -> set[str]:
    for mark in "(){}[],:!":
        text = text.replace(mark, " ")
    return set(text.split())


@dataclass(frozen=True)
class Documents:
    """Makes documents of one schema."""

    schema: GraphQLSchema

    @cached_property
    def query(self) -> GraphQLObjectType:
        assert self.schema.query_type is not None
        return self.schema.query_type

    def type(self, name: str) -> Any:
        return self.schema.type_map[name]

    # --- what is asked of a row
    def leaves(self, type_: Any, *, steered: bool = False, other_ways: bool = False) -> str:
        """Every field of a type that needs no other row; `steered`: each by @skip or @include."""
        parts = ["__typename"]
        for name, field in fields_of(type_):
            if is_relation(field):
                continue
            named: Any = get_named_type(field.type)
            below = "" if is_leaf_type(named) else f" {{ {self.leaves(named)} }}"
            steer = _STEERED[len(parts)] if steered and len(parts) < len(_STEERED) else ""
            parts.append(f"{name}{steer}{below}")
            if other_ways:
                parts.extend(f"{name}_{i}: {name}{given}" for i, given in enumerate(_given(field)))
        return " ".join(parts)

    def relation(self, name: str, field: GraphQLField, below: str = "", rows: int = ROWS_MAX) -> str:
        """A field that leads to other rows, with the leaves of those, or with what is to be asked of them."""
        named: Any = get_named_type(field.type)
        if named.name.endswith("Connection"):
            return self.connection(name, named, below, rows)
        arguments = f"(first: {rows})" if "first" in field.args else ""
        return f"{name}{arguments} {{ {below or self.of_row(named)} }}"

    def connection(self, name: str, type_: GraphQLObjectType, below: str = "", rows: int = ROWS_MAX) -> str:
        """A page: its rows by both names, where it stands, how many there are."""
        node: Any = get_named_type(type_.fields["nodes"].type)
        page = "pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor }"
        edges = "totalCount { __typename value isCapped } edges { __typename cursor node { id } }"
        arguments = _NAMED.get(name, f"(first: {rows})")
        return f"{name}{arguments} {{ __typename {page} {edges} nodes {{ {below or self.of_row(node)} }} }}"

    def of_row(self, type_: Any) -> str:
        """The leaves of a row; of an interface also some of each type it may be."""
        if not isinstance(type_, GraphQLInterfaceType):
            return self.leaves(type_)
        each = " ".join(
            f"... on {possible.name} {{ {_own_leaf(possible, type_)} }}"
            for possible in self.schema.get_possible_types(type_)
        )
        return f"{self.leaves(type_)} {each}"

    def relations(self, type_: Any) -> Iterator[tuple[str, GraphQLField]]:
        """The fields of a type that lead to other rows."""
        return ((name, field) for name, field in fields_of(type_) if is_relation(field))

    # --- ways to a row
    def ways(self, type_name: str) -> list[Way]:
        """All ways to the rows of a type."""
        on, found = f"... on {type_name}", []
        if type_name == "StepText":
            return [Way(name, text) for name, text in _BELOW_STEP.items()]
        for name, field in self.query.fields.items():
            named: Any = get_named_type(field.type)
            if named.name == type_name and "id" in field.args:
                found.append(Way("one", f"{{ {name}(id: $id) {{ {{}} }} }}"))
                found.append(
                    Way("alias", f"{{ a: {name}(id: $id) {{ x: __typename {{}} }} b: {name}(id: $out) {{ {{}} }} }}")
                )
            elif named.name == f"{type_name}Connection":
                found.append(Way("nodes", f"{{ {name}(first: {ROWS_MAX}) {{ nodes {{ {{}} }} }} }}"))
                found.append(Way("edges", f"{{ {name}(last: {ROWS_MAX}) {{ edges {{ cursor node {{ {{}} }} }} }} }}"))
        found.append(Way("node", f"{{ node(id: $id) {{ {on} {{ {{}} }} }} }}"))
        found.append(Way("ids", f"{{ nodes(ids: $ids) {{ __typename {on} {{ {{}} }} }} }}"))
        found.append(Way("fragment", f"{{ node(id: $id) {{ ...F }} }} fragment F on {type_name} {{ {{}} }}"))
        found.append(
            Way("interface", f"{{ nodes(ids: $ids) {{ ... on Node {{ id {on} @skip(if: $no) {{ {{}} }} }} }} }}")
        )
        return found

    def interfaces(self) -> Iterator[str]:
        """Fields of all cases asked of the interface, and of a fragment on it."""
        case = self.type("Case")
        for asked in [self.leaves(case), *(self.relation(name, field) for name, field in self.relations(case))]:
            yield Way("", "{ nodes(ids: $ids) { ... on Case { {} } } }").document(asked)
            yield Way("", "{ node(id: $id) { id ...C } } fragment C on Case { __typename {} }").document(asked)


_BELOW_STEP: Final[Mapping[str, str]] = {
    "ids": "{ nodes(ids: $ids) { ... on Step { id texts { {} } } } }",
    "list": "{ steps(first: 4) { nodes { texts(first: 2) { {} } } } }",
    "fragment": "{ step(id: $id) { a: texts(first: 1) { ...F } texts { ...F } } } fragment F on StepText { {} }",
}


def fields_of(type_: Any) -> Iterator[tuple[str, GraphQLField]]:
    """The fields of a type that the oracle answers."""
    return ((name, field) for name, field in type_.fields.items() if name not in LEFT_OUT)


def is_relation(field: GraphQLField) -> bool:
    """Whether a field leads to rows of a table."""
    named: Any = get_named_type(field.type)
    return named.name in (*TABLES, "Case", "Node") or named.name.endswith("Connection")


def _given(field: GraphQLField) -> list[str]:
    """Other ways to ask for a field that takes arguments."""
    if "audience" in field.args:
        return ["(audience: PARTY, language: EN)", "(audience: PARTY)", "(language: EN)"]
    return ["(language: EN)", "(language: ZH)"] if "language" in field.args else []


def _own_leaf(type_: GraphQLObjectType, interface: GraphQLInterfaceType) -> str:
    """A field that only this type has."""
    for name, field in type_.fields.items():
        if name not in interface.fields and is_leaf_type(get_named_type(field.type)) and not field.args:
            return f"{type_.name.lower()}_{name}: {name}"
    return "id"
