"""The public register: what anybody may know of accounts on file and of badges, under ids of its own (Art. 5, 7)."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry import ID

from api.reading.fields import batched, by, column, computed, identifier, newest
from api.reading.filters import begins, equals, given, one_of
from api.reading.shapes import plain, shape
from api.types.node import Node
from domain import permission as rows
from domain.holder import SubjectType
from domain.identifiers import compact
from domain.names import name_key
from domain.permission import PermissionKind, Standing
from domain.provider import Mode
from workflows.standing import BadgesOfAccounts, BadgeStandings


@strawberry.enum(description="How entries are sorted.")
class RegisterOrder(Enum):
    """How entries are sorted."""

    NAME = "name"
    NEWEST = "newest"


ENTRIES = {
    RegisterOrder.NAME: by(rows.RegisterEntry.name_key, rows.RegisterEntry.id),
    RegisterOrder.NEWEST: newest(rows.RegisterEntry.created_at, rows.RegisterEntry.id),
}


def upper(text: str) -> str:
    """A filing number as it is stored."""
    return text.strip().upper()


def lower(text: str) -> str:
    """A handle as it is compared."""
    return text.strip().lower()


@strawberry.input(description="Which entries. All that are given must hold.")
class RegisterFilter:
    """Which entries."""

    number: str | None = equals(rows.RegisterEntry.number, "Its exact filing number.", normal=upper)
    licence: str | None = equals(
        rows.RegisterEntry.licence_number, "The exact number of the licence its badge rests on.", normal=compact
    )
    handle: str | None = equals(rows.RegisterEntry.handle_key, "Its exact name in addresses.", normal=lower)
    name: str | None = begins(
        rows.RegisterEntry.name_key,
        "How its public name begins; case, width and spaces do not matter.",
        normal=name_key,
    )
    organisation: str | None = begins(
        rows.RegisterEntry.organisation_key, "How the name of its organisation begins.", normal=name_key
    )
    category: list[str] | None = one_of(rows.RegisterEntry.category, "Its category is among these codes.")
    division: list[str] | None = one_of(rows.RegisterEntry.division, "Its division is among these codes.")
    ended: bool | None = given(rows.RegisterEntry.ended_on, "Whether it is no longer on file.")


@plain
class EntryBadge:
    """The badge of an account 标识, and whether it stands as of now."""

    id: ID = strawberry.field(description="The badge; see badgeRecord.")
    kind: PermissionKind = strawberry.field(description="What it allows.")
    licence_number: str | None = strawberry.field(description="The licence it rests on.")
    approval_number: str | None = strawberry.field(description="The special approval it rests on.")
    valid_until: date | None = strawberry.field(description="Its last day; null: without end.")
    standing: Standing = strawberry.field(description="Whether it stands.")


def as_of(now: datetime) -> datetime:
    """The moment for which this answer holds."""
    return now


@shape(rows.RegisterEntry, prefix="register_entry")
class RegisterEntry(Node):
    """What the public register 公开登记 says of an account that is or was on file; a person has no name but its own."""

    id: ID = identifier(rows.RegisterEntry.id, "Its id on the register.")
    number: str = column(rows.RegisterEntry.number, "Its filing number 备案号.")
    number_version: int = column(rows.RegisterEntry.number_version, "The version under that number.")
    handle: str = column(rows.RegisterEntry.handle, "The account's name in addresses.")
    display_name: str = column(rows.RegisterEntry.display_name, "The account's public name.")
    organisation_name: str | None = column(
        rows.RegisterEntry.organisation_name, "The organisation that holds it; null of a person or a sole trader."
    )
    uscc: str | None = column(rows.RegisterEntry.uscc, "Its unified social credit code.")
    subject_type: SubjectType = column(rows.RegisterEntry.subject_type, "What kind of subject holds it.")
    category: str = column(rows.RegisterEntry.category, "A code of the list `filing_categories`.")
    division: str = column(rows.RegisterEntry.division, "GB/T 2260 code of its place.")
    provider_name: str = column(rows.RegisterEntry.provider_name, "The provider whose tool it is on.")
    filed_on: date = column(rows.RegisterEntry.filed_on, "Since when it is on file.")
    ended_on: date | None = column(rows.RegisterEntry.ended_on, "Since when it no longer is; the reason is not told.")
    mode: Mode = column(rows.RegisterEntry.mode, "SANDBOX: a trial, of no effect.")
    changed_at: datetime = column(rows.RegisterEntry.changed_at, "When the register last changed it.")
    badge: EntryBadge | None = batched(
        BadgesOfAccounts(), key=rows.RegisterEntry.account_id, description="Its badge; null where it has none."
    )
    as_of: datetime = computed(as_of, by_now=True)


@shape(rows.Badge, prefix="badge")
class BadgeRecord(Node):
    """The public record of a badge 标识. Its signature proves that it was issued; `standing` says whether it stands."""

    id: ID = identifier(rows.Badge.id, "Its id.")
    kind: PermissionKind = column(rows.Badge.kind, "What it allows.")
    subject_name: str = column(rows.Badge.subject_name, "The organisation; of a person the account's public name.")
    handle: str = column(rows.Badge.handle, "The account's name in addresses when it was issued.")
    display_name: str = column(rows.Badge.display_name, "The account's public name when it was issued.")
    provider_name: str = column(rows.Badge.provider_name, "The provider whose tool the account is on.")
    category: str = column(rows.Badge.category, "A code of the list `filing_categories`.")
    filing_number: str = column(rows.Badge.filing_number, "The account's filing number 备案号.")
    licence_number: str | None = column(rows.Badge.licence_number, "The licence it rests on 许可证编号.")
    approval_number: str | None = column(rows.Badge.approval_number, "The special approval it rests on.")
    valid_until: date | None = column(
        rows.Badge.valid_until, "Its last day as known when it was issued; null: without end."
    )
    mode: Mode = column(rows.Badge.mode, "SANDBOX: a trial, of no effect.")
    issued_at: datetime = column(rows.Badge.issued_at, "When it was issued.")
    revoked_at: datetime | None = column(rows.Badge.revoked_at, "When it was taken back; the reason is not told.")
    status_place: int = column(rows.Badge.status_place, "Its place in the signed status list.")
    jws: str = column(rows.Badge.jws, "The signed record: a compact JWS by Ed25519.")
    standing: Standing | None = batched(BadgeStandings(), description="Whether it stands as of now.")
    as_of: datetime = computed(as_of, by_now=True)


@plain
class Statistic:
    """How many accounts of a category are on file in a division."""

    division: str = strawberry.field(description="GB/T 2260 code of the place.")
    category: str = strawberry.field(description="A code of the list `filing_categories`.")
    mode: Mode = strawberry.field(description="SANDBOX: trials.")
    count: int | None = strawberry.field(description="How many; null where they are fewer than five.")
