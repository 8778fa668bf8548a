"""Lists asked for in every way: each filter, each order, and cursors fed back both ways until a list ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type

from tests.reference.asking import Asking
from tests.reference.comparison import looker
from tests.reference.lists import JOURNAL, PAGED, Listed, moment
from tests.reference.oracle import CASES, TABLES, TYPES, snake
from tests.reference.rules import SIGHT
from tests.world import Person

LISTS: Final[Mapping[str, Listed]] = {**PAGED, **{f"{TYPES[table]}.journal": JOURNAL for table in sorted(CASES)}}
PAGES_MAX: Final = 4
# Filters that are not called as the column that tells what they may be given.
_COLUMNS: Final = {
    ("filing", "dueBefore"): "due_at",
    ("measure", "endsBy"): "until",
    ("register_entry", "licence"): "licence_number",
    ("register_entry", "name"): "display_name",
    ("register_entry", "organisation"): "organisation_name",
}
_PAGE: Final = (
    "totalCount { value isCapped } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
    "edges { cursor node { id } } nodes { id }"
)


@dataclass(frozen=True)
class Field:
    """A list field and the types of its arguments."""

    label: str
    where: GraphQLInputObjectType | None
    order: GraphQLEnumType | None

    def document(self, *, among: bool = False) -> str:
        """Its page with every argument a variable; `among`: below many parents at once."""
        owner, _, name = self.label.partition(".")
        takes = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
        if self.order is not None:
            takes["orderBy"] = f"{self.order.name}! = {next(iter(self.order.values))}"
        if self.where is not None:
            takes["where"] = self.where.name
        declared = ", ".join(f"${argument}: {type_}" for argument, type_ in takes.items())
        given = ", ".join(f"{argument}: ${argument}" for argument in takes)
        page = f"page: {name}({given}) {{ {_PAGE} }}"
        if owner == "Query":
            return f"query({declared}) {{ {page} }}"
        if owner == "Viewer":
            return f"query({declared}) {{ viewer {{ {page} }} }}"
        if among:
            return f"query($ids: [ID!]!, {declared}) {{ nodes(ids: $ids) {{ ... on {owner} {{ {page} }} }} }}"
        return f"query($id: ID!, {declared}) {{ node(id: $id) {{ ... on {owner} {{ {page} }} }} }}"

    @property
    def is_nested(self) -> bool:
        return self.label.partition(".")[0] in TABLES

    @property
    def orders(self) -> list[str | None]:
        return [None] if self.order is None else list(self.order.values)


def fields(asking: Asking) -> Iterator[Field]:
    """Every list of the schema."""
    for label in LISTS:
        owner, _, name = label.partition(".")
        arguments = asking.documents.type(owner).fields[name].args
        where, order = (get_named_type(arguments[n].type) if n in arguments else None for n in ("where", "orderBy"))
        yield Field(label, where, order)


def people(asking: Asking, field: Field) -> Iterator[Person]:
    """One of each role that may see both ends of a list."""
    owner = TABLES.get(field.label.partition(".")[0])
    for role, sight in SIGHT.items():
        if LISTS[field.label].table in sight and (owner is None or owner in sight):
            yield asking.person(role)


# --- filters and orders -----------------------------------------------------------------------------------------
async def windows(asking: Asking) -> None:
    """Every filter with several values, alone and two together, in every order, at the root and below parents."""
    for field in fields(asking):
        if field.where is None and field.order is None:
            continue
        for person in people(asking, field):
            for number, asked in enumerate(_asked(asking, field)):
                among = field.is_nested and number % 2 == 0
                text = field.document(among=among)
                ids = _parents(asking, field, person) if field.is_nested else {}
                ids = {name: value for name, value in ids.items() if f"${name}:" in text}
                await asking.comparison.same(text, person, **ids, **asked)


def _asked(asking: Asking, field: Field) -> Iterator[dict[str, Any]]:
    """Values of the arguments of a list."""
    orders, random = field.orders, asking.random
    wheres: list[Any] = [None] if field.where is None else [None, {}, *_wheres(asking, field)]
    for number, where in enumerate(wheres):
        size = {"last": 3} if number % 5 == 4 else {"first": (5, 50)[number % 2]}
        order = orders[number % len(orders)] if number >= len(orders) else orders[number]
        yield {
            **size,
            **({} if field.where is None else {"where": where}),
            **({} if order is None else {"orderBy": order}),
        }
    if field.where is not None:
        for order in orders:
            two = {**random.choice(wheres[2:]), **random.choice(wheres[2:])}
            yield {"first": 20, "where": two, **({} if order is None else {"orderBy": order})}


def _wheres(asking: Asking, field: Field) -> list[dict[str, Any]]:
    """Each filter with each of its values."""
    assert field.where is not None
    rows = asking.comparison.rows.tables[LISTS[field.label].table]
    return [
        {name: value}
        for name, given in field.where.fields.items()
        for value in _values(name, given.type, rows, asking.random)
    ]


def _values(name: str, type_: Any, rows: Any, random: Random) -> list[Any]:
    """Values that a filter may be given: some that rows have, one that none has, null."""
    named, is_list = get_named_type(type_), is_list_type(get_nullable_type(type_))
    singles: list[Any]
    if isinstance(named, GraphQLEnumType):
        singles = list(named.values)
    elif named.name == "Boolean":
        return [True, False, None]
    elif named.name == "DateTime":
        column = _COLUMNS.get((rows[0].table, name), "applied_at")
        return [moment(random.choice(rows)[column]) for _ in range(3)]
    else:
        column = _COLUMNS.get((rows[0].table, name), snake(name)) if rows else snake(name)
        singles = [*sorted({row[column] for row in rows if row[column]}), "none' OR 1=1"]
        if column != snake(name):  # compared by their beginnings
            singles += sorted({single[:2] for single in singles})
    some = random.sample(singles, min(3, len(singles)))
    return [*([one] for one in some[:2]), some, []] if is_list else [*some, None]


def _parents(asking: Asking, field: Field, person: Person) -> dict[str, Any]:
    """A parent in sight that has rows, and several."""
    owner, listed = TABLES[field.label.partition(".")[0]], LISTS[field.label]
    rows, who = asking.comparison.rows, looker(asking.comparison.rows, person)
    below = {
        row["id"]: len(rows.where(who, listed.table, str(listed.parent), row[listed.local]))
        for row in rows.seen(who, owner)
    }
    full = [id_ for id_, count in below.items() if count]
    given = asking.ids(person, TYPES[owner])
    if not full:
        return given
    best = max(full, key=lambda id_: below[id_])
    return {**given, "id": best, "ids": [*given["ids"][:3], *asking.random.sample(full, min(3, len(full)))]}


# --- cursors ----------------------------------------------------------------------------------------------------
async def walks(asking: Asking) -> None:
    """Through every list in every order, forward and back, by the cursors of the product."""
    for field in fields(asking):
        for person in people(asking, field):
            ids = {"id": _parents(asking, field, person)["id"]} if field.is_nested else {}
            for order in field.orders:
                asked = {**ids, **({} if order is None else {"orderBy": order})}
                if field.where is not None and asking.random.random() < 0.5:
                    asked["where"] = asking.random.choice(_wheres(asking, field))
                await _walk(asking, field, person, asked)


async def _walk(asking: Asking, field: Field, person: Person, asked: dict[str, Any]) -> None:
    text, size = field.document(), asking.random.choice((1, 2, 3))
    page = _page(await asking.comparison.same(text, person, first=size, **asked))
    for _ in range(PAGES_MAX):
        if page is None or not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        page = _page(await asking.comparison.same(text, person, first=size, after=after, **asked))
    page = page and _page(await asking.comparison.same(text, person, last=size, **asked))
    for _ in range(PAGES_MAX):
        if page is None or not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["edges"][0]["cursor"]
        page = _page(await asking.comparison.same(text, person, last=size, before=before, **asked))


def _page(data: Any) -> Any:
    """The page somewhere in the data."""
    while isinstance(data, dict) and "page" not in data:
        [data] = data.values() or [None]
    return data["page"] if isinstance(data, dict) else None
