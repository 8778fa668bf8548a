"""Published registers as imported: their kinds, the list of news sources, and how each import went (Art. 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql

from domain.case import Row
from domain.columns import big_integer, integer, moment, text, word
from domain.state import Word


class RegisterKind(Word):
    """Which register a file holds."""

    SOURCES = "SOURCES", "新闻信息稿源单位名单", "List of news sources"
    LICENCES = "LICENCES", "互联网新闻信息服务许可名单", "Register of licences for internet news services"


class SourceUnit(Row, table=True):
    """A unit on the list of news sources."""

    name: str = text()
    name_key: str = text(index=True)
    section: str = text()
    form: str = text()
    level: str = text()
    division: str = text()  # GB/T 2260 of a province; empty where the list names none
    content_hash: str = text()
    import_id: str = text()  # the import that last wrote it

    __table_args__ = (UniqueConstraint("name", "section", "form"), Index("ix_source_unit_created", "created_at", "id"))


class ImportState(Word):
    """Where an import stands."""

    RUNNING = "RUNNING", "导入中", "Running, or interrupted: the same file resumes it"
    FINISHED = "FINISHED", "已完成", "Finished"
    SUPERSEDED = "SUPERSEDED", "已被取代", "Ended by an import of another file of the same register"


_IS_RUNNING: Final = sql("state = 'RUNNING'")


class RegisterImport(Row, table=True):
    """One file, told by its hash: how far it was read and what became of its rows. One of a kind runs at a time."""

    kind: RegisterKind = word(RegisterKind)
    sha256: str = text()
    state: ImportState = word(ImportState)
    by: str = text()
    rows_read: int = big_integer()
    rows_created: int = big_integer()
    rows_changed: int = big_integer()
    rows_unchanged: int = big_integer()
    rows_quarantined: int = big_integer()
    rows_missing: int = big_integer()  # not in the file, though earlier ones had them
    finished_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_register_import", "kind", "sha256"),
        Index(
            "uq_register_import_running", "kind", unique=True, sqlite_where=_IS_RUNNING, postgresql_where=_IS_RUNNING
        ),
        Index("ix_register_import_created", "created_at", "id"),
    )


class QuarantineReason(Word):
    """Why a row is not let in."""

    EMPTY_NAME = "EMPTY_NAME", "名称为空", "The name is empty"
    BROKEN_FRAGMENT = "BROKEN_FRAGMENT", "残缺片段", "A piece of a name: flagged so, too short, or with an open bracket"
    TOO_LONG = "TOO_LONG", "内容过长", "A value or the whole row is too long"
    CONTROL_CHARACTERS = "CONTROL_CHARACTERS", "含不可见字符", "A value holds a character that cannot be seen"
    UNKNOWN_DIVISION = "UNKNOWN_DIVISION", "行政区划不存在", "The division is none of GB/T 2260"
    COLUMN_COUNT = "COLUMN_COUNT", "列数不符", "The row has another number of columns than the header"
    BROKEN_QUOTING = "BROKEN_QUOTING", "引号不配对", "A quotation mark is not closed, or closed too early"
    CONTRADICTION = "CONTRADICTION", "与本文件另一行矛盾", "Another row of this file says otherwise of the same one"
    MALFORMED_NUMBER = "MALFORMED_NUMBER", "许可证编号格式不符", "The licence number is of no known form"
    UNKNOWN_SERVICES = "UNKNOWN_SERVICES", "许可类别不明", "The class or the services are none that licences have"
    INVALID_DATE = "INVALID_DATE", "有效期无效", "A date is none, or the last day lies before the first"
    PERSONAL_DATA = "PERSONAL_DATA", "含证件号码", "A value holds the number of a person's document"
    CONTRADICTS_NUMBER = (
        "CONTRADICTS_NUMBER",
        "与许可证编号矛盾",
        "Its province, class or services are not those of its number, or class and services are not of one kind",
    )


class QuarantinedRow(Row, table=True):
    """A row that was not let in, with its reason."""

    import_id: str = text(foreign_key="register_import.id")
    line: int = integer()
    reason: QuarantineReason = word(QuarantineReason)
    raw: str = text()  # its beginning

    __table_args__ = (Index("ix_quarantined_row_import", "import_id", "line"),)
