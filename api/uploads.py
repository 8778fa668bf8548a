"""POST /documents: one file, told by its content, sealed while it arrives (Art. 5).

Either multipart/form-data with `file` and, from INTEGRATION, before it `holderId`; or the bare file as the body, with
`?holderId=`. The answer is its id for a mutation, or one problem {code, message, fix, path}. Who may not upload is told
so before anything is read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from math import ceil
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.errors import RETRY_AFTER_SECONDS, NotAuthenticated
from api.limits import Buckets
from api.logs import noted, noted_away
from api.multipart import Form, FormRefused, Piece, boundary_of
from api.upload_problems import UploadProblem, UploadRefused
from domain.content import NotRecognised, Recogniser
from domain.document import ContentType
from domain.policy.roles import Grant
from domain.problems import Refused
from domain.viewer import Viewer
from workflows.database import Unavailable
from workflows.document_quotas import QuotaExceeded, Quotas
from workflows.documents import Incoming, Received, owner_of, takes_registers
from workflows.office import Office

BYTES_MAX: Final = 5_000_000
REGISTER_BYTES_MAX: Final = 64_000_000
_DIGITS_MAX: Final = 19
FORM_BYTES: Final = 4_096  # what a form adds around its file
SECONDS_MAX: Final = 300.0
_FILE: Final = "file"
_HOLDER: Final = "holderId"
_ID: Final = re.compile(r"[a-z]{1,63}_[0-9a-z]{26}")
_HEADERS: Final[Mapping[str, str]] = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_MORE: Final[Mapping[UploadProblem, Mapping[str, str]]] = {
    UploadProblem.UNAUTHENTICATED: {"www-authenticate": 'Bearer realm="signet", error="invalid_token"'},
    UploadProblem.METHOD_NOT_ALLOWED: {"allow": "POST"},
    UploadProblem.TOO_LARGE: {"connection": "close"},
    UploadProblem.QUOTA_EXCEEDED: {"connection": "close"},
    UploadProblem.TYPE_UNSUPPORTED: {"accept-encoding": "identity"},
}


class UploadEndpoint:
    """The ASGI application behind /documents. `viewer_of` is given the Authorization header."""

    def __init__(
        self, office: Office, viewer_of: Callable[[str | None], Awaitable[Viewer]], buckets: Buckets, quotas: Quotas
    ) -> None:
        self._office, self._viewer_of, self._buckets, self._quotas = office, viewer_of, buckets, quotas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answered(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS_MAX):
                received = await self._received(request)
        except UploadRefused as refusal:
            return _refusal(refusal)
        except NotAuthenticated:
            return _refusal(UploadRefused(UploadProblem.UNAUTHENTICATED))
        except TimeoutError:
            return _refusal(UploadRefused(UploadProblem.TIMED_OUT))
        except (Unavailable, Refused) as away:  # what is refused here is a write that collided twice
            noted_away(away)
            return _refusal(UploadRefused(UploadProblem.TRY_AGAIN, wait_seconds=RETRY_AFTER_SECONDS))
        except ClientDisconnect:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is: it is told by its id, and logged
            return _refusal(UploadRefused(UploadProblem.FAULT, detail=f"Its id is {noted(fault)}."))
        body = {
            "id": received.id,
            "contentType": str(received.content_type),
            "size": received.size,
            "sha256": received.sha256,
        }
        return JSONResponse(body, 201, headers=_HEADERS)

    async def _received(self, request: Request) -> Received:
        if request.method != "POST":
            raise UploadRefused(UploadProblem.METHOD_NOT_ALLOWED)
        authorization = request.headers.getlist("authorization")
        viewer = await self._viewer_of(", ".join(authorization) if authorization else None)
        if not viewer.may(Grant.DOCUMENT_UPLOAD):
            problem = UploadProblem.NOT_ALLOWED if authorization else UploadProblem.UNAUTHENTICATED
            raise UploadRefused(problem)
        if wait_seconds := self._buckets.wait_seconds(viewer.id, is_anonymous=False):
            raise UploadRefused(UploadProblem.RATE_LIMITED, wait_seconds=wait_seconds)
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UploadRefused(UploadProblem.TYPE_UNSUPPORTED, detail="It is compressed.")
        return await self._taken(request, viewer)

    async def _taken(self, request: Request, viewer: Viewer) -> Received:
        upload = _Upload(self._office, viewer, request.query_params.get(_HOLDER), self._quotas, _length(request))
        bytes_max = REGISTER_BYTES_MAX if takes_registers(viewer) else BYTES_MAX
        try:
            async with aclosing(_pieces(request, bytes_max + FORM_BYTES)) as pieces:
                async for piece in pieces:
                    await upload.take(piece)
            return await upload.close()
        except FormRefused:
            await upload.discard()
            raise UploadRefused(UploadProblem.FORM_INVALID) from None
        except NotRecognised:
            await upload.discard()
            raise UploadRefused(UploadProblem.TYPE_UNSUPPORTED, path=(_FILE,)) from None
        except BaseException:
            await asyncio.shield(upload.discard())
            raise


class _Upload:
    """One file on its way in, and whose it is."""

    def __init__(
        self, office: Office, viewer: Viewer, holder_id: str | None, quotas: Quotas, length: int | None
    ) -> None:
        self._office, self._viewer, self._holder_id = office, viewer, holder_id
        self._quotas, self._length = quotas, length
        self._incoming: Incoming | None = None
        self._bytes_max = BYTES_MAX
        self._is_whole = False

    async def take(self, piece: Piece) -> None:
        """Take a piece of the form. UploadRefused, NotRecognised."""
        if piece.field == _HOLDER and self._incoming is None:
            self._holder_id = (self._holder_id or "") + piece.data.decode("latin-1")
            return
        if piece.field != _FILE or self._is_whole:
            raise UploadRefused(UploadProblem.FORM_INVALID)
        if self._incoming is None:
            self._incoming = await self._begun(piece.content_type)
            await self._reserve(self._incoming)
        if self._incoming.size + len(piece.data) > self._bytes_max:
            raise UploadRefused(UploadProblem.TOO_LARGE, path=(_FILE,))
        await self._incoming.feed(piece.data)
        self._is_whole = piece.is_last

    async def _reserve(self, incoming: Incoming) -> None:
        size = self._bytes_max if self._length is None else min(self._length, self._bytes_max)
        try:
            await incoming.reserve(self._quotas, size)
        except QuotaExceeded as exceeded:
            raise _over(exceeded) from None

    async def close(self) -> Received:
        """The document, stored. UploadRefused, NotRecognised."""
        if self._incoming is None:
            raise UploadRefused(UploadProblem.FORM_INVALID, path=(_FILE,))
        if not self._incoming.size:
            raise UploadRefused(UploadProblem.EMPTY, path=(_FILE,))
        return await self._incoming.close()

    async def discard(self) -> None:
        """Leave nothing of it."""
        if self._incoming is not None:
            await self._incoming.discard()

    async def _begun(self, content_type: str) -> Incoming:
        office, text = self._office, ContentType.TXT
        if takes_registers(self._viewer) and content_type.partition(";")[0].strip().lower() == "text/csv":
            self._bytes_max, text = REGISTER_BYTES_MAX, ContentType.CSV
        if self._holder_id is not None and not _ID.fullmatch(self._holder_id):
            raise UploadRefused(UploadProblem.NOT_FOUND, path=(_HOLDER,))
        try:
            owner = await owner_of(office.database, office.keys, self._viewer, self._holder_id)
        except Refused:
            raise UploadRefused(UploadProblem.NOT_FOUND, path=(_HOLDER,)) from None
        return Incoming(office.database, owner, self._viewer, office.clock(), Recogniser(text))


def _length(request: Request) -> int | None:
    """What its head says of how long it is, where it says so."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < _DIGITS_MAX else None


