"""Proposals that wait for a second person, as somebody who may endorse them sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
import strawberry
from strawberry import ID

from api.reading.shapes import plain
from domain.journal import Step
from domain.policy.roles import Role
from domain.proposal import Proposal
from domain.staff import Staff
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Connection, decoder
from workflows.loading import in_scope
from workflows.registry import WORKFLOWS

WANTED_MAX: Final = 100
_PROPOSAL, _STAFF, _STEP = table_of(Proposal), table_of(Staff), table_of(Step)


@plain
class EndorsementWanted:
    """A proposal that waits for the viewer's endorsement."""

    proposal: ID = strawberry.field(description="The proposal.")
    case_id: ID = strawberry.field(description="The case.")
    trigger: str = strawberry.field(description="The step proposed.")
    by: ID = strawberry.field(description="Who proposed it.")
    at: datetime = strawberry.field(description="When.")
    hash: str = strawberry.field(description="What an endorsement names.")


def _endorsable(role: Role) -> sa.ColumnElement[bool]:
    """The proposed steps that the role carries itself."""
    p, found = _PROPOSAL.c, []
    for workflow in WORKFLOWS.values():
        mine = [row.trigger for row in workflow.transitions if workflow.is_endorsed_by(row.trigger, role)]
        if mine:
            found.append(sa.and_(p.case_kind == workflow.noun, p.trigger.in_(mine)))
    return sa.or_(sa.false(), *found)


@cache
def wanted(role: Role, at_most: int) -> sa.Select[Any]:
    """The proposals that a person of this role may endorse, oldest first."""
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
        .limit(sa.literal_column(str(at_most)))
    )


def bound(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What such a statement is asked with."""
    return {**viewer.bound, "now": now, "b_person": viewer.person}


async def endorsements_wanted(connection: Connection, viewer: Viewer, now: datetime) -> list[EndorsementWanted]:
    """Proposals of others that wait for a person with the viewer's grants, oldest first, at most 100."""
    moment: Callable[[Any], Any] | None = decoder(_PROPOSAL.c.created_at.type, connection.dialect)
    rows = await connection.fetch(wanted(viewer.role, WANTED_MAX), bound(viewer, now))
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
