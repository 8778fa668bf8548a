"""One run of an import at work: batch by batch, each with how far the import then is in one transaction (Art. 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from domain.ids import new_id
from domain.personal import without_documents
from domain.register import ImportState, QuarantinedRow, RegisterImport
from domain.table import table_of
from workflows.database import Database, Transaction, collided
from workflows.register_kind import Listed, Register, Stamp, sort_out
from workflows.register_rows import Quarantined

Clock = Callable[[], datetime]

# PostgreSQL keeps no NUL in a text.
_NOT_STORED: Final = MappingProxyType({0: "\ufffd"})

_IMPORT: Final = table_of(RegisterImport)
_QUARANTINED: Final = table_of(QuarantinedRow)
_COUNTS: Final = (
    "rows_read", "rows_created", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_missing",
)  # fmt: skip

_INTERRUPTED: Final = (
    sa.select(_IMPORT.c.id, *(_IMPORT.c[name] for name in _COUNTS))
    .where(
        _IMPORT.c.kind == sa.bindparam("kind", type_=sa.Text()),
        _IMPORT.c.sha256 == sa.bindparam("sha256", type_=sa.Text()),
        _IMPORT.c.state == ImportState.RUNNING,
    )
    .order_by(_IMPORT.c.rows_read.desc(), _IMPORT.c.id)
    .limit(sa.literal_column("1"))
)
_SUPERSEDE: Final = (
    sa.update(_IMPORT)
    .where(
        _IMPORT.c.kind == sa.bindparam("this_kind", type_=sa.Text()),
        _IMPORT.c.state == ImportState.RUNNING,
        _IMPORT.c.sha256 != sa.bindparam("this_sha256", type_=sa.Text()),
    )
    .values(state=ImportState.SUPERSEDED)
)
_BEGIN: Final = sa.insert(_IMPORT)
# PostgreSQL keeps the plan it made while the table was small, and read the whole of it for each batch of a growing one.
_BY_INDEX: Final = sa.text("SELECT set_config('enable_seqscan', 'off', true)")
_QUARANTINE: Final = sa.insert(_QUARANTINED)
_STANDS: Final = (
    _IMPORT.c.id == sa.bindparam("this_id", type_=sa.Text()),
    _IMPORT.c.rows_read == sa.bindparam("seen_read", type_=sa.BigInteger()),
    _IMPORT.c.rows_missing == sa.bindparam("seen_missing", type_=sa.BigInteger()),
    _IMPORT.c.state == ImportState.RUNNING,
)
_MOVE_ON: Final = (
    sa.update(_IMPORT)
    .where(*_STANDS)
    .values({name: sa.bindparam(f"new_{name}", type_=sa.BigInteger()) for name in _COUNTS})
    .returning(_IMPORT.c.id)
)
_FINISH: Final = (
    sa.update(_IMPORT)
    .where(*_STANDS)
    .values(state=ImportState.FINISHED, finished_at=sa.bindparam("at", type_=_IMPORT.c.finished_at.type))
    .returning(_IMPORT.c.id)
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows read so far."""

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    missing: int = 0

    @property
    def listed(self) -> int:
        """The rows that were let in."""
        return self.created + self.changed + self.unchanged

    def more(self, *, created: int, changed: int, unchanged: int, quarantined: int) -> Counts:
        """These and those of one more batch."""
        return Counts(
            self.read + created + changed + unchanged + quarantined,
            self.created + created,
            self.changed + changed,
            self.unchanged + unchanged,
            self.quarantined + quarantined,
            self.missing,
        )


