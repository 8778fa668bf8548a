"""What time does to identities, qualifications and permissions; how the worker is."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


IN_TROUBLE = "settled_at IS NULL AND problem IS NOT NULL"


def upgrade() -> None:
    op.add_column("deployment", sa.Column("worker_passed_at", columns.UtcTime(), nullable=True))
    only = {"sqlite_where": sa.text(IN_TROUBLE), "postgresql_where": sa.text(IN_TROUBLE)}
    op.create_index("ix_deadline_problem", "deadline", ["next_at"], unique=False, **only)


def downgrade() -> None:
    op.drop_index("ix_deadline_problem", table_name="deadline")
    op.drop_column("deployment", "worker_passed_at")
