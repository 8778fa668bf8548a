"""Four eyes: a step proposed by one person, endorsed by another, fired once with the proposed input and no other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint

from domain.case import Row
from domain.columns import blob, integer, moment, text


class Proposal(Row, table=True):
    """A step that waits for a second person. Its input is sealed; what is endorsed is that input's hash."""

    case_kind: str = text()
    case_id: str = text()
    provider_id: str | None = text(nullable=True, foreign_key="provider.id")
    jurisdiction: str | None = text(nullable=True, foreign_key="authority.id")
    trigger: str = text()
    version: int = integer()
    identity_id: str | None = text(nullable=True)
    sealed: bytes = blob()
    hash: str = text()
    proposer_id: str = text(foreign_key="staff.id")
    proposer_person: bytes = blob()
    endorser_id: str | None = text(nullable=True, foreign_key="staff.id")
    endorser_person: bytes | None = blob(nullable=True)
    endorsed_at: datetime | None = moment(nullable=True)
    withdrawn_at: datetime | None = moment(nullable=True)
    expires_at: datetime = moment()
    used_by: str | None = text(nullable=True)

    __table_args__ = (
        Index("ix_proposal_case", "case_id", "created_at", "id"),
        Index("ix_proposal_provider", "provider_id", "created_at", "id"),
        Index("ix_proposal_jurisdiction", "jurisdiction", "created_at", "id"),
    )


class Involvement(Row, table=True):
    """A person who had a part in a decision; one row a person and decision, so the database itself keeps them apart."""

    decision: str = text(foreign_key="step.id")
    person: bytes = blob()
    staff_id: str = text()
    parts: str = text()

    __table_args__ = (UniqueConstraint("decision", "person"),)
