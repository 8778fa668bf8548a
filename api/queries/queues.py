"""The work that waits for a viewer's role, counted: a row a queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
import strawberry

from api.queries import endorsements
from api.reading.shapes import plain
from domain.account import Account, AccountState, ChangeState
from domain.authority_report import AuthorityReport, AuthorityReportState
from domain.columns import TEXT, UtcTime
from domain.deadline import Deadline, DeadlineKind
from domain.filing import Filing, FilingState
from domain.permission import Permission, PermissionKind, PermissionState
from domain.policy.roles import REGULATORS, Grant, Role
from domain.qualification import Qualification, QualificationState
from domain.sanction import Measure, MeasureLevel, Sanction, SanctionState, in_force, was_heard_sql
from domain.state import Word
from domain.table import Table, table_of
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.loading import in_scope

COUNTED_MAX: Final = 1_000
SOON_DAYS: Final = 7  # calendar days within which a measure that ends is told of
_NOW: Final = sa.bindparam("now", type_=UtcTime(), required=False)
_SOON: Final = sa.bindparam("soon", type_=UtcTime(), required=False)
Which = Callable[[sa.Table], sa.ColumnElement[bool]]


@plain
class Queue:
    """Work that waits, counted."""

    name: str = strawberry.field(description="Which work, such as REVIEW.")
    count: int = strawberry.field(description=f"How many cases wait, at most {COUNTED_MAX}.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: the cases in these states, and what else must hold of them, are work for these roles."""

    name: str
    model: type[Table]
    states: tuple[Word, ...]
    roles: tuple[Role, ...]
    also: tuple[Which, ...] = ()
    column: str = "state"


def _authority() -> sa.BindParameter[Any]:
    return sa.bindparam("viewer_authority_id", type_=TEXT, required=False)


def _answered_for(table: sa.Table) -> sa.ColumnElement[bool]:
    """The viewer's authority answers for it: the nation sees all, and who is asked to take a filing over sees that."""
    return table.c.jurisdiction == _authority()


