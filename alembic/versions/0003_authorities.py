"""Seed the authorities: their ids are the same in every deployment."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from alembic import op
from domain import columns
from domain.authorities import seeds

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUTHORITY = sa.table(
    "authority",
    *(sa.column(name, columns.TEXT) for name in ("id", "tier", "division", "name_zh", "name_en")),
    sa.column("created_at", columns.UtcTime()),
)
IN_FORCE_SINCE = datetime(2014, 8, 7, tzinfo=UTC)


def upgrade() -> None:
    known = set(op.get_bind().execute(sa.select(AUTHORITY.c.id)).scalars())
    op.bulk_insert(AUTHORITY, [{**row, "created_at": IN_FORCE_SINCE} for row in seeds() if row["id"] not in known])


def downgrade() -> None:
    """Leave them: cases point at them, and the way up again knows those that are there."""
