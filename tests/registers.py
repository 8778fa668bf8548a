"""Files of registers for tests, and imports of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from domain.register import QuarantineReason, RegisterKind
from workflows.database import Database
from workflows.migrations import open_database
from workflows.register_csv import Source
from workflows.register_import import ImportReport, import_register, quarantined_rows

NOW: Final = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


class Killed(Exception):
    """The process died here."""


def quiet(rows: int, read_bytes: int) -> None:
    """Progress that nobody looks at."""


def clock() -> datetime:
    """It stands."""
    return NOW


def source(content: bytes, piece_bytes: int = 1_000) -> Source:
    """A file that is read in pieces."""

    async def opened() -> AsyncIterator[bytes]:
        for at in range(0, len(content), piece_bytes):
            yield content[at : at + piece_bytes]

    return opened


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database of a URL, closed in the end."""
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def imported(
    database: Database,
    kind: RegisterKind,
    content: bytes | str | Source,
    progress: Callable[[int, int], None] = quiet,
) -> ImportReport:
    """Import a text, bytes, or what a source gives."""
    if isinstance(content, str):
        content = content.encode()
    opener = source(content) if isinstance(content, bytes) else content
    return await import_register(database, clock, kind, opener, "TEST", progress)


async def put_aside(database: Database, report: ImportReport) -> list[tuple[int, QuarantineReason]]:
    """The rows that were not let in: line and reason."""
    return [(row.line, row.reason) async for row in quarantined_rows(database, report.import_id)]
