"""Permissions to carry current-affairs news (Art. 7)."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry import ID

from api.reading.fields import by, column, computed, newest, related
from api.reading.filters import equals, one_of, overdue_clock
from api.types.case import Case, case
from api.types.licence import Licence
from api.types.masked import where_a_document_is_seen
from api.types.provider import Provider
from domain import account as account_rows
from domain import holder as holder_rows
from domain import licence as licence_rows
from domain import permission as rows
from domain import provider as provider_rows
from domain.case import ClockState
from domain.permission import PermissionKind, PermissionState
from workflows.permission import PERMISSION


@strawberry.enum(description="How permissions are sorted.")
class PermissionOrder(Enum):
    """How permissions are sorted."""

    DESK = "desk"
    NEWEST = "newest"


PERMISSIONS = {
    PermissionOrder.DESK: by(rows.Permission.due_at, rows.Permission.id),
    PermissionOrder.NEWEST: newest(rows.Permission.created_at, rows.Permission.id),
}


@strawberry.input(description="Which permissions. All that are given must hold.")
class PermissionFilter:
    """Which permissions."""

    state: list[PermissionState] | None = one_of(rows.Permission.state, "Its state is among these.")
    kind: list[PermissionKind] | None = one_of(rows.Permission.kind, "Its kind is among these.")
    licence_number: str | None = equals(rows.Permission.licence_number, "The number of its licence.")
    clock: ClockState | None = overdue_clock(rows.Permission.clock, rows.Permission.due_at, "Its clock.")


@case(PERMISSION)
class Permission(Case):
    """The permission of an account to carry current-affairs news 许可."""

    state: PermissionState = column(rows.Permission.state, "Where it stands.")
    kind: PermissionKind = column(rows.Permission.kind, "What it allows.")
    licence_number: str | None = column(rows.Permission.licence_number, "The licence it rests on.")
    approval_number: str | None = column(rows.Permission.approval_number, "The number of the special approval.")
    letter_id: ID | None = computed(
        where_a_document_is_seen,
        (rows.Permission.letter_id,),
        by_role=True,
        description="The letter of the parent that holds the licence.",
    )
    valid_until: date | None = column(rows.Permission.valid_until, "Its last day; null: as long as the licence.")
    granted_at: datetime | None = column(rows.Permission.granted_at, "When it was granted.")
    renewal_asked_at: datetime | None = column(rows.Permission.renewal_asked_at, "When its renewal was asked for.")
    account: Account | None = related(rows.Permission.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821
    holder: Holder | None = related(rows.Permission.holder_id, holder_rows.Holder.id, "Who holds the account.")  # type: ignore[name-defined] # noqa: F821
    provider: Provider | None = related(rows.Permission.provider_id, provider_rows.Provider.id, "Its provider.")
    licence: Licence | None = related(
        rows.Permission.licence_number, licence_rows.Licence.number, "The licence as the imported register lists it."
    )