def _asked(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.transfer_to == _authority()


def _renewal_is_asked(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.renewal_asked_at.is_not(None)


def _special(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.kind == sa.literal_column(f"'{PermissionKind.SPECIAL_APPROVAL}'")


def _not_special(table: sa.Table) -> sa.ColumnElement[bool]:
    return ~_special(table)


def _heard(table: sa.Table) -> sa.ColumnElement[bool]:
    return was_heard_sql(table.c, _NOW)


def _not_heard(table: sa.Table) -> sa.ColumnElement[bool]:
    return ~_heard(table)


def _unanswered(table: sa.Table) -> sa.ColumnElement[bool]:
    """An answer is open to its holder, though the time for it may have passed: until the decision."""
    return sa.and_(table.c.answered_at.is_(None), table.c.waived_at.is_(None))


def _ends_soon(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(in_force(table.c, _NOW), table.c.until <= _SOON)


def _is_late(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.due_at < _NOW


def _in_doubt(table: sa.Table) -> sa.ColumnElement[bool]:
    """Its licence was put in doubt and nobody has said what came of it."""
    deadline = table_of(Deadline)
    kind = deadline.c.kind == sa.literal_column(f"'{DeadlineKind.LICENCE_DOUBT}'")
    return sa.exists().where(deadline.c.case_id == table.c.id, kind, deadline.c.settled_at.is_(None))


_OFFICER: Final = (Role.COMPLIANCE_OFFICER,)
_HANDLERS: Final = (Role.REVIEWER, Role.COMPLIANCE_OFFICER)
QUEUES: Final = (
    Waiting("REVIEW", Account, (AccountState.APPLIED,), (Role.REVIEWER,)),
    Waiting("SUPPLEMENT", Account, (AccountState.SUPPLEMENT_REQUESTED,), (Role.HOLDER,)),
    Waiting("CHANGE", Account, (ChangeState.ASKED,), (Role.REVIEWER,), column="change_state"),
    Waiting("CHANGE_SUPPLEMENT", Account, (ChangeState.SUPPLEMENT_REQUESTED,), (Role.HOLDER,), column="change_state"),
    Waiting("FILING_SUBMISSION", Filing, (FilingState.PREPARED, FilingState.RETURNED), (*_OFFICER, Role.INTEGRATION)),
    Waiting("FILING_DECISION", Filing, (FilingState.SUBMITTED,), REGULATORS, (_answered_for,)),
    Waiting("TRANSFER_ASKED", Filing, (FilingState.SUBMITTED, FilingState.ACCEPTED), REGULATORS, (_asked,)),
    Waiting("QUALIFICATION_VERIFICATION", Qualification, (QualificationState.SUBMITTED,), REGULATORS, (_answered_for,)),
    Waiting(
        "QUALIFICATION_RENEWAL",
        Qualification,
        (QualificationState.VERIFIED, QualificationState.LAPSED),
        REGULATORS,
        (_answered_for, _renewal_is_asked),
    ),
    Waiting("PERMISSION_DECISION", Permission, (PermissionState.REQUESTED,), _OFFICER, (_not_special,)),
    Waiting("PERMISSION_DECISION", Permission, (PermissionState.REQUESTED,), REGULATORS, (_answered_for, _special)),
    Waiting(
        "LICENCE_DOUBTFUL", Permission, (PermissionState.GRANTED, PermissionState.SUSPENDED), _OFFICER, (_in_doubt,)
    ),
    Waiting("SANCTION_OPEN", Sanction, (SanctionState.OPENED,), _HANDLERS),
    Waiting("ANSWER_DUE", Sanction, (SanctionState.NOTIFIED,), _HANDLERS, (_not_heard,)),
    Waiting("ANSWER_DUE", Sanction, (SanctionState.NOTIFIED,), (Role.HOLDER,), (_unanswered,)),
    Waiting("SANCTION_DECISION", Sanction, (SanctionState.NOTIFIED,), _HANDLERS, (_heard,)),
    Waiting("MEASURES_ENDING", Measure, tuple(MeasureLevel), _OFFICER, (_ends_soon,), column="level"),
    Waiting("AUTHORITY_REPORT_DUE", AuthorityReport, (AuthorityReportState.DUE,), _OFFICER),
    Waiting(
        "AUTHORITY_REPORT_OVERDUE",
        AuthorityReport,
        (AuthorityReportState.DUE,),
        REGULATORS,
        (_answered_for, _is_late),
    ),
)


@cache
def _count(waiting: Waiting, role: Role) -> sa.Select[Any]:
    table = table_of(waiting.model)
    states: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'{state}'") for state in waiting.states]
    some: sa.Select[Any] = sa.select(sa.literal_column("1")).where(table.c[waiting.column].in_(states))
    some = some.where(in_scope(table, role), *(also(table) for also in waiting.also))
    limited = some.limit(sa.literal_column(str(COUNTED_MAX))).subquery()
    return sa.select(sa.func.count()).select_from(limited)


@cache
def _proposals(role: Role) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(endorsements.wanted(role, COUNTED_MAX).subquery())


async def queues(connection: Connection, viewer: Viewer, now: datetime) -> list[Queue]:
    """The work that waits for the viewer's role."""
    found = []
    bound = {**endorsements.bound(viewer, now), "soon": now + timedelta(days=SOON_DAYS)}
    for waiting in QUEUES:
        if viewer.role in waiting.roles:
            rows = await connection.fetch(_count(waiting, viewer.role), bound)
            found.append(Queue(name=waiting.name, count=rows[0][0]))
    if viewer.may(Grant.PROPOSAL_ENDORSE):
        rows = await connection.fetch(_proposals(viewer.role), bound)
        found.append(Queue(name="PROPOSALS_WAITING", count=rows[0][0]))
    return found
