"""Four eyes: endorsing and withdrawing proposals."""

from __future__ import annotations

from typing import Any

import strawberry

from api.context import Context
from api.mutations.fields import declared
from api.mutations.payloads import ProposalPayload
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.proposals import ProposalEndorse, ProposalWithdraw
from workflows.unit_of_work import Outcome, endorse, withdraw


async def _endorse(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await endorse(context.office, viewer, asked)


async def _withdraw(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await withdraw(context.office, viewer, asked)


@strawberry.type
class ProposalMutations:
    """What may be done with a proposal."""

    proposal_endorse = declared(
        ProposalEndorse, Grant.PROPOSAL_ENDORSE, 8, ProposalPayload, "Endorse a proposal as a second person.", _endorse
    )
    proposal_withdraw = declared(
        ProposalWithdraw, Grant.PROPOSAL_WITHDRAW, 8, ProposalPayload, "Take one's own proposal back.", _withdraw
    )
