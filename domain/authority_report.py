"""What a provider owes its authority to know: each measure of weight, each correction (Art. 8)."""

from __future__ import annotations

from sqlalchemy import Index

from domain.case import Journalled, Tenant, Timed
from domain.columns import text, word
from domain.state import State, Word


class AuthorityReportState(State):
    """Where an authority report stands."""

    DUE = "DUE", "待报告", "Due"


class AuthorityReportKind(Word):
    """What it is about."""

    MEASURE = "MEASURE", "处置报告", "A measure from a restriction up, or an interim one"
    CORRECTION = "CORRECTION", "更正报告", "A measure that was reduced or should not have been"


class AuthorityReport(Tenant, Journalled, Timed, table=True):
    """One duty to tell the authority. It hangs on the account; its holder sees nothing of it."""

    state: AuthorityReportState = word(AuthorityReportState)
    kind: AuthorityReportKind = word(AuthorityReportKind)
    account_id: str = text(foreign_key="account.id")
    sanction_id: str = text(foreign_key="sanction.id")
    measure_id: str = text(foreign_key="measure.id")

    __table_args__ = (
        Index("ix_authority_report_account", "account_id", "created_at", "id"),
        Index("ix_authority_report_sanction", "sanction_id", "created_at", "id"),
        Index("ix_authority_report_provider", "provider_id", "state", "due_at", "id"),
        Index("ix_authority_report_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_authority_report_created", "created_at", "id"),
    )
