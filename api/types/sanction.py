"""Sanctions, their measures and evidence, and what is owed to the authority to know of them (Art. 8)."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry import ID

from api.reading.fields import batched, by, column, computed, identifier, masked_text, newest, paged, related
from api.reading.filters import equals, given, holds, no_later, one_of, overdue_clock
from api.reading.shapes import plain, shape
from api.types.case import Case, case, due_of
from api.types.connection import Connection
from api.types.masked import MaskedText
from api.types.node import Node
from api.types.provider import Provider
from api.types.words import word
from domain import account as account_rows
from domain import authority_report as report_rows
from domain import holder as holder_rows
from domain import journal as journal_rows
from domain import provider as provider_rows
from domain import sanction as rows
from domain.authority_report import AuthorityReportKind, AuthorityReportState
from domain.case import ClockState
from domain.circumstances import Cooperation, Detection, Gravity, Harm, Intent, Spread
from domain.policy.masking import Kind
from domain.sanction import EndCause, MeasureLevel, SanctionLevel, SanctionState, term_in_force
from workflows.authority_report import AUTHORITY_REPORT
from workflows.recommendations import Recommendations
from workflows.sanction import SANCTION

for words in (
    AuthorityReportKind, AuthorityReportState, Cooperation, Detection, EndCause, Gravity, Harm, Intent, MeasureLevel,
    SanctionLevel, SanctionState, Spread,
):  # fmt: skip
    word(words)


@plain
class Circumstances:
    """What the choice of a rung rested on."""

    gravity: Gravity = strawberry.field(description="How grave the conduct is.")
    intent: Intent = strawberry.field(description="Whether it was meant.")
    harm: Harm = strawberry.field(description="What it led to.")
    spread: Spread = strawberry.field(description="How far it went.")
    cooperation: Cooperation = strawberry.field(description="What the holder did about it.")


@plain
class RecommendedRung:
    """What the published table proposes now for this ground, gravity and recurrence. It never acts."""

    level: SanctionLevel = strawberry.field(description="The rung.")
    days: int | None = strawberry.field(description="For how many calendar days, where it has a term.")
    recurrence: int = strawberry.field(description="How many earlier cases count.")


def circumstances_of(found: dict[str, Any] | None) -> Circumstances | None:
    """What was on record of the choice."""
    return None if found is None else Circumstances(**found)


@shape(rows.Measure, prefix="measure")
class Measure(Node):
    """A rung of a sanction 处置措施 with its statement of reasons; the words stand with its step."""

    id: ID = identifier(rows.Measure.id, "Its id.")
    level: MeasureLevel = column(rows.Measure.level, "What it is.")
    scope: list[str] = column(rows.Measure.scope, "Codes of `restriction_scopes`; empty: all that its level reaches.")
    from_at: datetime = column(rows.Measure.from_at, "From when on.")
    until: datetime | None = computed(due_of, (rows.Measure.until,), description="Until when; null: for good.")
    since: datetime = column(rows.Measure.since, "When the first of those that it prolongs began.")
    ended_at: datetime | None = computed(due_of, (rows.Measure.ended_at,), description="When somebody ended it.")
    ended_by: EndCause | None = column(rows.Measure.ended_by, "Why it ended.")
    in_force: bool = computed(
        term_in_force,
        (
            rows.Measure.from_at,
            rows.Measure.until,
            rows.Measure.ended_at,
            rows.Measure.stayed_from,
            rows.Measure.stayed_until,
        ),
        by_now=True,
        description="Whether it is in force now.",
    )
    ground: str = column(rows.Measure.ground, "A code of `sanction_grounds`.")
    baseline: str | None = column(rows.Measure.baseline, "The baseline of the agreement that was broken.")
    gravity: Gravity = column(rows.Measure.gravity, "How grave the conduct was found.")
    recurrence: int = column(rows.Measure.recurrence, "How many earlier cases counted then.")
    recommended: SanctionLevel = column(rows.Measure.recommended, "What the published table proposed then.")
    is_skip: bool = column(rows.Measure.is_skip, "Whether it lay two rungs or more above what was in force.")
    circumstances: Circumstances | None = computed(circumstances_of, (rows.Measure.circumstances,))
    evidence_ids: list[str] = column(rows.Measure.evidence_ids, "The disclosed pieces that it rests on.")
    legal_bases: list[str] = column(rows.Measure.legal_bases, "Codes of `legal_bases`.")
    remedy_until: datetime = column(rows.Measure.remedy_until, "Until when it may be appealed.")
    created_at: datetime = column(rows.Measure.created_at, "When it was taken.")
    step: Step | None = related(rows.Measure.step_id, journal_rows.Step.id, "The step that took it, with its words.")  # type: ignore[name-defined] # noqa: F821
    sanction: Sanction | None = related(rows.Measure.sanction_id, rows.Sanction.id, "Its case.")
    account: Account | None = related(rows.Measure.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821


@shape(rows.Evidence, prefix="evidence")
class Evidence(Node):
    """A piece of evidence 证据, as it was sent; nothing is ever fetched."""

    id: ID = identifier(rows.Evidence.id, "Its id.")
    number: int = column(rows.Evidence.number, "Its place among those of the case, from 1.")
    text: MaskedText = masked_text(Kind.FREE_TEXT, rows.Evidence.sealed, "What it shows, or its words.")
    is_disclosable: bool = column(rows.Evidence.is_disclosable, "Whether the holder may be shown it.")
    disclosed_at: datetime | None = column(rows.Evidence.disclosed_at, "When the holder was shown it.")
    sha256: str | None = column(rows.Evidence.sha256, "Of the original that the provider keeps.")
    address: str | None = column(rows.Evidence.address, "Where it was public.")
    captured_at: datetime | None = column(rows.Evidence.captured_at, "When it was captured.")
    late_answer_to: datetime | None = column(
        rows.Evidence.late_answer_to, "No evidence but what the holder answered too late, to the notice of then."
    )
    created_at: datetime = column(rows.Evidence.created_at, "When it was added.")


@strawberry.enum(description="How measures are sorted.")
class MeasureOrder(Enum):
    """How measures are sorted."""

    ENDING = "ending"
    NEWEST = "newest"


@strawberry.input(description="Which measures. All that are given must hold.")
class MeasureFilter:
    """Which measures."""

    level: list[MeasureLevel] | None = one_of(rows.Measure.level, "Its level is among these.")
    ended: bool | None = given(rows.Measure.ended_by, "Whether it has ended, by somebody or by the clock.")
    in_force: bool | None = holds(rows.Measure.until, rows.in_force, "Whether it is in force now.")
    ends_by: datetime | None = no_later(rows.Measure.until, "It ends by then at the latest.")


EVIDENCE = by(rows.Evidence.number, rows.Evidence.id)
MEASURES = {
    MeasureOrder.NEWEST: newest(rows.Measure.created_at, rows.Measure.id),
    MeasureOrder.ENDING: by(rows.Measure.until, rows.Measure.id),
}
REPORTS = newest(report_rows.AuthorityReport.created_at, report_rows.AuthorityReport.id)


@strawberry.enum(description="How sanctions are sorted.")
class SanctionOrder(Enum):
    """How sanctions are sorted."""

    DESK = "desk"
    NEWEST = "newest"


SANCTIONS = {
    SanctionOrder.DESK: by(rows.Sanction.rank, rows.Sanction.due_at, rows.Sanction.id),
    SanctionOrder.NEWEST: newest(rows.Sanction.created_at, rows.Sanction.id),
}


@strawberry.input(description="Which sanctions. All that are given must hold.")
class SanctionFilter:
    """Which sanctions."""

    state: list[SanctionState] | None = one_of(rows.Sanction.state, "Its state is among these.")
    ground: str | None = equals(rows.Sanction.ground, "Its ground.")
    detection: list[Detection] | None = one_of(rows.Sanction.detection, "How it was found is among these.")
    gravity: list[Gravity] | None = one_of(rows.Sanction.gravity, "Its gravity is among these.")
    answered: bool | None = given(rows.Sanction.answered_at, "Whether the holder has answered.")
    heard: bool | None = holds(
        rows.Sanction.answer_until,
        rows.was_heard_sql,
        "Whether the hearing is over: the holder has answered, has waived it, or the time to answer has passed.",
    )
    clock: ClockState | None = overdue_clock(rows.Sanction.clock, rows.Sanction.due_at, "Its clock.")


@case(SANCTION)
class Sanction(Case):
    """One course of conduct of an account, and what was done about it 处置."""

    state: SanctionState = column(rows.Sanction.state, "Where it stands.")
    ground: str = column(rows.Sanction.ground, "A code of `sanction_grounds`.")
    gravity: Gravity = column(rows.Sanction.gravity, "How grave the conduct is.")
    detection: Detection = column(rows.Sanction.detection, "How it came to be known.")
    conduct_on: date = column(rows.Sanction.conduct_on, "The last day of the conduct.")
    harms_life_or_property: bool = column(rows.Sanction.harms_life_or_property, "Whether it harms life or property.")
    proposed_level: SanctionLevel | None = column(
        rows.Sanction.proposed_level, "What the holder was told is thought of."
    )
    notified_at: datetime | None = column(rows.Sanction.notified_at, "When the holder was told.")
    answer_until: datetime | None = column(rows.Sanction.answer_until, "Until when to answer.")
    answered_at: datetime | None = column(rows.Sanction.answered_at, "When the holder first answered.")
    answer_points: int = column(rows.Sanction.answer_points, "How many arguments the answers have.")
    waived_at: datetime | None = column(rows.Sanction.waived_at, "When the holder waived an answer.")
    acknowledged_at: datetime | None = column(rows.Sanction.acknowledged_at, "When the holder acknowledged a warning.")
    reopened: int = column(rows.Sanction.reopened, "How often it was taken up again.")
    recommended: RecommendedRung = batched(Recommendations(), description="What the published table proposes now.")
    measure: Measure | None = related(rows.Sanction.measure_id, rows.Measure.id, "Its last rung.")
    measures: Connection[Measure] = paged(rows.Measure.sanction_id, order=MEASURES, description="All its measures.")
    evidence: Connection[Evidence] = paged(rows.Evidence.sanction_id, order=EVIDENCE, description="Its evidence.")
    authority_reports: Connection[AuthorityReport] = paged(
        report_rows.AuthorityReport.sanction_id, order=REPORTS, description="What is owed to the authority to know."
    )
    account: Account | None = related(rows.Sanction.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821
    holder: Holder | None = related(rows.Sanction.holder_id, holder_rows.Holder.id, "Who holds the account.")  # type: ignore[name-defined] # noqa: F821
    provider: Provider | None = related(rows.Sanction.provider_id, provider_rows.Provider.id, "Its provider.")


@strawberry.input(description="Which authority reports. All that are given must hold.")
class AuthorityReportFilter:
    """Which authority reports."""

    state: list[AuthorityReportState] | None = one_of(report_rows.AuthorityReport.state, "Its state is among these.")
    kind: list[AuthorityReportKind] | None = one_of(report_rows.AuthorityReport.kind, "Its kind is among these.")
    clock: ClockState | None = overdue_clock(
        report_rows.AuthorityReport.clock, report_rows.AuthorityReport.due_at, "Its clock."
    )


@case(AUTHORITY_REPORT)
class AuthorityReport(Case):
    """What a provider owes its authority to know 报告."""

    state: AuthorityReportState = column(report_rows.AuthorityReport.state, "Where it stands.")
    kind: AuthorityReportKind = column(report_rows.AuthorityReport.kind, "What it is about.")
    sanction: Sanction | None = related(report_rows.AuthorityReport.sanction_id, rows.Sanction.id, "The case.")
    measure: Measure | None = related(report_rows.AuthorityReport.measure_id, rows.Measure.id, "The measure.")
    account: Account | None = related(report_rows.AuthorityReport.account_id, account_rows.Account.id, "The account.")  # type: ignore[name-defined] # noqa: F821
    provider: Provider | None = related(
        report_rows.AuthorityReport.provider_id, provider_rows.Provider.id, "Its provider."
    )
