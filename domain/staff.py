"""The people who work for a provider or an authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from domain.case import Journalled
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
