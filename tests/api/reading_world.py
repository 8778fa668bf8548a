"""A deployment to read from: the tests' schema on a real database, asked as the endpoint asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from api.context import Context
from api.execute import Engine
from api.limits import Buckets, Rate
from api.types.language import Language
from domain.viewer import Viewer
from tests.api.reading_rows import KEYS, NOW, Body, Seed, body
from tests.api.reading_schema import SCHEMA
from workflows.database import Connection, Database, Row, Statement, Work, compiled
from workflows.migrations import open_database
from workflows.office import Office

UNHURRIED = Rate(1e9, 1e9)


class Counted:
    """The database, with a count of the statements that were read."""

    def __init__(self, database: Database) -> None:
        self.database, self.dialect = database, database.dialect
        self.statements: list[str] = []

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        async def counted(connection: Connection) -> Any:
            return await work(_CountedConnection(connection, self.statements))

        return await self.database.read(counted)

    async def write(self, work: Work[Any]) -> Any:
        return await self.database.write(work)

    async def close(self) -> None:
        await self.database.close()


class _CountedConnection:
    def __init__(self, connection: Connection, statements: list[str]) -> None:
        self._connection, self._statements, self.dialect = connection, statements, connection.dialect

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Mapping[str, Any]) -> Sequence[Row]:
        self._statements.append(compiled(clause, self.dialect).sql)
        return await self._connection.fetch(clause, values)


@dataclass
class World:
    """Two bodies, ours and another, and the engine that reads them."""

    engine: Engine
    database: Counted
    ours: Body
    theirs: Body

    async def ask(
        self, text: str, viewer: Viewer, *, name: str | None = None, language: Language = Language.ZH, **variables: Any
    ) -> dict[str, Any]:
        """The whole answer, as JSON has it."""
        document = self.engine.document(text, viewer.id, is_anonymous=False)
        answer = await self.engine.answer(document, name, variables, Context(viewer, self.engine.office, language))
        found: dict[str, Any] = orjson.loads(orjson.dumps(answer.rendered(), option=orjson.OPT_UTC_Z))
        return found

    async def data(self, text: str, viewer: Viewer, **variables: Any) -> Any:
        """The data of an answer that has no errors."""
        answer = await self.ask(text, viewer, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def code(self, text: str, viewer: Viewer, **variables: Any) -> str:
        """The code of a refused request's first error."""
        answer = await self.ask(text, viewer, **variables)
        assert "data" not in answer, answer
        return str(answer["errors"][0]["extensions"]["code"])

    async def statements(self, text: str, viewer: Viewer, **variables: Any) -> list[str]:
        """The statements that a question takes."""
        self.database.statements.clear()
        await self.data(text, viewer, **variables)
        return list(self.database.statements)


@asynccontextmanager
async def world_on(url: str) -> AsyncIterator[World]:
    """Two bodies on a migrated database."""
    database = await open_database(url)
    try:
        seed = Seed()
        ours, theirs = body(seed), body(seed)
        await seed.write(database)
        counted = Counted(database)
        engine = Engine(SCHEMA, Office(counted, KEYS, lambda: NOW), Buckets(UNHURRIED, UNHURRIED))
        yield World(engine, counted, ours, theirs)
    finally:
        await database.close()
