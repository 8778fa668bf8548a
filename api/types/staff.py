"""The people who act for a provider or an authority."""

from __future__ import annotations

from datetime import datetime

from api.reading.fields import column
from api.types.case import Case, case
from domain import staff as rows
from domain.policy.roles import Role
from domain.staff import StaffState
from workflows.staff import STAFF


@case(STAFF)
class Staff(Case):
    """A member of staff 工作人员: a login, a role, and somebody behind it whom the schema never names."""

    state: StaffState = column(rows.Staff.state, "Whether they may act.")
    role: Role = column(rows.Staff.role, "What they may do.")
    staff_number: str = column(rows.Staff.staff_number, "How they are shown to holders.")
    disabled_at: datetime | None = column(rows.Staff.disabled_at, "Since when they may act no more.")
