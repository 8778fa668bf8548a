"""Seed the authorities: their ids are the same in every deployment."""

from __future__ import annotations

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
IN_FORCE_SINCE = "'2014-08-07T00:00:00.000000+00:00'"


def upgrade() -> None:
    for row in seeds():
        values = [sa.literal(value, AUTHORITY.c[name].type) for name, value in row.items()]
        is_known = sa.exists().where(AUTHORITY.c.id == sa.literal(row["id"], columns.TEXT))
        chosen = sa.select(*values, sa.literal_column(IN_FORCE_SINCE)).where(~is_known)
        op.execute(sa.insert(AUTHORITY).from_select([*row, "created_at"], chosen))


def downgrade() -> None:
    """Leave them: cases point at them, and the way up again knows those that are there."""
