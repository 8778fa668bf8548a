"""Let nobody change or remove what was journalled."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("step", "position", "access_log", "involvement")
# On SQLite INSERT OR REPLACE deletes without a trigger being asked: a row that is there is never inserted again.
KEYS = {
    "step": "id = NEW.id OR (case_id = NEW.case_id AND seq = NEW.seq)",
    "position": "position = NEW.position OR step_id = NEW.step_id",
    "access_log": "id = NEW.id",
    "involvement": "id = NEW.id",
}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {KEYS[table]}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def downgrade() -> None:
    on_sqlite = op.get_context().dialect.name == "sqlite"
    for table in TABLES:
        names = (f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace")
        for name in names if on_sqlite else (f"{table}_append_only",):
            op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not on_sqlite:
        op.execute("DROP FUNCTION append_only()")
