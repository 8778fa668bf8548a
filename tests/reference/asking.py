"""Who asks what: each systematic document by a viewer of each role that sees the type, with ids in and out of sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from graphql import GraphQLObjectType, get_named_type

from domain.ids import new_id
from tests.reference.comparison import Comparison, looker
from tests.reference.documents import Documents, Way
from tests.reference.neighbours import Relation, neighbours, relation
from tests.reference.oracle import TABLES
from tests.reference.rules import SIGHT
from tests.world import Person

ROLES: Final = tuple(SIGHT)
IDS: Final = 6


@dataclass
class Asking:
    """Asks a comparison's systematic documents."""

    comparison: Comparison
    documents: Documents
    random: Random = field(default_factory=lambda: Random(11))
    _turn: int = 0

    def person(self, role: str) -> Person:
        """Somebody of a role: the next in turn."""
        people = self.comparison.story.of(role)
        self._turn += 1
        return people[self._turn % len(people)]

    def seeing(self, type_name: str) -> list[str]:
        """The roles that see some rows of the type."""
        return [role for role in ROLES if TABLES[type_name] in SIGHT[role]]

    def ids(self, person: Person, type_name: str) -> dict[str, Any]:
        """Ids in sight, out of sight, and of nothing."""
        table = "step" if type_name == "StepText" else TABLES[type_name]
        rows = self.comparison.rows
        who = looker(rows, person)
        seen = [row["id"] for row in rows.seen(who, table)]
        if type_name == "StepText":  # by the steps that have some
            seen = list(dict.fromkeys(row["step_id"] for row in rows.seen(who, "step_text")))
        others = sorted({row["id"] for row in rows.tables[table]} - set(seen)) or [new_id("account")]
        inside = self.random.sample(seen, min(IDS, len(seen))) or [new_id("nothing")]
        outside = self.random.sample(others, min(2, len(others)))
        return {"id": inside[0], "out": outside[0], "ids": [*inside, *outside, new_id("account"), ""]}

    async def ask(self, text: str, person: Person, type_name: str, language: str = "ZH") -> None:
        """One document, and once more with its booleans flipped."""
        known = {**self.ids(person, type_name), "yes": True, "no": False}
        used = {name: value for name, value in known.items() if f"${name}:" in text}
        await self.comparison.same(text, person, language, **used)
        if "yes" in used or "no" in used:
            flipped = {name: (not value if name in ("yes", "no") else value) for name, value in used.items()}
            await self.comparison.same(text, person, language, **flipped)

    async def leaves(self, types: Iterable[str] = TABLES) -> None:
        """All leaves of each type by each way, asked by each role that sees it."""
        for type_name in types:
            plain = self.documents.leaves(self.documents.type(type_name), other_ways=True)
            steered = self.documents.leaves(self.documents.type(type_name), steered=True)
            for role in self.seeing(type_name):
                for number, way in enumerate(self.documents.ways(type_name)):
                    text = way.document(steered if number % 3 == 2 else plain)
                    await self.ask(text, self.person(role), type_name, ("ZH", "EN")[number % 2])

    async def relations(self, ways: int, types: Iterable[str] = TABLES) -> None:
        """Each relation of each type, by some of the ways to it, asked by each role that sees the type."""
        turn = 0
        for type_name in types:
            for name, found in self.documents.relations(self.documents.type(type_name)):
                asked, label = "id " + self.documents.relation(name, found), f"{type_name}.{name}"
                turn += ways
                for role in self.seeing(type_name):
                    for way in [_IDS, *_some(self.documents.ways(type_name), turn, ways)]:
                        await self._related(way.document(asked).replace("ROW_TYPE", type_name), role, label)

    async def _related(self, text: str, role: str, label: str) -> None:
        """Asked by one who has a neighbour in sight, and by one who has another out of sight."""
        type_name, related = label.partition(".")[0], relation(label)
        assert related is not None
        for person, ids in _both_sides(self, role, related):
            known: dict[str, Any] = {**self.ids(person, type_name), **ids, "yes": True, "no": False}
            used = {name: value for name, value in known.items() if f"${name}:" in text}
            await self.comparison.same(text, person, **used)

    async def pairs(self, roles: int) -> None:
        """Each relation of each relation, asked by some of the roles that see the first type."""
        turn = 0
        for type_name, asked in self._pairs():
            turn += 1
            text = _IDS.document(f"id {asked}").replace("ROW_TYPE", type_name)
            if type_name == "StepText":
                continue
            for role in _some(self.seeing(type_name), turn, roles):
                await self.ask(text, self.person(role), type_name)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        documents = self.documents
        for type_name in TABLES:
            for name, outer in documents.relations(documents.type(type_name)):
                named: Any = get_named_type(outer.type)
                if named.name.endswith("Connection"):
                    named = get_named_type(named.fields["nodes"].type)
                for below, inner in documents.relations(named):
                    yield type_name, documents.relation(name, outer, "id " + documents.relation(below, inner, "", 2), 2)

    async def roots(self) -> None:
        """What is no row: the viewer, the code lists, the interfaces, and every root field of everybody."""
        for role in ROLES:
            await self._viewer(role)
            await self._root_fields(role)
            await self._register(role)
            for text, variables in _CODES:
                await self.comparison.same(text, self.person(role), ("ZH", "EN")[self._turn % 2], **variables)
        for text in self.documents.interfaces():
            for type_name in ("Account", "Filing", "Provider", "Identity"):
                for role in self.seeing(type_name):
                    await self.ask(text, self.person(role), type_name)

    async def _viewer(self, role: str) -> None:
        me: GraphQLObjectType = self.documents.type("Viewer")
        lists = [self.documents.relation(*each) for each in self.documents.relations(me)]
        for person in self.comparison.story.of(role):
            for asked in (self.documents.leaves(me), *lists):
                await self.comparison.same(f"{{ viewer {{ {asked} }} }}", person)

    async def _register(self, role: str) -> None:
        """What is found by another column than the id, and what is counted."""
        asked = self.documents.leaves(self.documents.type("RegisterEntry"))
        text = f"query($number: String!) {{ registerEntry(number: $number) {{ {asked} }} }}"
        numbers = [row["number"] for row in self.comparison.rows.tables["register_entry"]]
        for number in (*self.random.sample(numbers, 3), "none", ""):
            await self.comparison.same(text, self.person(role), number=number)
        groups = self.documents.leaves(self.documents.type("Statistic"))
        await self.comparison.same(f"{{ registerStatistics {{ {groups} }} }}", self.person(role))

    async def _root_fields(self, role: str) -> None:
        for name, found in self.documents.query.fields.items():
            named: Any = get_named_type(found.type)
            if "id" in found.args:
                text = f"query($id: ID!) {{ {name}(id: $id) {{ id }} }}"
                await self.comparison.same(text, self.person(role), id=new_id("account"))
            if named.name.endswith("Connection"):
                await self.comparison.same(f"{{ {self.documents.connection(name, named)} }}", self.person(role))


