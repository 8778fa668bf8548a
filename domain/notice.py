"""Notices: what was decided against a party, served with a receipt. Windows run from service."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlalchemy import text as sql

from domain.case import Tenant
from domain.columns import blob, moment, text, word
from domain.state import Word


class Party(Word):
    """Whom a notice is served on."""

    HOLDER = "HOLDER", "使用者", "The holder"
    PROVIDER = "PROVIDER", "服务提供者", "The provider"
    AUTHORITY = "AUTHORITY", "主管部门", "An authority"


_TO_AUTHORITY: Final = sql(f"party = '{Party.AUTHORITY}'")


class Notice(Tenant, table=True):
    """One notice. The receipt's secret is derived when shown; only its hash is kept.

    One to an authority has that authority as its jurisdiction, whoever answers for the case: it never changes hands.
    """

    party: Party = word(Party)
    holder_id: str | None = text(nullable=True)
    case_kind: str = text()
    case_id: str = text()
    step_id: str = text(foreign_key="step.id")
    receipt_number: str = text(unique=True)
    secret_hash: bytes = blob()
    served_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_notice_provider", "provider_id", "created_at", "id"),
        Index("ix_notice_holder", "holder_id", "created_at", "id"),
        Index(
            "ix_notice_authority",
            "jurisdiction",
            "created_at",
            "id",
            sqlite_where=_TO_AUTHORITY,
            postgresql_where=_TO_AUTHORITY,
        ),
    )
