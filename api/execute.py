"""Carrying out a request: document → plan → data. The one door to reading, and to the payload of every step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, NamedTuple, cast

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, OperationType
from graphql.pyutils import Path

from api.context import STEP, Context
from api.documents import Document, Operation, read
from api.errors import ErrorCode, RequestRefused, refused, reworded
from api.introspection import introspected
from api.limits import LIMITS, Buckets
from api.reading.checks import check
from api.reading.cost import Preparation, prepare
from api.reading.look import Look
from api.reading.plan import Kind, Plan, Planner, Root
from api.reading.recent import Recent, RecentOf
from api.reading.run import Run
from api.reading.selection import Selection
from api.reading.shapes import BACKREF
from api.reading.values import Scene
from api.reading.variables import Variables, holds_nul
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.office import Office

DOCUMENTS_KEPT: Final = 1_000
DOCUMENTS_PER_VIEWER: Final = 50
PLANS_KEPT: Final = 2_000


class Cost(NamedTuple):
    """What an operation costs, and what it may."""

    requested: int
    limit: int


class Answer(NamedTuple):
    """What a request is answered with: data or errors, and the cost where it was known."""

    data: dict[str, Any] | None
    cost: Cost | None = None
    refusal: RequestRefused | None = None

    def rendered(self) -> dict[str, Any]:
        """The answer as GraphQL over HTTP wants it. A refused request has no entry `data`."""
        made: dict[str, Any] = {} if self.refusal else {"data": self.data}
        if self.refusal:
            made["errors"] = self.refusal.rendered()
        if self.cost:
            made["extensions"] = {"cost": {"requested": self.cost.requested, "limit": self.cost.limit}}
        return made


class TooFast(Exception):
    """Too many unknown documents: wait `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.1f} s")
        self.seconds = seconds


class Engine:
    """Everything that outlives a request: the schema, known documents, known plans."""

    def __init__(self, schema: strawberry.Schema, office: Office, buckets: Buckets | None = None) -> None:
        self.schema: GraphQLSchema = schema._schema  # the one underscore of Strawberry's that is used
        self.office = office
        self._buckets = buckets or Buckets()
        self._documents: RecentOf[Document] = RecentOf(DOCUMENTS_KEPT, DOCUMENTS_PER_VIEWER)
        self._plans: Recent[Plan] = Recent(PLANS_KEPT, Plan.weight)
        check(self.schema)

    def document(self, text: str, owner: Hashable, *, is_anonymous: bool) -> Document:
        """The document of a text. TooFast if its owner sends more unknown ones than allowed."""
        known = self._documents.find(text)
        if known is not None:
            return known
        self._slow_down(owner, is_anonymous=is_anonymous)
        found = read(self.schema, text)
        self._documents.keep(text, found, owner, found.weight(text))
        return found

    def _slow_down(self, owner: Hashable, *, is_anonymous: bool) -> None:
        wait_seconds = self._buckets.wait_seconds(owner, is_anonymous=is_anonymous)
        if wait_seconds:
            raise TooFast(wait_seconds)

    async def answer(
        self, document: Document, name: str | None, inputs: Mapping[str, Any], context: Context, owner: str = ""
    ) -> Answer:
        """Carry out one operation for an owner of documents. TooFast; faults rise."""
        cost = None
        try:
            if document.refusal:
                raise document.refusal
            operation = document.operation(name)
            variables = _coerced(operation, inputs)
            viewer = context.viewer
            plan = self._plan(operation, variables, viewer, owner)
            look = Look(viewer, context.clock(), context.language, context.office)
            prepared = prepare(plan, variables, look, self.office.database.dialect)
            cost = Cost(prepared.cost, LIMITS[viewer.role].cost)
            if cost.requested > cost.limit:
                raise refused(ErrorCode.COST_EXCEEDED, f"It costs {cost.requested}; {cost.limit} are allowed.")
            execution = _Execution(self, operation, plan.roots, variables, look, prepared, context, inputs)
            return Answer(await execution.data(plan), cost)
        except RequestRefused as refusal:
            return Answer(None, cost, refusal)

    def _plan(self, operation: Operation, variables: Variables, viewer: Viewer, owner: str) -> Plan:
        flags, sight = _flags(operation, variables), viewer.sight

        def make() -> Plan:
            if flags:  # twenty booleans make a million plans of one document: each is as good as a new one
                self._slow_down(owner or viewer.id, is_anonymous=not viewer.id)
            if excess := operation.measure.excess(LIMITS[sight.role]):
                raise refused(ErrorCode.LIMIT_EXCEEDED, excess)
            selection = Selection(self.schema, operation.node, operation.fragments, flags)
            return Planner(Scene(self.office.database.dialect, selection, sight)).plan()

        return self._plans.get((operation, sight, frozenset(flags.items())), make)


def _flags(operation: Operation, variables: Variables) -> dict[str, bool]:
    """The values of the variables that steer @skip and @include."""
    flags = {name: variables[name] for name in operation.steering if name in variables}
    if None in flags.values():
        raise refused(ErrorCode.VARIABLES_INVALID, "One that steers @skip or @include is null.")
    return flags


def _coerced(operation: Operation, inputs: Mapping[str, Any]) -> Variables:
    coerced = operation.coerce(inputs)
    if isinstance(coerced, list):
        raise reworded(ErrorCode.VARIABLES_INVALID, coerced)
    if operation.node.operation is OperationType.QUERY and holds_nul(coerced):
        raise refused(ErrorCode.VARIABLES_INVALID, "A text holds the character NUL.")
    return coerced


@dataclass(slots=True)
class _Execution:
    """One operation being carried out."""

    engine: Engine
    operation: Operation
    roots: tuple[Root, ...]
    variables: Variables
    look: Look
    prepared: Preparation
    context: Context
    inputs: Mapping[str, Any]

    async def data(self, plan: Plan) -> dict[str, Any]:
        """The data: reads in one piece, steps one after the other."""
        if plan.reads:
            return await self.engine.office.database.read(self._read)
        if plan.steps:
            return {root.key: await self._step(root) for root in self.roots}
        return await self._read(_NOWHERE)

    async def _read(self, connection: Connection) -> dict[str, Any]:
        run = Run(connection, self.variables, self.look, self.prepared)
        return {
            root.key: self._introspected(root) if root.kind is Kind.INTROSPECTION else await run.root(root)
            for root in self.roots
        }

    def _introspected(self, root: Root) -> Any:
        found = introspected(self.engine.schema, self.operation, self.variables, self.inputs)
        return found[root.key]

    async def _step(self, root: Root) -> Any:
        """Take the step, then read its payload anew, under scope and mask, after the commit."""
        if root.kind is Kind.CONSTANT:
            return root.make()
        outcome = await self._resolved(root)
        # Who enrolled has a row now, and sees what it lets them see; what the step began has begun.
        look = self.look.after(self.context.clock(), getattr(outcome, "viewer", None))

        async def work(connection: Connection) -> Any:
            return await Run(connection, self.variables, look, self.prepared).payload(root, outcome)

        return await self.engine.office.database.read(work)

    async def _resolved(self, root: Root) -> Any:
        """The outcome of the step: of the function its field keeps, else of its resolver, as graphql-core calls it."""
        definition = cast("GraphQLField", root.field).extensions.get(BACKREF)
        if (step := definition and definition.metadata.get(STEP)) is not None:
            return await step(self.context, **root.arguments.read(self.variables))
        schema = self.engine.schema
        type_, gql = cast("GraphQLObjectType", schema.mutation_type), cast("GraphQLField", root.field)
        info = GraphQLResolveInfo(
            root.name, [], gql.type, type_, Path(None, root.key, type_.name), schema,
            self.operation.fragments, None, self.operation.node, self.variables, self.context, isawaitable, None, None,  # type: ignore[arg-type]
        )  # fmt: skip
        resolve = cast("Callable[..., Any]", gql.resolve)
        outcome = resolve(None, info, **root.arguments.read(self.variables))
        return await outcome if isawaitable(outcome) else outcome


class _Nowhere:
    """Stands for the connection where nothing is read."""

    async def fetch(self, clause: object, values: object) -> Any:
        raise AssertionError("a root field that reads nothing has read")


_NOWHERE: Final[Any] = _Nowhere()
