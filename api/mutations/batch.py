"""What may be done with a batch: filled, given up, its accounts adopted, its sanctions decided."""

from __future__ import annotations

from typing import Any

import strawberry

from api.context import Context
from api.mutations.fields import declared, mutation
from api.mutations.payloads import BatchPayload
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.adopting import ADOPTING
from workflows.batch import BATCH
from workflows.batch_commands import AccountAdopt, BatchFill, SanctionBatchFill, SanctionDecide
from workflows.batch_run import Way, carry_out, fill
from workflows.deciding import DECIDING
from workflows.unit_of_work import Outcome


def _filling(way: Way) -> Any:
    async def resolve(viewer: Viewer, context: Context, asked: Any) -> Outcome:
        return await fill(context.office, viewer, way, asked)

    return resolve


def _carrying_out(way: Way) -> Any:
    async def resolve(viewer: Viewer, context: Context, asked: Any) -> Outcome:
        return await carry_out(context.office, viewer, way, asked)

    return resolve


@strawberry.type
class BatchMutations:
    """Many like requests as one."""

    batch_fill = declared(
        BatchFill,
        Grant.BATCH_FILL,
        7,
        BatchPayload,
        "Append accounts to adopt to a batch, or begin one; what would refuse each is told at once.",
        _filling(ADOPTING),
    )
    batch_discard = mutation(BATCH, "discard", BatchPayload, "Give a batch up: nothing of it is carried out.")
    account_adopt = declared(
        AccountAdopt,
        Grant.ACCOUNT_ADOPT,
        7,
        BatchPayload,
        "Adopt the accounts of a batch that the provider examined before its first day here. Proposed, endorsed once "
        "by a compliance officer, then carried out: at most 500 items a call, the rest when it is sent again.",
        _carrying_out(ADOPTING),
    )
    sanction_batch_fill = declared(
        SanctionBatchFill,
        Grant.SANCTION_BATCH_FILL,
        8,
        BatchPayload,
        "Append decisions on sanctions to a batch, or begin one; what would refuse each is told at once.",
        _filling(DECIDING),
    )
    sanction_decide = declared(
        SanctionDecide,
        Grant.SANCTION_DECIDE,
        8,
        BatchPayload,
        "Decide the sanctions of a batch, at most 500. Proposed, endorsed once by another compliance officer, then "
        "carried out: each by the rules of its own case, each with a verdict of its own.",
        _carrying_out(DECIDING),
    )
