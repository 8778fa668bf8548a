"""Licences for internet news services as the imported register lists them, and what puts one in doubt (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql

from domain.case import Row
from domain.columns import day, flag, integer, json, moment, text, word
from domain.state import Word


class LicenceServices(Word):
    """What a licence allows."""

    PUBLISH_AND_REPRINT = "PUBLISH_AND_REPRINT", "采编发布服务、转载服务", "To publish and to reprint"
    REPRINT_ONLY = "REPRINT_ONLY", "转载服务", "To reprint"
    PLATFORM = "PLATFORM", "传播平台服务", "To run a platform"


# The class digit of a number and what it allows.
SERVICES: Final[Mapping[int, LicenceServices]] = MappingProxyType(
    {1: LicenceServices.PUBLISH_AND_REPRINT, 2: LicenceServices.REPRINT_ONLY, 3: LicenceServices.PLATFORM}
)
# What a register says of a licence besides its number: a change of any of these puts the licence in doubt.
SAID: Final = ("holder_name", "province", "licence_class", "issuer", "valid_from", "valid_to")


class Licence(Row, table=True):
    """A licence by its number. That an import no longer lists it proves nothing: it stays."""

    number: str = text(unique=True)  # as `domain.identifiers.licence_number` writes it
    holder_name: str = text()
    holder_name_key: str = text(index=True)
    province: str = text()  # GB/T 2260; 000000 is a national one; empty where neither number nor register names any
    licence_class: int | None = integer(nullable=True)  # None: an old number, and the register does not say
    services: LicenceServices | None = word(LicenceServices, nullable=True)
    year: int | None = integer(nullable=True)
    serial: str | None = text(nullable=True)
    is_legacy: bool = flag()  # the number is of an older form and has no parts
    issuer: str = text()  # empty where the register does not say
    valid_from: date | None = day(nullable=True)
    valid_to: date | None = day(nullable=True)  # its last day; None: unknown, or without end
    content_hash: str = text()
    import_id: str = text()  # the last import that said something new of it
    seen_in: str = text()  # the last import that listed it, or an earlier one of the same file
    missing_from: str | None = text(nullable=True)  # the first import since then that did not

    __table_args__ = (
        Index("ix_licence_created", "created_at", "id"),
        Index("ix_licence_province", "province", "created_at", "id"),
    )


class DoubtCause(Word):
    """What an import found."""

    CHANGED = "CHANGED", "登记内容变更", "The register says otherwise than before"
    MISSING = "MISSING", "不在新名单中", "A newer register does not list it; absence proves nothing"


_UNTOLD: Final = sql("told_at IS NULL")


class LicenceDoubt(Row, table=True):
    """An import gave reason to look at a licence again. It changes no right by itself."""

    licence_id: str = text(foreign_key="licence.id")
    cause: DoubtCause = word(DoubtCause)
    import_id: str = text(foreign_key="register_import.id")
    before: dict[str, Any] = json()  # what changed, each with what was said before
    told_at: datetime | None = moment(nullable=True)  # when every permission on the licence had its due row

    __table_args__ = (
        UniqueConstraint("licence_id", "import_id", "cause"),
        Index("ix_licence_doubt_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        Index("ix_licence_doubt_licence", "licence_id", "created_at", "id"),
        Index("ix_licence_doubt_import", "import_id", "id"),
    )
