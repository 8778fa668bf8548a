"""Sanctions: courses of conduct and the measures taken on them; bans; whether a measure is in force (Art. 8, 9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Index, and_, or_
from sqlalchemy import text as sql

from domain.case import NO_DUE_DATE, Journalled, Priority, Row, Tenant, Timed
from domain.circumstances import Detection, Gravity
from domain.columns import blob, day, flag, integer, json, moment, text, word
from domain.state import State, Word

NEVER: Final = NO_DUE_DATE  # a moment that does not come: what has it has no end, was not ended, is not stayed


class SanctionState(State):
    """Where a sanction stands. The four rungs are states of their own."""

    OPENED = "OPENED", "已立案", "Opened"
    NOTIFIED = "NOTIFIED", "已告知", "The holder has been told and may answer"
    WARNING = "WARNING", "已警示", "Warned"
    RESTRICTED = "RESTRICTED", "已限制", "Restricted"
    SUSPENDED = "SUSPENDED", "已暂停更新", "Suspended"
    CLOSED = "CLOSED", "已关闭账号", "The account was closed"
    DISMISSED = "DISMISSED", "不予处置", "Dismissed"
    LIFTED = "LIFTED", "已解除", "Lifted before its end"
    EXPIRED = "EXPIRED", "已期满", "Run out"
    OVERTURNED = "OVERTURNED", "已撤销", "Overturned: it should not have been"


UNDECIDED: Final = (SanctionState.OPENED, SanctionState.NOTIFIED)
RUNGS: Final = (
    SanctionState.WARNING,
    SanctionState.RESTRICTED,
    SanctionState.SUSPENDED,
    SanctionState.CLOSED,
)
OPEN: Final = (*UNDECIDED, *RUNGS)


class SanctionLevel(Word):
    """How far measures reach. INTERIM stands beside the rungs: it holds until something is decided."""

    NONE = "NONE", "无", "No measure in force"
    WARNING = "WARNING", "警示", "Warning"
    RESTRICTED = "RESTRICTED", "限制功能", "Some functions are restricted"
    SUSPENDED = "SUSPENDED", "暂停更新", "Updates are suspended"
    CLOSED = "CLOSED", "关闭账号", "Closure"

    @property
    def rung(self) -> int:
        """0 for none, 4 for closure."""
        return list(SanctionLevel).index(self)


class MeasureLevel(Word):
    """What a measure is."""

    INTERIM = "INTERIM", "临时措施", "An interim measure until the case is decided"
    WARNING = "WARNING", "警示", "A warning"
    RESTRICTED = "RESTRICTED", "限制功能", "A restriction of some functions"
    SUSPENDED = "SUSPENDED", "暂停更新", "A suspension of updates"
    CLOSED = "CLOSED", "关闭账号", "A closure"


# From a restriction up: what an authority is told of, and what on a news ground holds the news permission back.
HEAVY: Final = (MeasureLevel.RESTRICTED, MeasureLevel.SUSPENDED, MeasureLevel.CLOSED)


class EndCause(Word):
    """Why a measure ended before its time, or that its time was over."""

    EXPIRED = "EXPIRED", "期满", "It ran out"
    REPLACED = "REPLACED", "由后续措施替代", "Another rung of the same case took its place"
    PROLONGED = "PROLONGED", "延长", "It goes on as a longer one"
    REDUCED = "REDUCED", "减轻", "It was reduced"
    LIFTED = "LIFTED", "解除", "It was lifted"
    OVERTURNED = "OVERTURNED", "撤销", "It should not have been"
    DECIDED = "DECIDED", "已作出决定", "The case was decided"


class HasTerm(Protocol):
    """What has a beginning and ends: a measure in memory, or its table's columns in SQL."""

    @property
    def from_at(self) -> Any: ...
    @property
    def until(self) -> Any: ...
    @property
    def ended_at(self) -> Any: ...
    @property
    def stayed_from(self) -> Any: ...
    @property
    def stayed_until(self) -> Any: ...


class _Term(NamedTuple):
    from_at: datetime
    until: datetime
    ended_at: datetime
    stayed_from: datetime
    stayed_until: datetime


