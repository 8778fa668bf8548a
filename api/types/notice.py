"""Notices served on the viewer, and proposals that wait for a second person (Art. 8)."""

from __future__ import annotations

from datetime import datetime

from strawberry import ID

from api.reading.fields import any_of, column, computed, identifier, masked_text, newest, related
from api.reading.shapes import shape
from api.types.case import Case
from api.types.journal import Step
from api.types.masked import MaskedText
from api.types.node import Node
from api.types.staff import Staff
from api.types.words import word
from domain import journal as journal_rows
from domain import notice as rows
from domain import proposal as proposal_rows
from domain import staff as staff_rows
from domain.notice import Party
from domain.policy.masking import Kind
from domain.state import Word


@shape(rows.Notice, prefix="notice")
class Notice(Node):
    """What was decided against a party, as it was served 通知."""

    id: ID = identifier(rows.Notice.id, "Its id.")
    party: Party = column(rows.Notice.party, "On whom it was served.")
    receipt_number: str = column(rows.Notice.receipt_number, "The number of its receipt.")
    served_at: datetime | None = column(rows.Notice.served_at, "When it was served: windows run from then.")
    seen_at: datetime | None = column(rows.Notice.seen_at, "When it was first seen.")
    created_at: datetime = column(rows.Notice.created_at, "When it was made.")
    step: Step | None = related(rows.Notice.step_id, journal_rows.Step.id, "The decision.")
    case: Case | None = any_of(rows.Notice.case_id, "The case.")


@word
class ProposalState(Word):
    """Where a proposal stands. Derived when asked."""

    WAITING = "WAITING", "待复核", "Waits for a second person"
    ENDORSED = "ENDORSED", "已复核", "Endorsed: its proposer may carry it out"
    USED = "USED", "已执行", "Carried out"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn"
    EXPIRED = "EXPIRED", "已过期", "Run out"


def state_of(
    now: datetime,
    used_by: str | None,
    withdrawn_at: datetime | None,
    endorsed_at: datetime | None,
    expires_at: datetime,
) -> ProposalState:
    """Where it stands, apart from whether its case has moved on."""
    if used_by is not None:
        return ProposalState.USED
    if withdrawn_at is not None:
        return ProposalState.WITHDRAWN
    if now >= expires_at:
        return ProposalState.EXPIRED
    return ProposalState.WAITING if endorsed_at is None else ProposalState.ENDORSED


@shape(proposal_rows.Proposal, prefix="proposal")
class Proposal(Node):
    """A step that waits for a second person 双人复核."""

    id: ID = identifier(proposal_rows.Proposal.id, "Its id.")
    trigger: str = column(proposal_rows.Proposal.trigger, "The step proposed.")
    version: int = column(proposal_rows.Proposal.version, "The version of the case it was proposed on.")
    input: MaskedText = masked_text(Kind.FREE_TEXT, proposal_rows.Proposal.sealed, "The complete input, as JSON.")
    hash: str = column(proposal_rows.Proposal.hash, "What an endorsement names.")
    state: ProposalState = computed(
        state_of,
        (
            proposal_rows.Proposal.used_by,
            proposal_rows.Proposal.withdrawn_at,
            proposal_rows.Proposal.endorsed_at,
            proposal_rows.Proposal.expires_at,
        ),
        by_now=True,
    )
    created_at: datetime = column(proposal_rows.Proposal.created_at, "When it was proposed.")
    endorsed_at: datetime | None = column(proposal_rows.Proposal.endorsed_at, "When it was endorsed.")
    expires_at: datetime = column(proposal_rows.Proposal.expires_at, "When it runs out.")
    proposer: Staff | None = related(proposal_rows.Proposal.proposer_id, staff_rows.Staff.id, "Who proposed it.")
    endorser: Staff | None = related(proposal_rows.Proposal.endorser_id, staff_rows.Staff.id, "Who endorsed it.")
    case: Case | None = any_of(proposal_rows.Proposal.case_id, "The case.")


PROPOSALS = newest(proposal_rows.Proposal.created_at, proposal_rows.Proposal.id)
NOTICES = newest(rows.Notice.created_at, rows.Notice.id)
