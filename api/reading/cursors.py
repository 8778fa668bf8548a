"""Cursors: the sort key of a row, signed for one list, one sight and one scope.

A cursor is base64url(tag ‖ JSON [parent id, sort values…]). The tag is an HMAC under a key that is itself derived from
everything the cursor is good for: `Type.field:ORDER`, the filters, the sight and the values that bind the viewer's
scope. Any other use does not verify.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from api.errors import ErrorCode, refused
from api.reading.levels import Level
from api.reading.look import Look
from api.reading.pages import Asked
from workflows.database import decoder

_TAG_BYTES: Final = 12
_LONGEST: Final = 1_000


def key_of(level: Level, asked: Asked, look: Look) -> bytes:
    """The key of all cursors of this list, asked for in this way by this viewer."""
    filters = {comparison.field.python_name: comparison.how for comparison in asked.window.comparisons}
    good_for = [
        f"{level.label}:{asked.window.order_name}",
        filters,
        asked.bound,
        str(look.viewer.sight),
        dict(look.viewer.bound),
    ]
    context = orjson.dumps(good_for, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hmac.digest(look.keys.derived("cursor"), context, "sha256")


def writer(level: Level, asked: Asked, look: Look, dialect: sa.Dialect) -> Callable[[Any], str]:
    """A function from a row to its cursor."""
    key = key_of(level, asked, look)
    parent = level.key if level.parent is not None else None
    places = []
    for column in asked.window.order.columns:
        decode = decoder(column.type, dialect)
        places.append((level.index(level.alias.c[column.key]), decode))

    def write(row: Any) -> str:
        values = [row[i] if decode is None else decode(row[i]) for i, decode in places]
        body = orjson.dumps([None if parent is None else row[parent], *values], option=orjson.OPT_UTC_Z)
        return urlsafe_b64encode(_tag(key, body) + body).rstrip(b"=").decode()

    return write


def read(cursor: str, level: Level, asked: Asked, look: Look) -> tuple[str | None, dict[str, Any]]:
    """The parent it belongs to, and the sort key as parameters. CURSOR_INVALID for anything else than one of these."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)) if len(cursor) <= _LONGEST else b""
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    except ValueError:
        raise refused(ErrorCode.CURSOR_INVALID) from None
    if not hmac.compare_digest(tag, _tag(key_of(level, asked, look), body)):
        raise refused(ErrorCode.CURSOR_INVALID)
    parent, *values = orjson.loads(body)
    columns = asked.window.order.columns
    return parent, {f"cursor_{i}": _read(v, c) for i, (v, c) in enumerate(zip(values, columns, strict=True))}


def _tag(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_TAG_BYTES]


def _read(value: Any, column: sa.Column[Any]) -> Any:
    python_type = column.type.python_type
    if isinstance(value, str) and python_type in (datetime, date):
        return python_type.fromisoformat(value)
    return value
