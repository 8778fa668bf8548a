"""Who asks, what they may do, and what waits for them."""

from __future__ import annotations

import strawberry
from strawberry import ID

from api.queries.endorsements import EndorsementWanted, endorsements_wanted
from api.queries.queues import Queue, queues
from api.reading.fields import from_viewer, own, paged, value
from api.reading.filters import given, is_viewer
from api.reading.shapes import shape
from api.types.connection import Connection
from api.types.holder import Holder
from api.types.notice import NOTICES, PROPOSALS, Notice, Proposal
from api.types.staff import Staff
from domain import notice as notice_rows
from domain import proposal as proposal_rows
from domain.policy.roles import GRANTS, Role
from domain.policy.scopes import REACH, Reach


@strawberry.input(description="Which notices.")
class NoticeFilter:
    """Which notices."""

    seen: bool | None = given(notice_rows.Notice.seen_at, "Whether it was seen.")


@strawberry.input(description="Which proposals.")
class ProposalFilter:
    """Which proposals."""

    mine: bool | None = is_viewer(proposal_rows.Proposal.proposer_id, "Whether the viewer proposed it.")
    used: bool | None = given(proposal_rows.Proposal.used_by, "Whether it was carried out.")
    endorsed: bool | None = given(proposal_rows.Proposal.endorsed_at, "Whether it was endorsed.")
    withdrawn: bool | None = given(proposal_rows.Proposal.withdrawn_at, "Whether it was withdrawn.")


def _id(value_: str | None) -> ID | None:
    return None if value_ is None else ID(value_)


@shape()
class Viewer:
    """Who asks: what they are, what they may do, what waits for them. No node of its own: see `staff` and `holder`."""

    staff: Staff | None = own(
        lambda viewer: None if viewer.holder_id else viewer.id or None, "The member of staff who asks, if it is one."
    )
    holder: Holder | None = own(lambda viewer: viewer.holder_id or None, "The holder who asks, if it is one.")
    role: Role = from_viewer(lambda viewer: viewer.role, "What the viewer is.")
    scope: Reach = from_viewer(lambda viewer: REACH[viewer.role], "Which rows the viewer reaches.")
    provider_id: ID | None = from_viewer(lambda viewer: _id(viewer.provider_id), "For whose rows.")
    authority_id: ID | None = from_viewer(lambda viewer: _id(viewer.authority_id), "For which authority.")
    holder_id: ID | None = from_viewer(lambda viewer: _id(viewer.holder_id), "As which holder.")
    staff_number: str | None = from_viewer(lambda viewer: viewer.staff_number, "How holders see the viewer.")
    grants: list[str] = from_viewer(lambda viewer: sorted(GRANTS[viewer.role]), "What the viewer may ask for.")
    notices: Connection[Notice] = paged(order=NOTICES, filters=NoticeFilter, description="What was served.")
    proposals: Connection[Proposal] = paged(order=PROPOSALS, filters=ProposalFilter, description="Of one's own body.")
    endorsements_wanted: list[EndorsementWanted] = value(endorsements_wanted)
    queues: list[Queue] = value(queues)
