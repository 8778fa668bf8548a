"""Carrying a batch out: endorsed as one, taken item by item, at most a hundred in a transaction (Art. 7, 8).

1  the batch's own step is taken as any other: proposed, endorsed, fired by its proposer with that proposal, once
2  the next items that wait, as many as fit into a quarter of a second, are read under the lock of the batch: nobody
   else takes them meanwhile
3  each is decided in the way of its kind: by the guards of its own table, as of now
4  what was decided is written; the verdict on each item in the same transaction
A power failure leaves what was committed and what still waits. The same call, sent again, carries on.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.batch import Batch, BatchKind, BatchState
from domain.columns import TEXT
from domain.ids import prefix_of
from domain.policy.roles import Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.proposal import Proposal
from domain.table import table_of
from domain.viewer import Viewer
from workflows import batch_items, proposals
from workflows.batch import BATCH
from workflows.batch_chunk import Chunk, Spent, Take
from workflows.batch_commands import CALL_MAX, CarryOut, Fill
from workflows.batch_items import Result
from workflows.batch_pace import Pace
from workflows.catching_up import in_time
from workflows.database import Connection, Transaction, loader
from workflows.hands import Writing
from workflows.office import Office
from workflows.sight import in_scope
from workflows.unit_of_work import Outcome, frame, present_viewer, step

CHUNK: Final = 100
_BATCH, _PROPOSAL = table_of(Batch), table_of(Proposal)
_ID: Final = sa.bindparam("id", type_=TEXT, required=False)


async def _at_once(_writing: Writing, _items: Sequence[Any], _transaction: Transaction) -> None:
    """Nothing has to be done first."""


@dataclass(frozen=True)
class Way:
    """What a kind of batch does in its own way."""

    kind: BatchKind
    fills: tuple[str, str]  # triggers of the batch: the one that begins it, the one that adds to it
    carries_out: str  # the trigger that carries it out
    take: Take  # decides the items of a chunk, in its transaction
    judge: Callable[..., Awaitable[tuple[Result, ...]]]  # (connection, office, batch, items, viewer, now): no writing
    begin: Callable[[Writing, Sequence[Any], Transaction], Awaitable[None]] = _at_once  # before items come in

    @property
    def grant(self) -> Grant:
        """What carrying it out needs."""
        return _granted(self.carries_out)


def _granted(trigger: str) -> Grant:
    grant = BATCH.grant(trigger)
    assert grant is not None, trigger  # noqa: S101 - each of these has a command
    return grant


@cache
def _batch(role: Role, *, lock: bool) -> sa.Select[Any]:
    found = sa.select(*loader(Batch).columns).where(_BATCH.c.id == _ID, in_scope(_BATCH, role))
    return found.with_for_update(key_share=True) if lock else found


@cache
def _spent(role: Role) -> sa.Select[Any]:
    """A proposal of the viewer's that was carried out."""
    p = _PROPOSAL.c
    mine = p.proposer_id == sa.bindparam("viewer_id", type_=TEXT, required=False)
    chosen = sa.select(p.case_id, p.hash, p.used_by, p.endorser_id, p.endorser_person)
    return chosen.where(p.id == _ID, mine, p.used_by.is_not(None), in_scope(_PROPOSAL, role))


async def fill(office: Office, viewer: Viewer, way: Way, command: Fill) -> Outcome:
    """Append items to a batch, or begin one; the verdict on each as of now."""
    trigger = way.fills[0 if command.batch_id is None else 1]

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        await way.begin(writing, command.items, transaction)
        ids = await step(office, writing, BATCH, BATCH.by_trigger[trigger], command, transaction)
        return {**ids, "first": writing.hands[0].value("items") - count}

    count = len(command.items)
    name = f"batch.{way.fills[0]}"
    done = await frame(office, viewer, _granted(trigger), name, command, act, creates=True)
    return await _with_results(office, done, done.ids.get("first", 0), count)


async def carry_out(office: Office, viewer: Viewer, way: Way, command: CarryOut) -> Outcome:
    """Propose a batch; once it is endorsed, carry out at most 500 of its items, and 500 more with each call again."""
    if command.dry_run:
        return await _tried(office, viewer, way, command)
    done = await _begin(office, viewer, way, command)
    if command.atomic and command.proposal is not None:
        return await _with_results(office, done, 0, CALL_MAX)
    if done.problems or done.proposal_id is not None:
        return done
    taken: list[Result] = []
    pace = Pace(CHUNK)
    while (room := CALL_MAX - len(taken)) > 0:
        try:
            chunk = await _next_chunk(office, viewer, way, command, pace, room)
        except Refused as refused:
            return replace(done, problems=refused.problems, results=tuple(taken))
        if not chunk:
            break
        pace.end(len(chunk))
        taken += chunk
    return replace(done, results=tuple(taken)) if taken else await _with_results(office, done, 0, CALL_MAX)