async def _pieces(request: Request, bytes_max: int) -> AsyncGenerator[Piece]:
    """The pieces of the form as they arrive; a bare body is one file. UploadRefused, FormRefused, ClientDisconnect."""
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > len(str(bytes_max)) or int(length) > bytes_max:
        raise UploadRefused(UploadProblem.TOO_LARGE, path=(_FILE,))
    content_type = request.headers.get("content-type", "")
    boundary = boundary_of(content_type)
    form = Form(boundary) if boundary is not None else None
    size = 0
    async for body in request.stream():
        size += len(body)
        if size > bytes_max:
            raise UploadRefused(UploadProblem.TOO_LARGE, path=(_FILE,))
        for piece in form.feed(body) if form else [Piece(_FILE, body, content_type, is_last=False)]:
            yield piece
    if form is not None:
        form.close()


def _over(exceeded: QuotaExceeded) -> UploadRefused:
    quota, whose = exceeded.quota, exceeded.whose.value
    detail = f"A {whose} has {quota.count:,} documents and {quota.size:,} bytes a day."
    return UploadRefused(UploadProblem.QUOTA_EXCEEDED, detail=detail, wait_seconds=exceeded.wait.total_seconds())


def _refusal(refusal: UploadRefused) -> Response:
    headers = {**_HEADERS, **_MORE.get(refusal.problem, {})}
    if refusal.wait_seconds:
        headers["retry-after"] = str(ceil(refusal.wait_seconds))
    return JSONResponse(refusal.rendered(), refusal.problem.status, headers=headers)
