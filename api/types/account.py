"""Public accounts, what was asked for them, and the listed units their names come close to (Art. 6, 7)."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry import ID

from api.reading.fields import batched, by, column, computed, identifier, latest, newest, paged, related
from api.reading.filters import contains_flag, equals, is_viewer, one_of, overdue_clock, since, until
from api.reading.shapes import plain, shape
from api.types.case import Case, case
from api.types.connection import Connection
from api.types.filing import FILINGS, Filing
from api.types.masked import where_a_document_is_seen
from api.types.node import Node
from api.types.permission import PERMISSIONS, Permission
from api.types.provider import AgreementVersion, Provider
from api.types.publishing import PublishingDecision
from api.types.register import SourceUnit
from api.types.sanction import SANCTIONS, Sanction
from api.types.staff import Staff
from domain import account as rows
from domain import agreement as agreement_rows
from domain import filing as filing_rows
from domain import holder as holder_rows
from domain import permission as permission_rows
from domain import provider as provider_rows
from domain import register as register_rows
from domain import sanction as sanction_rows
from domain import staff as staff_rows
from domain.account import BLIND_FLAGS, AccountFlag, AccountState, ChangeState, ClosedCause, SubmissionKind
from domain.case import ClockState, Priority
from domain.holder import SubjectType
from domain.policy.roles import Role
from domain.sanction import SanctionLevel
from workflows.account import ACCOUNT
from workflows.publishing import PublishingRights
from workflows.sanction_level import SanctionEnds, SanctionLevels
from workflows.submissions import Differences

APPLICANTS = frozenset({Role.HOLDER, Role.INTEGRATION, Role.PUBLIC})


def flags_shown(role: Role, flags: list[str]) -> list[AccountFlag]:
    """Why it needs a second reader. What was found by blind index is told to reviewers only."""
    return [AccountFlag(flag) for flag in flags if flag_is_shown(role, flag)]


def flag_is_shown(role: Role, flag: str) -> bool:
    """Whether a role may know of a flag, by looking or by filtering."""
    return not (role in APPLICANTS and flag in BLIND_FLAGS)


@strawberry.enum(description="How accounts are sorted.")
class AccountOrder(Enum):
    """How accounts are sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"
    QUEUE = "queue"


ACCOUNTS = {
    AccountOrder.NEWEST: newest(rows.Account.created_at, rows.Account.id),
    AccountOrder.OLDEST: by(rows.Account.created_at, rows.Account.id),
    AccountOrder.QUEUE: by(rows.Account.rank, rows.Account.due_at, rows.Account.id),
}


@strawberry.input(description="Which accounts. All that are given must hold.")
class AccountFilter:
    """Which accounts."""

    state: list[AccountState] | None = one_of(rows.Account.state, "Its state is among these.")
    category: list[str] | None = one_of(rows.Account.category, "Its category is among these codes.")
    subject_type: list[SubjectType] | None = one_of(rows.Account.subject_type, "Its subject type is among these.")
    division: str | None = equals(rows.Account.division, "GB/T 2260 code of its place.")
    priority: list[Priority] | None = one_of(rows.Account.priority, "Its priority is among these.")
    clock: ClockState | None = overdue_clock(rows.Account.clock, rows.Account.due_at, "Its clock.")
    flag: AccountFlag | None = contains_flag(rows.Account.flags, "It bears this flag.", seen_by=flag_is_shown)
    is_flagged: bool | None = equals(rows.Account.is_flagged, "Whether its approval needs a second person.")
    change_state: list[ChangeState] | None = one_of(rows.Account.change_state, "Its open change stands among these.")
    claimed_by_me: bool | None = is_viewer(rows.Account.claimed_by, "Whether the viewer holds its lease.")
    applied_since: datetime | None = since(rows.Account.applied_at, "Applied for at this moment or later.")
    applied_before: datetime | None = until(rows.Account.applied_at, "Applied for before this moment.")


@shape(rows.Material, prefix="material")
class Material(Node):
    """A piece handed in with a submission."""

    id: ID = identifier(rows.Material.id, "Its id.")
    kind: str = column(rows.Material.kind, "A code of the list `materials`.")
    sha256: str | None = computed(
        where_a_document_is_seen, (rows.Material.sha256,), by_role=True, description="SHA-256 of the document."
    )
    document_id: ID | None = computed(
        where_a_document_is_seen, (rows.Material.document_id,), by_role=True, description="The document kept here."
    )
    reference: str | None = computed(
        where_a_document_is_seen,
        (rows.Material.reference,),
        by_role=True,
        description="The provider's reference, where it keeps the document.",
    )


@plain
class Difference:
    """A particular that differs between two submissions."""

    field: str = strawberry.field(description="Which particular.")
    before: str = strawberry.field(description="What it was.")
    after: str = strawberry.field(description="What it is now.")


