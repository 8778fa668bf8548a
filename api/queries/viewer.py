"""Who asks, what they may do, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
import strawberry
from strawberry import ID

from api.queries.queues import Queue, queues
from api.reading.fields import from_viewer, paged, value
from api.reading.filters import given, is_viewer
from api.reading.shapes import plain, shape
from api.types.connection import Connection
from api.types.notice import NOTICES, PROPOSALS, Notice, Proposal
from domain import notice as notice_rows
from domain import proposal as proposal_rows
from domain.journal import Step
from domain.policy.roles import GRANTS, Role
from domain.policy.scopes import REACH, Reach
from domain.proposal import Proposal as ProposalRow
from domain.staff import Staff
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Connection as Port
from workflows.database import decoder
from workflows.loading import in_scope
from workflows.registry import WORKFLOWS

_WANTED_MAX: Final = 100
_PROPOSAL, _STAFF, _STEP = table_of(ProposalRow), table_of(Staff), table_of(Step)


@plain
class EndorsementWanted:
    """A proposal that waits for the viewer's endorsement."""

    proposal: ID = strawberry.field(description="The proposal.")
    case_id: ID = strawberry.field(description="The case.")
    trigger: str = strawberry.field(description="The step proposed.")
    by: ID = strawberry.field(description="Who proposed it.")
    at: datetime = strawberry.field(description="When.")
    hash: str = strawberry.field(description="What an endorsement names.")


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


def _endorsable(role: Role) -> sa.ColumnElement[bool]:
    """The proposed steps that the role carries itself."""
    p, found = _PROPOSAL.c, []
    for workflow in WORKFLOWS.values():
        mine = [row.trigger for row in workflow.transitions if workflow.is_endorsed_by(row.trigger, role)]
        if mine:
            found.append(sa.and_(p.case_kind == workflow.noun, p.trigger.in_(mine)))
    return sa.or_(sa.false(), *found)


@cache
def _wanted(role: Role) -> sa.Select[Any]:
    p = _PROPOSAL.c
    moved_on = sa.exists().where(_STEP.c.case_id == p.case_id, _STEP.c.seq > p.version)
    stands = sa.exists().where(_STAFF.c.id == p.proposer_id, _STAFF.c.disabled_at.is_(None))
    return (
        sa.select(p.id, p.case_id, p.trigger, p.proposer_id, p.created_at, p.hash)
        .where(in_scope(_PROPOSAL, role), p.used_by.is_(None), p.withdrawn_at.is_(None), p.endorsed_at.is_(None))
        .where(p.expires_at > sa.bindparam("now", type_=p.expires_at.type, required=False))
        .where(p.proposer_person != sa.bindparam("b_person", type_=p.proposer_person.type, required=False))
        .where(_endorsable(role), stands, ~moved_on)
        .order_by(p.created_at, p.id)
        .limit(sa.literal_column(str(_WANTED_MAX)))
    )


async def endorsements_wanted(connection: Port, viewer: Viewer, now: datetime) -> list[EndorsementWanted]:
    """Proposals of others that wait for a person with the viewer's grants, oldest first, at most 100."""
    moment: Callable[[Any], Any] | None = decoder(_PROPOSAL.c.created_at.type, connection.dialect)
    rows = await connection.fetch(_wanted(viewer.role), {**viewer.bound, "now": now, "b_person": viewer.person})
    return [
        EndorsementWanted(
            proposal=ID(row[0]),
            case_id=ID(row[1]),
            trigger=row[2],
            by=ID(row[3]),
            at=moment(row[4]) if moment else row[4],
            hash=row[5],
        )
        for row in rows
    ]


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
