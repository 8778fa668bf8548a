"""Licences as the imported register lists them, and what puts one in doubt (Art. 7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry import ID

from api.reading.fields import column, computed, identifier, newest, paged, related
from api.reading.filters import equals
from api.reading.shapes import plain, shape
from api.types.connection import Connection
from api.types.node import Node
from api.types.register import RegisterImport
from domain import licence as rows
from domain import register as register_rows
from domain.licence import DoubtCause, LicenceServices


@strawberry.input(description="Which licences. All that are given must hold.")
class LicenceFilter:
    """Which licences."""

    number: str | None = equals(rows.Licence.number, "Its exact number, in capitals without spaces or hyphens.")
    province: str | None = equals(rows.Licence.province, "GB/T 2260 code of its province; 000000 for national ones.")
    is_legacy: bool | None = equals(rows.Licence.is_legacy, "Whether its number is of an older form.")


@plain
class LicenceChange:
    """What a register said of a licence before it said otherwise."""

    field: str = strawberry.field(description="What changed, such as holder_name or valid_to.")
    before: str | None = strawberry.field(description="What was said before; null where nothing was.")


def changes_of(before: dict[str, Any]) -> list[LicenceChange]:
    """What changed, each with what was said before; empty for a licence that is missing."""
    return [LicenceChange(field=name, before=said) for name, said in before.items()]


def is_missing(missing_from: str | None) -> bool:
    """Whether the newest register does not list it; absence proves nothing."""
    return missing_from is not None


@shape(rows.LicenceDoubt, prefix="licence_doubt")
class LicenceDoubt(Node):
    """An import gave reason to look at a licence again. It changes no right by itself."""

    id: ID = identifier(rows.LicenceDoubt.id, "Its id.")
    cause: DoubtCause = column(rows.LicenceDoubt.cause, "What the import found.")
    created_at: datetime = column(rows.LicenceDoubt.created_at, "When it was found.")
    changes: list[LicenceChange] = computed(changes_of, (rows.LicenceDoubt.before,))
    register_import: RegisterImport | None = related(
        rows.LicenceDoubt.import_id, register_rows.RegisterImport.id, "The import that found it."
    )


LICENCES = newest(rows.Licence.created_at, rows.Licence.id)
DOUBTS = newest(rows.LicenceDoubt.created_at, rows.LicenceDoubt.id)


@shape(rows.Licence, prefix="licence")
class Licence(Node):
    """A licence for internet news services 互联网新闻信息服务许可证."""

    id: ID = identifier(rows.Licence.id, "Its id.")
    number: str = column(rows.Licence.number, "Its number.")
    holder_name: str = column(rows.Licence.holder_name, "Who holds it, as published.")
    province: str = column(
        rows.Licence.province, "GB/T 2260 code of its province; 000000 for a national one; empty where none is named."
    )
    licence_class: int | None = column(rows.Licence.licence_class, "1, 2 or 3; null where an old number tells none.")
    services: LicenceServices | None = column(rows.Licence.services, "What its class allows.")
    year: int | None = column(rows.Licence.year, "The year in its number.")
    serial: str | None = column(rows.Licence.serial, "The serial in its number.")
    is_legacy: bool = column(rows.Licence.is_legacy, "Whether its number is of an older form, without these parts.")
    issuer: str = column(rows.Licence.issuer, "Who issued it; empty where the register does not say.")
    valid_from: date | None = column(rows.Licence.valid_from, "Its first day.")
    valid_to: date | None = column(rows.Licence.valid_to, "Its last day; null: unknown, or without end.")
    is_missing: bool = computed(is_missing, (rows.Licence.missing_from,))
    doubts: Connection[LicenceDoubt] = paged(rows.LicenceDoubt.licence_id, order=DOUBTS)
