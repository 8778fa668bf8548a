"""What a run must have reached: every field by every role that sees its type, every relation from both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type

from tests.reference.comparison import Comparison
from tests.reference.documents import is_relation
from tests.reference.neighbours import NEVER_HIDDEN, NEVER_SEEN, Relation, is_partial, relation
from tests.reference.oracle import LEFT_OUT, TABLES
from tests.reference.rules import SIGHT

Reach = tuple[str, str]  # Type.field, role


def needed(schema: GraphQLSchema) -> set[Reach]:
    """Every field that some document of a role can reach."""
    return {(label, role) for role in SIGHT for label in _labels(schema, role)}


def _labels(schema: GraphQLSchema, role: str) -> Iterator[str]:
    """The fields that a role reaches: from the root down, through types that it sees rows of."""
    waiting, known = ["Query"], set[str]()
    while waiting:
        type_: Any = schema.type_map[waiting.pop()]
        if type_.name in known or (type_.name in TABLES and TABLES[type_.name] not in SIGHT[role]):
            continue
        known.add(type_.name)
        if isinstance(type_, GraphQLInterfaceType):
            waiting.extend(possible.name for possible in schema.get_possible_types(type_))
            continue
        if not isinstance(type_, GraphQLObjectType) or _is_edge_of_nothing(type_, role):
            continue
        for name, field in type_.fields.items():
            if name not in LEFT_OUT:
                yield f"{type_.name}.{name}"
                waiting.append(get_named_type(field.type).name)


def _is_edge_of_nothing(type_: GraphQLObjectType, role: str) -> bool:
    """An edge has no fields to reach where its rows are in nobody's sight."""
    if not type_.name.endswith("Edge"):
        return False
    node: Any = get_named_type(type_.fields["node"].type)
    return TABLES[node.name] not in SIGHT[role]


def gaps(wanted: set[Reach], reached: Mapping[Reach, int]) -> list[Reach]:
    """What was never reached."""
    return sorted(reach for reach in wanted if not reached.get(reach))


def unmet(comparison: Comparison) -> list[str]:
    """Relations that never led to a row in sight, or never to one out of sight, for a role that has both."""
    return [
        *_never("in sight", _pairs(comparison, partly=False) - NEVER_SEEN, comparison.found),
        *_never("out of sight", _pairs(comparison, partly=True) - NEVER_HIDDEN, comparison.missed),
    ]


def _never(where: str, wanted: set[Reach], met: Set[Reach]) -> list[str]:
    return [f"{label} never led {role} to a row {where}" for label, role in sorted(wanted - met)]


def _pairs(comparison: Comparison, *, partly: bool) -> set[Reach]:
    """Each relation, and each role that sees both its ends; `partly`: of whose far end some row may be out of sight."""
    found = set()
    for related in _relations(comparison.oracle.schema):
        near = TABLES[related.label.partition(".")[0]]
        for role, sight in SIGHT.items():
            if near in sight and (is_partial(related, role) if partly else related.table in ("", *sight)):
                found.add((related.label, role))
    return found


def _relations(schema: GraphQLSchema) -> Iterator[Relation]:
    """Every field that leads to other rows."""
    for type_name in TABLES:
        type_: Any = schema.type_map[type_name]
        for name, field in type_.fields.items():
            if is_relation(field):
                related = relation(f"{type_name}.{name}")
                assert related is not None, f"{type_name}.{name}: say in oracle.py where it leads"
                yield related
