"""The schema: every root field in one place."""

from __future__ import annotations

from datetime import date
from typing import Final

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.mutations.account import AccountMutations
from api.mutations.batch import BatchMutations
from api.mutations.filing import FilingMutations
from api.mutations.holder import HolderMutations
from api.mutations.notice import NoticeMutations
from api.mutations.permission import PermissionMutations
from api.mutations.proposal import ProposalMutations
from api.mutations.provider import ProviderMutations
from api.mutations.register import RegisterMutations
from api.mutations.sanction import SanctionMutations
from api.queries.codes import Code, CodeList, listed, lists
from api.queries.public import statistics
from api.queries.publishing import MANY, ONE, decision, decisions
from api.queries.receipts import RECEIPT, notice_by_receipt
from api.queries.statistics import CaseStatistic, StatisticsBy, case_statistics
from api.queries.viewer import Viewer
from api.reading.fields import any_by_id, any_by_ids, by, group, newest, one, paged, value
from api.reading.shapes import shape
from api.types.access_log import ACCESSES, Access
from api.types.account import ACCOUNTS, Account, AccountFilter
from api.types.authority import Authority
from api.types.batch import BATCHES, Batch, BatchFilter
from api.types.connection import Connection
from api.types.filing import FILINGS, Filing, FilingFilter
from api.types.holder import Holder, Identity
from api.types.journal import Step
from api.types.licence import LICENCES, Licence, LicenceFilter
from api.types.node import Node
from api.types.notice import Notice, Proposal
from api.types.permission import PERMISSIONS, Permission, PermissionFilter
from api.types.provider import (
    QUALIFICATIONS,
    STAFF_ORDER,
    AgreementVersion,
    Provider,
    Qualification,
    QualificationFilter,
    StaffFilter,
)
from api.types.public import ENTRIES, BadgeRecord, RegisterEntry, RegisterFilter, Statistic
from api.types.publishing import PublishingDecision
from api.types.receipt import ReceiptView
from api.types.register import IMPORTS, SOURCE_UNITS, RegisterImport, SourceUnit, SourceUnitFilter
from api.types.sanction import (
    MEASURES,
    REPORTS,
    SANCTIONS,
    AuthorityReport,
    AuthorityReportFilter,
    Evidence,
    Measure,
    MeasureFilter,
    Sanction,
    SanctionFilter,
)
from api.types.scalars import SCALARS
from api.types.staff import Staff
from api.types.transfer import TRANSFERS, Transfer, TransferFilter
from domain import authority as authority_rows
from domain import holder as holder_rows
from domain import journal as journal_rows
from domain import permission as permission_rows
from domain import provider as provider_rows

PROVIDERS: Final = newest(provider_rows.Provider.created_at, provider_rows.Provider.id)
HOLDERS: Final = newest(holder_rows.Holder.created_at, holder_rows.Holder.id)
AUTHORITIES: Final = by(authority_rows.Authority.division, authority_rows.Authority.id)
STEPS: Final = newest(journal_rows.Step.id)


