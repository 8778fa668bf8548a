"""Documents handed in: sealed in chunks under the key of the subject they are about (Art. 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, literal_column

from domain.case import Row
from domain.columns import blob, integer, moment, text, word
from domain.state import Word
from domain.table import Table

_OF_NONE: Final[Any] = literal_column("provider_id IS NULL")


class ContentType(Word):
    """What a document is, by its content."""

    JPEG = "JPEG", "JPEG 图片", "JPEG picture"
    PNG = "PNG", "PNG 图片", "PNG picture"
    PDF = "PDF", "PDF 文档", "PDF document"
    TXT = "TXT", "文本", "Plain text in UTF-8"
    CSV = "CSV", "名录表", "A register as comma-separated values"


class Document(Row, table=True):
    """One upload. Unused after a day, it is gone."""

    provider_id: str | None = text(nullable=True, foreign_key="provider.id")
    jurisdiction: str | None = text(nullable=True, foreign_key="authority.id")
    holder_id: str | None = text(nullable=True, foreign_key="holder.id")
    identity_id: str | None = text(nullable=True, foreign_key="identity.id")
    uploaded_by: str = text()
    content_type: ContentType = word(ContentType)
    size: int = integer()
    sha256: str = text()
    used_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_document_unused", "used_at", "created_at"),
        Index("ix_document_holder", "holder_id", "created_at"),
        Index("ix_document_provider", "provider_id", "created_at"),
        Index("ix_document_authority", "jurisdiction", "created_at", sqlite_where=_OF_NONE, postgresql_where=_OF_NONE),
    )


class DocumentChunk(Table, table=True):
    """A sealed part of a document."""

    document_id: str = text(primary_key=True, foreign_key="document.id")
    number: int = integer(primary_key=True)
    sealed: bytes = blob()