def in_force(measure: HasTerm, now: Any) -> Any:
    """Whether a measure is in force at a moment: begun, not past its end, not ended, not stayed.

    One expression for both: of a measure in memory it gives a bool, of a table's columns (and a bound moment) SQL.
    """
    begun = measure.from_at <= now
    not_stayed = (now < measure.stayed_from) | (measure.stayed_until <= now)
    return begun & is_not_over(measure, now) & not_stayed


def is_not_over(measure: HasTerm, now: Any) -> Any:
    """Whether a measure is in force or may yet be: its end has not come. For both, as `in_force`."""
    return (now < measure.until) & (now < measure.ended_at)


def term_in_force(
    now: datetime, from_at: datetime, until: datetime, ended_at: datetime, stayed_from: datetime, stayed_until: datetime
) -> bool:
    """The same of its moments alone."""
    return bool(in_force(_Term(from_at, until, ended_at, stayed_from, stayed_until), now))


def was_heard(case: Any, now: datetime) -> bool:
    """Whether the holder of a case was heard: has answered, waived it, or let the time for it pass."""
    if case.notified_at is None:
        return False
    passed = case.answer_until is not None and case.answer_until <= now
    return case.answered_at is not None or case.waived_at is not None or passed


def was_heard_sql(case: Any, now: Any) -> ColumnElement[bool]:
    """The same of a table's columns; never null."""
    passed = and_(case.answer_until.is_not(None), case.answer_until <= now)
    return and_(case.notified_at.is_not(None), or_(case.answered_at.is_not(None), case.waived_at.is_not(None), passed))


def level_at(measures: Iterable[Measure], now: datetime) -> SanctionLevel:
    """The highest level in force at a moment, over all the measures given. An interim measure is no rung."""
    levels = [SanctionLevel(m.level) for m in measures if m.level != MeasureLevel.INTERIM and in_force(m, now)]
    return max(levels, key=lambda level: level.rung, default=SanctionLevel.NONE)


_OPEN_ONLY: Final = sql("state IN ({})".format(", ".join(f"'{state}'" for state in OPEN)))


class Sanction(Tenant, Journalled, Timed, table=True):
    """One course of conduct of one account, from the day it was found."""

    state: SanctionState = word(SanctionState)
    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    ground: str = text()
    is_news: bool = flag()  # its ground touches the right to carry current-affairs news
    is_urgent: bool = flag()  # its ground allows interim measures and a short answer period
    gravity: Gravity = word(Gravity)
    detection: Detection = word(Detection)
    conduct_on: date = day()
    harms_life_or_property: bool = flag()  # then it may be followed for five years instead of two
    licence_number: str | None = text(nullable=True)  # of the account when it was opened; public texts may name it
    priority: Priority = word(Priority)
    rank: int = integer()
    told_at: datetime | None = moment(nullable=True)  # when the holder first heard of it
    subject_index: bytes | None = blob(nullable=True)  # who was behind the account then, as a ban knows them
    proposed_level: SanctionLevel | None = word(SanctionLevel, nullable=True)
    notified_at: datetime | None = moment(nullable=True)
    answer_until: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    answer_points: int = integer()
    waived_at: datetime | None = moment(nullable=True)
    acknowledged_at: datetime | None = moment(nullable=True)
    measure_id: str | None = text(nullable=True)  # of the last rung
    measure_until: datetime | None = moment(nullable=True)  # when that ends by itself
    interim_id: str | None = text(nullable=True)  # of the interim measure that runs
    about_id: str | None = text(nullable=True)  # of the measure that its last decision was about
    reopened: int = integer()
    ruleset: int = integer()

    __table_args__ = (
        Index(
            "ux_sanction_conduct",
            "account_id",
            "ground",
            "conduct_on",
            unique=True,
            sqlite_where=_OPEN_ONLY,
            postgresql_where=_OPEN_ONLY,
        ),
        Index("ix_sanction_account", "account_id", "created_at", "id"),
        Index("ix_sanction_queue", "provider_id", "state", "rank", "due_at", "id"),
        Index("ix_sanction_provider", "provider_id", "created_at", "id"),
        Index("ix_sanction_holder", "holder_id", "created_at", "id"),
        Index("ix_sanction_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_sanction_created", "created_at", "id"),
    )


