"""Public accounts and what was asked for them (Art. 6, 7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, UniqueConstraint
from sqlalchemy import text as sql

from domain.case import Journalled, Priority, Tenant, Timed
from domain.columns import day, flag, integer, json, moment, text, word
from domain.holder import SubjectType
from domain.state import State, Word


class AccountState(State):
    """Where an account stands."""

    APPLIED = "APPLIED", "待审核", "Applied: waits for review", "审核中", "Under review"
    SUPPLEMENT_REQUESTED = (
        "SUPPLEMENT_REQUESTED",
        "待补充材料",
        "Waits for the holder's supplement",
        "请补充材料",
        "Please supplement your application",
    )
    REVIEWED = "REVIEWED", "已审核", "Reviewed: to be filed", "审核通过,备案中", "Approved; being filed"
    FILED = "FILED", "已备案", "Filed with the authority"
    BADGED = "BADGED", "已授标识", "Filed, and badged as one that may carry current-affairs news"
    REJECTED = "REJECTED", "未通过", "Rejected"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn"
    CLOSED = "CLOSED", "已关闭", "Closed"


class AccountFlag(Word):
    """Why an application needs a second reader. Hits by blind index are told to reviewers only."""

    ORGAN = "ORGAN", "党政机关", "The subject is a party or government organ"
    NAME_AUTHORITY = "NAME_AUTHORITY", "名称涉机关", "The name is close to an authority's"
    NAME_PARTY_ORGAN = "NAME_PARTY_ORGAN", "名称涉党组织", "The name is close to a party organ's"
    NAME_MEDIA = "NAME_MEDIA", "名称涉媒体", "The name is close to a media word"
    NAME_PLACE = "NAME_PLACE", "名称涉地名", "The name holds a place name"
    NAME_SOURCE_UNIT = "NAME_SOURCE_UNIT", "名称近新闻单位", "The name equals or resembles a listed news unit"
    NEWS_CATEGORY = "NEWS_CATEGORY", "时政新闻类", "The category is news"
    CREDIT_CODE = (
        "CREDIT_CODE",
        "信用代码存疑",
        "The credit code fails its check digit or does not fit the subject type",
    )
    TWIN = "TWIN", "同一主体", "The same person or organisation is already known to this provider"
    QUOTA_EXCEPTION = "QUOTA_EXCEPTION", "超额申请", "Asked beyond the quota, with a reason"
    QUOTA_BY_INDEX = "QUOTA_BY_INDEX", "同一证件超额", "The same document already holds its quota under another holder"
    EARLIER_CLOSURE = "EARLIER_CLOSURE", "曾被处置关闭", "An account of the same holder was closed as a measure"
    CLOSURE_BY_INDEX = (
        "CLOSURE_BY_INDEX",
        "同一主体曾被处置关闭",
        "An account of the same person or organisation was closed as a measure under another holder",
    )
    UNDER_MEASURE = (
        "UNDER_MEASURE",
        "同一主体处置未了",
        "A case that the same person or organisation was told of, or a measure, stands",
    )
    BANNED = "BANNED", "主体在禁入期内", "The person or organisation behind it is kept out since a closure"


# The applicant's side never learns of these.
BLIND_FLAGS: Final = frozenset(
    {
        AccountFlag.TWIN,
        AccountFlag.QUOTA_BY_INDEX,
        AccountFlag.CLOSURE_BY_INDEX,
        AccountFlag.UNDER_MEASURE,
        AccountFlag.BANNED,
    }
)
# Any of these asks for a second person at the approval.
SECOND_READER_FLAGS: Final = frozenset(AccountFlag) - BLIND_FLAGS

OPEN_APPLICATION: Final = (AccountState.APPLIED, AccountState.SUPPLEMENT_REQUESTED)
IN_USE: Final = (AccountState.REVIEWED, AccountState.FILED, AccountState.BADGED)
ON_FILE: Final = (AccountState.FILED, AccountState.BADGED)
LIVE: Final = (*OPEN_APPLICATION, *IN_USE)


def _among(states: tuple[AccountState, ...]) -> ColumnElement[bool]:
    return sql("state IN ({})".format(", ".join(f"'{state}'" for state in states)))  # type: ignore[return-value]


_CHANGING_ONLY: Final[Any] = {
    "sqlite_where": sql("change_state IS NOT NULL"),
    "postgresql_where": sql("change_state IS NOT NULL"),
}
_LIVE_ONLY: Final[Any] = {"sqlite_where": _among(LIVE), "postgresql_where": _among(LIVE)}


class ClosedCause(Word):
    """Why an account was closed."""

    HOLDER = "HOLDER", "使用者注销", "Its holder closed it"
    SUBJECT_ENDED = "SUBJECT_ENDED", "主体终止", "Its subject has ended"
    SANCTION = "SANCTION", "处置关闭", "It was closed as a measure"


class ChangeState(Word):
    """Where an open change of particulars stands."""

    ASKED = "ASKED", "变更待审核", "Asked for: waits for review"
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED", "变更待补充", "Waits for the holder's supplement"


class Account(Tenant, Journalled, Timed, table=True):
    """A public account, from its application on."""

    state: AccountState = word(AccountState)
    holder_id: str = text(foreign_key="holder.id")
    handle: str = text()
    handle_key: str = text()
    display_name: str = text()
    name_key: str = text()
    description: str = text()
    category: str = text()
    subject_type: SubjectType = word(SubjectType)
    division: str = text()
    round: int = integer()
    supplements: int = integer()
    priority: Priority = word(Priority)
    rank: int = integer()
    flags: list[str] = json()
    is_flagged: bool = flag()
    claimed_by: str | None = text(nullable=True, foreign_key="staff.id")
    claimed_until: datetime | None = moment(nullable=True)
    receipt_number: str = text(unique=True)
    agreement_id: str | None = text(nullable=True, foreign_key="agreement_version.id")
    items_asked: list[str] = json()
    applied_at: datetime = moment()
    ruleset: int = integer()
    closing_at: datetime | None = moment(nullable=True)
    closing_held_at: datetime | None = moment(nullable=True)  # since when a sanction keeps it from being closed
    closed_cause: ClosedCause | None = word(ClosedCause, nullable=True)
    change_state: ChangeState | None = word(ChangeState, nullable=True)
    change_flags: list[str] = json()
    change_supplements: int = integer()
    is_adopted: bool = flag()
    examined_on: date | None = day(nullable=True)  # of an adopted account: when the provider examined it

    __table_args__ = (
        Index("ux_account_name", "provider_id", "name_key", unique=True, **_LIVE_ONLY),
        Index("ux_account_handle", "provider_id", "handle_key", unique=True, **_LIVE_ONLY),
        Index("ix_account_queue", "provider_id", "state", "rank", "due_at", "id"),
        Index("ix_account_provider", "provider_id", "created_at", "id"),
        Index("ix_account_provider_state", "provider_id", "state", "created_at", "id"),
        Index("ix_account_holder", "holder_id", "created_at", "id"),
        Index("ix_account_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_account_created", "created_at", "id"),
        Index("ix_account_change", "provider_id", "change_state", "due_at", "id", **_CHANGING_ONLY),
    )  # fmt: skip


class SubmissionKind(Word):
    """What a submission asks for."""

    NEW = "NEW", "新申请", "A new account"
    CHANGE = "CHANGE", "变更申请", "Other particulars for an account in use"


class Submission(Tenant, table=True):
    """An immutable snapshot of what was asked in one round."""

    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    round: int = integer()
    kind: SubmissionKind = word(SubmissionKind)
    handle: str = text()
    display_name: str = text()
    description: str = text()
    category: str = text()
    subject_type: SubjectType = word(SubjectType)
    division: str = text()
    agreement_id: str | None = text(nullable=True, foreign_key="agreement_version.id")

    __table_args__ = (
        UniqueConstraint("account_id", "round"),
        Index("ix_submission_account", "account_id", "created_at", "id"),
    )


class Material(Tenant, table=True):
    """A piece handed in with a submission: a document kept here, or the provider's reference to one."""

    submission_id: str = text(foreign_key="submission.id", index=True)
    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    kind: str = text()
    sha256: str = text()
    document_id: str | None = text(nullable=True, foreign_key="document.id")
    reference: str | None = text(nullable=True)


class Candidate(Tenant, table=True):
    """A listed news unit whose name an application equals or resembles: shown to the reviewer, it grants nothing."""

    account_id: str = text(foreign_key="account.id", index=True)
    source_unit_id: str = text(foreign_key="source_unit.id")
    is_exact: bool = flag()


class ReservationKind(Word):
    """Why a name is not to be had."""

    RESERVED = "RESERVED", "保留名称", "Kept back by the provider"
    REJECTED = "REJECTED", "驳回后保留", "Kept for an applicant whose application was rejected"
    CHANGE = "CHANGE", "变更中保留", "Kept for an account while its change of name is open"


class ReservedName(Tenant, table=True):
    """A name kept back, for good or until a date."""

    name_key: str = text()
    kind: ReservationKind = word(ReservationKind)
    account_id: str | None = text(nullable=True, foreign_key="account.id")
    until: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_reserved_name", "provider_id", "name_key"),
        Index("ix_reserved_name_account", "account_id"),
    )
