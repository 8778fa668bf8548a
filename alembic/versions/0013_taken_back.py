"""Which measure prolongs which; a late answer kept beside its case."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0013"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.execute("DELETE FROM evidence WHERE late_answer_to IS NOT NULL")
    op.drop_column("evidence", "late_answer_to")
    op.drop_column("measure", "prolongs")
