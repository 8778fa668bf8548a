"""First tables."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("viewer_id", columns.TEXT, nullable=False),
        sa.Column("viewer_role", columns.TEXT, nullable=False),
        sa.Column("what", columns.TEXT, nullable=False),
        sa.Column("purpose", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.create_index("ix_access_log_jurisdiction", ["jurisdiction", "at", "id"], unique=False)
        batch_op.create_index("ix_access_log_provider", ["provider_id", "at", "id"], unique=False)

    op.create_table(
        "authority",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("tier", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("name_zh", columns.TEXT, nullable=False),
        sa.Column("name_en", columns.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
        sa.UniqueConstraint("division", name=op.f("uq_authority_division")),
    )
    op.create_table(
        "deployment",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", columns.TEXT, nullable=False),
        sa.Column("key_id", columns.TEXT, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_deployment")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("caller", columns.TEXT, nullable=False),
        sa.Column("key", columns.TEXT, nullable=False),
        sa.Column("input_hash", columns.TEXT, nullable=False),
        sa.Column("ids", columns.Json(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "position",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_position")),
        sa.UniqueConstraint("step_id", name=op.f("uq_position_step_id")),
    )
    op.create_table(
        "register_import",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("sha256", columns.TEXT, nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("by", columns.TEXT, nullable=False),
        sa.Column("rows_read", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows_created", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows_changed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows_unchanged", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", columns.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_import")),
    )
    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.create_index("ix_register_import", ["kind", "sha256"], unique=False)
        batch_op.create_index("ix_register_import_created", ["created_at", "id"], unique=False)

    op.create_table(
        "source_unit",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("name", columns.TEXT, nullable=False),
        sa.Column("name_key", columns.TEXT, nullable=False),
        sa.Column("section", columns.TEXT, nullable=False),
        sa.Column("form", columns.TEXT, nullable=False),
        sa.Column("level", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("content_hash", columns.TEXT, nullable=False),
        sa.Column("import_id", columns.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_unit")),
        sa.UniqueConstraint("name", "section", "form", name=op.f("uq_source_unit_name_section_form")),
    )
    with op.batch_alter_table("source_unit", schema=None) as batch_op:
        batch_op.create_index("ix_source_unit_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_source_unit_name_key"), ["name_key"], unique=False)

    op.create_table(
        "step",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("case_kind", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("root_id", columns.TEXT, nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("trigger", columns.TEXT, nullable=False),
        sa.Column("from_state", columns.TEXT, nullable=True),
        sa.Column("to_state", columns.TEXT, nullable=False),
        sa.Column("actor_id", columns.TEXT, nullable=True),
        sa.Column("actor_role", columns.TEXT, nullable=False),
        sa.Column("actor_number", columns.TEXT, nullable=True),
        sa.Column("cause", columns.TEXT, nullable=True),
        sa.Column("cause_kind", columns.TEXT, nullable=True),
        sa.Column("reason_codes", columns.TEXT, nullable=False),
        sa.Column("legal_bases", columns.TEXT, nullable=False),
        sa.Column("ruleset", sa.Integer(), nullable=False),
        sa.Column("details", columns.TEXT, nullable=False),
        sa.Column("texts", columns.TEXT, nullable=False),
        sa.Column("skipped", columns.TEXT, nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_step_case_id_seq")),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index("ix_step_holder", ["holder_id", "id"], unique=False)
        batch_op.create_index("ix_step_jurisdiction", ["jurisdiction", "id"], unique=False)
        batch_op.create_index("ix_step_provider", ["provider_id", "id"], unique=False)
        batch_op.create_index("ix_step_root", ["root_id", "id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=False),
        sa.Column("type", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_event_step_id_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("step_id", name=op.f("uq_event_step_id")),
    )
    op.create_table(
        "involvement",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("decision", columns.TEXT, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", columns.TEXT, nullable=False),
        sa.Column("parts", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["step.id"], name=op.f("fk_involvement_decision_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involvement")),
        sa.UniqueConstraint("decision", "person", name=op.f("uq_involvement_decision_person")),
    )
    op.create_table(
        "provider",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("name", columns.TEXT, nullable=False),
        sa.Column("uscc", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("mode", columns.TEXT, nullable=False),
        sa.Column("sandbox_of", columns.TEXT, nullable=True),
        sa.Column("settings", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_provider_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["sandbox_of"], ["provider.id"], name=op.f("fk_provider_sandbox_of_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("sandbox_of", name=op.f("uq_provider_sandbox_of")),
    )
    op.create_table(
        "quarantined_row",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("import_id", columns.TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", columns.TEXT, nullable=False),
        sa.Column("raw", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name=op.f("fk_quarantined_row_import_id_register_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_row")),
    )
    with op.batch_alter_table("quarantined_row", schema=None) as batch_op:
        batch_op.create_index("ix_quarantined_row_import", ["import_id", "line"], unique=False)

    op.create_table(
        "step_text",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("identity_id", columns.TEXT, nullable=True),
        sa.Column("name", columns.TEXT, nullable=False),
        sa.Column("audience", columns.TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_step_text_step_id_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_text")),
    )
    with op.batch_alter_table("step_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_text_step_id"), ["step_id"], unique=False)

    op.create_table(
        "agreement_version",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", columns.TEXT, nullable=False),
        sa.Column("body_hash", columns.TEXT, nullable=False),
        sa.Column("clauses", columns.Json(), nullable=False),
        sa.Column("valid_from", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction"], ["authority.id"], name=op.f("fk_agreement_version_jurisdiction_authority")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_agreement_version_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_version")),
        sa.UniqueConstraint("provider_id", "number", name=op.f("uq_agreement_version_provider_id_number")),
    )
    op.create_table(
        "counter",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("prefix", columns.TEXT, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_counter_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_counter_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("prefix", name=op.f("uq_counter_prefix")),
    )
    op.create_table(
        "deadline",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("case_kind", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("runs_from", columns.UtcTime(), nullable=False),
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("paused_at", columns.UtcTime(), nullable=True),
        sa.Column("left_seconds", sa.Integer(), nullable=True),
        sa.Column("next_at", columns.UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("settled_at", columns.UtcTime(), nullable=True),
        sa.Column("outcome", columns.TEXT, nullable=True),
        sa.Column("problem", columns.TEXT, nullable=True),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_deadline_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_deadline_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_case", ["case_id", "kind"], unique=False)
        batch_op.create_index("ix_deadline_next", ["next_at", "id"], unique=False)

    op.create_table(
        "holder",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("issuer", columns.TEXT, nullable=True),
        sa.Column("subject", columns.TEXT, nullable=True),
        sa.Column("subject_type", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_holder_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_holder_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
        sa.UniqueConstraint("provider_id", "issuer", "subject", name=op.f("uq_holder_provider_id_issuer_subject")),
    )
    with op.batch_alter_table("holder", schema=None) as batch_op:
        batch_op.create_index("ix_holder_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_holder_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_holder_provider", ["provider_id", "created_at", "id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("party", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("case_kind", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=False),
        sa.Column("receipt_number", columns.TEXT, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("served_at", columns.UtcTime(), nullable=True),
        sa.Column("seen_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_notice_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_notice_provider_id_provider")),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_notice_step_id_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_notice_receipt_number")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_notice_provider", ["provider_id", "created_at", "id"], unique=False)

    op.create_table(
        "qualification",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("number", columns.TEXT, nullable=False),
        sa.Column("issuer", columns.TEXT, nullable=False),
        sa.Column("valid_from", columns.Day(), nullable=False),
        sa.Column("valid_to", columns.Day(), nullable=False),
        sa.Column("renewal_asked_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["jurisdiction"], ["authority.id"], name=op.f("fk_qualification_jurisdiction_authority")
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_qualification_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.create_index("ix_qualification_provider", ["provider_id", "kind", "id"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("issuer", columns.TEXT, nullable=False),
        sa.Column("subject", columns.TEXT, nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("role", columns.TEXT, nullable=False),
        sa.Column("staff_number", columns.TEXT, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("certificates", columns.Json(), nullable=False),
        sa.Column("disabled_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_staff_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_staff_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_staff_issuer_subject")),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_jurisdiction"), ["jurisdiction"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "account",
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
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("handle", columns.TEXT, nullable=False),
        sa.Column("handle_key", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("name_key", columns.TEXT, nullable=False),
        sa.Column("description", columns.TEXT, nullable=False),
        sa.Column("category", columns.TEXT, nullable=False),
        sa.Column("subject_type", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("supplements", sa.Integer(), nullable=False),
        sa.Column("priority", columns.TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("flags", columns.Json(), nullable=False),
        sa.Column("is_flagged", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", columns.TEXT, nullable=True),
        sa.Column("claimed_until", columns.UtcTime(), nullable=True),
        sa.Column("receipt_number", columns.TEXT, nullable=False),
        sa.Column("agreement_id", columns.TEXT, nullable=True),
        sa.Column("items_asked", columns.Json(), nullable=False),
        sa.Column("applied_at", columns.UtcTime(), nullable=False),
        sa.Column("ruleset", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement_version.id"], name=op.f("fk_account_agreement_id_agreement_version")
        ),
        sa.ForeignKeyConstraint(["claimed_by"], ["staff.id"], name=op.f("fk_account_claimed_by_staff")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_account_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_account_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_account_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_account_receipt_number")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_account_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_account_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_account_provider", ["provider_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_account_provider_state", ["provider_id", "state", "created_at", "id"], unique=False)
        batch_op.create_index("ix_account_queue", ["provider_id", "state", "rank", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ux_account_handle",
            ["provider_id", "handle_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
            postgresql_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
        )
        batch_op.create_index(
            "ux_account_name",
            ["provider_id", "name_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
            postgresql_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
        )

    op.create_table(
        "consent",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("agreement_id", columns.TEXT, nullable=False),
        sa.Column("clause", columns.TEXT, nullable=False),
        sa.Column("channel", columns.TEXT, nullable=False),
        sa.Column("consented_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement_version.id"], name=op.f("fk_consent_agreement_id_agreement_version")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_consent_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_consent_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_consent_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint(
            "holder_id", "agreement_id", "clause", name=op.f("uq_consent_holder_id_agreement_id_clause")
        ),
    )
    op.create_table(
        "identity",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("verified_at", columns.UtcTime(), nullable=True),
        sa.Column("verified_until", columns.UtcTime(), nullable=True),
        sa.Column("method", columns.TEXT, nullable=True),
        sa.Column("mask_key", sa.LargeBinary(), nullable=False),
        sa.Column("clear_key", sa.LargeBinary(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", columns.Json(), nullable=True),
        sa.Column("resident_id_index", sa.LargeBinary(), nullable=True),
        sa.Column("mobile_index", sa.LargeBinary(), nullable=True),
        sa.Column("uscc_index", sa.LargeBinary(), nullable=True),
        sa.Column("uscc_flagged", sa.Boolean(), nullable=False),
        sa.Column("twin", sa.Boolean(), nullable=False),
        sa.Column("pending_bundle", sa.LargeBinary(), nullable=True),
        sa.Column("pending_sealed", columns.Json(), nullable=True),
        sa.Column("pending_resident_id_index", sa.LargeBinary(), nullable=True),
        sa.Column("pending_mobile_index", sa.LargeBinary(), nullable=True),
        sa.Column("pending_uscc_index", sa.LargeBinary(), nullable=True),
        sa.Column("pending_uscc_flagged", sa.Boolean(), nullable=False),
        sa.Column("pending_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_identity_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_identity_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_identity_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("holder_id", name=op.f("uq_identity_holder_id")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index("ix_identity_resident_id", ["provider_id", "resident_id_index"], unique=False)
        batch_op.create_index("ix_identity_uscc", ["provider_id", "uscc_index"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("case_kind", columns.TEXT, nullable=False),
        sa.Column("case_id", columns.TEXT, nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("trigger", columns.TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identity_id", columns.TEXT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hash", columns.TEXT, nullable=False),
        sa.Column("proposer_id", columns.TEXT, nullable=False),
        sa.Column("proposer_person", sa.LargeBinary(), nullable=False),
        sa.Column("endorser_id", columns.TEXT, nullable=True),
        sa.Column("endorser_person", sa.LargeBinary(), nullable=True),
        sa.Column("endorsed_at", columns.UtcTime(), nullable=True),
        sa.Column("withdrawn_at", columns.UtcTime(), nullable=True),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.Column("used_by", columns.TEXT, nullable=True),
        sa.ForeignKeyConstraint(["endorser_id"], ["staff.id"], name=op.f("fk_proposal_endorser_id_staff")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_proposal_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["proposer_id"], ["staff.id"], name=op.f("fk_proposal_proposer_id_staff")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_proposal_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_case", ["case_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_proposal_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_proposal_provider", ["provider_id", "created_at", "id"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("source_unit_id", columns.TEXT, nullable=False),
        sa.Column("is_exact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_candidate_account_id_account")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_candidate_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_candidate_provider_id_provider")),
        sa.ForeignKeyConstraint(
            ["source_unit_id"], ["source_unit.id"], name=op.f("fk_candidate_source_unit_id_source_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_account_id"), ["account_id"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("identity_id", columns.TEXT, nullable=True),
        sa.Column("uploaded_by", columns.TEXT, nullable=False),
        sa.Column("content_type", columns.TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", columns.TEXT, nullable=False),
        sa.Column("used_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_document_holder_id_holder")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_document_identity_id_identity")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_document_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_document_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index("ix_document_unused", ["used_at", "created_at"], unique=False)

    op.create_table(
        "filing",
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
        sa.Column("handle", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("category", columns.TEXT, nullable=False),
        sa.Column("subject_type", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("reviewed_at", columns.UtcTime(), nullable=False),
        sa.Column("agreement_id", columns.TEXT, nullable=True),
        sa.Column("number", columns.TEXT, nullable=True),
        sa.Column("number_version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("submitted_at", columns.UtcTime(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("defects", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_filing_account_id_account")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement_version.id"], name=op.f("fk_filing_agreement_id_agreement_version")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_filing_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_filing_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_filing_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sa.UniqueConstraint("account_id", name=op.f("uq_filing_account_id")),
        sa.UniqueConstraint("number", name=op.f("uq_filing_number")),
    )
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.create_index("ix_filing_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_filing_desk", ["jurisdiction", "state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_filing_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_filing_provider", ["provider_id", "state", "due_at", "id"], unique=False)

    op.create_table(
        "reserved_name",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("name_key", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=True),
        sa.Column("until", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reserved_name_account_id_account")),
        sa.ForeignKeyConstraint(
            ["jurisdiction"], ["authority.id"], name=op.f("fk_reserved_name_jurisdiction_authority")
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_reserved_name_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserved_name")),
    )
    with op.batch_alter_table("reserved_name", schema=None) as batch_op:
        batch_op.create_index("ix_reserved_name", ["provider_id", "name_key"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("handle", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("description", columns.TEXT, nullable=False),
        sa.Column("category", columns.TEXT, nullable=False),
        sa.Column("subject_type", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("agreement_id", columns.TEXT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_submission_account_id_account")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement_version.id"], name=op.f("fk_submission_agreement_id_agreement_version")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_submission_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_submission_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_submission_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("account_id", "round", name=op.f("uq_submission_account_id_round")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index("ix_submission_account", ["account_id", "created_at", "id"], unique=False)

    op.create_table(
        "document_chunk",
        sa.Column("document_id", columns.TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_chunk_document_id_document")),
        sa.PrimaryKeyConstraint("document_id", "number", name=op.f("pk_document_chunk")),
    )
    op.create_table(
        "material",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("submission_id", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("sha256", columns.TEXT, nullable=False),
        sa.Column("document_id", columns.TEXT, nullable=True),
        sa.Column("reference", columns.TEXT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_material_account_id_account")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_material_document_id_document")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_material_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_material_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_material_provider_id_provider")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_material_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
    )
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_material_submission_id"), ["submission_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_material_submission_id"))

    op.drop_table("material")
    op.drop_table("document_chunk")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_account")

    op.drop_table("submission")
    with op.batch_alter_table("reserved_name", schema=None) as batch_op:
        batch_op.drop_index("ix_reserved_name")

    op.drop_table("reserved_name")
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.drop_index("ix_filing_provider")
        batch_op.drop_index("ix_filing_jurisdiction")
        batch_op.drop_index("ix_filing_desk")
        batch_op.drop_index("ix_filing_created")

    op.drop_table("filing")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index("ix_document_unused")

    op.drop_table("document")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_account_id"))

    op.drop_table("candidate")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_provider")
        batch_op.drop_index("ix_proposal_jurisdiction")
        batch_op.drop_index("ix_proposal_case")

    op.drop_table("proposal")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_uscc")
        batch_op.drop_index("ix_identity_resident_id")

    op.drop_table("identity")
    op.drop_table("consent")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_account_name",
            sqlite_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
            postgresql_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
        )
        batch_op.drop_index(
            "ux_account_handle",
            sqlite_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
            postgresql_where=sa.text("state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"),
        )
        batch_op.drop_index("ix_account_queue")
        batch_op.drop_index("ix_account_provider_state")
        batch_op.drop_index("ix_account_provider")
        batch_op.drop_index("ix_account_jurisdiction")
        batch_op.drop_index("ix_account_holder")
        batch_op.drop_index("ix_account_created")

    op.drop_table("account")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_provider_id"))
        batch_op.drop_index(batch_op.f("ix_staff_jurisdiction"))

    op.drop_table("staff")
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.drop_index("ix_qualification_provider")

    op.drop_table("qualification")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_provider")
        batch_op.drop_index("ix_notice_holder")

    op.drop_table("notice")
    with op.batch_alter_table("holder", schema=None) as batch_op:
        batch_op.drop_index("ix_holder_provider")
        batch_op.drop_index("ix_holder_jurisdiction")
        batch_op.drop_index("ix_holder_created")

    op.drop_table("holder")
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index("ix_deadline_next")
        batch_op.drop_index("ix_deadline_case")

    op.drop_table("deadline")
    op.drop_table("counter")
    op.drop_table("agreement_version")
    with op.batch_alter_table("step_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_step_text_step_id"))

    op.drop_table("step_text")
    with op.batch_alter_table("quarantined_row", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantined_row_import")

    op.drop_table("quarantined_row")
    op.drop_table("provider")
    op.drop_table("involvement")
    op.drop_table("event")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index("ix_step_root")
        batch_op.drop_index("ix_step_provider")
        batch_op.drop_index("ix_step_jurisdiction")
        batch_op.drop_index("ix_step_holder")

    op.drop_table("step")
    with op.batch_alter_table("source_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_unit_name_key"))
        batch_op.drop_index("ix_source_unit_created")

    op.drop_table("source_unit")
    with op.batch_alter_table("register_import", schema=None) as batch_op:
        batch_op.drop_index("ix_register_import_created")
        batch_op.drop_index("ix_register_import")

    op.drop_table("register_import")
    op.drop_table("position")
    op.drop_table("idempotency_key")
    op.drop_table("deployment")
    op.drop_table("authority")
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.drop_index("ix_access_log_provider")
        batch_op.drop_index("ix_access_log_jurisdiction")

    op.drop_table("access_log")
