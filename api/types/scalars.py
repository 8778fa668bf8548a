"""Scalars: moments in UTC written with Z, calendar days, hashes in hexadecimal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.reckoning import is_reckoned

Hash = NewType("Hash", bytes)


def _moment(value: object) -> datetime:
    """Read a moment; it must say its offset."""
    if not isinstance(value, str) or (read := datetime.fromisoformat(value)).tzinfo is None:
        raise ValueError("A DateTime is ISO 8601 with an offset, such as 2026-11-22T00:00:00Z.")
    # One at the edge of what Python counts has no form in UTC: it is refused where it is used, by its name.
    return read.astimezone(UTC) if is_reckoned(read) else read


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise ValueError("A Date is ISO 8601, such as 2026-11-22.")
    return date.fromisoformat(value)


def _hash(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("A Hash is hexadecimal.")
    return bytes.fromhex(value)


def _hex(value: bytes) -> str:
    return value.hex()


# For StrawberryConfig(scalar_map=SCALARS).
SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, ISO 8601 with Z.",
        serialize=datetime.isoformat,
        parse_value=_moment,
    ),
    date: strawberry.scalar(
        name="Date", description="A calendar day, ISO 8601.", serialize=date.isoformat, parse_value=_day
    ),
    Hash: strawberry.scalar(name="Hash", description="A SHA-256 in hexadecimal.", serialize=_hex, parse_value=_hash),
}
# What orjson writes as it is.
NATIVE: Final = frozenset({"String", "Int", "Float", "Boolean", "ID", "DateTime", "Date"})


def plainly(serialize: Any) -> Any:
    """A scalar's writer that leaves null alone."""

    def write(value: Any) -> Any:
        return None if value is None else serialize(value)

    return write
