"""The port to the database: Core composes a statement, it is compiled once a dialect, asyncpg or SQLite runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.compiler import compiles

from domain.problems import Problem, ProblemCode, Refused
from domain.table import Table, table_of

POSTGRESQL: Final[sa.Dialect] = asyncpg_dialect()  # type: ignore[no-untyped-call]
SQLITE: Final[sa.Dialect] = sqlite.dialect(paramstyle="qmark")
Values = Mapping[str, Any]
Row = Sequence[Any]
Work = Callable[["Transaction"], Awaitable["T"]]
T = TypeVar("T")
R = TypeVar("R", bound=Table)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a database is reached, and how long it may take before it counts as unavailable."""

    connections_max: int = 10
    connect_seconds: float = 5.0
    acquire_seconds: float = 5.0  # waiting for a free connection, or for the one writer of SQLite
    lock_seconds: float = 5.0
    statement_seconds: float = 10.0
    is_pooled: bool = False  # a pooler hands the connections on after each transaction
    direct_url: str | None = None  # past the pooler


PLAIN_REACH: Final = Reach()


class Unavailable(Exception):
    """The database is away, too slow, locked or full: ask again later.

    What was to be written is not there, unless the answer to COMMIT was lost: then it may be.
    """


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled string and how its parameters are filled."""

    sql: str
    names: tuple[str, ...]
    constants: Values
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]  # where the driver wants another type, by place

    def bind(self, values: Values) -> list[Any]:
        """The parameters in order, in the driver's own types."""
        if self.constants:
            values = {**self.constants, **values}
        out = [values[name] for name in self.names]
        for i, process in self.processors:
            out[i] = process(out[i])
        return out


class Connection(Protocol):
    """Where statements run."""

    dialect: sa.Dialect

    async def fetch(self, clause: sa.ClauseElement | Statement, values: Values) -> Sequence[Row]:
        """The rows a statement answers, in the driver's own values."""
        ...


class Taken(Exception):
    """A unique index refused a row: another request was first. Decide that part anew."""


class Transaction(Connection, Protocol):
    """A connection that writes; what it wrote stays when its work ends well, else nothing of it."""

    async def fetch_each(self, clause: sa.ClauseElement, each: Sequence[Values]) -> None:
        """Run one statement with each set of values."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """A part that can fail alone: what it wrote is undone, the error rises. Taken where a unique index refused."""
        ...


class Database(Protocol):
    """SQLite beside you, or PostgreSQL."""

    dialect: sa.Dialect

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a piece of reading. It may await nothing but the connection. Unavailable."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run a piece of writing in one transaction; a collision repeats it once, then TRY_AGAIN. Unavailable."""
        ...

    async def close(self) -> None: ...


def compiled(clause: sa.ClauseElement | Statement, dialect: sa.Dialect) -> Statement:
    """The statement of a clause. Clauses that live as long as the program are compiled once."""
    return clause if isinstance(clause, Statement) else _compiled(clause, dialect.name)


@lru_cache(maxsize=4_000)
def _compiled(clause: sa.ClauseElement, dialect_name: str) -> Statement:
    return compile_once(clause, SQLITE if dialect_name == "sqlite" else POSTGRESQL)


def compile_once(clause: sa.ClauseElement, dialect: sa.Dialect) -> Statement:
    """Compile without keeping: for statements whose owner keeps them."""
    made: Any = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(made.positiontup or ())
    types = {name: bind.type for name, bind in made.binds.items()}

    def processor(name: str) -> Callable[[Any], Any] | None:
        type_ = types.get(name)
        if type_ is None:  # a member of an expanded IN
            type_ = types[name.rpartition("_")[0]]
        found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).bind_processor(dialect)
        return found

    processors = tuple((i, process) for i, name in enumerate(names) if (process := processor(name)))
    constants = {name: made.params[name] for name in names if made.params.get(name) is not None}
    return Statement(str(made), names, constants, processors)


class Keys(sa.types.TypeDecorator[list[str]]):
    """A list of texts as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else postgresql.ARRAY(sa.Text()))

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        return _to_json if dialect.name == "sqlite" else list


def _to_json(values: Sequence[str]) -> str:
    return orjson.dumps(list(values)).decode()


class Among(sa.ColumnElement[bool]):
    """`column` is one of the texts bound under `name`: one statement however many there are."""

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.bound = sa.bindparam(name, type_=Keys(), required=False)

    def self_group(self, against: Any = None) -> Among:
        return self  # a condition already: SQLite's dialect would compare it with 1


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **kw: Any) -> str:
    chosen = sa.select(sa.func.json_each(element.bound).table_valued("value").c.value)
    return str(compiler.process(element.column.in_(chosen), **kw))


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column == sa.any_(element.bound), **kw))


class Beside(sa.ColumnElement[bool]):
    """A condition on rows that their keys choose.

    SQLite knows no figures of a table and would look through all rows that fulfil it for those keys: it is told that
    most rows do.
    """

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, condition: sa.ColumnElement[bool]) -> None:
        self.condition = condition

    def self_group(self, against: Any = None) -> Beside:
        return self


@compiles(Beside, "sqlite")
def _beside_sqlite(element: Beside, compiler: Any, **kw: Any) -> str:
    return f"likely({compiler.process(element.condition, **kw)})"


@compiles(Beside, "postgresql")
def _beside_postgresql(element: Beside, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.condition, **kw)})"


class Loader(Generic[R]):
    """Reads rows of one table as its model's values: typed to look at, impossible to write through."""

    def __init__(self, model: type[R]) -> None:
        self.model = model
        self.columns = tuple(table_of(model).c)
        self.width = len(self.columns)
        self._names = tuple(column.key for column in self.columns)
        self._decoders: dict[str, tuple[tuple[int, Callable[[Any], Any]], ...]] = {}

    def decoders(self, dialect: sa.Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Where columns are stored otherwise than Python has them, and how each is read."""
        if dialect.name not in self._decoders:
            found = ((i, decoder(column.type, dialect)) for i, column in enumerate(self.columns))
            self._decoders[dialect.name] = tuple((i, decode) for i, decode in found if decode is not None)
        return self._decoders[dialect.name]

    def row(self, record: Row, dialect: sa.Dialect, offset: int = 0) -> R:
        """The value that a record holds from `offset` on."""
        values = list(record[offset : offset + self.width])
        for i, decode in self.decoders(dialect):
            if values[i] is not None:
                values[i] = decode(values[i])
        return valued(self.model, dict(zip(self._names, values, strict=True)))


def decoder(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """How a stored value becomes a Python one; None where it already is."""
    found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return found


def valued(model: type[R], values: dict[str, Any]) -> R:
    """A value of a table's model. It has no session behind it: assigning to it fails."""
    made: R = object.__new__(_plain(model))
    object.__setattr__(made, "__dict__", values)
    return made


@cache
def _plain(model: type[R]) -> type[R]:
    """The model with its columns as plain attributes: the mapper's take a call into Python for every look at one."""
    columns = dict.fromkeys(column.key for column in table_of(model).c)
    made: type[R] = type.__new__(type(model), model.__name__, (model,), {**columns, "__module__": model.__module__})
    return made


@cache
def loader(model: type[R]) -> Loader[R]:
    """The one loader of a model."""
    return Loader(model)


def collided() -> Refused:
    """What a caller is told when its work collided twice."""
    return Refused(Problem(ProblemCode.TRY_AGAIN))


async def to_the_end(work: Awaitable[T]) -> T:
    """Wait for what must not be cut off. Whoever is cancelled meanwhile is told so once it has ended."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at here, for nobody else will
        raise cancelled
    return task.result()
