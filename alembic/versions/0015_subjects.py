"""A filing keeps the organisation's name and code that it was submitted with, sealed; a changed name has a due row."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing is sealed here, for that needs the keys: of what was submitted before, the register's entry tells.
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM deadline WHERE kind = 'NAME_AMENDMENT'")  # a worker of the former release would fail at it
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.drop_column("sealed")
