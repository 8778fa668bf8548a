"""A timed step: an ordinary unit of work whose actor is the system (Art. 6, 7).

1  the root of the case is locked, as in every step
2  the deadline is settled, or marked as told, by compare-and-set: who comes second finds nothing to do
3  the step is decided and journalled as taken when the deadline passed, however late the worker is
4  all of it is written and committed at once

So it happens exactly once, whoever claims the row and whoever dies. In the journal `at` is the due date, or that of the
step before where this came later; `details` holds the true due date and when the step was recorded. A notice counts
from when it is served.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

import sqlalchemy as sa

from domain.columns import UtcTime
from domain.deadline import Deadline, Outcome
from domain.journal import written
from domain.table import table_of
from domain.viewer import SYSTEM
from workflows.changes import Settle, Start
from workflows.database import Connection, Transaction, loader
from workflows.deadlines import move, show_due
from workflows.engine import On
from workflows.facts import gather_facts
from workflows.firing import complete, fire_due
from workflows.hands import Hand, Writing
from workflows.jobs import Claim, Work
from workflows.journal import whose, write_steps
from workflows.lateness import PASSED
from workflows.loading import load_case, load_deadlines, look_at_case, subject_of
from workflows.office import Office
from workflows.registry import workflow_of
from workflows.timed import TIMED, Due, TimedStep
from workflows.writing import write

_DEADLINE: Final = table_of(Deadline)


def _bound(name: str, type_: Any) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=type_, required=False)


_ROW: Final = _DEADLINE.c.id == _bound("row", sa.Text)
_ONE: Final = sa.select(*loader(Deadline).columns).where(_ROW)
_END: Final = (
    sa.update(_DEADLINE)
    .where(_ROW, *PASSED)
    .values(
        settled_at=_bound("b_settled_at", UtcTime()),
        outcome=_bound("b_outcome", _DEADLINE.c.outcome.type),
        next_at=sa.null(),
        problem=sa.null(),
    )
    .returning(_DEADLINE.c.id)
)
_TAKE: Final = _END.where(_DEADLINE.c.next_at.is_not(None))  # a worker's: one that was put aside is nobody's in hand
_NOT_DUE: Final = (
    sa.update(_DEADLINE)
    .where(_ROW, _DEADLINE.c.attempts == _bound("attempt", sa.Integer), _DEADLINE.c.settled_at.is_(None))
    .values(
        next_at=sa.case((_DEADLINE.c.next_at.is_(None), sa.null()), else_=_DEADLINE.c.due_at),
        problem=sa.null(),
    )
)


def deadlines_of(office: Office) -> Work:
    """The deadlines, as work for workflows/jobs.py."""
    return Work(_DEADLINE, partial(carry_out_due, office), line=("root_id",))


async def carry_out_due(office: Office, claim: Claim) -> None:
    """Do what follows from the passing of a claimed deadline, once; nothing where it has not passed or is settled."""
    await carry_out(office, claim.id, office.clock(), claim)


async def carry_out(office: Office, id_: str, now: datetime, claim: Claim | None = None) -> None:
    """The same of any deadline, put aside or not, by this clock reading."""

    async def work(transaction: Transaction) -> None:
        row = (await transaction.fetch(_ONE, {"row": id_}))[0]
        deadline = loader(Deadline).row(row, transaction.dialect)
        writing, hand = await beginning(deadline, now, transaction, lock=True)
        outcome = _outcome(TIMED[deadline.kind])
        values = {"row": id_, "now": now, "b_outcome": outcome, "b_settled_at": _settled(outcome, now)}
        if not await transaction.fetch(_END if claim is None else _TAKE, values):
            if claim is not None:
                await transaction.fetch(_NOT_DUE, {"row": id_, "attempt": claim.attempt})
        elif hand is not None:
            await load_deadlines(writing, transaction)
            await follow(office, writing, hand, deadline, transaction)
            await _write(office, writing, hand, transaction)

    await office.database.write(work)


async def beginning(
    deadline: Deadline, now: datetime, connection: Connection, *, lock: bool
) -> tuple[Writing, Hand | None]:
    """What is read before a deadline is carried out; no case where nothing is fired."""
    # What waited longer than others may have moved on: a step never comes before the one that it follows.
    writing, fires = Writing(SYSTEM, deadline.due_at, recorded_at=now), TIMED[deadline.kind].fires
    if fires is None:
        return writing, None
    workflow = workflow_of(fires[0])
    transition = workflow.by_trigger[fires[1]]
    if lock:
        hand = await load_case(workflow, transition, deadline.case_id, SYSTEM, cast("Transaction", connection), writing)
    else:
        hand = await look_at_case(workflow, transition, deadline.case_id, connection, writing)
    # Another case of the same noun is only looked at: when it moved says nothing about this one.
    moved = (each.stepped_at for each in writing.hands if each is hand or each.workflow is not hand.workflow)
    writing.now = max(writing.now, *moved)
    return writing, hand


def is_over(deadline: Deadline) -> bool:
    """Whether a deadline ends by being carried out; else it was told of, and stays due."""
    return _outcome(TIMED[deadline.kind]) is not Outcome.OVERDUE


def _outcome(timed: TimedStep) -> Outcome:
    if timed.fires is None:
        return Outcome.MOOT
    return Outcome.OVERDUE if timed.stays_open else Outcome.PASSED


def _settled(outcome: Outcome, now: datetime) -> datetime | None:
    return None if outcome is Outcome.OVERDUE else now


async def follow(office: Office, writing: Writing, hand: Hand, deadline: Deadline, connection: Connection) -> None:
    """What follows from the passing of a deadline, where it is still due: decided in memory, and written by nobody."""
    timed = TIMED[deadline.kind]
    workflow, (_, trigger) = hand.workflow, timed.fires or ("", "")
    transition, due = workflow.by_trigger[trigger], Due(deadline.kind, deadline.due_at)
    if workflow.after(trigger, hand.state) is None or not timed.when(hand.row, due):
        _forget(hand, deadline, writing)
        return
    on = On(hand.row, None, SYSTEM, writing.now, due, hand.id)
    gathering = cast("Transaction", connection)  # nothing that time fires gathers what only a transaction gives
    on = replace(on, facts=await gather_facts(workflow, transition, on, office, gathering))
    if not timed.still(on):
        _forget(hand, deadline, writing)
        for change in timed.otherwise(on):
            move(cast("Start | Settle", change), hand, writing, office.calendar)
        return
    fire_due(writing, workflow, transition, hand, on, office.calendar)
    told = {
        "deadline": due.kind.value,
        "due_at": written(due.at),
        "recorded_at": written(writing.recorded_at or due.at),
    }
    writing.steps[0].details.update(told)


async def _write(office: Office, writing: Writing, hand: Hand, transaction: Transaction) -> None:
    subject = await subject_of(whose(hand)["holder_id"], transaction) if any(s.texts for s in writing.steps) else None
    write_steps(writing, office.keys, subject)
    await complete(office, writing, transaction)
    await write(writing, transaction)


def _forget(hand: Hand, deadline: Deadline, writing: Writing) -> None:
    """Nothing was due any more."""
    ended = {"settled_at": writing.recorded_at, "outcome": Outcome.MOOT, "next_at": None}
    writing.updates.append((Deadline, deadline.id, ended))
    hand.deadlines = [row for row in hand.deadlines if row.id != deadline.id]
    show_due(hand)
