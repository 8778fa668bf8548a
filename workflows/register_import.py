"""The import of published registers: a file of any size, row by row, as often as wanted and after any interruption.

A batch of rows is one transaction, which also writes how far the import is: whoever dies in between loses the batch
at hand, and the same file goes on where the last one ended. A file is told by its SHA-256. What is read and written
of each kind of register is its own object: see REGISTERS.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from domain.register import QuarantinedRow, QuarantineReason, RegisterKind
from domain.table import table_of
from workflows.database import Connection, Database, Row
from workflows.register_csv import Encoding, Reading, Record, Source, survey, unreadable
from workflows.register_kind import Listed, Register
from workflows.register_licences import Licences
from workflows.register_rows import Header, Quarantined, Unfit
from workflows.register_run import Clock, Counts, begun
from workflows.register_sources import Sources

Progress = Callable[[int, int], None]  # rows read, and bytes read over both passes: twice the file's size at the end

REGISTERS: Final[Mapping[RegisterKind, Register[Any]]] = MappingProxyType(
    {RegisterKind.SOURCES: Sources(), RegisterKind.LICENCES: Licences()}
)
BATCH_ROWS: Final = 500
PAGE_ROWS: Final = 500

_QUARANTINED: Final = table_of(QuarantinedRow)
_PAGE: Final = (
    sa.select(_QUARANTINED.c.line, _QUARANTINED.c.raw, _QUARANTINED.c.reason)
    .where(
        _QUARANTINED.c.import_id == sa.bindparam("import_id", type_=sa.Text()),
        _QUARANTINED.c.line > sa.bindparam("after_line", type_=sa.Integer()),
    )
    .order_by(_QUARANTINED.c.line)
    .limit(sa.literal_column(str(PAGE_ROWS)))
)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import went. `resumed_at` is the number of rows that an earlier, interrupted run had done."""

    import_id: str
    kind: RegisterKind
    sha256: str
    encoding: Encoding
    size_bytes: int
    counts: Counts
    resumed_at: int


async def import_register(
    database: Database, clock: Clock, kind: RegisterKind, source: Source, by: str, progress: Progress
) -> ImportReport:
    """Import a register. A file that is none is refused with FILE_UNREADABLE, and nothing is written."""
    register = REGISTERS[kind]
    surveyed = await survey(source, lambda read_bytes: progress(0, read_bytes))
    reading = Reading(source, surveyed)
    records = reading.records()
    try:
        header = Header(kind, await _first(records))
        run = await database.write(lambda transaction: begun(transaction, clock, register, surveyed.sha256, by))
        resumed_at = run.counts.read
        async for batch in _batches(records, header, register, skip=resumed_at):
            await run.take(database, batch)
            progress(run.counts.read, surveyed.size_bytes + reading.read_bytes)
        await run.note_missing(database)
        await run.finish(database)
    finally:
        await records.aclose()
    return ImportReport(run.id, kind, surveyed.sha256, surveyed.encoding, surveyed.size_bytes, run.counts, resumed_at)


async def quarantined_rows(database: Database, import_id: str) -> AsyncIterator[Quarantined]:
    """The rows that an import did not let in, by line, read page by page."""
    after_line = 0
    while True:
        page = await database.read(partial(_page, import_id=import_id, after_line=after_line))
        for line, raw, reason in page:
            yield Quarantined(line, raw, QuarantineReason(reason))
        if len(page) < PAGE_ROWS:
            return
        after_line = page[-1][0]


async def _page(connection: Connection, *, import_id: str, after_line: int) -> Sequence[Row]:
    return await connection.fetch(_PAGE, {"import_id": import_id, "after_line": after_line})


async def _first(records: AsyncGenerator[Record, None]) -> Record:
    async for record in records:
        return record
    raise unreadable("It has no header row.")


async def _batches(
    records: AsyncGenerator[Record, None], header: Header, register: Register[Any], *, skip: int
) -> AsyncIterator[list[Listed | Quarantined]]:
    """The rows in batches, without those that were done before."""
    batch: list[Listed | Quarantined] = []
    async for record in records:
        if skip:
            skip -= 1
            continue
        batch.append(_read(record, header, register))
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(record: Record, header: Header, register: Register[Any]) -> Listed | Quarantined:
    """What a record lists, or why it is not let in."""
    try:
        listed: Listed = register.read(header.cells(record))
    except Unfit as unfit:
        return Quarantined(record.line, record.raw, unfit.reason)
    return listed
