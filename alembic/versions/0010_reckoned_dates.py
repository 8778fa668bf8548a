"""Bring what people gave as dates within the years that are reckoned with; PostgreSQL had taken the ends for infinity."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FIRST, LAST = "1900-01-01T00:00:00.000000+00:00", "9999-12-31T00:00:00.000000+00:00"
# Table, column, and what stands where it was given before the first moment.
MOMENTS = (
    ("agreement_version", "valid_from", "created_at"),
    ("consent", "consented_at", "created_at"),
    ("evidence", "captured_at", "NULL"),
)
DAYS = (("qualification", "valid_from"), ("account", "examined_on"), ("licence", "valid_from"), ("licence", "valid_to"))
ALWAYS = (
    ("qualification", "valid_to"),
    ("licence", "valid_to"),
    ("permission", "valid_until"),
    ("badge", "valid_until"),
)


def upgrade() -> None:
    for table, column, instead in MOMENTS:
        op.execute(f"UPDATE {table} SET {column} = {instead} WHERE {column} < '{FIRST}'")
        op.execute(f"UPDATE {table} SET {column} = '{LAST}' WHERE {column} > '{LAST}'")
    for table, column in DAYS:
        op.execute(f"UPDATE {table} SET {column} = '{FIRST[:10]}' WHERE {column} < '{FIRST[:10]}'")
    if op.get_context().dialect.name == "postgresql":
        for table, column in ALWAYS:
            op.execute(f"UPDATE {table} SET {column} = '{LAST[:10]}' WHERE {column} = 'infinity'")


def downgrade() -> None:
    """What was given is not known any more, and nothing before this revision minds."""