async def begun(transaction: Transaction, clock: Clock, register: Register[Any], file_sha256: str, by: str) -> Run:
    """The interrupted import of this file, or a new one. It ends the interrupted import of another file.

    Two files half read, turn about, would each take what the other listed for missing.
    """
    await transaction.fetch(_SUPERSEDE, {"this_kind": register.kind, "this_sha256": file_sha256})
    found = await transaction.fetch(_INTERRUPTED, {"kind": register.kind, "sha256": file_sha256})
    if found:
        import_id, *counts = found[0]
        return Run(import_id, register, file_sha256, clock, Counts(*counts))
    import_id = new_id("register_import")
    values = {
        "id": import_id,
        "created_at": clock(),
        "kind": register.kind,
        "sha256": file_sha256,
        "state": ImportState.RUNNING,
        "by": by,
        "finished_at": None,
    }
    await transaction.fetch_each(_BEGIN, [values | dict.fromkeys(_COUNTS, 0)])
    return Run(import_id, register, file_sha256, clock, Counts())


class Run:
    """One import at work."""

    def __init__(self, import_id: str, register: Register[Any], file_sha256: str, clock: Clock, counts: Counts) -> None:
        self.id = import_id
        self.counts = counts
        self._register = register
        self._sha256 = file_sha256
        self._clock = clock

    async def take(self, database: Database, batch: Sequence[Listed | Quarantined]) -> None:
        """Write a batch: all of it and how far the import then is, or nothing."""
        self.counts = await database.write(lambda transaction: self._written(transaction, batch))

    async def note_missing(self, database: Database) -> None:
        """Note what is known and not in the file, now that it was read to its end.

        A file that lists nothing says nothing. What was noted before an interruption is found no more.
        """
        after = ""
        while self.counts.listed:
            page = await database.read(partial(self._register.missing, file_sha256=self._sha256, after=after))
            if not page:
                return
            self.counts = await database.write(partial(self._noted, missing=page))
            after = page[-1]

    async def finish(self, database: Database) -> None:
        """Say that the file was read to its end."""
        at = self._stands() | {"at": self._clock()}
        if not await database.write(lambda transaction: transaction.fetch(_FINISH, at)):
            raise collided()

    def _stands(self) -> dict[str, Any]:
        return {"this_id": self.id, "seen_read": self.counts.read, "seen_missing": self.counts.missing}

    async def _written(self, transaction: Transaction, batch: Sequence[Listed | Quarantined]) -> Counts:
        listed = [row for row in batch if not isinstance(row, Quarantined)]
        if transaction.dialect.name == "postgresql":
            await transaction.fetch(_BY_INDEX, {})
        known = await self._register.known(transaction, listed, self._sha256)
        sorted_out = sort_out(batch, known)
        stamp = Stamp(self.id, self._clock())
        await self._register.write(transaction, stamp, sorted_out, known)
        await transaction.fetch_each(_QUARANTINE, [self._put_aside(row, stamp) for row in sorted_out.quarantined])
        counts = self.counts.more(
            created=len(sorted_out.created),
            changed=len(sorted_out.changed),
            unchanged=len(sorted_out.unchanged),
            quarantined=len(sorted_out.quarantined),
        )
        return await self._moved_on(transaction, counts)

    async def _noted(self, transaction: Transaction, missing: Sequence[str]) -> Counts:
        counts = replace(self.counts, missing=self.counts.missing + len(missing))
        await self._register.note_missing(transaction, Stamp(self.id, self._clock()), missing)
        return await self._moved_on(transaction, counts)

    async def _moved_on(self, transaction: Transaction, counts: Counts) -> Counts:
        moved = {f"new_rows_{name}": getattr(counts, name) for name in Counts.__slots__}
        if not await transaction.fetch(_MOVE_ON, self._stands() | moved):
            raise collided()  # another process is at the same file, or one has begun another file
        return counts

    def _put_aside(self, row: Quarantined, stamp: Stamp) -> Mapping[str, Any]:
        return {
            "id": new_id("quarantined_row"),
            "created_at": stamp.at,
            "import_id": stamp.import_id,
            "line": row.line,
            "reason": row.reason,
            "raw": without_documents(row.raw).translate(_NOT_STORED),
        }
