"""Product and oracle asked the same question: the data must be the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.schema import schema
from domain.policy.roles import Role
from tests.reference.lists import TAG
from tests.reference.oracle import Oracle
from tests.reference.rows import Rows, all_rows
from tests.reference.rules import Looker
from tests.reference.story import Story, tell
from tests.reference.tangle import Tangle
from tests.reference.values import Look
from tests.world import Person, World, opened_world

REGULATORS = (Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR)


class Differs(AssertionError):
    """Product and oracle answer differently."""


class NotAnswered(AssertionError):
    """The product has no data for what the oracle answers."""


@dataclass
class Comparison:
    """The world, the rows of its database, and a count of what was compared and reached."""

    story: Story
    rows: Rows
    oracle: Oracle
    compared: int = 0
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: set[tuple[str, str]] = field(default_factory=set)
    missed: set[tuple[str, str]] = field(default_factory=set)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.story.world

    async def same(self, text: str, person: Person, language: str = "ZH", **variables: Any) -> Any:
        """Both answers, which are the same; with the product's own cursors."""
        told = await self.told(text, person, language, **variables)
        look = self.look(person, language)
        known = self.oracle.answer(text, variables, look)
        given = untagged(told, known)
        if orjson.dumps(given) != orjson.dumps(known):
            raise Differs(f"{person.role} {text}\n{variables}\n{_first_difference(given, known, '')}")
        self._note(look)
        return told

    async def told(self, text: str, person: Person, language: str = "ZH", **variables: Any) -> Any:
        """What the product answers over HTTP."""
        headers = {"accept-language": language.lower()}
        if person.role is not None:
            headers["authorization"] = f"Bearer {self._token(person)}"
        response = await self.world.client.post(
            "/graphql", json={"query": text, "variables": variables}, headers=headers
        )
        answer = orjson.loads(response.content)
        if response.status_code != 200:
            raise NotAnswered(f"{person.role} {text}\n{variables}\n{answer}")
        return answer["data"]

    def look(self, person: Person, language: str = "ZH") -> Look:
        """The oracle's view of who asks."""
        return Look(self.rows, looker(self.rows, person), self.world.clock(), self.world.keys, language)

    def _token(self, person: Person) -> str:
        if person.subject not in self._tokens:
            self._tokens[person.subject] = person.token
        return self._tokens[person.subject]

    def _note(self, look: Look) -> None:
        self.compared += 1
        role = look.who.role
        self.reached.update((label, role) for label in look.reached)
        self.found |= {(label, role) for label in look.found}
        self.missed |= {(label, role) for label in look.missed}


def looker(rows: Rows, person: Person) -> Looker:
    """What the rows say of a person."""
    if person.role is None:
        return Looker()
    role = str(person.role)
    if person.role is Role.HOLDER:
        found = [row for row in rows.tables["holder"] if row["subject"] == person.subject]
        id_ = found[0]["id"] if found else None
        return Looker(id_ or "", role, provider=person.provider_id, holder=id_)
    [row] = [row for row in rows.tables["staff"] if row["subject"] == person.subject]
    if person.role in REGULATORS or row["provider_id"] is None:
        return Looker(row["id"], role, authority=row["jurisdiction"], number=row["staff_number"])
    return Looker(row["id"], role, provider=row["provider_id"], number=row["staff_number"])


def untagged(told: Any, known: Any) -> Any:
    """What the product told, with the tag of each cursor (where the oracle has one) replaced by the oracle's."""
    if isinstance(told, dict) and isinstance(known, dict):
        return {key: untagged(value, known.get(key)) for key, value in told.items()}
    if isinstance(told, list) and isinstance(known, list):
        return [untagged(a, b) for a, b in zip(told, known, strict=False)] + told[len(known) :]
    if isinstance(told, str) and isinstance(known, str) and known.startswith(TAG):
        return TAG + told[len(TAG) :]
    return told


def _first_difference(told: Any, known: Any, path: str) -> str:
    """Where the two part, and what each says there."""
    if isinstance(told, dict) and isinstance(known, dict) and list(told) == list(known):
        pairs = [(f"{path}.{key}", told[key], known[key]) for key in told]
    elif isinstance(told, list) and isinstance(known, list) and len(told) == len(known):
        pairs = [(f"{path}[{i}]", *both) for i, both in enumerate(zip(told, known, strict=True))]
    else:
        return f"{path}: the product says {told!r}, the oracle {known!r}"
    return next(_first_difference(a, b, where) for where, a, b in pairs if orjson.dumps(a) != orjson.dumps(b))


@asynccontextmanager
async def comparison_on(database_url: str) -> AsyncIterator[Comparison]:
    """The story and the tangle on a migrated database of its own, and the oracle over its rows."""
    async with opened_world(database_url) as world:
        story = await tell(world)
        office = world.office
        rows = await all_rows(office.database)
        focal = [look.holder for person in story.viewers if (look := looker(rows, person)).holder]
        tangle = Tangle(rows, office.keys, world.clock(), frozenset(filter(None, focal)))
        tangle.draw()
        await tangle.write(office.database)
        yield Comparison(story, await all_rows(office.database), Oracle(schema.as_str()))
