"""Those who hold public accounts at one provider: own will in front, real name behind (Art. 6)."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from domain.case import Journalled, Tenant
from domain.columns import text, word
from domain.state import State, Word


class HolderState(State):
    """Where a holder stands."""

    ENROLLED = "ENROLLED", "已登记", "Enrolled"


class SubjectType(Word):
    """What kind of subject holds an account."""

    GOVERNMENT = "GOVERNMENT", "党政机关", "Party or government organ"
    NEWS_UNIT = "NEWS_UNIT", "新闻单位", "News unit: broadcaster, newspaper, periodical"
    NEWS_WEBSITE = "NEWS_WEBSITE", "新闻网站", "News website"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位", "Public institution"
    PEOPLES_ORGANISATION = "PEOPLES_ORGANISATION", "人民团体", "People's organisation"
    SOCIAL_ORGANISATION = "SOCIAL_ORGANISATION", "社会组织", "Social organisation"
    ENTERPRISE = "ENTERPRISE", "企业", "Enterprise"
    SOLE_TRADER = "SOLE_TRADER", "个体工商户", "Sole trader"
    INDIVIDUAL = "INDIVIDUAL", "个人", "Natural person"
    OTHER = "OTHER", "其他组织", "Other organisation"

    @property
    def is_organ(self) -> bool:
        """Organs have a fast lane and no quota (Art. 7)."""
        return self is SubjectType.GOVERNMENT


class Holder(Tenant, Journalled, table=True):
    """A person or organisation at one provider. Their verified data lie in the vault, never here."""

    state: HolderState = word(HolderState)
    issuer: str | None = text(nullable=True)
    subject: str | None = text(nullable=True)
    subject_type: SubjectType = word(SubjectType)
    display_name: str = text()
    division: str = text()

    __table_args__ = (
        UniqueConstraint("provider_id", "issuer", "subject"),
        Index("ix_holder_provider", "provider_id", "created_at", "id"),
        Index("ix_holder_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_holder_created", "created_at", "id"),
    )