class Measure(Tenant, table=True):
    """One rung of a sanction, with its statement of reasons; the words lie in the texts of its step."""

    sanction_id: str = text(foreign_key="sanction.id")
    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    step_id: str | None = text(nullable=True)
    level: MeasureLevel = word(MeasureLevel)
    scope: list[str] = json()  # codes of `restriction_scopes`; empty: all that its level reaches
    from_at: datetime = moment()
    until: datetime = moment()  # NEVER: for good
    prolongs: str | None = text(nullable=True)  # the measure that it goes on from, of the same rung
    since: datetime = moment()  # when the first of those that it prolongs began
    ended_at: datetime = moment()  # NEVER while nobody ended it
    ended_by: EndCause | None = word(EndCause, nullable=True)
    stayed_from: datetime = moment()
    stayed_until: datetime = moment()
    ground: str = text()
    baseline: str | None = text(nullable=True)
    is_news: bool = flag()
    gravity: Gravity = word(Gravity)
    recurrence: int = integer()  # measures on earlier conduct that counted then
    recommended: SanctionLevel = word(SanctionLevel)
    is_skip: bool = flag()  # two rungs or more above what was in force in its case
    circumstances: dict[str, Any] | None = json(nullable=True)
    evidence_ids: list[str] = json()  # what it rests on, all of it disclosed
    legal_bases: list[str] = json()
    remedy_until: datetime = moment()  # an appeal is open until then

    __table_args__ = (
        Index("ix_measure_sanction", "sanction_id", "created_at", "id"),
        Index("ix_measure_account", "account_id", "until"),
        Index("ix_measure_holder", "holder_id", "created_at", "id"),
        Index("ix_measure_provider", "provider_id", "created_at", "id"),
        Index("ix_measure_ends", "provider_id", "ended_at", "until", "id"),
        Index("ix_measure_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_measure_created", "created_at", "id"),
    )


class Evidence(Tenant, table=True):
    """A piece of evidence as the provider sent it; nothing is ever fetched. Its text is sealed."""

    sanction_id: str = text(foreign_key="sanction.id")
    account_id: str = text(foreign_key="account.id")
    holder_id: str = text(foreign_key="holder.id")
    identity_id: str | None = text(nullable=True)  # under whose mask key its text is sealed
    number: int = integer()  # its place among those of the case, from 1
    is_disclosable: bool = flag()
    disclosed_at: datetime | None = moment(nullable=True)  # when the holder was shown it
    sealed: bytes = blob()
    sha256: str | None = text(nullable=True)  # of the original that the provider keeps
    address: str | None = text(nullable=True)  # where it was public
    captured_at: datetime | None = moment(nullable=True)
    late_answer_to: datetime | None = moment(nullable=True)  # no evidence but the holder's word, to the notice of then

    __table_args__ = (
        Index("ix_evidence_sanction", "sanction_id", "number"),
        Index("ix_evidence_holder", "holder_id", "created_at", "id"),
        Index("ix_evidence_provider", "provider_id", "created_at", "id"),
        Index("ix_evidence_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_evidence_created", "created_at", "id"),
    )


class BanKind(Word):
    """What is not to come back."""

    NAME = "NAME", "名称", "The name of a closed account"
    HANDLE = "HANDLE", "账号", "The handle of a closed account"
    SUBJECT = "SUBJECT", "主体", "The person or organisation behind it"


class Ban(Row, table=True):
    """What a closure keeps from coming back at one provider. A subject is known by a blind index of its own."""

    provider_id: str = text(foreign_key="provider.id")
    account_id: str = text(foreign_key="account.id")
    sanction_id: str = text(foreign_key="sanction.id")
    measure_id: str = text()
    kind: BanKind = word(BanKind)
    key: str | None = text(nullable=True)  # of a name or handle, as accounts keep it
    subject_index: bytes | None = blob(nullable=True)
    until: datetime = moment()
    lifted_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_ban_key", "provider_id", "kind", "key"),
        Index("ix_ban_subject", "provider_id", "subject_index"),
        Index("ix_ban_sanction", "sanction_id"),
    )
