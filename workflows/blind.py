"""Digests in statements: what the keys make of a value is looked for among many at once (Art. 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles


class Digests(sa.types.TypeDecorator[list[bytes]]):
    """A list of digests as one parameter: an array on PostgreSQL, JSON of their hexadecimal on SQLite."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        array = postgresql.ARRAY(sa.LargeBinary())
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else array)

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        return _as_json if dialect.name == "sqlite" else list


def _as_json(digests: Sequence[bytes]) -> str:
    return "[" + ",".join(f'"{digest.hex().upper()}"' for digest in digests) + "]"


class AmongDigests(sa.ColumnElement[bool]):
    """`column` is one of the digests bound under `digests`: one statement however many there are."""

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        self.column = column
        self.bound = sa.bindparam("digests", type_=Digests(), required=False)

    def self_group(self, against: Any = None) -> AmongDigests:
        return self


@compiles(AmongDigests, "sqlite")
def _among_sqlite(element: AmongDigests, compiler: Any, **kw: Any) -> str:
    chosen = sa.select(sa.func.json_each(element.bound).table_valued("value").c.value)
    return str(compiler.process(sa.func.hex(element.column).in_(chosen), **kw))


@compiles(AmongDigests, "postgresql")
def _among_postgresql(element: AmongDigests, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column == sa.any_(element.bound), **kw))
