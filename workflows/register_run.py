"""One run of an import at work: batch by batch, each with how far the import then is in one transaction (Art. 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from domain.ids import new_id
from domain.names import name_key
from domain.register import (
    ImportState,
    QuarantinedRow,
    QuarantineReason,
    RegisterImport,
    RegisterKind,
    SourceUnit,
)
from domain.table import table_of
from workflows.database import Among, Database, Transaction, collided
from workflows.register_rows import Listed, Quarantined

Clock = Callable[[], datetime]
Key = tuple[str, str, str]

# PostgreSQL keeps no NUL in a text.
_NOT_STORED: Final = MappingProxyType({0: "\ufffd"})

_IMPORT: Final = table_of(RegisterImport)
_UNIT: Final = table_of(SourceUnit)
_QUARANTINED: Final = table_of(QuarantinedRow)
_COUNTS: Final = ("rows_read", "rows_created", "rows_changed", "rows_unchanged", "rows_quarantined")

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
_BEGIN: Final = sa.insert(_IMPORT)
# The file that a unit was last written from tells a row that is new from one that contradicts its own file.
_KNOWN: Final = (
    sa.select(_UNIT.c.name, _UNIT.c.section, _UNIT.c.form, _UNIT.c.id, _UNIT.c.content_hash, _IMPORT.c.sha256)
    .select_from(_UNIT.outerjoin(_IMPORT, _IMPORT.c.id == _UNIT.c.import_id))
    .where(Among(_UNIT.c.name, "names"))
)
# PostgreSQL keeps the plan it made while the table was small, and read the whole of it for each batch of a growing one.
_BY_INDEX: Final = sa.text("SELECT set_config('enable_seqscan', 'off', true)")
_CREATE: Final = sa.insert(_UNIT)
_CHANGE: Final = (
    sa.update(_UNIT)
    .where(_UNIT.c.id == sa.bindparam("unit_id", type_=sa.Text()))
    .values(
        {name: sa.bindparam(f"new_{name}", type_=sa.Text()) for name in ("level", "division", "content_hash")}
        | {"import_id": sa.bindparam("new_import_id", type_=sa.Text())}
    )
)
_QUARANTINE: Final = sa.insert(_QUARANTINED)
_STANDS: Final = (
    _IMPORT.c.id == sa.bindparam("this_id", type_=sa.Text()),
    _IMPORT.c.rows_read == sa.bindparam("seen", type_=sa.BigInteger()),
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

    def more(self, *, created: int, changed: int, unchanged: int, quarantined: int) -> Counts:
        """These and those of one more batch."""
        return Counts(
            self.read + created + changed + unchanged + quarantined,
            self.created + created,
            self.changed + changed,
            self.unchanged + unchanged,
            self.quarantined + quarantined,
        )


async def begun(transaction: Transaction, clock: Clock, kind: RegisterKind, file_sha256: str, by: str) -> Run:
    """The interrupted import of this file, or a new one."""
    found = await transaction.fetch(_INTERRUPTED, {"kind": kind, "sha256": file_sha256})
    if found:
        import_id, *counts = found[0]
        return Run(import_id, file_sha256, clock, Counts(*counts))
    import_id = new_id("register_import")
    values = {
        "id": import_id,
        "created_at": clock(),
        "kind": kind,
        "sha256": file_sha256,
        "state": ImportState.RUNNING,
        "by": by,
        "finished_at": None,
    }
    await transaction.fetch_each(_BEGIN, [values | dict.fromkeys(_COUNTS, 0)])
    return Run(import_id, file_sha256, clock, Counts())


class Run:
    """One import at work."""

    def __init__(self, import_id: str, file_sha256: str, clock: Clock, counts: Counts) -> None:
        self.id = import_id
        self.counts = counts
        self._sha256 = file_sha256
        self._clock = clock

    async def take(self, database: Database, batch: Sequence[Listed | Quarantined]) -> None:
        """Write a batch: all of it and how far the import then is, or nothing."""
        self.counts = await database.write(lambda transaction: self._written(transaction, batch))

    async def finish(self, database: Database) -> None:
        """Say that the file was read to its end."""
        at = {"this_id": self.id, "seen": self.counts.read, "at": self._clock()}
        if not await database.write(lambda transaction: transaction.fetch(_FINISH, at)):
            raise collided()

    async def _written(self, transaction: Transaction, batch: Sequence[Listed | Quarantined]) -> Counts:
        names = sorted({row.name for row in batch if isinstance(row, Listed)})
        if transaction.dialect.name == "postgresql":
            await transaction.fetch(_BY_INDEX, {})
        found = await transaction.fetch(_KNOWN, {"names": names})
        known = {(row[0], row[1], row[2]): _Known(row[3], row[4], row[5] == self._sha256) for row in found}
        sorted_out = _sort_out(batch, known)
        at = self._clock()
        await transaction.fetch_each(_CREATE, [self._unit(row, at) for row in sorted_out.created])
        await transaction.fetch_each(_CHANGE, [self._change(row, known[row.key].id) for row in sorted_out.changed])
        await transaction.fetch_each(_QUARANTINE, [self._put_aside(row, at) for row in sorted_out.quarantined])
        counts = self.counts.more(
            created=len(sorted_out.created),
            changed=len(sorted_out.changed),
            unchanged=sorted_out.unchanged,
            quarantined=len(sorted_out.quarantined),
        )
        moved = {f"new_rows_{name}": getattr(counts, name) for name in Counts.__slots__}
        if not await transaction.fetch(_MOVE_ON, {"this_id": self.id, "seen": self.counts.read} | moved):
            raise collided()  # another process is at the same file
        return counts

    def _unit(self, row: Listed, at: datetime) -> Mapping[str, Any]:
        return {
            "id": new_id("source_unit"),
            "created_at": at,
            "name": row.name,
            "name_key": name_key(row.name),
            "section": row.section,
            "form": row.form,
            "level": row.level,
            "division": row.division,
            "content_hash": row.content_hash,
            "import_id": self.id,
        }

    def _change(self, row: Listed, unit_id: str) -> Mapping[str, Any]:
        return {
            "unit_id": unit_id,
            "new_level": row.level,
            "new_division": row.division,
            "new_content_hash": row.content_hash,
            "new_import_id": self.id,
        }

    def _put_aside(self, row: Quarantined, at: datetime) -> Mapping[str, Any]:
        return {
            "id": new_id("quarantined_row"),
            "created_at": at,
            "import_id": self.id,
            "line": row.line,
            "reason": row.reason,
            "raw": row.raw.translate(_NOT_STORED),
        }


class _Known(NamedTuple):
    """What is known of a unit."""

    id: str
    content_hash: str
    is_of_this_file: bool  # whether this file said so


@dataclass(slots=True)
class _Sorted:
    """What is to become of the rows of a batch."""

    created: list[Listed] = field(default_factory=list)
    changed: list[Listed] = field(default_factory=list)
    unchanged: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)


def _sort_out(batch: Sequence[Listed | Quarantined], known: Mapping[Key, _Known]) -> _Sorted:
    """Compare each row with what is known. The first row of a file that speaks of a unit holds against later ones."""
    out, stands = _Sorted(), dict(known)
    for row in batch:
        if isinstance(row, Quarantined):
            out.quarantined.append(row)
            continue
        before = stands.get(row.key)
        if before is not None and before.content_hash != row.content_hash and before.is_of_this_file:
            out.quarantined.append(Quarantined(row.line, row.raw, QuarantineReason.CONTRADICTION))
            continue
        if before is None:
            out.created.append(row)
        elif before.content_hash == row.content_hash:
            out.unchanged += 1
        else:
            out.changed.append(row)
        stands[row.key] = _Known("", row.content_hash, is_of_this_file=True)
    return out
