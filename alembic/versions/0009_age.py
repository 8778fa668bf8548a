"""Indexes of what is open, waits or is untold; the sequencer's mark, and how far its look has come."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Every step up to here has its position. Transactions that end late are nearer to the last step than MARGIN steps.
MARGIN = 10_000
NUMBERED = """
    UPDATE deployment SET sequenced_after = coalesce((
        SELECT max(step.id) FROM step
        WHERE step.id <= (SELECT id FROM step ORDER BY id DESC LIMIT 1 OFFSET {margin})
            AND step.id < coalesce((SELECT min(bare.id) FROM step bare WHERE NOT EXISTS (
                SELECT 1 FROM position WHERE position.step_id = bare.id)), 'step_~')), '')
"""
# Writers take turns there: a row is never before one that is numbered.
NUMBERED_ON_SQLITE = """
    UPDATE deployment SET sequenced_after = printf('%020d', coalesce(
        (SELECT min(rowid) - 1 FROM step WHERE NOT EXISTS (
            SELECT 1 FROM position WHERE position.step_id = step.id)),
        (SELECT max(rowid) FROM step), 0))
"""


def _only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def upgrade() -> None:
    op.drop_index("ix_deadline_next", table_name="deadline")
    op.create_index(
        "ix_deadline_next", "deadline", ["next_at", "id"], **_only("settled_at IS NULL AND next_at IS NOT NULL")
    )
    op.create_index("ix_deadline_open", "deadline", ["case_id", "due_at", "id"], **_only("settled_at IS NULL"))
    op.drop_index("ix_licence_doubt_told", table_name="licence_doubt")
    op.create_index("ix_licence_doubt_untold", "licence_doubt", ["id"], **_only("told_at IS NULL"))
    op.create_index("ix_idempotency_key_created", "idempotency_key", ["created_at"])
    for name in ("sequenced_after", "looked_after"):  # a default fills the row that stands
        op.add_column("deployment", sa.Column(name, columns.TEXT, nullable=False, server_default=""))
    op.add_column("deployment", sa.Column("look_at", columns.UtcTime(), nullable=True))
    on_sqlite = op.get_context().dialect.name == "sqlite"
    op.execute(NUMBERED_ON_SQLITE if on_sqlite else NUMBERED.format(margin=MARGIN))


def downgrade() -> None:
    for name in ("look_at", "looked_after", "sequenced_after"):
        op.drop_column("deployment", name)
    op.drop_index("ix_idempotency_key_created", table_name="idempotency_key")
    op.drop_index("ix_licence_doubt_untold", table_name="licence_doubt")
    op.create_index("ix_licence_doubt_told", "licence_doubt", ["told_at", "id"])
    op.drop_index("ix_deadline_open", table_name="deadline")
    op.drop_index("ix_deadline_next", table_name="deadline")
    op.create_index("ix_deadline_next", "deadline", ["next_at", "id"])
