"""Permissions to carry current-affairs news, and the badges that show them (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Index

from domain.calendar import local_day
from domain.case import Journalled, Row, Tenant, Timed
from domain.columns import day, flag, integer, moment, text, word
from domain.holder import SubjectType
from domain.licence import LicenceServices
from domain.provider import Mode
from domain.state import State, Word

RENEWAL_DAYS_MIN: Final = 30  # a renewal is asked at least so many calendar days before the last day
EXTENSION_DAYS_MAX: Final = 90  # so many calendar days silence on a renewal asked in time extends a permission


class PermissionState(State):
    """Where a permission stands."""

    REQUESTED = "REQUESTED", "已申请", "Requested"
    GRANTED = "GRANTED", "已授予", "Granted"
    REFUSED = "REFUSED", "未授予", "Refused"
    SUSPENDED = "SUSPENDED", "已中止", "Suspended"
    EXPIRED = "EXPIRED", "已到期", "Past its last day"
    REVOKED = "REVOKED", "已撤销", "Revoked or given up"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn by the holder before it was decided"
    REPLACED = "REPLACED", "已被替换", "Replaced by another permission of the account"


class PermissionKind(Word):
    """What a permission allows."""

    PUBLISH_AND_REPRINT = "PUBLISH_AND_REPRINT", "采编发布、转载", "To publish and to reprint current-affairs news"
    REPRINT_ONLY = "REPRINT_ONLY", "转载", "To reprint current-affairs news"
    SPECIAL_APPROVAL = "SPECIAL_APPROVAL", "专项批准转载", "To reprint, by special approval of the authority"


# The services of a licence that cover a kind. A special approval rests on no licence.
COVERED_BY: Final[Mapping[PermissionKind, frozenset[LicenceServices]]] = MappingProxyType(
    {
        PermissionKind.PUBLISH_AND_REPRINT: frozenset({LicenceServices.PUBLISH_AND_REPRINT}),
        PermissionKind.REPRINT_ONLY: frozenset({LicenceServices.PUBLISH_AND_REPRINT, LicenceServices.REPRINT_ONLY}),
    }
)


class Standing(Word):
    """Whether a permission gives its right now, derived whenever it is asked."""

    STANDS = "STANDS", "有效", "In force"
    EXTENDED = "EXTENDED", "延续中", "Past its last day; a renewal asked in time is not answered yet"
    ENDED = "ENDED", "已失效", "Not in force"


def permission_stands(
    kind: str,
    state: str,
    valid_until: date | None,
    renewal_asked_at: datetime | None,
    licence_services: str | None,
    licence_valid_from: date | None,
    licence_valid_to: date | None,
    today: date,
    *,
    licence_is_listed: bool = True,
) -> Standing:
    """Whether a permission gives its right on a local day. A licence whose services are unknown covers nothing."""
    if state != PermissionState.GRANTED:
        return Standing.ENDED
    if kind != PermissionKind.SPECIAL_APPROVAL:
        covered = licence_services is not None and licence_services in COVERED_BY[PermissionKind(kind)]
        begun = licence_valid_from is None or licence_valid_from <= today
        if not (licence_is_listed and covered and begun):
            return Standing.ENDED
    last = last_day(kind, valid_until, licence_valid_to)
    if last is None or today <= last:
        return Standing.STANDS
    return Standing.EXTENDED if today <= extended_to(last, renewal_asked_at) else Standing.ENDED


def extended_to(last: date, renewal_asked_at: datetime | None) -> date:
    """Its last day, silence on a renewal included; one asked too late extends nothing."""
    latest = last - timedelta(days=RENEWAL_DAYS_MIN)
    in_time = renewal_asked_at is not None and local_day(renewal_asked_at) <= latest
    return last + min(timedelta(days=EXTENSION_DAYS_MAX), date.max - last) if in_time else last


def last_day(kind: str, valid_until: date | None, licence_valid_to: date | None) -> date | None:
    """The last day of a permission: its own or its licence's, whichever comes first; None where neither is known."""
    days = (valid_until, None if kind == PermissionKind.SPECIAL_APPROVAL else licence_valid_to)
    return min((day for day in days if day is not None), default=None)


class Permission(Tenant, Journalled, Timed, table=True):
    """The right of one account to carry current-affairs news. Whether it gives it now is derived from the licence."""

    state: PermissionState = word(PermissionState)
    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    kind: PermissionKind = word(PermissionKind)
    licence_number: str | None = text(nullable=True)  # as `domain.identifiers.licence_number` writes it
    approval_number: str | None = text(nullable=True)  # of a special approval
    letter_id: str | None = text(nullable=True, foreign_key="document.id")  # of the parent that holds the licence
    valid_until: date | None = day(nullable=True)  # the last day that was granted; None: as long as the licence
    renewal_asked_at: datetime | None = moment(nullable=True)
    renewal_receipt: str | None = text(nullable=True)
    suspended_by_follow_up: bool = flag()
    granted_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_permission_account", "account_id", "created_at", "id"),
        Index("ix_permission_licence", "licence_number", "id"),
        Index("ix_permission_desk", "jurisdiction", "state", "due_at", "id"),
        Index("ix_permission_provider", "provider_id", "state", "due_at", "id"),
        Index("ix_permission_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_permission_holder", "holder_id", "created_at", "id"),
        Index("ix_permission_created", "created_at", "id"),
    )


class Badge(Row, table=True):
    """The public record of a badge: that it was issued is signed; whether it stands is asked each time."""

    account_id: str = text(foreign_key="account.id")
    permission_id: str = text(foreign_key="permission.id")
    status_place: int = integer(unique=True)  # in the status list, from 0
    kind: PermissionKind = word(PermissionKind)
    subject_name: str = text()  # the organisation; of a natural person the account's public name
    handle: str = text()
    display_name: str = text()
    provider_name: str = text()
    category: str = text()
    filing_number: str = text()
    licence_number: str | None = text(nullable=True)
    approval_number: str | None = text(nullable=True)
    valid_until: date | None = day(nullable=True)
    mode: Mode = word(Mode)
    issued_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
    jws: str = text()

    __table_args__ = (
        Index("ix_badge_account", "account_id", "created_at", "id"),
        Index("ix_badge_created", "created_at", "id"),
        Index("ix_badge_licence", "licence_number", "created_at", "id"),
    )


class RegisterEntry(Row, table=True):
    """What the public register says of an account that is or was on file: never a measure, never why it ended."""

    account_id: str = text(foreign_key="account.id", unique=True)
    number: str = text(unique=True)
    number_version: int = integer()
    handle: str = text()
    handle_key: str = text()
    display_name: str = text()
    name_key: str = text()
    organisation_name: str | None = text(nullable=True)  # None of a natural person
    organisation_key: str | None = text(nullable=True)
    uscc: str | None = text(nullable=True)
    subject_type: SubjectType = word(SubjectType)
    category: str = text()
    division: str = text()
    provider_name: str = text()
    licence_number: str | None = text(nullable=True)  # of the badge that it has
    filed_on: date = day()
    ended_on: date | None = day(nullable=True)
    mode: Mode = word(Mode)  # what a provider's trial put on the register is shown as a trial
    changed_at: datetime = moment()

    __table_args__ = (
        Index("ix_register_entry_name", "name_key", "id"),
        Index("ix_register_entry_organisation", "organisation_key", "id"),
        Index("ix_register_entry_handle", "handle_key", "id"),
        Index("ix_register_entry_licence", "licence_number", "id"),
        Index("ix_register_entry_place", "division", "category", "id"),
        Index("ix_register_entry_created", "created_at", "id"),
    )
