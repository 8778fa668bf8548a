"""What a unit of work reads: the locked root, the case in scope, what follow-ups reach, the deadlines."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic.alias_generators import to_camel

from domain.deadline import Deadline
from domain.identity import Identity
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode, Refused
from domain.table import Table, table_of
from domain.viewer import Viewer
from workflows.commands import Command
from workflows.database import Among, Connection, Transaction, loader
from workflows.engine import Transition, Workflow
from workflows.hands import Hand, Writing
from workflows.lateness import begin_anew_if_late, is_late
from workflows.registry import reached_from, workflow_of
from workflows.sight import in_scope

__all__ = ["in_scope", "load_case", "load_deadlines", "load_under", "look_at_case", "subject_of"]
_ID = sa.bindparam("id", type_=sa.Text, required=False)


def _reached_by(table: sa.Table, role: Role) -> sa.ColumnElement[bool]:
    """The system has no scope, so it can read nothing; the one case of a timed step is named by its own deadline."""
    return sa.true() if role is Role.SYSTEM else in_scope(table, role)


@lru_cache(maxsize=500)
def _case(model: type[Table], role: Role, *, lock: bool) -> sa.Select[Any]:
    table = table_of(model)
    found = sa.select(*loader(model).columns).where(table.c.id == _ID, _reached_by(table, role))
    return found.add_columns(is_late(table.c.id)).with_for_update(key_share=True) if lock else found


@lru_cache(maxsize=100)
def _root(workflow: Workflow, role: Role) -> sa.Select[Any]:
    """The root of a case in scope, locked: everything that hangs on it waits."""
    root, case = table_of(workflow.root), table_of(workflow.model)
    named = sa.select(case.c[workflow.root_column]).where(case.c.id == _ID, _reached_by(case, role)).scalar_subquery()
    found = sa.select(*loader(workflow.root).columns, is_late(root.c.id)).where(root.c.id == named)
    return found.with_for_update(key_share=True)


@lru_cache(maxsize=100)
def _holder(workflow: Workflow, role: Role) -> sa.Select[Any]:
    holder, case = table_of(workflow_of("holder").model), table_of(workflow.model)
    named = sa.select(case.c.holder_id).where(case.c.id == _ID, _reached_by(case, role)).scalar_subquery()
    return sa.select(holder.c.id).where(holder.c.id == named).with_for_update(key_share=True)


@lru_cache(maxsize=100)
def _below(workflow: Workflow) -> sa.Select[Any]:
    table = table_of(workflow.model)
    return sa.select(*loader(workflow.model).columns).where(table.c[workflow.root_column] == _ID).order_by(table.c.id)


_DEADLINE = table_of(Deadline)
_DEADLINES = sa.select(*loader(Deadline).columns).where(
    Among(_DEADLINE.c.case_id, "ids"), _DEADLINE.c.settled_at.is_(None)
)
_IDENTITY = table_of(Identity)
_SUBJECT = sa.select(_IDENTITY.c.id, _IDENTITY.c.mask_key).where(_IDENTITY.c.holder_id == _ID)


async def load_case(
    workflow: Workflow, transition: Transition, id_: str, viewer: Viewer, transaction: Transaction, writing: Writing
) -> Hand:
    """Lock the root and put the case in hand, with whatever its follow-ups may move."""
    values, dialect = {**viewer.bound, "id": id_, "now": writing.now}, transaction.dialect
    if transition.locks_holder:
        await transaction.fetch(_holder(workflow, viewer.role), values)
    root: Any = None
    if workflow.root is workflow.model:
        roots = rows = await transaction.fetch(_case(workflow.model, viewer.role, lock=True), values)
    else:
        roots = await transaction.fetch(_root(workflow, viewer.role), values)
        root = loader(workflow.root).row(roots[0], dialect) if roots else None
        rows = await transaction.fetch(_case(workflow.model, viewer.role, lock=False), values) if roots else ()
    if not rows:
        raise Refused(Problem(ProblemCode.NOT_FOUND, ("id",)))
    hand = Hand.of(workflow, loader(workflow.model).row(rows[0], dialect))
    begin_anew_if_late([(hand.root_id, roots[0][-1])], writing)
    writing.hands.append(hand)
    await _load_reached(hand, transition, root, transaction, writing)
    return hand


async def look_at_case(
    workflow: Workflow, transition: Transition, id_: str, connection: Connection, writing: Writing
) -> Hand:
    """The same for a step that is only thought of: no lock, and by nobody's scope."""

    async def one(model: type[Table], of: str) -> Any:
        rows = await connection.fetch(_case(model, Role.SYSTEM, lock=False), {"id": of})
        return loader(model).row(rows[0], connection.dialect)

    hand = Hand.of(workflow, await one(workflow.model, id_))
    root = None if workflow.root is workflow.model else await one(workflow.root, hand.root_id)
    writing.hands.append(hand)
    await _load_reached(hand, transition, root, connection, writing)
    return hand


async def _load_reached(
    hand: Hand, transition: Transition, root: Any, transaction: Connection, writing: Writing
) -> None:
    for noun in sorted(reached_from(hand.workflow.noun, transition.trigger)):
        reached = workflow_of(noun)
        if reached.model is hand.workflow.root and reached is hand.workflow:
            continue
        if root is not None and reached.model is hand.workflow.root:
            writing.hands.append(Hand.of(reached, root))
            continue
        root_id = getattr(hand.row, hand.workflow.root_column)
        for row in await transaction.fetch(_below(reached), {"id": root_id}):
            found = loader(reached.model).row(row, transaction.dialect)
            if found.id != hand.id:
                writing.hands.append(Hand.of(reached, found))


def under(
    workflow: Workflow, transition: Transition, command: Command, viewer: Viewer
) -> tuple[type[Table], str | None, str]:
    """The table and id of the row that a new case is created under, and the input field that may name it."""
    name = transition.under or "provider_id"
    model = workflow.under or workflow.root
    if workflow.bodies and (viewer.authority_id is not None or getattr(command, "authority_id", None)):
        name, model = "authority_id", workflow.bodies[0]
    named = getattr(command, name, None)
    return model, named or getattr(viewer, name, None), to_camel(name)


async def load_under(model: type[Table], id_: str | None, path: str, writing: Writing, transaction: Transaction) -> Any:
    """The row, locked, that a new case is created under."""
    viewer = writing.viewer
    clause, values = _case(model, viewer.role, lock=True), {**viewer.bound, "id": id_, "now": writing.now}
    rows = await transaction.fetch(clause, values) if id_ else ()
    if not rows:
        raise Refused(Problem(ProblemCode.NOT_FOUND, (path,)))
    begin_anew_if_late([(str(id_), rows[0][-1])], writing)
    return loader(model).row(rows[0], transaction.dialect)


async def load_deadlines(writing: Writing, transaction: Transaction) -> None:
    """The deadlines that run or stand still, of every case in hand."""
    ids = [hand.id for hand in writing.hands if not hand.is_new]
    for row in await transaction.fetch(_DEADLINES, {"ids": ids}) if ids else ():
        found = loader(Deadline).row(row, transaction.dialect)
        next(hand for hand in writing.hands if hand.id == found.case_id).deadlines.append(found)


async def subject_of(holder_id: str | None, transaction: Transaction) -> tuple[str, bytes] | None:
    """The identity, with its wrapped mask key, that a holder's texts are sealed under."""
    if holder_id is None:
        return None
    rows = await transaction.fetch(_SUBJECT, {"id": holder_id})
    return (rows[0][0], rows[0][1]) if rows else None
