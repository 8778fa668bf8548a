"""A request as it comes: what its head says, and its body read within limits."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from api.errors import ErrorCode, refused
from api.limits import BODY_BYTES_MAX
from api.types.language import Language, preferred

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_JSON: Final = "application/json"
_DIGITS_MAX: Final = len(str(BODY_BYTES_MAX))
_GRAPHQL: Final = "application/graphql-response+json"


class Gone(Exception):
    """The client went away before its request was whole."""


class MediaType(NamedTuple):
    """What an answer is written as. `is_plain`: asked for by name, plain JSON has 200 for a well-formed request."""

    header: bytes
    is_plain: bool


PLAIN: Final = MediaType(f"{_JSON}; charset=utf-8".encode(), is_plain=True)
_UNASKED: Final = MediaType(PLAIN.header, is_plain=False)
_OWN: Final = MediaType(f"{_GRAPHQL}; charset=utf-8".encode(), is_plain=False)


@dataclass(slots=True)
class Head:
    """The headers that matter here."""

    authorization: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_length: str | None = None
    accept: str | None = None
    accept_language: str | None = None
    is_doubled: bool = False  # one of them came twice: which one counts is anybody's guess

    @property
    def language(self) -> Language:
        """The language of captions and labels."""
        return _language(self.accept_language)


_FIELDS: Final = {name.replace("_", "-").encode(): name for name in Head.__slots__ if name != "is_doubled"}


def head_of(headers: list[tuple[bytes, bytes]]) -> Head:
    """Read the headers once."""
    head = Head()
    for name, value in headers:
        field = _FIELDS.get(name)
        if field is None:
            continue
        if getattr(head, field) is not None:
            if field.startswith("accept"):
                value = f"{getattr(head, field)},".encode("latin-1") + value
            else:
                head.is_doubled = True
        setattr(head, field, value.decode("latin-1"))
    return head


def check_content(head: Head) -> None:
    """MEDIA_TYPE_UNSUPPORTED unless the body is plain JSON in UTF-8; BODY_TOO_LARGE if it says so itself."""
    if head.is_doubled:
        raise refused(ErrorCode.BAD_REQUEST, "A header came twice.")
    if not _is_readable(head.content_type, head.content_encoding):
        raise refused(ErrorCode.MEDIA_TYPE_UNSUPPORTED)
    length = head.content_length
    if length is None:
        return
    if not length.isascii() or not length.isdigit():
        raise refused(ErrorCode.BAD_REQUEST, "Content-Length is not a number.")
    if len(length) > _DIGITS_MAX or int(length) > BODY_BYTES_MAX:
        raise refused(ErrorCode.BODY_TOO_LARGE)


@lru_cache(maxsize=256)
def _is_readable(content_type: str | None, content_encoding: str | None) -> bool:
    """Whether it is plain JSON in UTF-8."""
    if (content_encoding or "identity").strip().lower() != "identity":
        return False
    name, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [part.partition("=")[2].strip('" ') for part in parameters if part.startswith("charset")]
    return name == _JSON and all(charset in ("utf-8", "utf8") for charset in charsets)


@lru_cache(maxsize=256)
def media_type(accept: str | None) -> MediaType | None:
    """What to answer with: the more telling of what is accepted; None where neither is."""
    if accept is None or not accept.strip():
        return _UNASKED
    accepted = {part.partition(";")[0].strip().lower() for part in accept.split(",")[:64] if not _is_refused(part)}
    if _GRAPHQL in accepted:
        return _OWN
    if _JSON in accepted:
        return PLAIN
    return _UNASKED if accepted & {"*/*", "application/*"} else None


def _is_refused(part: str) -> bool:
    return part.replace(" ", "").lower().endswith((";q=0", ";q=0.0", ";q=0.00", ";q=0.000"))


@lru_cache(maxsize=256)
def _language(accept_language: str | None) -> Language:
    return preferred(accept_language)


async def body_of(receive: Receive) -> bytes:
    """The body. BODY_TOO_LARGE as soon as it is; Gone."""
    message = await receive()
    body = message.get("body", b"")
    if message.get("more_body"):
        body = bytearray(body)  # a list of pieces would weigh many times what is in them
    while message["type"] == "http.request" and message.get("more_body") and len(body) <= BODY_BYTES_MAX:
        message = await receive()
        body += message.get("body", b"")
    if len(body) > BODY_BYTES_MAX:
        raise refused(ErrorCode.BODY_TOO_LARGE)
    if message["type"] != "http.request":
        raise Gone
    return bytes(body)


class Request(NamedTuple):
    """What is asked."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def request_in(body: bytes) -> Request:
    """The request that a body holds. BAD_REQUEST says what is not as it should be."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused(ErrorCode.BAD_REQUEST, "It is not JSON in UTF-8, or nested too deeply.") from None
    if type(asked) is list:
        raise refused(ErrorCode.BAD_REQUEST, "One request at a time: batching is off.")
    if type(asked) is not dict:
        raise refused(ErrorCode.BAD_REQUEST, "It is not an object.")
    if _may_be_doubled(body) and _is_doubled(body):
        raise refused(ErrorCode.BAD_REQUEST, "A member is there twice.")
    return _checked(asked)


def _checked(asked: dict[str, Any]) -> Request:
    query, name, variables = asked.get("query"), asked.get("operationName"), asked.get("variables")
    if type(query) is not str:
        raise refused(ErrorCode.BAD_REQUEST, "`query` is not a text.")
    if name is not None and type(name) is not str:
        raise refused(ErrorCode.BAD_REQUEST, "`operationName` is not a text.")
    if variables is not None and type(variables) is not dict:
        raise refused(ErrorCode.BAD_REQUEST, "`variables` is not an object.")
    if not isinstance(asked.get("extensions"), (dict, type(None))):
        raise refused(ErrorCode.BAD_REQUEST, "`extensions` is not an object.")
    return Request(query, variables or {}, name)


def _may_be_doubled(body: bytes) -> bool:
    """Whether a member's name is there twice, at whatever depth."""
    count = body.count
    return (
        count(b'"query"') > 1
        or count(b'"variables"') > 1
        or count(b'"operationName"') > 1
        or count(b'"extensions"') > 1
    )


def _is_doubled(body: bytes) -> bool:
    """Whether the request itself has a member twice. orjson keeps the last and does not tell."""
    doubled = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        doubled = len({name for name, _ in members}) < len(members)  # the outermost object comes last
        return {}

    try:
        json.loads(body, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return True  # what orjson reads and json does not is no ordinary request
    return doubled