_IDS: Final = Way("ids", "{ nodes(ids: $ids) { ... on ROW_TYPE { {} } } }")


def _both_sides(asking: Asking, role: str, related: Relation) -> list[tuple[Person, dict[str, Any]]]:
    """One or two people of a role, with ids of rows whose neighbours they see, and do not see."""
    rows, wanted = asking.comparison.rows, {0, 1}
    chosen: list[tuple[Person, dict[str, Any]]] = []
    for person in asking.comparison.story.of(role):
        sides = neighbours(rows, looker(rows, person), related)
        met = {side for side in wanted if sides[side]}
        if met or (not chosen and wanted):
            ids = [id_ for side in sides for id_ in asking.random.sample(side, min(3, len(side)))]
            chosen.append((person, {"ids": ids, "id": asking.random.choice(ids)} if ids else {}))
            wanted -= met
    return chosen[-2:]


def _some(given: list[Any], turn: int, how_many: int) -> list[Any]:
    """Some of them, others each time."""
    return [given[(turn + i) % len(given)] for i in range(min(how_many, len(given)))] if given else []


_CODE: Final = "list code label validFrom validTo en: label(language: EN) zh: label(language: ZH) __typename"
_OF_A_DAY: Final = f"query($list: String!, $at: Date) {{ codes(list: $list, at: $at) {{ {_CODE} }} }}"
_CODES: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    (f'{{ codes(list: "filing_categories") {{ {_CODE} }} }}', {}),
    (f'{{ codes(list: "divisions", at: "2014-08-07") {{ {_CODE} }} }}', {}),
    ("{ codeLists { list en: label(language: EN) zh: label(language: ZH) label __typename } }", {}),
    (_OF_A_DAY, {"list": "verification_methods", "at": None}),
    (_OF_A_DAY, {"list": "legal_bases", "at": "2010-01-01"}),
)
