"""The register of licences: known by their numbers; a change or an absence only puts a licence in doubt (Art. 7).

Which import last listed a licence is written only where that was another file: the same file again writes no licence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final

import orjson
import sqlalchemy as sa

from domain.identifiers import Flag, LicenceNumber
from domain.ids import new_id
from domain.licence import SAID, SERVICES, DoubtCause, Licence, LicenceDoubt
from domain.names import name_key
from domain.register import RegisterImport, RegisterKind
from domain.table import table_of
from workflows.database import Among, Connection, Transaction
from workflows.licence_rows import class_of, days_of, number_of, province_of_licence
from workflows.register_kind import PAGE_ROWS, Key, Known, Sorted, Stamp
from workflows.register_rows import Cells

_IMPORT: Final = table_of(RegisterImport)
_LICENCE: Final = table_of(Licence)
_THIS_FILE: Final = sa.bindparam("sha256", type_=sa.Text(), required=False)
# Listed by this file before and not missed since: nothing is to be written where it says the same.
_KNOWN: Final = (
    sa.select(
        _LICENCE.c.number,
        _LICENCE.c.id,
        _LICENCE.c.content_hash,
        _IMPORT.c.sha256,
        _LICENCE.c.missing_from,
        *(_LICENCE.c[name] for name in SAID),
    )
    .select_from(_LICENCE.outerjoin(_IMPORT, _IMPORT.c.id == _LICENCE.c.seen_in))
    .where(Among(_LICENCE.c.number, "numbers"))
)
_CREATE: Final = sa.insert(_LICENCE)
_WRITTEN: Final = (*SAID, "holder_name_key", "services", "content_hash", "import_id", "seen_in")
_CHANGE: Final = (
    sa.update(_LICENCE)
    .where(_LICENCE.c.id == sa.bindparam("licence_id", type_=sa.Text()))
    .values({name: sa.bindparam(f"new_{name}", type_=_LICENCE.c[name].type) for name in _WRITTEN})
    .values(missing_from=sa.null())
)
_SEE: Final = (
    sa.update(_LICENCE)
    .where(Among(_LICENCE.c.id, "ids"))
    .values(seen_in=sa.bindparam("this_import", type_=sa.Text(), required=False), missing_from=sa.null())
)
_OF_THIS_FILE: Final = sa.select(_IMPORT.c.id).where(
    _IMPORT.c.kind == sa.literal_column(f"'{RegisterKind.LICENCES}'"), _IMPORT.c.sha256 == _THIS_FILE
)
_MISSING: Final = (
    sa.select(_LICENCE.c.id)
    .where(
        _LICENCE.c.id > sa.bindparam("after", type_=sa.Text(), required=False),
        _LICENCE.c.missing_from.is_(None),
        _LICENCE.c.seen_in.not_in(_OF_THIS_FILE),
    )
    .order_by(_LICENCE.c.id)
    .limit(sa.literal_column(str(PAGE_ROWS)))
)
_MISS: Final = (
    sa.update(_LICENCE)
    .where(Among(_LICENCE.c.id, "ids"))
    .values(missing_from=sa.bindparam("this_import", type_=sa.Text(), required=False))
)
_DOUBT: Final = sa.insert(table_of(LicenceDoubt))


@dataclass(frozen=True, slots=True)
class ListedLicence:
    """A licence as a file lists it."""

    line: int
    raw: str
    number: LicenceNumber
    holder_name: str
    province: str
    licence_class: int | None
    issuer: str
    valid_from: date | None
    valid_to: date | None
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        said = orjson.dumps([self.number.value, *self.said.values()])
        object.__setattr__(self, "content_hash", sha256(said).hexdigest())

    @property
    def key(self) -> Key:
        return (self.number.value,)

    @property
    def said(self) -> dict[str, str | None]:
        """What it says besides its number, in words."""
        return {name: _told(getattr(self, name)) for name in SAID}

    @property
    def values(self) -> dict[str, Any]:
        """The columns that a change writes."""
        services = None if self.licence_class is None else SERVICES[self.licence_class]
        own = {"holder_name_key": name_key(self.holder_name), "services": services, "content_hash": self.content_hash}
        return {name: getattr(self, name) for name in SAID} | own


class Licences:
    """The register of licences."""

    kind = RegisterKind.LICENCES

    def read(self, cells: Cells) -> ListedLicence:
        number = number_of(cells)
        holder_name = cells.name("holder_name")
        province, licence_class = province_of_licence(cells, number), class_of(cells, number)
        valid_from, valid_to = days_of(cells)
        return ListedLicence(
            cells.line,
            cells.raw,
            number,
            holder_name,
            province,
            licence_class,
            cells.words("issuer"),
            valid_from,
            valid_to,
        )

    async def known(
        self, transaction: Transaction, listed: Sequence[ListedLicence], file_sha256: str
    ) -> Mapping[Key, Known]:
        found = await transaction.fetch(_KNOWN, {"numbers": sorted({row.number.value for row in listed})})
        return {(row[0],): _known(row, file_sha256) for row in found}

    async def write(
        self, transaction: Transaction, stamp: Stamp, rows: Sorted[ListedLicence], known: Mapping[Key, Known]
    ) -> None:
        await transaction.fetch_each(_CREATE, [_licence(row, stamp) for row in rows.created])
        await transaction.fetch_each(_CHANGE, [_change(row, known[row.key].id, stamp) for row in rows.changed])
        await transaction.fetch_each(_DOUBT, [_changed(row, known[row.key], stamp) for row in rows.changed])
        seen = {known[row.key].id for row in rows.unchanged if row.key in known and not known[row.key].is_of_this_file}
        if seen:
            await transaction.fetch(_SEE, {"ids": sorted(seen), "this_import": stamp.import_id})

    async def missing(self, connection: Connection, *, file_sha256: str, after: str) -> Sequence[str]:
        return [row[0] for row in await connection.fetch(_MISSING, {"sha256": file_sha256, "after": after})]

    async def note_missing(self, transaction: Transaction, stamp: Stamp, ids: Sequence[str]) -> None:
        await transaction.fetch(_MISS, {"ids": list(ids), "this_import": stamp.import_id})
        await transaction.fetch_each(_DOUBT, [_doubt(id_, DoubtCause.MISSING, {}, stamp) for id_ in ids])


def _known(row: Sequence[Any], file_sha256: str) -> Known:
    said = {name: _told(value) for name, value in zip(SAID, row[5:], strict=True)}
    return Known(row[1], row[2], row[3] == file_sha256 and row[4] is None, said)


def _told(value: Any) -> str | None:
    """A value in words: a day is ISO text on SQLite already."""
    return None if value is None else str(value)


def _licence(row: ListedLicence, stamp: Stamp) -> dict[str, Any]:
    own = {
        "id": new_id("licence"),
        "created_at": stamp.at,
        "number": row.number.value,
        "year": row.number.year,
        "serial": row.number.serial,
        "is_legacy": Flag.LEGACY_FORM in row.number.flags,
        "missing_from": None,
    }
    return row.values | own | {"import_id": stamp.import_id, "seen_in": stamp.import_id}


def _change(row: ListedLicence, licence_id: str, stamp: Stamp) -> dict[str, Any]:
    written = row.values | {"import_id": stamp.import_id, "seen_in": stamp.import_id}
    return {"licence_id": licence_id} | {f"new_{name}": value for name, value in written.items()}


def _changed(row: ListedLicence, known: Known, stamp: Stamp) -> dict[str, Any]:
    before = {name: value for name, value in known.said.items() if value != row.said[name]}
    return _doubt(known.id, DoubtCause.CHANGED, before, stamp)


def _doubt(licence_id: str, cause: DoubtCause, before: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    return {
        "id": new_id("licence_doubt"),
        "created_at": stamp.at,
        "licence_id": licence_id,
        "cause": cause,
        "import_id": stamp.import_id,
        "before": dict(before),
        "told_at": None,
    }
