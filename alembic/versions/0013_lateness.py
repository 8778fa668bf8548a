"""A deadline carries the root of its case: what is overdue under one is found at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ORDER = ("due_at", "id")
OPEN = sa.text("settled_at IS NULL")
ONLY: dict[str, Any] = {"sqlite_where": OPEN, "postgresql_where": OPEN}
# Every step says what its case hangs on; a proposal has none, its case has.
ROOT = "SELECT s.root_id FROM step s WHERE s.case_id = "
OF_CASE = f"({ROOT} deadline.case_id LIMIT 1)"
OF_PROPOSAL = f"({ROOT} (SELECT p.case_id FROM proposal p WHERE p.id = deadline.case_id) LIMIT 1)"


def upgrade() -> None:
    # A default fills the rows that stand; the program names every column itself.
    op.add_column("deadline", sa.Column("root_id", columns.TEXT, nullable=False, server_default=""))
    op.execute(f"UPDATE deadline SET root_id = COALESCE({OF_CASE}, {OF_PROPOSAL}, case_id)")
    op.drop_index("ix_deadline_open", table_name="deadline")
    op.create_index("ix_deadline_root", "deadline", ["root_id", *ORDER], **ONLY)


def downgrade() -> None:
    op.drop_index("ix_deadline_root", table_name="deadline")
    op.create_index("ix_deadline_open", "deadline", ["case_id", *ORDER], **ONLY)
    op.drop_column("deadline", "root_id")
