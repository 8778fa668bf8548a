"""The agreement a holder signs: versioned, with its seven baselines 七条底线 (Art. 6)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint

from domain.case import Journalled, Tenant
from domain.columns import integer, json, moment, text, word
from domain.state import State, Word


class AgreementState(State):
    """Where a version of the agreement stands."""

    PUBLISHED = "PUBLISHED", "已公布", "Published"


class Baseline(Word):
    """One of the seven baselines: each asks for a consent of its own."""

    LAWS_AND_REGULATIONS = "LAWS_AND_REGULATIONS", "法律法规底线", "Laws and regulations"
    SOCIALIST_SYSTEM = "SOCIALIST_SYSTEM", "社会主义制度底线", "The socialist system"
    NATIONAL_INTEREST = "NATIONAL_INTEREST", "国家利益底线", "The national interest"
    CITIZENS_RIGHTS = "CITIZENS_RIGHTS", "公民合法权益底线", "Citizens' lawful rights and interests"
    PUBLIC_ORDER = "PUBLIC_ORDER", "社会公共秩序底线", "Public order"
    SOCIAL_MORALITY = "SOCIAL_MORALITY", "道德风尚底线", "Social morality"
    TRUTHFULNESS = "TRUTHFULNESS", "信息真实性底线", "Truthfulness of information"


class AgreementVersion(Tenant, Journalled, table=True):
    """One published text. `clauses` maps each baseline to the words of its clause."""

    state: AgreementState = word(AgreementState)
    number: int = integer()
    body: str = text()
    body_hash: str = text()
    clauses: dict[str, str] = json()
    valid_from: datetime = moment()

    __table_args__ = (UniqueConstraint("provider_id", "number"),)


class Consent(Tenant, table=True):
    """A holder's consent to one clause of one version."""

    holder_id: str = text(foreign_key="holder.id")
    agreement_id: str = text(foreign_key="agreement_version.id")
    clause: Baseline = word(Baseline)
    channel: str = text()
    consented_at: datetime = moment()

    __table_args__ = (UniqueConstraint("holder_id", "agreement_id", "clause"),)
