"""What a deployment does beside answering: positions, what falls due, licences in doubt, what was never used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from workflows.batch_ends import end_forsaken
from workflows.deployment import note_pass
from workflows.documents import remove_unused
from workflows.full_look import keep_looking
from workflows.idempotency import remove_old
from workflows.jobs import IDLE_SECONDS, Worker
from workflows.licence_doubts import keep_telling
from workflows.office import Office
from workflows.postgres import Postgres
from workflows.recounting import recount
from workflows.sequencer import Sequencer
from workflows.timed_steps import deadlines_of
from workflows.waking import keep_listening

TIDY_SECONDS: Final = 3_600.0
NOTE_SECONDS: Final = 60.0  # an idle worker writes no more often than this
_FIRST_NOTE_SECONDS: Final = 1.0
_TIDYING: Final = {
    "documents.removed": remove_unused,
    "idempotency_keys.removed": remove_old,
    "batch_items.refused": end_forsaken,
}
_log: Final = structlog.get_logger()


@asynccontextmanager
async def running(office: Office, *, with_worker: bool, idle_seconds: float = IDLE_SECONDS) -> AsyncIterator[None]:
    """All of it until the block ends; what a worker has in hand then is finished."""
    if with_worker:
        worker = _worker(office, idle_seconds)
        wakers = _wakers(office, worker)
        async with (
            _woken(office, worker),
            _beside(*wakers, _noting(office, worker), *_always(office, worker.wake)),
            _working(worker),
        ):
            yield
    else:
        async with _beside(*_always(office, lambda: None)):
            yield


def _worker(office: Office, idle_seconds: float) -> Worker:
    works, failed = [deadlines_of(office)], _failed("worker")
    return Worker(office.database, office.clock, works, failed=failed, idle_seconds=idle_seconds)


def _always(office: Office, numbered: Callable[[], None]) -> tuple[Awaitable[None], ...]:
    return _sequencing(office, numbered), _looking(office), _tidying(office), _telling(office), _recounting(office)


def _wakers(office: Office, worker: Worker) -> tuple[Awaitable[None], ...]:
    """On PostgreSQL other processes' steps are heard too, unless a pooler lies between; on SQLite there is no other."""
    if isinstance(office.database, Postgres) and office.database.can_listen:
        return (keep_listening(office.database, worker.wake, failed=_failed("listening")),)
    return ()


@asynccontextmanager
async def _woken(office: Office, worker: Worker) -> AsyncIterator[None]:
    """Whoever reads, in whatever thread, may say that something has passed."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(worker.wake)

    office.wakers.append(wake)
    try:
        yield
    finally:
        office.wakers.remove(wake)


@asynccontextmanager
async def _beside(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Run in the background until the block ends."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    """Do what falls due until the block ends; what is in hand then is finished."""
    task = asyncio.ensure_future(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


async def _sequencing(office: Office, numbered: Callable[[], None]) -> None:
    await Sequencer(office.database).run(failed=_failed("sequencer"), numbered=numbered)


async def _looking(office: Office) -> None:
    await keep_looking(office.database, office.clock, failed=_failed("full_look"))


async def _telling(office: Office) -> None:
    """Tell of the licences that an import put in doubt, and of those that one before the start left."""
    await keep_telling(office.database, office.clock, office.calendar, failed=_failed("licence_doubts"))


async def _recounting(office: Office) -> None:
    """Count anew what is due, where the calendar is another than at the last start."""
    while True:
        try:
            if moved := await recount(office):
                _log.info("calendar.recounted", cases=moved)
            return
        except Exception as error:  # noqa: BLE001 - the next hour tries again
            _failed("recounting")(error)
            await asyncio.sleep(TIDY_SECONDS)


async def _noting(office: Office, worker: Worker) -> None:
    """Once a minute write down when the worker last looked, for `signet doctor` and /health."""
    await asyncio.sleep(_FIRST_NOTE_SECONDS)
    while True:
        try:
            if worker.passed_at is not None:
                await note_pass(office.database, worker.passed_at)
        except Exception as error:  # noqa: BLE001 - the next minute tries again
            _failed("worker.noting")(error)
        await asyncio.sleep(NOTE_SECONDS)


async def _tidying(office: Office) -> None:
    """Once an hour remove what was never used or is not asked for any more, and end what nobody may go on with."""
    while True:
        for what, tidy in _TIDYING.items():
            try:
                if count := await tidy(office.database, office.clock()):
                    _log.info(what, count=count)
            except Exception as error:  # noqa: BLE001 - the next hour tries again
                _failed(what)(error)
        await asyncio.sleep(TIDY_SECONDS)


def _failed(what: str) -> Callable[[Exception], None]:
    """Log the kind of a fault, never what it says: that may hold values."""
    return lambda error: _log.error(what, type=type(error).__qualname__)
