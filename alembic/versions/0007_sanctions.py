"""Sanctions, their measures, evidence and bans; what is owed to the authority to know."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sanction",
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("clock", columns.TEXT, nullable=False),
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("ground", columns.TEXT, nullable=False),
        sa.Column("is_news", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("gravity", columns.TEXT, nullable=False),
        sa.Column("detection", columns.TEXT, nullable=False),
        sa.Column("conduct_on", columns.Day(), nullable=False),
        sa.Column("harms_life_or_property", sa.Boolean(), nullable=False),
        sa.Column("licence_number", columns.TEXT, nullable=True),
        sa.Column("priority", columns.TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("told_at", columns.UtcTime(), nullable=True),
        sa.Column("proposed_level", columns.TEXT, nullable=True),
        sa.Column("notified_at", columns.UtcTime(), nullable=True),
        sa.Column("answer_until", columns.UtcTime(), nullable=True),
        sa.Column("answered_at", columns.UtcTime(), nullable=True),
        sa.Column("answer_points", sa.Integer(), nullable=False),
        sa.Column("waived_at", columns.UtcTime(), nullable=True),
        sa.Column("acknowledged_at", columns.UtcTime(), nullable=True),
        sa.Column("measure_id", columns.TEXT, nullable=True),
        sa.Column("measure_until", columns.UtcTime(), nullable=True),
        sa.Column("interim_id", columns.TEXT, nullable=True),
        sa.Column("about_id", columns.TEXT, nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("ruleset", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sanction_account_id_account")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_sanction_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_sanction_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_sanction_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction")),
    )
    with op.batch_alter_table("sanction", schema=None) as batch_op:
        batch_op.create_index("ix_sanction_account", ["account_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_sanction_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_sanction_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_sanction_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_sanction_provider", ["provider_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_sanction_queue", ["provider_id", "state", "rank", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ux_sanction_conduct",
            ["account_id", "ground", "conduct_on"],
            unique=True,
            sqlite_where=sa.text("state IN ('OPENED', 'NOTIFIED', 'WARNING', 'RESTRICTED', 'SUSPENDED', 'CLOSED')"),
            postgresql_where=sa.text("state IN ('OPENED', 'NOTIFIED', 'WARNING', 'RESTRICTED', 'SUSPENDED', 'CLOSED')"),
        )

    op.create_table(
        "ban",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("sanction_id", columns.TEXT, nullable=False),
        sa.Column("measure_id", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("key", columns.TEXT, nullable=True),
        sa.Column("subject_index", sa.LargeBinary(), nullable=True),
        sa.Column("until", columns.UtcTime(), nullable=False),
        sa.Column("lifted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ban_account_id_account")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_ban_provider_id_provider")),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanction.id"], name=op.f("fk_ban_sanction_id_sanction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
    )
    with op.batch_alter_table("ban", schema=None) as batch_op:
        batch_op.create_index("ix_ban_key", ["provider_id", "kind", "key"], unique=False)
        batch_op.create_index("ix_ban_sanction", ["sanction_id"], unique=False)
        batch_op.create_index("ix_ban_subject", ["provider_id", "subject_index"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("sanction_id", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("identity_id", columns.TEXT, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_disclosable", sa.Boolean(), nullable=False),
        sa.Column("disclosed_at", columns.UtcTime(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", columns.TEXT, nullable=True),
        sa.Column("address", columns.TEXT, nullable=True),
        sa.Column("captured_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_evidence_account_id_account")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_evidence_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_evidence_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_evidence_provider_id_provider")),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanction.id"], name=op.f("fk_evidence_sanction_id_sanction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_evidence_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_evidence_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_evidence_provider", ["provider_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_evidence_sanction", ["sanction_id", "number"], unique=False)

    op.create_table(
        "measure",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("sanction_id", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=True),
        sa.Column("level", columns.TEXT, nullable=False),
        sa.Column("scope", columns.Json(), nullable=False),
        sa.Column("from_at", columns.UtcTime(), nullable=False),
        sa.Column("until", columns.UtcTime(), nullable=False),
        sa.Column("since", columns.UtcTime(), nullable=False),
        sa.Column("ended_at", columns.UtcTime(), nullable=False),
        sa.Column("ended_by", columns.TEXT, nullable=True),
        sa.Column("stayed_from", columns.UtcTime(), nullable=False),
        sa.Column("stayed_until", columns.UtcTime(), nullable=False),
        sa.Column("ground", columns.TEXT, nullable=False),
        sa.Column("baseline", columns.TEXT, nullable=True),
        sa.Column("is_news", sa.Boolean(), nullable=False),
        sa.Column("gravity", columns.TEXT, nullable=False),
        sa.Column("recurrence", sa.Integer(), nullable=False),
        sa.Column("recommended", columns.TEXT, nullable=False),
        sa.Column("is_skip", sa.Boolean(), nullable=False),
        sa.Column("circumstances", columns.Json(), nullable=True),
        sa.Column("evidence_ids", columns.Json(), nullable=False),
        sa.Column("legal_bases", columns.Json(), nullable=False),
        sa.Column("remedy_until", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_measure_account_id_account")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_measure_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_measure_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_measure_provider_id_provider")),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanction.id"], name=op.f("fk_measure_sanction_id_sanction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index("ix_measure_account", ["account_id", "until"], unique=False)
        batch_op.create_index("ix_measure_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_measure_ends", ["provider_id", "ended_at", "until", "id"], unique=False)
        batch_op.create_index("ix_measure_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_measure_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_measure_provider", ["provider_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_measure_sanction", ["sanction_id", "created_at", "id"], unique=False)

    op.create_table(
        "authority_report",
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("clock", columns.TEXT, nullable=False),
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("sanction_id", columns.TEXT, nullable=False),
        sa.Column("measure_id", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_authority_report_account_id_account")),
        sa.ForeignKeyConstraint(
            ["jurisdiction"], ["authority.id"], name=op.f("fk_authority_report_jurisdiction_authority")
        ),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_authority_report_measure_id_measure")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_authority_report_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["sanction_id"], ["sanction.id"], name=op.f("fk_authority_report_sanction_id_sanction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_report")),
    )
    with op.batch_alter_table("authority_report", schema=None) as batch_op:
        batch_op.create_index("ix_authority_report_account", ["account_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_authority_report_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_authority_report_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_authority_report_provider", ["provider_id", "state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_authority_report_sanction", ["sanction_id", "created_at", "id"], unique=False)

    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("was_in_force", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", columns.TEXT, nullable=False, server_default="ADOPT"))


GONE = "case_kind IN ('sanction', 'authority_report')"
DECIDING = "(SELECT id FROM batch WHERE kind = 'DECIDE')"


def downgrade() -> None:
    # What hangs on cases that are no more: a worker of the former release would fail at it, or look for its case.
    op.execute(f"DELETE FROM deadline WHERE {GONE} OR case_id IN "
               f"(SELECT id FROM proposal WHERE {GONE} OR case_id IN {DECIDING})")  # fmt: skip
    op.execute(f"DELETE FROM proposal WHERE {GONE} OR case_id IN {DECIDING}")
    op.execute(f"DELETE FROM notice WHERE {GONE}")
    op.execute(f"DELETE FROM batch_item WHERE batch_id IN {DECIDING}")
    op.execute("DELETE FROM batch WHERE kind = 'DECIDE'")
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.drop_column("kind")

    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.drop_column("was_in_force")

    with op.batch_alter_table("authority_report", schema=None) as batch_op:
        batch_op.drop_index("ix_authority_report_sanction")
        batch_op.drop_index("ix_authority_report_provider")
        batch_op.drop_index("ix_authority_report_jurisdiction")
        batch_op.drop_index("ix_authority_report_created")
        batch_op.drop_index("ix_authority_report_account")

    op.drop_table("authority_report")
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.drop_index("ix_measure_sanction")
        batch_op.drop_index("ix_measure_provider")
        batch_op.drop_index("ix_measure_jurisdiction")
        batch_op.drop_index("ix_measure_holder")
        batch_op.drop_index("ix_measure_ends")
        batch_op.drop_index("ix_measure_created")
        batch_op.drop_index("ix_measure_account")

    op.drop_table("measure")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_sanction")
        batch_op.drop_index("ix_evidence_provider")
        batch_op.drop_index("ix_evidence_jurisdiction")
        batch_op.drop_index("ix_evidence_holder")
        batch_op.drop_index("ix_evidence_created")

    op.drop_table("evidence")
    with op.batch_alter_table("ban", schema=None) as batch_op:
        batch_op.drop_index("ix_ban_subject")
        batch_op.drop_index("ix_ban_sanction")
        batch_op.drop_index("ix_ban_key")

    op.drop_table("ban")
    with op.batch_alter_table("sanction", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_sanction_conduct",
            sqlite_where=sa.text("state IN ('OPENED', 'NOTIFIED', 'WARNING', 'RESTRICTED', 'SUSPENDED', 'CLOSED')"),
            postgresql_where=sa.text("state IN ('OPENED', 'NOTIFIED', 'WARNING', 'RESTRICTED', 'SUSPENDED', 'CLOSED')"),
        )
        batch_op.drop_index("ix_sanction_queue")
        batch_op.drop_index("ix_sanction_provider")
        batch_op.drop_index("ix_sanction_jurisdiction")
        batch_op.drop_index("ix_sanction_holder")
        batch_op.drop_index("ix_sanction_created")
        batch_op.drop_index("ix_sanction_account")

    op.drop_table("sanction")
