"""Holders and their identity, which is shown masked and in no other way (Art. 5, 6)."""

from __future__ import annotations

from datetime import datetime

from strawberry import ID

from api.reading.fields import by, column, identifier, masked, paged, related
from api.reading.shapes import shape
from api.types.account import ACCOUNTS, Account, AccountFilter
from api.types.case import Case, case
from api.types.connection import Connection
from api.types.masked import MaskedText
from api.types.node import Node
from api.types.provider import AgreementVersion, Provider
from domain import account as account_rows
from domain import agreement as agreement_rows
from domain import holder as rows
from domain import identity as identity_rows
from domain import provider as provider_rows
from domain.agreement import Baseline
from domain.holder import HolderState, SubjectType
from domain.identity import IdentityState
from domain.policy.masking import Kind
from workflows.holder import HOLDER
from workflows.identity import IDENTITY


@case(IDENTITY)
class Identity(Case):
    """The verified identity behind a holder 真实身份: every value in the form that the viewer's role may see."""

    state: IdentityState = column(identity_rows.Identity.state, "Where its verification stands.")
    legal_name: MaskedText = masked(Kind.LEGAL_NAME, "legal_name")
    resident_id: MaskedText = masked(Kind.RESIDENT_ID, "resident_id")
    mobile: MaskedText = masked(Kind.MOBILE, "mobile")
    email: MaskedText = masked(Kind.EMAIL, "email")
    address: MaskedText = masked(Kind.ADDRESS, "address")
    organisation_name: MaskedText = masked(Kind.ORGANISATION, "organisation_name")
    uscc: MaskedText = masked(Kind.ORGANISATION, "uscc")
    mandate: MaskedText = masked(Kind.DOCUMENT, "mandate")
    verified_at: datetime | None = column(identity_rows.Identity.verified_at, "When it was last verified.")
    verified_until: datetime | None = column(identity_rows.Identity.verified_until, "Until when that holds.")
    method: str | None = column(identity_rows.Identity.method, "How it was verified.")
    pending_at: datetime | None = column(identity_rows.Identity.pending_at, "Since when a change waits.")
    holder: Holder | None = related(identity_rows.Identity.holder_id, rows.Holder.id, "Whose it is.")


@shape(agreement_rows.Consent, prefix="consent")
class Consent(Node):
    """A consent to one clause."""

    id: ID = identifier(agreement_rows.Consent.id, "Its id.")
    clause: Baseline = column(agreement_rows.Consent.clause, "To which baseline.")
    channel: str = column(agreement_rows.Consent.channel, "Where it was given.")
    consented_at: datetime = column(agreement_rows.Consent.consented_at, "When.")
    agreement: AgreementVersion | None = related(
        agreement_rows.Consent.agreement_id, agreement_rows.AgreementVersion.id, "The version."
    )


CONSENTS = by(agreement_rows.Consent.consented_at, agreement_rows.Consent.id)


@case(HOLDER)
class Holder(Case):
    """Who holds accounts at a provider 使用者: own will in front, real name behind."""

    state: HolderState = column(rows.Holder.state, "Where they stand.")
    display_name: str = column(rows.Holder.display_name, "The name in front.")
    subject_type: SubjectType = column(rows.Holder.subject_type, "What kind of subject it is.")
    division: str = column(rows.Holder.division, "GB/T 2260 code of their place.")
    identity: Identity | None = related(rows.Holder.id, identity_rows.Identity.holder_id, "The identity behind.")
    provider: Provider | None = related(rows.Holder.provider_id, provider_rows.Provider.id, "Where they are enrolled.")
    accounts: Connection[Account] = paged(account_rows.Account.holder_id, order=ACCOUNTS, filters=AccountFilter)
    consents: Connection[Consent] = paged(agreement_rows.Consent.holder_id, order=CONSENTS)
