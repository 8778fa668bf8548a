"""How columns are declared: one maker a kind of value, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final, cast

import orjson
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Integer, LargeBinary, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

from domain.state import Word

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")  # the same order on both databases


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz on PostgreSQL, one fixed text form with microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _to_text if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _from_text if dialect.name == "sqlite" else None


class Day(TypeDecorator[date]):
    """A calendar day: date on PostgreSQL, ISO text on SQLite."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _day_to_text if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _day_from_text if dialect.name == "sqlite" else None


class Json(TypeDecorator[Any]):
    """A small value stored as JSON text."""

    impl = Text()
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _to_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _from_json


class WordText(TypeDecorator[Word]):
    """A member of a closed list, stored as its name."""

    impl = Text()
    cache_ok = True

    def __init__(self, members: type[Word]) -> None:
        super().__init__()
        self.members = members

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return postgresql.TEXT(collation="C")  # a plain Text becomes VARCHAR inside a decorator

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        known = {str(member): member for member in self.members}
        return known.get


def _to_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day_to_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_from_text(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _to_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _from_json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def identifier() -> Any:
    """The primary key: a TypeID."""
    return Field(sa_type=TEXT, primary_key=True)


def text(**options: Any) -> Any:
    """A text; its length is bounded where it comes in."""
    return Field(sa_type=TEXT, **options)


def word(members: type[Word], **options: Any) -> Any:
    """A member of a closed list, stored as its name."""
    return Field(sa_type=cast("Any", WordText(members)), **options)


def moment(**options: Any) -> Any:
    """A moment in UTC."""
    return Field(sa_type=UtcTime, **options)


def day(**options: Any) -> Any:
    """A calendar day."""
    return Field(sa_type=Day, **options)


def integer(**options: Any) -> Any:
    """A whole number."""
    return Field(sa_type=Integer, **options)


def big_integer(**options: Any) -> Any:
    """A whole number that may outgrow 32 bits."""
    return Field(sa_type=BigInteger().with_variant(Integer, "sqlite"), **options)


def flag(**options: Any) -> Any:
    """Yes or no."""
    return Field(sa_type=Boolean, **options)


def blob(**options: Any) -> Any:
    """Bytes."""
    return Field(sa_type=LargeBinary, **options)


def json(**options: Any) -> Any:
    """A small list or object of plain values."""
    return Field(sa_type=Json, **options)
