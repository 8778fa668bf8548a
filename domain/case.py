"""What every case has in common: whose it is, where it stands, the head of its chain, its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from domain.columns import blob, identifier, integer, moment, text, word
from domain.state import Word
from domain.table import Table

NO_DUE_DATE: Final = datetime(9999, 12, 31, tzinfo=UTC)  # a sort column is never null


class ClockState(Word):
    """Whether the time of a case runs. OVERDUE is derived when asked."""

    RUNNING = "RUNNING", "计时中", "Running"
    PAUSED = "PAUSED", "暂停计时", "Standing still"
    OVERDUE = "OVERDUE", "已超期", "Past its due date"
    NONE = "NONE", "无期限", "No clock runs"


class Priority(Word):
    """How soon a case is to be taken. Stored in the order of `rank`."""

    URGENT = "URGENT", "紧急", "Before all others"
    HIGH = "HIGH", "优先", "Before ordinary ones"
    NORMAL = "NORMAL", "普通", "In its turn"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class Row(Table):
    """A row with an id."""

    id: str = identifier()
    created_at: datetime = moment()


class Tenant(Row):
    """A row of one provider, in the jurisdiction of one authority: scope needs no sub-select."""

    provider_id: str = text(foreign_key="provider.id")
    jurisdiction: str = text(foreign_key="authority.id")


class Journalled(Row):
    """A case: `seq` is its version, the number of its last step; `head` that step's hash, `stepped_at` its time."""

    state: str = text()
    seq: int = integer()
    head: bytes = blob()
    stepped_at: datetime = moment()


class Timed(Table):
    """The case's next due date, written with the deadline's row and only then: lists sort by it."""

    due_at: datetime = moment()
    clock: ClockState = word(ClockState)
