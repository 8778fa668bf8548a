"""Carrying out a batch of decisions: each an ordinary step of its own sanction, in a savepoint of its own (Art. 8).

The endorsement of the batch is the second person of every decision in it. Whose own matter a case is, as decider or
as endorser, has no part in it: that item is refused alone, as is one whose case moved on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.batch import BatchKind
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode, Refused
from domain.sanction import Sanction
from domain.table import table_of
from domain.viewer import Viewer
from workflows import proposals
from workflows.batch_chunk import ANOTHER_WAS_FIRST, Chunk
from workflows.batch_items import Item, Result
from workflows.batch_run import Way
from workflows.changes import Detail
from workflows.database import Among, Connection, Taken, Transaction
from workflows.decision_bench import known_cases, verdicts
from workflows.decision_item import DecisionItem
from workflows.engine import refusals
from workflows.foresight import foreseen
from workflows.hands import StepInHand, Writing
from workflows.lateness import begin_anew_if_late, is_late
from workflows.office import Office
from workflows.recusal import is_own_matter
from workflows.sanction import SANCTION
from workflows.sight import in_scope
from workflows.unit_of_work import in_hand, take

_ACCOUNT, _SANCTION = table_of(Account), table_of(Sanction)


@cache
def _roots(role: Role) -> sa.Select[Any]:
    """The accounts of some sanctions, in order: two batches of the same wait for each other and not in a circle."""
    named = sa.select(_SANCTION.c.account_id).where(Among(_SANCTION.c.id, "ids"), in_scope(_SANCTION, role))
    found = sa.select(_ACCOUNT.c.id, is_late(_ACCOUNT.c.id)).where(_ACCOUNT.c.id.in_(named)).order_by(_ACCOUNT.c.id)
    return found.with_for_update(key_share=True)


async def _take(chunk: Chunk) -> list[Result]:
    asked = [(item, item.read(DecisionItem)) for item in chunk.items]
    ids = sorted({wanted.id for _, wanted in asked})
    values = {**chunk.viewer.bound, "ids": ids, "now": chunk.now}
    begin_anew_if_late(await chunk.transaction.fetch(_roots(chunk.viewer.role), values), chunk.writing())
    results = []
    for item, wanted in asked:
        results.append(await _decided(chunk, item, wanted))
        if chunk.is_over:
            break
    return results


async def _decided(chunk: Chunk, item: Item, wanted: DecisionItem) -> Result:
    """One decision with all that follows from it; or nothing of it, and why."""
    try:
        async with chunk.transaction.savepoint():
            step_id = await _decide(chunk, item, wanted)
    except Refused as refused:
        return Result(item.number, wanted.id, None, wanted.placed(refused.problems))
    except Taken:
        return Result(item.number, wanted.id, None, ANOTHER_WAS_FIRST)
    return Result(item.number, wanted.id, step_id, ())


async def _decide(chunk: Chunk, item: Item, wanted: DecisionItem) -> str:
    grant, transition = SANCTION.grant(wanted.trigger), SANCTION.by_trigger[wanted.trigger]
    if grant is None or not chunk.viewer.may(grant):
        raise Refused(Problem(ProblemCode.NOT_ALLOWED))
    office, transaction, writing = chunk.office, chunk.transaction, chunk.writing()
    hand, on = await in_hand(office, writing, SANCTION, transition, wanted.command(), transaction)
    found = refusals(SANCTION, transition, hand.state, on, with_input=True)
    if await is_own_matter("sanction", hand.id, chunk.spent.endorser_person, transaction):
        found.append(Problem(ProblemCode.OWN_MATTER, ("id",)))
    if found:
        raise Refused(*dict.fromkeys(found))

    async def answer_for(taken: StepInHand) -> None:
        taken.say(Detail({"batch": chunk.batch.id, "number": item.number}))
        endorser = (chunk.spent.endorser_id, chunk.spent.endorser_person)
        writing.inserts += proposals.decided_by_two(taken, writing, endorser)

    done = await take(office, writing, SANCTION, transition, hand, on, transaction, answer_for)
    return str(done["step"])


async def _begin(writing: Writing, items: Sequence[DecisionItem], transaction: Transaction) -> None:
    """What comes in is told its verdict on what time has left."""
    known = await known_cases(transaction, items, writing.viewer, writing.now)
    begin_anew_if_late([(case.row.account_id, case.is_late) for case in known.values()], writing)


async def _judged(
    connection: Connection, office: Office, _batch: Any, items: Sequence[Item], viewer: Viewer, now: datetime
) -> tuple[Result, ...]:
    """What would become of items that wait, as time will leave their cases."""
    asked = [item.read(DecisionItem) for item in items]
    known = await known_cases(connection, asked, viewer, now)
    if late := {case.row.account_id for case in known.values() if case.is_late}:
        connection = await foreseen(connection, late, now, office)
        known = await known_cases(connection, asked, viewer, now)
    told = await verdicts(connection, asked, known, viewer, now, office.keys)
    pairs = zip(items, asked, told, strict=True)
    return tuple(Result(item.number, wanted.id, None, verdict) for item, wanted, verdict in pairs)


DECIDING: Final = Way(BatchKind.DECIDE, ("fill_decisions", "add_decisions"), "decide", _take, _judged, _begin)
