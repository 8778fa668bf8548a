"""Notices: seeing them."""

from __future__ import annotations

from typing import Any

import strawberry

from api.context import Context
from api.mutations.fields import declared
from api.mutations.payloads import NoticePayload
from domain.policy.roles import Grant
from domain.viewer import Viewer
from workflows.notices import NoticeSee, see
from workflows.unit_of_work import Outcome


async def _see(viewer: Viewer, context: Context, asked: Any) -> Outcome:
    return await see(context.office, viewer, asked)


@strawberry.type
class NoticeMutations:
    """What may be done with a notice."""

    notice_see = declared(
        NoticeSee,
        Grant.NOTICE_SEE,
        8,
        NoticePayload,
        "See a notice served on you: when it was first seen is kept, and its receipt is shown.",
        _see,
    )
