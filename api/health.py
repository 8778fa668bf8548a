"""GET /health: whether the database answers with the tables of this version and can be written; how the work stands.

200 if so, else 503. That it can be written is tried at most every two seconds, however often it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from time import monotonic
from typing import Any, Final

import orjson
import structlog
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from workflows.deployment import is_migrated, try_writing
from workflows.due_work import health_of
from workflows.office import Office

ANSWER_SECONDS: Final = 5.0
WRITING_TRIED_SECONDS: Final = 2.0
_log: Final = structlog.get_logger()


class Health:
    """The ASGI application behind /health. `elapsed` gives seconds that only ever grow."""

    def __init__(self, office: Office, elapsed: Callable[[], float] = monotonic) -> None:
        self._office, self._elapsed = office, elapsed
        self._tried_at = -WRITING_TRIED_SECONDS
        self._try: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = await self._state()
        is_well = state["database"] == "ok" and state["migrated"]
        told = {"status": "ok" if is_well else "unavailable", **state}
        await _Json(told, 200 if is_well else 503)(scope, receive, send)

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


class _Json(JSONResponse):
    """JSON with moments in it."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)
