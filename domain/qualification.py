"""What a provider must hold before it may take applications (Art. 4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Index

from domain.calendar import local_day
from domain.case import Journalled, Tenant, Timed
from domain.columns import day, moment, text, word
from domain.state import State, Word

EXTENDED_DAYS: Final = 90  # calendar days that a renewal asked in time extends the old validity


class QualificationState(State):
    """Where a qualification stands."""

    SUBMITTED = "SUBMITTED", "已提交", "Submitted"
    VERIFIED = "VERIFIED", "已核验", "Verified"
    REFUSED = "REFUSED", "未通过", "Refused"
    SUSPENDED = "SUSPENDED", "已中止", "Suspended"
    LAPSED = "LAPSED", "已到期", "Past its last day"
    REVOKED = "REVOKED", "已撤销", "Revoked"


class QualificationKind(Word):
    """Both are mandatory."""

    TELECOM = "TELECOM", "增值电信业务经营许可", "Value-added telecommunications licence"
    NEWS_INFORMATION = "NEWS_INFORMATION", "互联网新闻信息服务资质", "Internet news information service"


class Qualification(Tenant, Journalled, Timed, table=True):
    """One qualification of one provider."""

    state: QualificationState = word(QualificationState)
    kind: QualificationKind = word(QualificationKind)
    number: str = text()
    issuer: str = text()
    valid_from: date = day()
    valid_to: date = day()
    renewal_asked_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_qualification_provider", "provider_id", "kind", "id"),
        Index("ix_qualification_jurisdiction", "jurisdiction", "created_at", "id"),
    )


def last_day_of(valid_to: date, renewal_asked_at: datetime | None) -> date:
    """Its last day, silence on a renewal included; one asked too late extends nothing."""
    in_time = renewal_asked_at is not None and local_day(renewal_asked_at) <= valid_to
    return valid_to + min(timedelta(days=EXTENDED_DAYS), date.max - valid_to) if in_time else valid_to