async def _begin(office: Office, viewer: Viewer, way: Way, command: CarryOut) -> Outcome:
    """Take the batch's own step, unless this very call was begun before."""

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        await _in_scope(command, writing.viewer, transaction, lock=True)  # who comes second sees what the first began
        if (spent := await _spent_on(office, way, command, writing.viewer, transaction)) is not None:
            return {"case": command.id, "step": spent.step_id}
        ids = await step(office, writing, BATCH, BATCH.by_trigger[way.carries_out], command, transaction)
        if command.atomic and "proposal" not in ids:
            await _all_of_it(office, writing, way, command, transaction)
        return ids

    return await frame(office, viewer, way.grant, f"batch.{way.carries_out}", command, act, creates=False)


async def _all_of_it(office: Office, writing: Writing, way: Way, command: CarryOut, transaction: Transaction) -> None:
    """Every item in the transaction of the batch's step; one refused item and nothing of it is."""
    chunk = await _chunk(office, writing, way, command, transaction, CALL_MAX)
    told = [
        Problem(problem.code, ("items", str(result.index), *problem.path), problem.detail)
        for result in (await chunk.carry_out(way.take))
        for problem in result.problems
    ]
    if told:
        raise Refused(*told)


async def _next_chunk(
    office: Office, viewer: Viewer, way: Way, command: CarryOut, pace: Pace, room: int
) -> Sequence[Result]:
    now, caught_up = office.clock(), set[str]()

    async def work(transaction: Transaction) -> Sequence[Result]:
        pace.begin()
        writing = Writing(await present_viewer(viewer, way.grant, transaction), now, caught_up=caught_up)
        chunk = await _chunk(office, writing, way, command, transaction, min(pace.size, room))
        return await replace(chunk, pace=pace).carry_out(way.take)

    return await in_time(office, now, caught_up, work)


async def _chunk(
    office: Office, writing: Writing, way: Way, command: CarryOut, transaction: Transaction, limit: int
) -> Chunk:
    """The next items, under the lock of their batch."""
    viewer = writing.viewer
    batch = await _in_scope(command, viewer, transaction, lock=True)
    spent = await _spent_on(office, way, command, viewer, transaction)
    if spent is None or batch.state != BatchState.CARRIED_OUT:
        raise Refused(Problem(ProblemCode.PROPOSAL_DEAD, ("proposal",)))
    items = await batch_items.waiting(transaction, office.keys, batch.id, limit)
    return Chunk(office, transaction, batch, items, viewer, writing.now, spent, writing.caught_up)


async def _spent_on(
    office: Office, way: Way, command: CarryOut, viewer: Viewer, connection: Connection
) -> Spent | None:
    """The proposal named, if it is the viewer's, was carried out, and was of this very input."""
    if command.proposal is None or prefix_of(command.proposal) != "proposal":
        return None
    rows = await connection.fetch(_spent(viewer.role), {**viewer.bound, "id": command.proposal})
    if not rows:
        return None
    spent, asked = Spent(*rows[0]), proposals.hash_of(office, f"batch.{way.carries_out}", command)
    return spent if spent.case_id == command.id and hmac.compare_digest(spent.hash, asked) else None


async def _tried(office: Office, viewer: Viewer, way: Way, command: CarryOut) -> Outcome:
    """What would become of the items now; nothing is written."""
    now = office.clock()

    async def work(connection: Connection) -> tuple[Result, ...]:
        batch = await _in_scope(command, viewer, connection, lock=False)
        if batch.kind != way.kind:
            raise Refused(Problem(ProblemCode.BATCH_OTHER_KIND, ("id",)))
        items = await batch_items.waiting(connection, office.keys, batch.id, CALL_MAX, command.start_at or 0)
        return await way.judge(connection, office, batch, items, viewer, now)

    try:
        return Outcome(ids={"case": command.id}, results=await office.database.read(work))
    except Refused as refused:
        return Outcome(refused.problems)


async def _in_scope(command: CarryOut, viewer: Viewer, connection: Connection, *, lock: bool) -> Any:
    rows: Sequence[Any] = ()
    if prefix_of(command.id) == "batch":
        rows = await connection.fetch(_batch(viewer.role, lock=lock), {**viewer.bound, "id": command.id})
    if not rows:
        raise Refused(Problem(ProblemCode.NOT_FOUND, ("id",)))
    return loader(Batch).row(rows[0], connection.dialect)


async def _with_results(office: Office, done: Outcome, start: int, limit: int) -> Outcome:
    """The verdicts as they are written: a request that is repeated is told them again."""
    if done.case_id is None or done.problems:
        return done
    id_ = done.case_id
    found = await office.database.read(lambda connection: batch_items.results(connection, id_, start, limit))
    return replace(done, results=found)