@shape()
class Query:
    """Everything that can be read. A row out of your scope is absent, as if it never was."""

    viewer: Viewer = group("Who asks.")
    node: Node | None = any_by_id("Anything with an id.")
    nodes: list[Node | None] = any_by_ids("Several things by their ids.")
    account: Account | None = one("A public account.")
    accounts: Connection[Account] = paged(order=ACCOUNTS, filters=AccountFilter, description="Accounts, and the queue.")
    batch: Batch | None = one("A batch.")
    batches: Connection[Batch] = paged(order=BATCHES, filters=BatchFilter, description="Batches, newest first.")
    filing: Filing | None = one("A filing.")
    filings: Connection[Filing] = paged(order=FILINGS, filters=FilingFilter, description="Filings, and the desk.")
    transfer: Transfer | None = one("An account that went to another authority.")
    transfers: Connection[Transfer] = paged(
        order=TRANSFERS,
        filters=TransferFilter,
        description="What went to another authority.",
    )
    permission: Permission | None = one("A permission to carry current-affairs news.")
    permissions: Connection[Permission] = paged(
        order=PERMISSIONS, filters=PermissionFilter, description="Permissions, and the desk."
    )
    sanction: Sanction | None = one("A sanction.")
    sanctions: Connection[Sanction] = paged(order=SANCTIONS, filters=SanctionFilter, description="Sanctions, the desk.")
    measure: Measure | None = one("A measure.")
    measures: Connection[Measure] = paged(order=MEASURES, filters=MeasureFilter, description="Measures; which end.")
    evidence: Evidence | None = one("A piece of evidence.")
    authority_report: AuthorityReport | None = one("What is owed to the authority to know.")
    authority_reports: Connection[AuthorityReport] = paged(
        order=REPORTS, filters=AuthorityReportFilter, description="What is owed to the authority to know."
    )
    holder: Holder | None = one("A holder.")
    holders: Connection[Holder] = paged(order=HOLDERS, description="Holders.")
    identity: Identity | None = one("An identity, masked.")
    provider: Provider | None = one("A provider.")
    providers: Connection[Provider] = paged(order=PROVIDERS, description="Providers.")
    qualification: Qualification | None = one("A qualification.")
    qualifications: Connection[Qualification] = paged(
        order=QUALIFICATIONS, filters=QualificationFilter, description="Qualifications."
    )
    agreement: AgreementVersion | None = one("A version of an agreement.")
    staff_member: Staff | None = one("A member of staff.")
    staff: Connection[Staff] = paged(order=STAFF_ORDER, filters=StaffFilter, description="Members of staff.")
    proposal: Proposal | None = one("A proposal.")
    notice: Notice | None = one("A notice served on the viewer.")
    notice_by_receipt: ReceiptView | None = value(notice_by_receipt, RECEIPT, takes_keys=True)
    step: Step | None = one("A step.")
    steps: Connection[Step] = paged(order=STEPS, description="Steps of all cases in scope, newest first.")
    authority: Authority | None = one("An authority.")
    authorities: Connection[Authority] = paged(order=AUTHORITIES, description="The authorities.")
    source_units: Connection[SourceUnit] = paged(
        order=SOURCE_UNITS, filters=SourceUnitFilter, description="The list of news sources."
    )
    licence: Licence | None = one("A licence for internet news services.")
    licences: Connection[Licence] = paged(
        order=LICENCES, filters=LicenceFilter, description="The imported register of licences."
    )
    register_import: RegisterImport | None = one("An import of a register.")
    register_imports: Connection[RegisterImport] = paged(order=IMPORTS, description="Imports of registers.")
    register_entry: RegisterEntry | None = one(
        "An entry of the public register.", of=permission_rows.RegisterEntry.number
    )
    register_entries: Connection[RegisterEntry] = paged(
        order=ENTRIES, filters=RegisterFilter, description="The public register."
    )
    badge_record: BadgeRecord | None = one("The public record of a badge.")
    register_statistics: list[Statistic] = value(statistics)
    statistics: list[CaseStatistic] = value(
        case_statistics, {"by": (StatisticsBy, StatisticsBy.BOTH)}, "Numbers of the cases in the viewer's scope."
    )
    access_log: Connection[Access] = paged(order=ACCESSES, description="Uses of the vault, for auditors.")
    publishing_decision: PublishingDecision | None = value(decision, ONE)
    publishing_decisions: list[PublishingDecision | None] = value(decisions, MANY)
    code_lists: list[CodeList] = value(lists)
    codes: list[Code] = value(listed, {"list": str, "at": date | None})


@strawberry.type(description="Every step that may be asked for. A refusal is data in `problems`, never in `errors`.")
class Mutation(
    AccountMutations,
    BatchMutations,
    FilingMutations,
    HolderMutations,
    NoticeMutations,
    PermissionMutations,
    ProposalMutations,
    ProviderMutations,
    RegisterMutations,
    SanctionMutations,
):
    """Every step that may be asked for. A refusal is data in `problems`, never in `errors`."""


schema: Final = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))
