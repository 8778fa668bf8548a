"""POST /graphql: GraphQL over HTTP, straight from ASGI.

The answer is application/graphql-response+json where that is accepted, else application/json. A refused request has no
entry `data` and the status of its first error's code. Only where application/json is asked for by name, a document or a
variable that is not valid is answered with 200, as the specification wants it there. Nothing that a client sends is
answered with 5xx: a fault is ours, has an id, and is logged without arguments; 503 says that the database is not to be
had, and when to ask again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from math import ceil
from typing import Any, Final

import orjson

from api.context import Context
from api.errors import RETRY_AFTER_SECONDS, ErrorCode, NotAuthenticated, RequestError, RequestRefused, refused
from api.execute import Answer, Engine, TooFast
from api.logs import noted, noted_away
from api.requests import PLAIN, Gone, Head, MediaType, Receive, body_of, check_content, head_of, media_type, request_in
from domain.viewer import Viewer
from workflows.database import Unavailable

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]
ViewerOf = Callable[[str | None], Awaitable[Viewer]]

_ALWAYS: Final[Headers] = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_MORE: Final[dict[ErrorCode, Headers]] = {
    ErrorCode.UNAUTHENTICATED: ((b"www-authenticate", b'Bearer realm="signet", error="invalid_token"'),),
    ErrorCode.METHOD_NOT_ALLOWED: ((b"allow", b"POST"),),
    ErrorCode.MEDIA_TYPE_UNSUPPORTED: ((b"accept-encoding", b"identity"), (b"accept-post", b"application/json")),
    ErrorCode.BODY_TOO_LARGE: ((b"connection", b"close"),),
    ErrorCode.TRY_AGAIN: ((b"retry-after", b"%d" % RETRY_AFTER_SECONDS),),
}
_ABOUT_THE_DOCUMENT: Final = frozenset({ErrorCode.DOCUMENT_INVALID, ErrorCode.VARIABLES_INVALID})


def client_of(scope: Scope) -> str:
    """The address that a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class GraphQLEndpoint:
    """The ASGI application behind /graphql. `viewer_of` is given the Authorization header."""

    def __init__(self, engine: Engine, viewer_of: ViewerOf, *, address_of: Callable[[Scope], str] = client_of) -> None:
        self._engine, self._viewer_of, self._address_of = engine, viewer_of, address_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = head_of(scope["headers"])
        media = media_type(head.accept)
        try:
            answer, headers = await self._answered(scope, head, media, receive)
        except Gone:
            return
        await _send(send, answer, media or PLAIN, headers)

    async def _answered(
        self, scope: Scope, head: Head, media: MediaType | None, receive: Receive
    ) -> tuple[Answer, Headers]:
        try:
            if media is None:
                raise refused(ErrorCode.NOT_ACCEPTABLE)
            return await self._carried_out(scope, head, receive), _ALWAYS
        except RequestRefused as refusal:
            return Answer(None, refusal=refusal), _ALWAYS
        except NotAuthenticated:
            return Answer(None, refusal=refused(ErrorCode.UNAUTHENTICATED)), _ALWAYS
        except TooFast as wait:
            retry = (b"retry-after", b"%d" % ceil(wait.seconds))
            return Answer(None, refusal=refused(ErrorCode.RATE_LIMITED)), (*_ALWAYS, retry)
        except Unavailable as away:
            noted_away(away)
            return Answer(None, refusal=refused(ErrorCode.TRY_AGAIN)), _ALWAYS
        except Gone:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is: it is told by its id, and logged
            return Answer(None, refusal=RequestRefused(_masked(fault))), _ALWAYS

    async def _carried_out(self, scope: Scope, head: Head, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            raise refused(ErrorCode.METHOD_NOT_ALLOWED)
        viewer = await self._viewer_of(head.authorization)
        check_content(head)
        asked = request_in(await body_of(receive))
        engine = self._engine
        owner = viewer.id or self._address_of(scope)
        document = engine.document(asked.query, owner, is_anonymous=not viewer.id)
        context = Context(viewer, engine.office, head.language)
        return await engine.answer(document, asked.operation_name, asked.variables, context, owner)


async def _send(send: Send, answer: Answer, media: MediaType, headers: Headers) -> None:
    status = 200
    if answer.refusal is not None:
        code = answer.refusal.errors[0].code
        headers = (*headers, *_MORE.get(code, ()))
        status = 200 if media.is_plain and code in _ABOUT_THE_DOCUMENT else code.status
    body = orjson.dumps(answer.rendered(), option=orjson.OPT_UTC_Z)
    length = (b"content-length", b"%d" % len(body))
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media.header), length, *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _masked(fault: Exception) -> RequestError:
    """What is told of a fault: the id it is logged under."""
    id_ = noted(fault)
    return RequestError(ErrorCode.FAULT, f"Its id is {id_}.", id=id_)
