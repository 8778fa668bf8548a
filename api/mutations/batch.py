"""What may be done with a batch: filled, given up, and its accounts adopted."""

from __future__ import annotations

from typing import Any

import strawberry

from api.context import Context
from api.mutations.fields import declared, mutation
from api.mutations.payloads import BatchPayload
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.adopting import adopt, fill
from workflows.batch import BATCH, AccountAdopt, BatchFill
from workflows.unit_of_work import Outcome


async def _fill(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await fill(context.office, viewer, asked)


async def _adopt(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await adopt(context.office, viewer, asked)


@strawberry.type
class BatchMutations:
    """Many like requests as one."""

    batch_fill = declared(
        BatchFill,
        Grant.BATCH_FILL,
        7,
        BatchPayload,
        "Append accounts to adopt to a batch, or begin one; what would refuse each is told at once.",
        _fill,
    )
    batch_discard = mutation(BATCH, "discard", BatchPayload, "Give a batch up: nothing of it is carried out.")
    account_adopt = declared(
        AccountAdopt,
        Grant.ACCOUNT_ADOPT,
        7,
        BatchPayload,
        "Adopt the accounts of a batch that the provider examined before its first day here. Proposed, endorsed once "
        "by a compliance officer, then carried out: at most 500 items a call, the rest when it is sent again.",
        _adopt,
    )
