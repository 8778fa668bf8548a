"""Who asks, what they may do, and what waits for them."""

from __future__ import annotations

import strawberry
from strawberry import ID

from api.queries.endorsements import EndorsementWanted, endorsements_wanted
from api.queries.queues import Queue, queues
from api.reading.fields import from_viewer, paged, value
from api.reading.filters import given, is_viewer
from api.reading.shapes import shape
from api.types.connection import Connection
from api.types.notice import NOTICES, PROPOSALS, Notice, Proposal
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
class Me:
    """Who asks: what they are, what they may do, what waits for them."""

    id: ID = from_viewer(lambda viewer: ID(viewer.id), "The viewer's id; empty for who has no row yet.")
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
