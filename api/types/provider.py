"""Providers, their qualifications and their agreements (Art. 4, 6)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from api.reading.fields import by, column, computed, newest, paged, related
from api.reading.filters import one_of
from api.reading.shapes import plain
from api.types.case import Case, case
from api.types.connection import Connection
from api.types.staff import Staff
from domain import agreement as agreement_rows
from domain import provider as rows
from domain import qualification as qualification_rows
from domain import staff as staff_rows
from domain.agreement import AgreementState, Baseline
from domain.policy.roles import Role
from domain.provider import Mode, ProviderState
from domain.qualification import QualificationKind, QualificationState
from domain.staff import StaffState
from workflows.agreement import AGREEMENT
from workflows.provider import PROVIDER, QUOTA_INDIVIDUAL, QUOTA_OTHERS
from workflows.qualification import QUALIFICATION


@plain
class ProviderSettings:
    """Settings of a provider."""

    publish_before_filing: bool = strawberry.field(description="Whether accounts may publish once reviewed.")
    adoption_until: str | None = strawberry.field(description="Until when accounts examined elsewhere are adopted.")
    quota_individual: int = strawberry.field(description="How many accounts a natural person may hold.")
    quota_others: int = strawberry.field(description="How many accounts others may hold; organs are exempt.")


def settings_of(settings: dict[str, Any]) -> ProviderSettings:
    """Its settings."""
    return ProviderSettings(
        publish_before_filing=settings["publish_before_filing"],
        adoption_until=settings["adoption_until"],
        quota_individual=settings[QUOTA_INDIVIDUAL],
        quota_others=settings[QUOTA_OTHERS],
    )


@plain
class Clause:
    """One clause of an agreement."""

    baseline: Baseline = strawberry.field(description="Which of the seven baselines.")
    words: str = strawberry.field(description="What is consented to.")


def clauses_of(clauses: dict[str, str]) -> list[Clause]:
    """The seven clauses, in the order of the baselines."""
    return [Clause(baseline=baseline, words=clauses[baseline]) for baseline in Baseline]


@case(AGREEMENT)
class AgreementVersion(Case):
    """A published version of a provider's agreement 协议, with its seven baselines 七条底线."""

    state: AgreementState = column(agreement_rows.AgreementVersion.state, "Where it stands.")
    number: int = column(agreement_rows.AgreementVersion.number, "The number of the version.")
    body: str = column(agreement_rows.AgreementVersion.body, "The whole text.")
    body_hash: str = column(agreement_rows.AgreementVersion.body_hash, "SHA-256 of the text.")
    clauses: list[Clause] = computed(clauses_of, (agreement_rows.AgreementVersion.clauses,))
    valid_from: datetime = column(agreement_rows.AgreementVersion.valid_from, "When it comes into force.")
    provider: Provider | None = related(agreement_rows.AgreementVersion.provider_id, rows.Provider.id, "Whose it is.")


@case(QUALIFICATION)
class Qualification(Case):
    """A qualification of a provider 资质."""

    state: QualificationState = column(qualification_rows.Qualification.state, "Where it stands.")
    kind: QualificationKind = column(qualification_rows.Qualification.kind, "Which of the two.")
    number: str = column(qualification_rows.Qualification.number, "Its number.")
    issuer: str = column(qualification_rows.Qualification.issuer, "Who issued it.")
    valid_from: date = column(qualification_rows.Qualification.valid_from, "First day of its validity.")
    valid_to: date = column(qualification_rows.Qualification.valid_to, "Last day of its validity.")
    renewal_asked_at: datetime | None = column(
        qualification_rows.Qualification.renewal_asked_at, "When its renewal was asked for."
    )
    provider: Provider | None = related(qualification_rows.Qualification.provider_id, rows.Provider.id, "Whose it is.")


@strawberry.input(description="Which qualifications.")
class QualificationFilter:
    """Which qualifications."""

    state: list[QualificationState] | None = one_of(qualification_rows.Qualification.state)
    kind: list[QualificationKind] | None = one_of(qualification_rows.Qualification.kind)


@strawberry.input(description="Which members of staff.")
class StaffFilter:
    """Which members of staff."""

    state: list[StaffState] | None = one_of(staff_rows.Staff.state)
    role: list[Role] | None = one_of(staff_rows.Staff.role)


QUALIFICATIONS = newest(qualification_rows.Qualification.created_at, qualification_rows.Qualification.id)
AGREEMENTS = newest(agreement_rows.AgreementVersion.created_at, agreement_rows.AgreementVersion.id)
STAFF_ORDER = by(staff_rows.Staff.created_at, staff_rows.Staff.id)


@case(PROVIDER)
class Provider(Case):
    """A company that runs an instant-messaging tool 服务提供者."""

    state: ProviderState = column(rows.Provider.state, "Where it stands.")
    name: str = column(rows.Provider.name, "Its name.")
    uscc: str = column(rows.Provider.uscc, "Its unified social credit code.")
    division: str = column(rows.Provider.division, "GB/T 2260 code of its place.")
    mode: Mode = column(rows.Provider.mode, "What its rows are for.")
    sandbox: Provider | None = related(rows.Provider.sandbox_of, rows.Provider.id, "The sandbox it came from.")
    settings: ProviderSettings = computed(settings_of, (rows.Provider.settings,))
    qualifications: Connection[Qualification] = paged(
        qualification_rows.Qualification.provider_id, order=QUALIFICATIONS, filters=QualificationFilter
    )
    agreements: Connection[AgreementVersion] = paged(agreement_rows.AgreementVersion.provider_id, order=AGREEMENTS)
    staff: Connection[Staff] = paged(staff_rows.Staff.provider_id, order=STAFF_ORDER, filters=StaffFilter)