@shape(rows.Submission, prefix="submission")
class Submission(Node):
    """What was asked for in one round: a snapshot that never changes."""

    id: ID = identifier(rows.Submission.id, "Its id.")
    round: int = column(rows.Submission.round, "The number of the round.")
    kind: SubmissionKind = column(rows.Submission.kind, "What it asks for.")
    created_at: datetime = column(rows.Submission.created_at, "When it was handed in.")
    handle: str = column(rows.Submission.handle, "The name in addresses.")
    display_name: str = column(rows.Submission.display_name, "The name the public is to see.")
    description: str = column(rows.Submission.description, "What the account is for.")
    category: str = column(rows.Submission.category, "A code of the list `filing_categories`.")
    subject_type: SubjectType = column(rows.Submission.subject_type, "What kind of subject asks.")
    division: str = column(rows.Submission.division, "GB/T 2260 code of its place.")
    agreement: AgreementVersion | None = related(
        rows.Submission.agreement_id, agreement_rows.AgreementVersion.id, "The agreement that was consented to."
    )
    differences: list[Difference] = batched(Differences(), description="How it differs from the round before.")
    materials: list[Material] = latest(rows.Material.submission_id, by(rows.Material.id), limit=10)
    account: Account | None = related(rows.Submission.account_id, rows.Account.id, "The account.")


@shape(rows.Candidate, prefix="candidate")
class Candidate(Node):
    """A listed news unit that the name comes close to. It proves nothing and grants nothing."""

    id: ID = identifier(rows.Candidate.id, "Its id.")
    is_exact: bool = column(rows.Candidate.is_exact, "Whether the names are equal.")
    unit: SourceUnit | None = related(rows.Candidate.source_unit_id, register_rows.SourceUnit.id, "The listed unit.")


SUBMISSIONS = newest(rows.Submission.created_at, rows.Submission.id)


@case(ACCOUNT)
class Account(Case):
    """A public account 公众账号."""

    state: AccountState = column(rows.Account.state, "Where it stands.")
    handle: str = column(rows.Account.handle, "Its name in addresses.")
    display_name: str = column(rows.Account.display_name, "The name the public sees.")
    description: str = column(rows.Account.description, "What it is for.")
    category: str = column(rows.Account.category, "A code of the list `filing_categories`.")
    subject_type: SubjectType = column(rows.Account.subject_type, "What kind of subject holds it.")
    division: str = column(rows.Account.division, "GB/T 2260 code of its place.")
    round: int = column(rows.Account.round, "How often it was submitted.")
    flags: list[AccountFlag] = computed(flags_shown, (rows.Account.flags,), by_role=True)
    is_flagged: bool = column(rows.Account.is_flagged, "Whether its approval needs a second person.")
    items_asked: list[str] = column(rows.Account.items_asked, "Codes of the items that are to be supplied.")
    change_state: ChangeState | None = column(rows.Account.change_state, "Where its open change of particulars stands.")
    change_flags: list[AccountFlag] = computed(
        flags_shown,
        (rows.Account.change_flags,),
        by_role=True,
        description="Why its open change needs a second reader; what a blind index told is for reviewers only.",
    )
    closing_at: datetime | None = column(rows.Account.closing_at, "When it is closed, as its holder asked.")
    closing_held_at: datetime | None = column(
        rows.Account.closing_held_at, "Since when a sanction that its holder was told of keeps it from being closed."
    )
    closed_cause: ClosedCause | None = column(rows.Account.closed_cause, "Why it was closed.")
    is_adopted: bool = column(rows.Account.is_adopted, "Whether it was examined before its provider came here.")
    examined_on: date | None = column(rows.Account.examined_on, "Of an adopted account: when it was examined.")
    claimed_until: datetime | None = column(rows.Account.claimed_until, "Until when a reviewer holds the lease.")
    claimed_by: Staff | None = related(rows.Account.claimed_by, staff_rows.Staff.id, "Who holds the lease.")
    receipt_number: str = column(rows.Account.receipt_number, "The number of the application's receipt.")
    applied_at: datetime = column(rows.Account.applied_at, "When it was applied for.")
    ruleset: int = column(rows.Account.ruleset, "The ruleset it is held by.")
    holder: Holder | None = related(rows.Account.holder_id, holder_rows.Holder.id, "Who holds it.")  # type: ignore[name-defined] # noqa: F821
    provider: Provider | None = related(rows.Account.provider_id, provider_rows.Provider.id, "The provider.")
    sanctions: Connection[Sanction] = paged(
        sanction_rows.Sanction.account_id, order=SANCTIONS, description="What was opened on it, as far as you may know."
    )
    permissions: Connection[Permission] = paged(
        permission_rows.Permission.account_id, order=PERMISSIONS, description="Its permissions to carry news."
    )
    filings: Connection[Filing] = paged(
        filing_rows.Filing.account_id,
        order=FILINGS,
        description="All its filings, amendments and earlier versions too.",
    )
    filing: Filing | None = related(
        rows.Account.id, filing_rows.Filing.current_of, "Its filing: the one in force, or the first one on its way."
    )
    submissions: Connection[Submission] = paged(rows.Submission.account_id, order=SUBMISSIONS)
    latest_submissions: list[Submission] = latest(rows.Submission.account_id, SUBMISSIONS, limit=3)
    publishing_rights: list[PublishingDecision] = batched(
        PublishingRights(), description="What it may do now: every act on every content."
    )
    sanction_level: SanctionLevel = batched(
        SanctionLevels(), description="The highest measure in force now, over all its sanctions."
    )
    sanction_until: datetime | None = batched(
        SanctionEnds(),
        description="When no measure of that level is in force any more though nobody does anything; null: never.",
    )
    candidates: list[Candidate] = latest(rows.Candidate.account_id, by(rows.Candidate.id), limit=10)
