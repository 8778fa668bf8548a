"""Strawberry's own doors (schema.execute, its views and sockets) on the same plans, in place of its executor.

    Schema(…, extensions=[planned_by(lambda: engine)])

The context given to them is a `Context`, or a mapping that holds one under "context".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import orjson
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api.context import Context
from api.documents import Document
from api.errors import RequestRefused
from api.execute import Engine


class Planned(SchemaExtension):
    """Parses, validates and carries out an operation by the engine; nothing of it reaches graphql-core's executor."""

    engine_of: ClassVar[Callable[[], Engine]]

    async def on_parse(self) -> AsyncIterator[None]:
        asked = self.execution_context
        document = self._document()
        if document.refusal is not None:
            asked.pre_execution_errors = _errors(document.refusal)
        asked.graphql_document = document.source
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        asked = self.execution_context
        if asked.operation_type is not OperationType.SUBSCRIPTION:
            engine = type(self).engine_of()
            answer = await engine.answer(self._document(), asked.operation_name, asked.variables or {}, self._context())
            shown = orjson.loads(orjson.dumps(answer.rendered(), option=orjson.OPT_UTC_Z))
            errors = None if answer.refusal is None else _errors(answer.refusal)
            asked.result = ExecutionResult(shown.get("data"), errors, shown.get("extensions"))
        yield

    def _context(self) -> Context:
        given: Any = self.execution_context.context
        found: Context = given if isinstance(given, Context) else given["context"]
        return found

    def _document(self) -> Document:
        viewer = self._context().viewer
        text = self.execution_context.query or ""
        return type(self).engine_of().document(text, viewer.id, is_anonymous=not viewer.id)


def _errors(refusal: RequestRefused) -> list[GraphQLError]:
    return [GraphQLError(error.message, extensions=error.rendered()["extensions"]) for error in refusal.errors]


def planned_by(engine_of: Callable[[], Engine]) -> type[Planned]:
    """The extension class of one engine, which is made after the schema."""
    return type("PlannedBy", (Planned,), {"engine_of": staticmethod(engine_of)})
