"""The list of news sources: a unit is known by its name, section and form, and no import takes one off it (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson
import sqlalchemy as sa

from domain.ids import new_id
from domain.names import name_key
from domain.register import QuarantineReason, RegisterImport, RegisterKind, SourceUnit
from domain.table import table_of
from workflows.database import Among, Connection, Transaction
from workflows.register_kind import Key, Known, Sorted, Stamp
from workflows.register_rows import Cells, Unfit

_IMPORT: Final = table_of(RegisterImport)
_UNIT: Final = table_of(SourceUnit)
# The file that a unit was last written from tells a row that is new from one that contradicts its own file.
_KNOWN: Final = (
    sa.select(_UNIT.c.name, _UNIT.c.section, _UNIT.c.form, _UNIT.c.id, _UNIT.c.content_hash, _IMPORT.c.sha256)
    .select_from(_UNIT.outerjoin(_IMPORT, _IMPORT.c.id == _UNIT.c.import_id))
    .where(Among(_UNIT.c.name, "names"))
)
_CREATE: Final = sa.insert(_UNIT)
_CHANGE: Final = (
    sa.update(_UNIT)
    .where(_UNIT.c.id == sa.bindparam("unit_id", type_=sa.Text()))
    .values(
        {name: sa.bindparam(f"new_{name}", type_=sa.Text()) for name in ("level", "division", "content_hash")}
        | {"import_id": sa.bindparam("new_import_id", type_=sa.Text())}
    )
)


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """A unit as a file lists it."""

    line: int
    raw: str
    name: str
    section: str
    form: str
    level: str
    division: str

    @property
    def key(self) -> Key:
        return self.name, self.section, self.form

    @property
    def content_hash(self) -> str:
        said = [self.name, self.section, self.form, self.level, self.division]
        return sha256(orjson.dumps(said)).hexdigest()


class Sources:
    """The list of news sources."""

    kind = RegisterKind.SOURCES

    def read(self, cells: Cells) -> ListedUnit:
        name = cells.name("name")
        if cells.says_yes("is_fragment"):
            raise Unfit(QuarantineReason.BROKEN_FRAGMENT)
        section, form, level = (cells.words(field) for field in ("section", "form", "level"))
        return ListedUnit(cells.line, cells.raw, name, section, form, level, cells.province("division"))

    async def known(
        self, transaction: Transaction, listed: Sequence[ListedUnit], file_sha256: str
    ) -> Mapping[Key, Known]:
        found = await transaction.fetch(_KNOWN, {"names": sorted({row.name for row in listed})})
        return {(row[0], row[1], row[2]): Known(row[3], row[4], row[5] == file_sha256) for row in found}

    async def write(
        self, transaction: Transaction, stamp: Stamp, rows: Sorted[ListedUnit], known: Mapping[Key, Known]
    ) -> None:
        await transaction.fetch_each(_CREATE, [_unit(row, stamp) for row in rows.created])
        await transaction.fetch_each(_CHANGE, [_change(row, known[row.key].id, stamp) for row in rows.changed])

    async def missing(self, connection: Connection, *, file_sha256: str, after: str) -> Sequence[str]:
        return ()

    async def note_missing(self, transaction: Transaction, stamp: Stamp, ids: Sequence[str]) -> None:
        """Nothing is ever missing here."""


def _unit(row: ListedUnit, stamp: Stamp) -> Mapping[str, Any]:
    return {
        "id": new_id("source_unit"),
        "created_at": stamp.at,
        "name": row.name,
        "name_key": name_key(row.name),
        "section": row.section,
        "form": row.form,
        "level": row.level,
        "division": row.division,
        "content_hash": row.content_hash,
        "import_id": stamp.import_id,
    }


def _change(row: ListedUnit, unit_id: str, stamp: Stamp) -> Mapping[str, Any]:
    return {
        "unit_id": unit_id,
        "new_level": row.level,
        "new_division": row.division,
        "new_content_hash": row.content_hash,
        "new_import_id": stamp.import_id,
    }
