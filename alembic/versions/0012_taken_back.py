"""Which measure prolongs which; a late answer kept beside its case; how due dates were counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns
from domain.calendar import WorkingDays
from workflows.migrations import sees_rows

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# Working days of each kind; those of the third column stood while somebody else was at it, so what is left is counted.
KINDS = {
    "REVIEW_DECISION": 7, "SUPPLEMENT": 15, "FILING_SUBMISSION": 10, "FILING_DECISION": 30, "FILING_ANSWER": 10,
    "FILING_AGAIN": 30, "CHANGE_DECISION": 7, "CHANGE_SUPPLEMENT": 15, "LICENCE_DOUBT": 5, "SANCTION_ANSWER": 5,
    "AUTHORITY_REPORT": 5, "SUPPLEMENT_REMINDER": 12, "CHANGE_SUPPLEMENT_REMINDER": 12, "PERMISSION_DECISION": 15,
}  # fmt: skip
STOOD = ("REVIEW_DECISION", "CHANGE_DECISION", "CHANGE_SUPPLEMENT", "FILING_SUBMISSION", "FILING_ANSWER")
KNOWN_TO, LAST = 2026, 2030  # the last year that was published, and one that no due date reaches
MONDAY_TO_FRIDAY = frozenset(
    day
    for day in (date(KNOWN_TO + 1, 1, 1) + timedelta(days=n) for n in range(366 * (LAST - KNOWN_TO)))
    if day.weekday() < 5
)


def _count() -> None:
    """What was counted Monday to Friday has so much working time left: from now on it is counted by the calendar."""
    types = {"counted_seconds": sa.Integer(), "is_assumed": sa.Boolean()}
    names = [
        "id",
        "kind",
        "runs_from",
        "due_at",
        "paused_at",
        "settled_at",
        "outcome",
        "counted_from",
        "counted_seconds",
        "is_assumed",
    ]
    moments = ("runs_from", "counted_from")
    d: Any = sa.table("deadline", *(
        sa.column(n, types.get(n, columns.UtcTime() if n.endswith("_at") or n in moments else columns.TEXT))
        for n in names
    ))  # fmt: skip
    step = sa.table("step", sa.column("at", columns.UtcTime()))
    bind, before = op.get_bind(), WorkingDays(make_up_days=MONDAY_TO_FRIDAY)
    now: datetime | None = bind.execute(sa.select(sa.func.max(step.c.at, type_=columns.UtcTime()))).scalar()
    if now is None:
        return
    runs = (d.c.settled_at.is_(None), d.c.paused_at.is_(None), d.c.outcome.is_(None), d.c.due_at > now)
    for row in bind.execute(sa.select(d).where(d.c.kind.in_(KINDS), *runs)).all():
        if row.due_at != before.after(row.runs_from, KINDS[row.kind]) and row.kind not in STOOD:
            continue  # somebody set its date
        left = int(before.between(now, row.due_at).total_seconds())
        counted = {"counted_from": now, "counted_seconds": left, "is_assumed": row.due_at.year > KNOWN_TO}
        bind.execute(sa.update(d).where(d.c.id == row.id).values(counted))


def upgrade() -> None:
    op.add_column("deadline", sa.Column("counted_from", columns.UtcTime(), nullable=True))
    op.add_column("deadline", sa.Column("counted_seconds", sa.Integer(), nullable=True))
    op.add_column("deadline", sa.Column("is_assumed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deployment", sa.Column("counted_by", columns.TEXT, nullable=False, server_default=""))
    op.add_column("measure", sa.Column("prolongs", columns.TEXT, nullable=True))
    op.add_column("evidence", sa.Column("late_answer_to", columns.UtcTime(), nullable=True))
    # Of the same rung and first day, with a later end: a reduction to the same rung has an earlier one.
    op.execute(
        """
        UPDATE measure SET prolongs = (
            SELECT q.id FROM measure q
            WHERE q.sanction_id = measure.sanction_id AND q.level = measure.level AND q.since = measure.since
                AND q.until < measure.until AND q.ended_by IN ('PROLONGED', 'OVERTURNED')
                AND (q.created_at < measure.created_at OR (q.created_at = measure.created_at AND q.id < measure.id))
            ORDER BY q.created_at DESC, q.id DESC LIMIT 1)
        """
    )
    if sees_rows():
        _count()


def downgrade() -> None:
    op.execute("DELETE FROM evidence WHERE late_answer_to IS NOT NULL")
    op.drop_column("evidence", "late_answer_to")
    op.drop_column("measure", "prolongs")
    op.drop_column("deployment", "counted_by")
    for name in ("is_assumed", "counted_seconds", "counted_from"):
        op.drop_column("deadline", name)
