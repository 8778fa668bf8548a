"""Every table of Signet: importing this file declares them all."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import configure_mappers

from domain import (
    account,
    agreement,
    authority,
    authority_report,
    batch,
    deadline,
    deployment,
    document,
    filing,
    holder,
    identity,
    journal,
    licence,
    notice,
    outbox,
    permission,
    proposal,
    provider,
    qualification,
    register,
    sanction,
    staff,
)
from domain.table import METADATA, table_of

__all__ = ["APPEND_ONLY", "METADATA", "NOUNS", "table_of"]

NOUNS: Final = (
    account, agreement, authority, authority_report, batch, deadline, deployment, document, filing, holder, identity,
    journal, licence, notice, outbox, permission, proposal, provider, qualification, register, sanction, staff,
)  # fmt: skip
# What the database itself refuses to change or remove.
APPEND_ONLY: Final = ("step", "position", "access_log", "involvement")

configure_mappers()  # a row's attributes answer only once their mappers are configured
