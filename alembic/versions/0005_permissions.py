"""Permissions, badges, the public register, transfers, batches; changes and closures of an account."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from domain import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


LIVE_BEFORE = "state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED')"
LIVE = "state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED', 'BADGED')"
CHANGING = "change_state IS NOT NULL"
# What stands is its account's filing, says what its account says, and was refused if its journal says so.
FILL = (
    """
    UPDATE filing SET current_of = account_id,
        description = (SELECT description FROM account WHERE account.id = filing.account_id)
    """,
    """
    UPDATE filing SET was_refused = TRUE
    WHERE EXISTS (SELECT 1 FROM step WHERE step.case_id = filing.id AND step.trigger IN ('decline', 'revoke'))
    """,
)


def _names_taken_by(live: str) -> None:
    """Names and handles are taken by accounts in these states."""
    for name, key in (("ux_account_name", "name_key"), ("ux_account_handle", "handle_key")):
        op.drop_index(name, table_name="account")
        only = {"sqlite_where": sa.text(live), "postgresql_where": sa.text(live)}
        op.create_index(name, "account", ["provider_id", key], unique=True, **only)


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("stepped_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("digest", columns.TEXT, nullable=False),
        sa.Column("filled_by", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_batch_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_batch_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("ix_batch_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_batch_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_batch_provider", ["provider_id", "created_at", "id"], unique=False)

    op.create_table(
        "batch_item",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("batch_id", columns.TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder_id", columns.TEXT, nullable=True),
        sa.Column("identity_id", columns.TEXT, nullable=True),
        sa.Column("state", columns.TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", columns.TEXT, nullable=True),
        sa.Column("step_id", columns.TEXT, nullable=True),
        sa.Column("problems", columns.Json(), nullable=False),
        sa.Column("carried_out_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id_batch")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_batch_item_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_batch_item_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_item")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_item_batch_id_number")),
    )
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.create_index("ix_batch_item_batch", ["batch_id", "state", "number"], unique=False)
        batch_op.create_index("ix_batch_item_case", ["case_id"], unique=False)

    op.create_table(
        "register_entry",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("number", columns.TEXT, nullable=False),
        sa.Column("number_version", sa.Integer(), nullable=False),
        sa.Column("handle", columns.TEXT, nullable=False),
        sa.Column("handle_key", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("name_key", columns.TEXT, nullable=False),
        sa.Column("organisation_name", columns.TEXT, nullable=True),
        sa.Column("organisation_key", columns.TEXT, nullable=True),
        sa.Column("uscc", columns.TEXT, nullable=True),
        sa.Column("subject_type", columns.TEXT, nullable=False),
        sa.Column("category", columns.TEXT, nullable=False),
        sa.Column("division", columns.TEXT, nullable=False),
        sa.Column("provider_name", columns.TEXT, nullable=False),
        sa.Column("licence_number", columns.TEXT, nullable=True),
        sa.Column("filed_on", columns.Day(), nullable=False),
        sa.Column("ended_on", columns.Day(), nullable=True),
        sa.Column("mode", columns.TEXT, nullable=False),
        sa.Column("changed_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_register_entry_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("account_id", name=op.f("uq_register_entry_account_id")),
        sa.UniqueConstraint("number", name=op.f("uq_register_entry_number")),
    )
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.create_index("ix_register_entry_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_register_entry_handle", ["handle_key", "id"], unique=False)
        batch_op.create_index("ix_register_entry_licence", ["licence_number", "id"], unique=False)
        batch_op.create_index("ix_register_entry_name", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_register_entry_organisation", ["organisation_key", "id"], unique=False)
        batch_op.create_index("ix_register_entry_place", ["division", "category", "id"], unique=False)

    op.create_table(
        "permission",
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
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("licence_number", columns.TEXT, nullable=True),
        sa.Column("approval_number", columns.TEXT, nullable=True),
        sa.Column("letter_id", columns.TEXT, nullable=True),
        sa.Column("valid_until", columns.Day(), nullable=True),
        sa.Column("renewal_asked_at", columns.UtcTime(), nullable=True),
        sa.Column("renewal_receipt", columns.TEXT, nullable=True),
        sa.Column("suspended_by_follow_up", sa.Boolean(), nullable=False),
        sa.Column("granted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_permission_account_id_account")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_permission_holder_id_holder")),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_permission_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["letter_id"], ["document.id"], name=op.f("fk_permission_letter_id_document")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_permission_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission")),
    )
    with op.batch_alter_table("permission", schema=None) as batch_op:
        batch_op.create_index("ix_permission_account", ["account_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_permission_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_permission_desk", ["jurisdiction", "state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_permission_holder", ["holder_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_permission_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_permission_licence", ["licence_number", "id"], unique=False)
        batch_op.create_index("ix_permission_provider", ["provider_id", "state", "due_at", "id"], unique=False)

    op.create_table(
        "transfer",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=False),
        sa.Column("jurisdiction", columns.TEXT, nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("filing_id", columns.TEXT, nullable=False),
        sa.Column("from_authority", columns.TEXT, nullable=False),
        sa.Column("to_authority", columns.TEXT, nullable=False),
        sa.Column("is_designated", sa.Boolean(), nullable=False),
        sa.Column("received_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_transfer_account_id_account")),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_transfer_filing_id_filing")),
        sa.ForeignKeyConstraint(
            ["from_authority"], ["authority.id"], name=op.f("fk_transfer_from_authority_authority")
        ),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_transfer_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_transfer_provider_id_provider")),
        sa.ForeignKeyConstraint(["to_authority"], ["authority.id"], name=op.f("fk_transfer_to_authority_authority")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_account", ["account_id", "to_authority"], unique=False)
        batch_op.create_index("ix_transfer_from", ["from_authority", "created_at", "id"], unique=False)
        batch_op.create_index("ix_transfer_to", ["to_authority", "created_at", "id"], unique=False)
        batch_op.create_index("ix_transfer_provider", ["provider_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_transfer_jurisdiction", ["jurisdiction", "created_at", "id"], unique=False)
        batch_op.create_index("ix_transfer_created", ["created_at", "id"], unique=False)

    op.create_table(
        "badge",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("account_id", columns.TEXT, nullable=False),
        sa.Column("permission_id", columns.TEXT, nullable=False),
        sa.Column("status_place", sa.Integer(), nullable=False),
        sa.Column("kind", columns.TEXT, nullable=False),
        sa.Column("subject_name", columns.TEXT, nullable=False),
        sa.Column("handle", columns.TEXT, nullable=False),
        sa.Column("display_name", columns.TEXT, nullable=False),
        sa.Column("provider_name", columns.TEXT, nullable=False),
        sa.Column("category", columns.TEXT, nullable=False),
        sa.Column("filing_number", columns.TEXT, nullable=False),
        sa.Column("licence_number", columns.TEXT, nullable=True),
        sa.Column("approval_number", columns.TEXT, nullable=True),
        sa.Column("valid_until", columns.Day(), nullable=True),
        sa.Column("mode", columns.TEXT, nullable=False),
        sa.Column("issued_at", columns.UtcTime(), nullable=False),
        sa.Column("revoked_at", columns.UtcTime(), nullable=True),
        sa.Column("jws", columns.TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_badge_account_id_account")),
        sa.ForeignKeyConstraint(["permission_id"], ["permission.id"], name=op.f("fk_badge_permission_id_permission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("status_place", name=op.f("uq_badge_status_place")),
    )
    with op.batch_alter_table("badge", schema=None) as batch_op:
        batch_op.create_index("ix_badge_account", ["account_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_badge_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_badge_licence", ["licence_number", "created_at", "id"], unique=False)

    # A default fills the rows that stand; the program names every column itself.
    op.add_column("account", sa.Column("closing_at", columns.UtcTime(), nullable=True))
    op.add_column("account", sa.Column("closed_cause", columns.TEXT, nullable=True))
    op.add_column("account", sa.Column("change_state", columns.TEXT, nullable=True))
    op.add_column("account", sa.Column("change_flags", columns.Json(), nullable=False, server_default="[]"))
    op.add_column("account", sa.Column("change_supplements", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("account", sa.Column("is_adopted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("account", sa.Column("examined_on", columns.Day(), nullable=True))
    _names_taken_by(LIVE)
    changing = {"sqlite_where": sa.text(CHANGING), "postgresql_where": sa.text(CHANGING)}
    op.create_index("ix_account_change", "account", ["provider_id", "change_state", "due_at", "id"], **changing)

    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("current_of", columns.TEXT, nullable=True))
        batch_op.add_column(sa.Column("amends", columns.TEXT, nullable=True))
        batch_op.add_column(sa.Column("description", columns.TEXT, nullable=False, server_default=""))
        batch_op.add_column(sa.Column("was_refused", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("former_number", columns.TEXT, nullable=True))
        batch_op.add_column(sa.Column("transfer_to", columns.TEXT, nullable=True))
        batch_op.add_column(sa.Column("transfer_asked_at", columns.UtcTime(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_filing_account_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_filing_number"), type_="unique")
        batch_op.create_index("ix_filing_account", ["account_id", "created_at", "id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_filing_current_of"), ["current_of"])
        batch_op.create_index("ix_filing_transfer_to", ["transfer_to", "created_at", "id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_filing_number_number_version"), ["number", "number_version"])
        batch_op.create_foreign_key(batch_op.f("fk_filing_transfer_to_authority"), "authority", ["transfer_to"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_filing_amends_filing"), "filing", ["amends"], ["id"])

    op.create_index("ix_reserved_name_account", "reserved_name", ["account_id"])
    op.create_index("ix_qualification_jurisdiction", "qualification", ["jurisdiction", "created_at", "id"])
    for statement in FILL:
        op.execute(statement)

    with op.batch_alter_table("licence_doubt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", columns.UtcTime(), nullable=True))
        batch_op.create_index("ix_licence_doubt_told", ["told_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_qualification_jurisdiction", table_name="qualification")
    op.drop_index("ix_reserved_name_account", table_name="reserved_name")
    with op.batch_alter_table("licence_doubt", schema=None) as batch_op:
        batch_op.drop_index("ix_licence_doubt_told")
        batch_op.drop_column("told_at")

    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_filing_amends_filing"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_filing_transfer_to_authority"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_filing_number_number_version"), type_="unique")
        batch_op.drop_index("ix_filing_transfer_to")
        batch_op.drop_constraint(batch_op.f("uq_filing_current_of"), type_="unique")
        batch_op.drop_index("ix_filing_account")
        batch_op.create_unique_constraint(batch_op.f("uq_filing_number"), ["number"])
        batch_op.create_unique_constraint(batch_op.f("uq_filing_account_id"), ["account_id"])
        batch_op.drop_column("transfer_asked_at")
        batch_op.drop_column("transfer_to")
        batch_op.drop_column("former_number")
        batch_op.drop_column("was_refused")
        batch_op.drop_column("description")
        batch_op.drop_column("amends")
        batch_op.drop_column("current_of")

    op.drop_index("ix_account_change", table_name="account")
    _names_taken_by(LIVE_BEFORE)
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("examined_on")
        batch_op.drop_column("is_adopted")
        batch_op.drop_column("change_supplements")
        batch_op.drop_column("change_flags")
        batch_op.drop_column("change_state")
        batch_op.drop_column("closed_cause")
        batch_op.drop_column("closing_at")

    with op.batch_alter_table("badge", schema=None) as batch_op:
        batch_op.drop_index("ix_badge_licence")
        batch_op.drop_index("ix_badge_created")
        batch_op.drop_index("ix_badge_account")

    op.drop_table("badge")
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.drop_index("ix_transfer_created")
        batch_op.drop_index("ix_transfer_jurisdiction")
        batch_op.drop_index("ix_transfer_provider")
        batch_op.drop_index("ix_transfer_to")
        batch_op.drop_index("ix_transfer_from")
        batch_op.drop_index("ix_transfer_account")

    op.drop_table("transfer")
    with op.batch_alter_table("permission", schema=None) as batch_op:
        batch_op.drop_index("ix_permission_provider")
        batch_op.drop_index("ix_permission_licence")
        batch_op.drop_index("ix_permission_jurisdiction")
        batch_op.drop_index("ix_permission_holder")
        batch_op.drop_index("ix_permission_desk")
        batch_op.drop_index("ix_permission_created")
        batch_op.drop_index("ix_permission_account")

    op.drop_table("permission")
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_register_entry_place")
        batch_op.drop_index("ix_register_entry_organisation")
        batch_op.drop_index("ix_register_entry_name")
        batch_op.drop_index("ix_register_entry_licence")
        batch_op.drop_index("ix_register_entry_handle")
        batch_op.drop_index("ix_register_entry_created")

    op.drop_table("register_entry")
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_item_case")
        batch_op.drop_index("ix_batch_item_batch")

    op.drop_table("batch_item")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_provider")
        batch_op.drop_index("ix_batch_jurisdiction")
        batch_op.drop_index("ix_batch_created")

    op.drop_table("batch")
