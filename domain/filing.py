"""The filing of an account with its authority, by category (Art. 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from domain.case import Journalled, Tenant, Timed
from domain.columns import integer, json, moment, text, word
from domain.holder import SubjectType
from domain.state import State


class FilingState(State):
    """Where a filing stands."""

    PREPARED = "PREPARED", "待报送", "Prepared, to be submitted"
    SUBMITTED = "SUBMITTED", "已报送", "Submitted to the authority"
    ACCEPTED = "ACCEPTED", "已备案", "Accepted: on file"
    RETURNED = "RETURNED", "退回补正", "Returned with its defects"
    DECLINED = "DECLINED", "不予备案", "Declined"
    REVOKED = "REVOKED", "已撤销", "Revoked"


class Filing(Tenant, Journalled, Timed, table=True):
    """What was put on file of an account. A person is named by pseudonym only: nothing of the vault lies here."""

    state: FilingState = word(FilingState)
    account_id: str = text(foreign_key="account.id", unique=True)
    holder_id: str = text(foreign_key="holder.id")
    handle: str = text()
    display_name: str = text()
    category: str = text()
    subject_type: SubjectType = word(SubjectType)
    division: str = text()
    reviewed_at: datetime = moment()
    agreement_id: str | None = text(nullable=True, foreign_key="agreement_version.id")
    number: str | None = text(nullable=True, unique=True)
    number_version: int = integer()
    round: int = integer()
    submitted_at: datetime | None = moment(nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    defects: list[Any] = json()

    __table_args__ = (
        Index("ix_filing_desk", "jurisdiction", "state", "due_at", "id"),
        Index("ix_filing_provider", "provider_id", "state", "due_at", "id"),
        Index("ix_filing_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_filing_created", "created_at", "id"),
    )


class Counter(Tenant, table=True):
    """The last serial number given out under a prefix."""

    prefix: str = text(unique=True)
    value: int = integer()
