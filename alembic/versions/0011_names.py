"""Names by their ideographs, and no licence under a number of something else."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain.identifiers import Malformed, licence_number
from domain.names import name_key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = (
    ("source_unit", "name_key"),
    ("licence", "holder_name_key"),
    ("account", "name_key"),
    ("reserved_name", "name_key"),
    ("register_entry", "name_key"),
)
# Accounts that are over bear no name any more: theirs stands in nobody's way.
TAKEN = """
    SELECT 1 FROM account AS other JOIN account AS this ON this.provider_id = other.provider_id
    WHERE this.id = :id AND other.id <> this.id AND other.name_key = :key
        AND this.state NOT IN ('REJECTED', 'WITHDRAWN', 'CLOSED')
        AND other.state NOT IN ('REJECTED', 'WITHDRAWN', 'CLOSED')
"""
RADICALS = "[\u2e80-\u2ef3\u31c0-\u31e3]"


def upgrade() -> None:
    if op.get_context().as_sql:
        return  # no table changes; rows are mended by an upgrade with a database
    for table, column in KEYS:
        _fold(table, column)
    _drop_malformed()


def downgrade() -> None:
    """A key as it is now serves the program before as well."""


def _fold(table: str, column: str) -> None:
    """Where two names that look alike live side by side already, both keep the keys they have."""
    bind = op.get_bind()
    matches = "~" if bind.dialect.name == "postgresql" else "GLOB"
    pattern = RADICALS if matches == "~" else f"*{RADICALS}*"
    found = bind.execute(
        sa.text(f"SELECT id, {column} FROM {table} WHERE {column} {matches} :pattern"), {"pattern": pattern}
    )
    for id_, key in found.all():
        folded = {"key": name_key(key), "id": id_}
        if table == "account" and bind.execute(sa.text(TAKEN), folded).first() is not None:
            continue
        bind.execute(sa.text(f"UPDATE {table} SET {column} = :key WHERE id = :id"), folded)


def _drop_malformed() -> None:
    """One that a permission rests on stays, and covers nothing."""
    bind = op.get_bind()
    for id_, number in bind.execute(sa.text("SELECT id, number FROM licence WHERE is_legacy")).all():
        try:
            licence_number(number)
        except Malformed:
            this = {"id": id_, "number": number}
            rests = bind.execute(sa.text("SELECT 1 FROM permission WHERE licence_number = :number"), this).first()
            if rests is None:
                bind.execute(sa.text("DELETE FROM licence_doubt WHERE licence_id = :id"), this)
                bind.execute(sa.text("DELETE FROM licence WHERE id = :id"), this)
            else:
                bind.execute(sa.text("UPDATE licence SET services = NULL, licence_class = NULL WHERE id = :id"), this)
