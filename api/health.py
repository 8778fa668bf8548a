"""GET /health: whether the database answers with the tables of this version and can be written; how the work stands.

200 if so, else 503. That it can be written is tried at most every two seconds, however often it is asked. Anybody is
told whether it is well and, if not, why; the rest whoever has the grant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from time import monotonic
from typing import Any, Final

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from api.errors import NotAuthenticated
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.deployment import is_migrated, try_writing
from workflows.due_work import health_of
from workflows.office import Office

ANSWER_SECONDS: Final = 5.0
WRITING_TRIED_SECONDS: Final = 2.0
_HEADERS: Final = {"cache-control": "no-store"}
_log: Final = structlog.get_logger()


class Health:
    """The ASGI application behind /health. `viewer_of` is given the Authorization header; `elapsed` only ever grows."""

    def __init__(
        self,
        office: Office,
        viewer_of: Callable[[str | None], Awaitable[Viewer]],
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        self._office, self._viewer_of, self._elapsed = office, viewer_of, elapsed
        self._tried_at = -WRITING_TRIED_SECONDS
        self._try: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = await self._state()
        reason = _reason(state)
        told = {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}
        if await self._may_inspect(Headers(scope=scope).get("authorization")):
            told |= state
        await _Json(told, 503 if reason else 200, headers=_HEADERS)(scope, receive, send)

    async def _may_inspect(self, authorization: str | None) -> bool:
        """Whoever cannot be known, now or at all, is anybody: how the service is may be asked with any token."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return (await self._viewer_of(authorization)).may(Grant.HEALTH_INSPECT)
        except NotAuthenticated:
            return False
        except Exception as fault:  # noqa: BLE001 - the database is away: that is what is being told
            _log.error("health.viewer", type=type(fault).__qualname__)
            return False

    async def _state(self) -> dict[str, Any]:
        office = self._office
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                migrated = await is_migrated(office.database)
                work = asdict(await health_of(office.database, office.clock())) if migrated else None
                if migrated and not await self._can_write():
                    return {"database": "not writable"}
        except Exception as fault:  # noqa: BLE001 - whatever it is, the answer is that the database does not
            _log.error("health", type=type(fault).__qualname__)
            return {"database": "unreachable"}
        return {"database": "ok", "migrated": migrated, "keys": office.keys.id, "work": work}

    async def _can_write(self) -> bool:
        """Whether a write was acknowledged lately; those who ask at once wait for the same one."""
        if self._try is None or (self._try.done() and self._elapsed() - self._tried_at > WRITING_TRIED_SECONDS):
            self._tried_at = self._elapsed()
            self._try = asyncio.create_task(try_writing(self._office.database, self._office.clock()))
        await asyncio.wait({self._try})
        if self._try.cancelled() or self._try.exception() is not None:
            _log.error("health.writing", reason=str(self._try.exception()))
            return False
        return True


def _reason(state: Mapping[str, Any]) -> str:
    """Why it is not well, as a code; empty where it is."""
    if state["database"] == "ok":
        return "" if state["migrated"] else "NOT_MIGRATED"
    return {"not writable": "NOT_WRITABLE"}.get(state["database"], "DATABASE_AWAY")


class _Json(JSONResponse):
    """JSON with moments in it."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)
