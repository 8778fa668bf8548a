"""The filing of an account with its authority, by category (Art. 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from domain.case import Journalled, Tenant, Timed
from domain.columns import blob, flag, integer, json, moment, text, word
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
    CANCELLED = "CANCELLED", "已注销", "Cancelled: the account was closed"
    SUPERSEDED = "SUPERSEDED", "已被更新", "Superseded by a newer version"


class Filing(Tenant, Journalled, Timed, table=True):
    """What was put on file of an account. A person is named by pseudonym only; an organisation's name is sealed."""

    state: FilingState = word(FilingState)
    account_id: str = text(foreign_key="account.id")
    current_of: str | None = text(
        nullable=True, unique=True
    )  # the account, while this is its filing and not a mere amendment
    amends: str | None = text(nullable=True, foreign_key="filing.id")
    holder_id: str = text(foreign_key="holder.id")
    handle: str = text()
    display_name: str = text()
    description: str = text()
    category: str = text()
    subject_type: SubjectType = word(SubjectType)
    division: str = text()
    reviewed_at: datetime = moment()
    agreement_id: str | None = text(nullable=True, foreign_key="agreement_version.id")
    number: str | None = text(nullable=True)
    number_version: int = integer()
    round: int = integer()
    submitted_at: datetime | None = moment(nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    defects: list[Any] = json()
    was_refused: bool = flag()  # ever declined or revoked: it gives no right to publish before it is accepted
    was_in_force: bool = flag()  # when its account was closed: then it comes back under its number with the account
    sealed: bytes | None = blob(nullable=True)  # name and code of the organisation, as it was submitted with them
    former_number: str | None = text(nullable=True)  # the number an adopted account was filed under elsewhere
    transfer_to: str | None = text(nullable=True, foreign_key="authority.id")  # asked to take it over
    transfer_asked_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        UniqueConstraint("number", "number_version"),
        Index("ix_filing_account", "account_id", "created_at", "id"),
        Index("ix_filing_transfer_to", "transfer_to", "created_at", "id"),
        Index("ix_filing_desk", "jurisdiction", "state", "due_at", "id"),
        Index("ix_filing_provider", "provider_id", "state", "due_at", "id"),
        Index("ix_filing_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_filing_created", "created_at", "id"),
    )


class Transfer(Tenant, table=True):
    """A filing that went from one authority to another, and all its account's cases with it."""

    account_id: str = text(foreign_key="account.id")
    filing_id: str = text(foreign_key="filing.id")
    from_authority: str = text(foreign_key="authority.id")
    to_authority: str = text(foreign_key="authority.id")
    is_designated: bool = flag()  # decided by the national authority in a dispute
    received_at: datetime | None = moment(nullable=True)  # when the filing was first received, which stays

    __table_args__ = (
        Index("ix_transfer_account", "account_id", "to_authority"),
        Index("ix_transfer_from", "from_authority", "created_at", "id"),
        Index("ix_transfer_to", "to_authority", "created_at", "id"),
        Index("ix_transfer_provider", "provider_id", "created_at", "id"),
        Index("ix_transfer_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_transfer_created", "created_at", "id"),
    )


class Counter(Tenant, table=True):
    """The last serial number given out under a prefix."""

    prefix: str = text(unique=True)
    value: int = integer()
