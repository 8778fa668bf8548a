"""The provider's clock of a submitted filing stands; a declined filing and a requested permission have one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns
from domain.calendar import WorkingDays
from domain.ids import new_id
from workflows.migrations import sees_rows

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


NO_DUE_DATE = "9999-12-31T00:00:00.000000+00:00"
PROVIDERS = ("FILING_SUBMISSION", "FILING_ANSWER")
# Noun, state, kind, working days: what is due of a case that stands so.
BEGUN = (("filing", "DECLINED", "FILING_AGAIN", 30), ("permission", "REQUESTED", "PERMISSION_DECISION", 15))


def _table(name: str, names: str) -> Any:
    """A table as it was at this revision, as far as it is looked at."""
    numbers = ("left_seconds", "attempts", "failures")
    types = ((one, sa.Integer() if one in numbers else columns.UtcTime() if one.endswith("_at") or one == "runs_from"
              else columns.TEXT) for one in names.split())  # fmt: skip
    return sa.table(name, *(sa.column(one, type_) for one, type_ in types))


DEADLINE = _table(
    "deadline",
    "id created_at provider_id jurisdiction holder_id case_kind case_id kind runs_from due_at paused_at left_seconds "
    "next_at attempts failures settled_at outcome problem",
)
FILING = _table("filing", "id state submitted_at")
STEP = _table("step", "case_id trigger at")


def _left(due: datetime, stood: datetime) -> int:
    """What was left when it stood, in working time; nothing is made up for one that had passed."""
    left: timedelta = WorkingDays().between(stood, due) if stood < due else due - stood
    return int(left.total_seconds())


def _stand() -> None:
    """What a submission settled, of a filing that is still with the authority, stands instead."""
    bind, d, told = op.get_bind(), DEADLINE, STEP.alias("told")
    tells = (told.c.case_id == d.c.case_id, told.c.trigger == "overdue", told.c.at >= d.c.due_at)
    was_told = sa.exists().where(*tells, told.c.at <= d.c.settled_at)
    chosen = (
        sa.select(d.c.id, d.c.due_at, d.c.settled_at, was_told.label("was_told"))
        .select_from(d.join(FILING, FILING.c.id == d.c.case_id))
        .where(FILING.c.state == "SUBMITTED", d.c.kind.in_(PROVIDERS), d.c.settled_at == FILING.c.submitted_at)
    )
    for row in bind.execute(chosen).all():
        left = _left(row.due_at, row.settled_at)
        stands = {"paused_at": row.settled_at, "left_seconds": left, "settled_at": None}
        again = {**stands, "outcome": "OVERDUE" if row.was_told else None, "next_at": None}
        bind.execute(sa.update(d).where(d.c.id == row.id).values(again))


def _begin(noun: str, state: str, kind: str, days: int, now: datetime) -> None:
    """Nobody is late at the upgrade: the time runs from then."""
    bind, case = op.get_bind(), _table(noun, "id provider_id jurisdiction holder_id state due_at clock")
    due = WorkingDays().after(now, days)
    unset = dict.fromkeys(("paused_at", "left_seconds", "settled_at", "outcome", "problem"))
    begun = {"created_at": now, "runs_from": now, "due_at": due, "next_at": due, "attempts": 0, "failures": 0}
    for row in bind.execute(sa.select(case).where(case.c.state == state)).all():
        whose = {"provider_id": row.provider_id, "jurisdiction": row.jurisdiction, "holder_id": row.holder_id}
        named = {"id": new_id("deadline"), "case_kind": noun, "case_id": row.id, "kind": kind}
        bind.execute(sa.insert(DEADLINE).values({**named, **whose, **begun, **unset}))
    bind.execute(sa.update(case).where(case.c.state == state).values(due_at=due, clock="RUNNING"))


def upgrade() -> None:
    if not sees_rows():
        return
    now = op.get_bind().execute(sa.select(sa.func.max(STEP.c.at, type_=columns.UtcTime()))).scalar()
    if now is None:
        return
    _stand()
    for row in BEGUN:
        _begin(*row, now)


def downgrade() -> None:
    for noun, state, kind, _ in BEGUN:
        op.execute(f"UPDATE {noun} SET due_at = '{NO_DUE_DATE}', clock = 'NONE' WHERE state = '{state}'")
        op.execute(f"DELETE FROM deadline WHERE kind = '{kind}'")
    op.execute(
        "UPDATE deadline SET settled_at = paused_at, outcome = 'MET', paused_at = NULL, left_seconds = NULL "
        "WHERE kind IN ('FILING_SUBMISSION', 'FILING_ANSWER') AND paused_at IS NOT NULL AND settled_at IS NULL"
    )
    # What the former release does not know is closest to this there.
    op.execute("UPDATE permission SET state = 'REFUSED' WHERE state = 'WITHDRAWN'")
