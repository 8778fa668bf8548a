"""The people who work for a provider or an authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from domain.case import Journalled, Row
from domain.columns import blob, json, moment, text, word
from domain.policy.roles import Role
from domain.state import State


class StaffState(State):
    """Whether a member of staff may act."""

    ENROLLED = "ENROLLED", "在岗", "Enrolled"
    DISABLED = "DISABLED", "已停用", "Disabled"


class Staff(Journalled, table=True):
    """A login and the person behind it. `person` is a blind index, keyed per provider or authority."""

    state: StaffState = word(StaffState)
    issuer: str = text()
    subject: str = text()
    provider_id: str | None = text(nullable=True, foreign_key="provider.id", index=True)
    jurisdiction: str | None = text(nullable=True, foreign_key="authority.id", index=True)
    role: Role = word(Role)
    staff_number: str = text()
    person: bytes = blob()
    certificates: list[Any] = json()
    disabled_at: datetime | None = moment(nullable=True)

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class Recusal(Row, table=True):
    """Whose matters a person does not handle, by whichever login: a holder's or a provider's."""

    provider_id: str | None = text(nullable=True, foreign_key="provider.id")
    jurisdiction: str | None = text(nullable=True, foreign_key="authority.id")
    staff_id: str = text(foreign_key="staff.id")
    person: bytes = blob()
    party_id: str = text()
    step_id: str | None = text(nullable=True)
    lifted_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_recusal_person", "person", "lifted_at"),
        Index("ix_recusal_staff", "staff_id", "created_at", "id"),
    )
