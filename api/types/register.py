"""The list of news sources as imported, and how each import went (Art. 7)."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from api.reading.fields import by, column, identifier, newest, paged
from api.reading.filters import equals
from api.reading.shapes import shape
from api.types.connection import Connection
from api.types.node import Node
from domain import register as rows
from domain.register import ImportState, QuarantineReason, RegisterKind


@strawberry.input(description="Which listed units.")
class SourceUnitFilter:
    """Which listed units."""

    name: str | None = equals(rows.SourceUnit.name, "Its exact name.")
    division: str | None = equals(rows.SourceUnit.division, "GB/T 2260 code of its province.")


@shape(rows.SourceUnit, prefix="source_unit")
class SourceUnit(Node):
    """A unit on the published list of news sources 稿源单位."""

    id: ID = identifier(rows.SourceUnit.id, "Its id.")
    name: str = column(rows.SourceUnit.name, "Its name as published.")
    section: str = column(rows.SourceUnit.section, "The section of the list.")
    form: str = column(rows.SourceUnit.form, "What form it takes.")
    level: str = column(rows.SourceUnit.level, "National or provincial, as the list has it.")
    division: str = column(rows.SourceUnit.division, "GB/T 2260 code of its province; empty where none is named.")


@shape(rows.QuarantinedRow, prefix="quarantined_row")
class QuarantinedRow(Node):
    """A row that was not let in."""

    id: ID = identifier(rows.QuarantinedRow.id, "Its id.")
    line: int = column(rows.QuarantinedRow.line, "Its line in the file.")
    reason: QuarantineReason = column(rows.QuarantinedRow.reason, "Why.")
    raw: str = column(rows.QuarantinedRow.raw, "The row as it stood.")


QUARANTINED = by(rows.QuarantinedRow.line, rows.QuarantinedRow.id)
SOURCE_UNITS = newest(rows.SourceUnit.created_at, rows.SourceUnit.id)
IMPORTS = newest(rows.RegisterImport.created_at, rows.RegisterImport.id)


@shape(rows.RegisterImport, prefix="register_import")
class RegisterImport(Node):
    """One import of a register."""

    id: ID = identifier(rows.RegisterImport.id, "Its id.")
    kind: RegisterKind = column(rows.RegisterImport.kind, "Which register.")
    state: ImportState = column(rows.RegisterImport.state, "How far it is.")
    sha256: str = column(rows.RegisterImport.sha256, "SHA-256 of the file.")
    rows_read: int = column(rows.RegisterImport.rows_read, "Rows read.")
    rows_created: int = column(rows.RegisterImport.rows_created, "Rows that were new.")
    rows_changed: int = column(rows.RegisterImport.rows_changed, "Rows that had changed.")
    rows_unchanged: int = column(rows.RegisterImport.rows_unchanged, "Rows that were known as they are.")
    rows_quarantined: int = column(rows.RegisterImport.rows_quarantined, "Rows that were not let in.")
    rows_missing: int = column(rows.RegisterImport.rows_missing, "What earlier files list and this one does not.")
    created_at: datetime = column(rows.RegisterImport.created_at, "When it began.")
    finished_at: datetime | None = column(rows.RegisterImport.finished_at, "When it ended.")
    quarantined: Connection[QuarantinedRow] = paged(rows.QuarantinedRow.import_id, order=QUARANTINED)
