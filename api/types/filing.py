"""Filings with the authority (Art. 7)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from api.reading.fields import by, column, computed, newest, related
from api.reading.filters import equals, given, one_of, overdue_clock, until
from api.reading.shapes import plain
from api.types.authority import Authority
from api.types.case import Case, case
from api.types.provider import AgreementVersion, Provider
from domain import account as account_rows
from domain import agreement as agreement_rows
from domain import authority as authority_rows
from domain import filing as rows
from domain import holder as holder_rows
from domain import identity as identity_rows
from domain import provider as provider_rows
from domain.case import ClockState
from domain.filing import FilingState
from domain.holder import SubjectType
from workflows.filing import FILING


@plain
class FilingDefect:
    """A defect the authority found; its words stand with the step that returned the filing."""

    code: str = strawberry.field(description="A code of the list `return_reasons`.")
    item: str = strawberry.field(description="The item of the filing.")


def defects_of(defects: list[dict[str, Any]]) -> list[FilingDefect]:
    """The defects it was last returned with."""
    return [FilingDefect(code=defect["code"], item=defect["item"]) for defect in defects]


@strawberry.enum(description="How filings are sorted.")
class FilingOrder(Enum):
    """How filings are sorted."""

    DESK = "desk"
    NEWEST = "newest"


FILINGS = {
    FilingOrder.DESK: by(rows.Filing.due_at, rows.Filing.id),
    FilingOrder.NEWEST: newest(rows.Filing.created_at, rows.Filing.id),
}


@strawberry.input(description="Which filings. All that are given must hold.")
class FilingFilter:
    """Which filings."""

    state: list[FilingState] | None = one_of(rows.Filing.state, "Its state is among these.")
    category: list[str] | None = one_of(rows.Filing.category, "Its category is among these codes.")
    number: str | None = equals(rows.Filing.number, "Its filing number.")
    division: str | None = equals(rows.Filing.division, "GB/T 2260 code of its place.")
    due_before: datetime | None = until(rows.Filing.due_at, "Something falls due before this moment.")
    transfer_asked: bool | None = given(rows.Filing.transfer_to, "Whether another authority is asked to take it over.")
    clock: ClockState | None = overdue_clock(rows.Filing.clock, rows.Filing.due_at, "Its clock.")


@case(FILING)
class Filing(Case):
    """The record of an account with its authority 备案."""

    state: FilingState = column(rows.Filing.state, "Where it stands.")
    number: str | None = column(rows.Filing.number, "Its number, once accepted.")
    number_version: int = column(rows.Filing.number_version, "The version under that number.")
    former_number: str | None = column(rows.Filing.former_number, "The number it was filed under elsewhere.")
    round: int = column(rows.Filing.round, "How often it was submitted.")
    handle: str = column(rows.Filing.handle, "The account's name in addresses.")
    display_name: str = column(rows.Filing.display_name, "The account's public name.")
    description: str = column(rows.Filing.description, "What the account is for.")
    category: str = column(rows.Filing.category, "A code of the list `filing_categories`.")
    subject_type: SubjectType = column(rows.Filing.subject_type, "What kind of subject holds the account.")
    division: str = column(rows.Filing.division, "GB/T 2260 code of its place.")
    reviewed_at: datetime = column(rows.Filing.reviewed_at, "When the provider approved the account.")
    submitted_at: datetime | None = column(rows.Filing.submitted_at, "When it was last submitted.")
    decided_at: datetime | None = column(rows.Filing.decided_at, "When the authority decided.")
    defects: list[FilingDefect] = computed(defects_of, (rows.Filing.defects,))
    amends: Filing | None = related(rows.Filing.amends, rows.Filing.id, "The filing in force that it would replace.")
    transfer_to: Authority | None = related(
        rows.Filing.transfer_to, authority_rows.Authority.id, "The authority that is asked to take it over."
    )
    transfer_asked_at: datetime | None = column(rows.Filing.transfer_asked_at, "When it was asked.")
    account: Account | None = related(rows.Filing.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821
    holder: Holder | None = related(rows.Filing.holder_id, holder_rows.Holder.id, "Who holds it.")  # type: ignore[name-defined] # noqa: F821
    identity: Identity | None = related(rows.Filing.holder_id, identity_rows.Identity.holder_id, "Who is behind it.")  # type: ignore[name-defined] # noqa: F821
    provider: Provider | None = related(rows.Filing.provider_id, provider_rows.Provider.id, "Who filed it.")
    agreement: AgreementVersion | None = related(
        rows.Filing.agreement_id, agreement_rows.AgreementVersion.id, "The agreement that was consented to."
    )
