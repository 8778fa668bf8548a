"""Indexes of what a holder, a provider and an authority handed in lately."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OF_NONE = sa.text("provider_id IS NULL")


def upgrade() -> None:
    op.create_index("ix_document_holder", "document", ["holder_id", "created_at"])
    op.create_index("ix_document_provider", "document", ["provider_id", "created_at"])
    op.create_index(
        "ix_document_authority",
        "document",
        ["jurisdiction", "created_at"],
        sqlite_where=OF_NONE,
        postgresql_where=OF_NONE,
    )


def downgrade() -> None:
    for name in ("ix_document_authority", "ix_document_provider", "ix_document_holder"):
        op.drop_index(name, table_name="document")
