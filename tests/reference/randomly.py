"""Random documents over the SDL: bounded in depth and cost, with arguments, aliases, fragments and directives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.reference.asking import ROLES, Asking
from tests.reference.comparison import looker
from tests.reference.documents import fields_of
from tests.reference.lists import moment
from tests.reference.oracle import TABLES
from tests.world import Person

DEPTH_MAX: Final = 7
COST_MAX: Final = 500  # what anybody may ask, with room for what is under way
ALIASES_MAX, DIRECTIVES_MAX = 28, 18


@dataclass
class Writer:
    """Writes one document. `ids`: what an argument `id` may be."""

    schema: GraphQLSchema
    random: Random
    ids: list[str]
    moments: list[str]
    cost: int = 0
    flags: dict[str, bool] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0
    directives: int = 0
    named: Iterator[int] = field(default_factory=count)

    def document(self) -> tuple[str, dict[str, bool]]:
        """A document with its variables."""
        selected = " ".join(self._field(*each, 1, 1) for each in self._some(self.schema.query_type, 2)) or "__typename"
        declared = ", ".join(f"${name}: Boolean!" for name in self.flags)
        head = f"query({declared}) " if declared else ""
        return f"{head}{{ {selected} }} {' '.join(self.fragments)}", self.flags

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _some(self, type_: Any, most: int) -> list[tuple[str, GraphQLField]]:
        known = list(fields_of(type_))
        return self.random.sample(known, self.random.randint(1, min(most, len(known))))

    def _selection(self, type_: Any, depth: int, rows: int, *, anew: bool = False) -> str:
        """What is asked of an object; never nothing. `anew`: under keys that nothing beside it has."""
        parts = ["__typename"]
        for name, found in self._some(type_, 6):
            is_leaf = is_leaf_type(get_named_type(found.type))
            if not is_leaf and (depth >= DEPTH_MAX or self.cost > COST_MAX):
                continue
            asked = self._field(name, found, depth + 1, rows, anew=anew)
            parts.append(asked and self._wrapped(type_, asked))
        if isinstance(type_, GraphQLInterfaceType) and depth < DEPTH_MAX:
            some = self.random.sample(self.schema.get_possible_types(type_), 2)
            parts += [f"... on {each.name} {{ {self._selection(each, depth + 1, rows, anew=True)} }}" for each in some]
        return " ".join(parts)

    def _wrapped(self, type_: Any, asked: str) -> str:
        """The same as it is, or in a fragment on the type or on an interface of it."""
        if self._chance(0.1):
            name = f"F{next(self.named)}"
            self.fragments.append(f"fragment {name} on {type_.name} {{ {asked} }}")
            return f"...{name}{self._steer()}"
        if self._chance(0.1):
            on = self.random.choice([type_, *getattr(type_, "interfaces", ())])
            return f"... on {type_.name}{self._steer()} {{ {asked} }} ... on {on.name} {{ __typename }}"
        return asked

    def _steer(self) -> str:
        if not self._chance(0.2) or self.directives >= DIRECTIVES_MAX:
            return ""
        self.directives += 1
        directive = self.random.choice(("skip", "include"))
        if self._chance(0.4):
            return f" @{directive}(if: {self.random.choice(('true', 'false'))})"
        name = f"v{len(self.flags) % 3}"
        self.flags.setdefault(name, self._chance(0.5))
        return f" @{directive}(if: ${name})"

    def _field(self, name: str, found: GraphQLField, depth: int, rows: int, *, anew: bool = False) -> str:
        """A field, under a key of its own where it has arguments, or it conflicts; nothing where no key is left."""
        named: Any = get_named_type(found.type)
        given, many = self._arguments(found)
        text = f"{name}{given}"
        if anew or found.args:
            if self.aliases >= ALIASES_MAX:
                return ""
            self.aliases += 1
            text = f"k{self.aliases}: {text}"
        text += self._steer()
        self.cost += rows
        return text if is_leaf_type(named) else f"{text} {{ {self._selection(named, depth, rows * many)} }}"

    # --- arguments
    def _arguments(self, found: GraphQLField) -> tuple[str, int]:
        """Arguments as they are written, and how many rows they may lead to."""
        given, many = {}, 1
        if "first" in found.args:
            many = self.random.choice((1, 2, 3, 5))
            which = "last" if "last" in found.args and self._chance(0.3) else "first"
            given[which] = str(many)
        for name, argument in found.args.items():
            if name in ("first", "last", "after", "before"):
                continue
            if name == "ids":
                some = [self.random.choice(self.ids) for _ in range(self.random.randint(0, 4))]
                given[name], many = "[" + ", ".join(f'"{id_}"' for id_ in some) + "]", max(len(some), 1)
            elif is_required_argument(argument) or self._chance(0.5):
                given[name] = self._literal(name, argument.type)
        return (f"({', '.join(f'{k}: {v}' for k, v in given.items())})" if given else ""), many

    def _literal(self, name: str, type_: Any) -> str:
        named: Any = get_named_type(type_)
        if isinstance(named, GraphQLInputObjectType):
            chosen = self.random.sample(list(named.fields.items()), self.random.randint(0, min(2, len(named.fields))))
            return "{" + ", ".join(f"{key}: {self._literal(key, given.type)}" for key, given in chosen) + "}"
        if isinstance(named, GraphQLEnumType):
            one = self.random.choice(list(named.values))
        elif named.name == "Boolean":
            one = self.random.choice(("true", "false"))
        else:
            one = f'"{self._text(name, named.name)}"'
        return f"[{one}]" if "[" in str(type_) and self._chance(0.7) else one

    def _text(self, name: str, type_name: str) -> str:
        if type_name == "ID":
            return self.random.choice(self.ids)
        if type_name == "DateTime":
            return self.random.choice(self.moments)
        if type_name == "Date":
            return self.random.choice(("2014-08-07", "2026-03-02"))
        kept = {"list": ("materials", "filing_categories", "divisions"), "category": ("NEWS", "LIFESTYLE")}
        return self.random.choice(kept.get(name, ("330100", "示例日报", "330000")))


async def random_documents(asking: Asking, how_many: int, seed: int = 20_260_302) -> None:
    """So many documents, each asked by one viewer, every role in turn."""
    random, comparison = Random(seed), asking.comparison
    moments = [moment(row["applied_at"]) for row in comparison.rows.tables["account"]]
    for number in range(how_many):
        person = asking.person(ROLES[number % len(ROLES)])
        writer = Writer(asking.documents.schema, random, _ids(asking, person, random), moments)
        text, flags = writer.document()
        await comparison.same(text, person, random.choice(("ZH", "EN")), **flags)


def _ids(asking: Asking, person: Person, random: Random) -> list[str]:
    """Ids that a viewer might ask for: mostly of rows in sight."""
    rows, who = asking.comparison.rows, looker(asking.comparison.rows, person)
    found = ["account_01kjpxyx8cet59jv7v7yxs4v6g"]
    for table in TABLES.values():
        some = rows.seen(who, table) if random.random() < 0.8 else rows.tables[table]
        found.extend(row["id"] for row in random.sample(list(some), min(3, len(some))))
    return found
