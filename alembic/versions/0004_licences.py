"""Licences, what puts one in doubt, and one running import of each register at a time."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_RUNNING = sa.text("state = 'RUNNING'")
RUNNING = {"sqlite_where": IS_RUNNING, "postgresql_where": IS_RUNNING}
# Of the interrupted imports of a register only the newest can still be resumed.
SUPERSEDE = """
UPDATE register_import SET state = 'SUPERSEDED' WHERE state = 'RUNNING' AND EXISTS (
    SELECT 1 FROM register_import AS newer
    WHERE newer.kind = register_import.kind AND newer.state = 'RUNNING' AND newer.id > register_import.id
)
"""


def upgrade() -> None:
    op.create_table(
        "licence",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("number", columns.TEXT, nullable=False),
        sa.Column("holder_name", columns.TEXT, nullable=False),
        sa.Column("holder_name_key", columns.TEXT, nullable=False),
        sa.Column("province", columns.TEXT, nullable=False),
        sa.Column("licence_class", sa.Integer(), nullable=True),
        sa.Column("services", columns.TEXT, nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("serial", columns.TEXT, nullable=True),
        sa.Column("is_legacy", sa.Boolean(), nullable=False),
        sa.Column("issuer", columns.TEXT, nullable=False),
        sa.Column("valid_from", columns.Day(), nullable=True),
        sa.Column("valid_to", columns.Day(), nullable=True),
        sa.Column("content_hash", columns.TEXT, nullable=False),
        sa.Column("import_id", columns.TEXT, nullable=False),
        sa.Column("seen_in", columns.TEXT, nullable=False),
        sa.Column("missing_from", columns.TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.UniqueConstraint("number", name=op.f("uq_licence_number")),
    )
    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.create_index("ix_licence_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_licence_holder_name_key"), ["holder_name_key"], unique=False)
        batch_op.create_index("ix_licence_province", ["province", "created_at", "id"], unique=False)

    op.create_table(
        "licence_doubt",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("licence_id", columns.TEXT, nullable=False),
        sa.Column("cause", columns.TEXT, nullable=False),
        sa.Column("import_id", columns.TEXT, nullable=False),
        sa.Column("before", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name=op.f("fk_licence_doubt_import_id_register_import")
        ),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_licence_doubt_licence_id_licence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_doubt")),
        sa.UniqueConstraint(
            "licence_id", "import_id", "cause", name=op.f("uq_licence_doubt_licence_id_import_id_cause")
        ),
    )
    with op.batch_alter_table("licence_doubt", schema=None) as batch_op:
        batch_op.create_index("ix_licence_doubt_import", ["import_id", "id"], unique=False)
        batch_op.create_index("ix_licence_doubt_licence", ["licence_id", "created_at", "id"], unique=False)

    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rows_missing", COUNT, nullable=False, server_default="0"))
    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.alter_column("rows_missing", existing_type=COUNT, existing_nullable=False, server_default=None)
    op.execute(SUPERSEDE)
    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.create_index("uq_register_import_running", ["kind"], unique=True, **RUNNING)


def downgrade() -> None:
    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.drop_index("uq_register_import_running", **RUNNING)
        batch_op.drop_column("rows_missing")

    with op.batch_alter_table("licence_doubt", schema=None) as batch_op:
        batch_op.drop_index("ix_licence_doubt_licence")
        batch_op.drop_index("ix_licence_doubt_import")

    op.drop_table("licence_doubt")
    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.drop_index("ix_licence_province")
        batch_op.drop_index(batch_op.f("ix_licence_holder_name_key"))
        batch_op.drop_index("ix_licence_created")

    op.drop_table("licence")
    op.execute(
        "DELETE FROM quarantined_row WHERE import_id IN (SELECT id FROM register_import WHERE kind = 'LICENCES')"
    )
    op.execute("DELETE FROM register_import WHERE kind = 'LICENCES'")
    op.execute("UPDATE register_import SET state = 'RUNNING' WHERE state = 'SUPERSEDED'")
