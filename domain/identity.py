"""The vault: one identity a data subject, every value sealed, shown only through its masked forms (Art. 5, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Index

from domain.case import Journalled, Tenant, Timed
from domain.columns import blob, flag, json, moment, text, word
from domain.policy.masking import Kind
from domain.state import State


class IdentityState(State):
    """Where the verification of an identity stands."""

    UNVERIFIED = "UNVERIFIED", "未核验", "Not verified"
    VERIFIED = "VERIFIED", "已核验", "Verified"
    STALE = "STALE", "核验已过期", "Verified once; that has run out"


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A personal value of an identity: its kind decides who sees which form; `indexed` ones can be looked up blind."""

    kind: Kind
    zh: str
    en: str
    indexed: bool = False


# A masked field is one line here, its column below, and one line in api/types/holder.py.
FIELDS: Final[Mapping[str, PersonalField]] = MappingProxyType(
    {
        "legal_name": PersonalField(
            Kind.LEGAL_NAME, "姓名", "Name of the person, or of the operator of an organisation"
        ),
        "resident_id": PersonalField(Kind.RESIDENT_ID, "证件号码", "Number of that person's identity document", True),
        "mobile": PersonalField(Kind.MOBILE, "手机号码", "That person's mobile number", True),
        "email": PersonalField(Kind.EMAIL, "电子邮箱", "E-mail address"),
        "address": PersonalField(Kind.ADDRESS, "住址", "Postal address"),
        "organisation_name": PersonalField(Kind.ORGANISATION, "单位名称", "Name of the organisation"),
        "uscc": PersonalField(Kind.ORGANISATION, "统一社会信用代码", "Unified social credit code", True),
        "mandate": PersonalField(
            Kind.DOCUMENT, "授权书", "The operator's mandate: id of its document or its reference"
        ),
    }
)


class Identity(Tenant, Journalled, Timed, table=True):
    """One data subject. `bundle` (masked forms) and `sealed` (values) lie under its two keys; a change is pending."""

    state: IdentityState = word(IdentityState)
    holder_id: str = text(foreign_key="holder.id", unique=True)
    verified_at: datetime | None = moment(nullable=True)
    verified_until: datetime | None = moment(nullable=True)
    method: str | None = text(nullable=True)
    mask_key: bytes = blob()
    clear_key: bytes = blob()
    bundle: bytes | None = blob(nullable=True)
    sealed: dict[str, str] | None = json(nullable=True)
    resident_id_index: bytes | None = blob(nullable=True)
    mobile_index: bytes | None = blob(nullable=True)
    uscc_index: bytes | None = blob(nullable=True)
    uscc_flagged: bool = flag()
    twin: bool = flag()
    pending_bundle: bytes | None = blob(nullable=True)
    pending_sealed: dict[str, str] | None = json(nullable=True)
    pending_resident_id_index: bytes | None = blob(nullable=True)
    pending_mobile_index: bytes | None = blob(nullable=True)
    pending_uscc_index: bytes | None = blob(nullable=True)
    pending_uscc_flagged: bool = flag()
    pending_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        Index("ix_identity_resident_id", "provider_id", "resident_id_index"),
        Index("ix_identity_uscc", "provider_id", "uscc_index"),
    )
