"""Carrying out a batch of adoptions: endorsed as one, taken item by item, a hundred in a transaction (Art. 7).

1  the batch's own step is taken as any other: proposed, endorsed, fired by its proposer with that proposal, once
2  a hundred items that wait are read under the lock of the batch, so that nobody else takes them meanwhile
3  what they share is read once; each is judged by the table's own guards, in their order
4  what was decided is written, one statement a table; the verdict on each item in the same transaction
5  where another request was first to a name, the hundred are decided anew, each in a savepoint of its own
A power failure leaves what was committed and what still waits. The same call, sent again, carries on.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.batch import Batch, BatchState
from domain.columns import TEXT
from domain.ids import prefix_of
from domain.policy.roles import Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.proposal import Proposal
from domain.table import table_of
from domain.viewer import Viewer
from workflows import batch_items, proposals
from workflows.adoption_bench import Bench
from workflows.adoption_chunk import Chunk
from workflows.adoption_facts import known_of
from workflows.batch import BATCH, CALL_MAX, AccountAdopt, BatchFill
from workflows.batch_items import Result
from workflows.database import Connection, Transaction, loader
from workflows.hands import Writing
from workflows.office import Office
from workflows.sight import in_scope
from workflows.unit_of_work import Outcome, frame, present_viewer, step

CHUNK: Final = 100
_BATCH, _PROPOSAL = table_of(Batch), table_of(Proposal)
_ID: Final = sa.bindparam("id", type_=TEXT, required=False)


@cache
def _batch(role: Role, *, lock: bool) -> sa.Select[Any]:
    found = sa.select(*loader(Batch).columns).where(_BATCH.c.id == _ID, in_scope(_BATCH, role))
    return found.with_for_update(key_share=True) if lock else found


@cache
def _spent(role: Role) -> sa.Select[Any]:
    """A proposal of the viewer's that was carried out."""
    mine = _PROPOSAL.c.proposer_id == sa.bindparam("viewer_id", type_=TEXT, required=False)
    chosen = sa.select(_PROPOSAL.c.case_id, _PROPOSAL.c.hash, _PROPOSAL.c.used_by, _PROPOSAL.c.endorser_person)
    return chosen.where(_PROPOSAL.c.id == _ID, mine, _PROPOSAL.c.used_by.is_not(None), in_scope(_PROPOSAL, role))


async def fill(office: Office, viewer: Viewer, command: BatchFill) -> Outcome:
    """Append items to a batch, or begin one; the verdict on each as of now."""
    transition = BATCH.by_trigger["fill" if command.batch_id is None else "add"]

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        ids = await step(office, writing, BATCH, transition, command, transaction)
        return {**ids, "first": writing.hands[0].value("items") - len(command.items)}

    done = await frame(office, viewer, Grant.BATCH_FILL, "batch.fill", command, act, creates=True)
    return await _with_results(office, done, done.ids.get("first", 0), len(command.items))


async def adopt(office: Office, viewer: Viewer, command: AccountAdopt) -> Outcome:
    """Propose a batch; once it is endorsed, carry out at most 500 of its items, and 500 more with each call again."""
    if command.dry_run:
        return await _tried(office, viewer, command)
    if command.atomic and command.proposal is not None:
        done = await _begin(office, viewer, command)
        return await _with_results(office, done, 0, CALL_MAX)
    done = await _begin(office, viewer, command)
    if done.problems or done.proposal_id is not None:
        return done
    taken: list[Result] = []
    while len(taken) < CALL_MAX:
        try:
            chunk = await office.database.write(lambda transaction: _next_chunk(office, viewer, command, transaction))
        except Refused as refused:
            return replace(done, problems=refused.problems, results=tuple(taken))
        if not chunk:
            break
        taken += chunk
    return replace(done, results=tuple(taken)) if taken else await _with_results(office, done, 0, CALL_MAX)


async def _begin(office: Office, viewer: Viewer, command: AccountAdopt) -> Outcome:
    """Take the batch's own step, unless this very call was begun before."""

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        await _in_scope(command, writing.viewer, transaction, lock=True)  # who comes second sees what the first began
        if (spent := await _spent_on(office, command, writing.viewer, transaction)) is not None:
            return {"case": command.id, "step": spent[2]}
        ids = await step(office, writing, BATCH, BATCH.by_trigger["adopt"], command, transaction)
        if command.atomic and "proposal" not in ids:
            await _all_of_it(office, writing, command, transaction)
        return ids

    return await frame(office, viewer, Grant.ACCOUNT_ADOPT, "batch.adopt", command, act, creates=False)


async def _all_of_it(office: Office, writing: Writing, command: AccountAdopt, transaction: Transaction) -> None:
    """Every item in the transaction of the batch's step; one refused item and nothing of it is."""
    chunk = await _chunk(office, command, writing.viewer, writing.now, transaction, CALL_MAX)
    told = [
        Problem(problem.code, ("items", str(result.index), *problem.path), problem.detail)
        for result in (await chunk.carry_out())
        for problem in result.problems
    ]
    if told:
        raise Refused(*told)


async def _next_chunk(
    office: Office, viewer: Viewer, command: AccountAdopt, transaction: Transaction
) -> Sequence[Result]:
    present = await present_viewer(viewer, Grant.ACCOUNT_ADOPT, transaction)
    return await (await _chunk(office, command, present, office.clock(), transaction, CHUNK)).carry_out()


async def _chunk(
    office: Office, command: AccountAdopt, viewer: Viewer, now: Any, transaction: Transaction, limit: int
) -> Chunk:
    """The next items, under the lock of their batch."""
    batch = await _in_scope(command, viewer, transaction, lock=True)
    spent = await _spent_on(office, command, viewer, transaction)
    if spent is None or batch.state != BatchState.CARRIED_OUT:
        raise Refused(Problem(ProblemCode.PROPOSAL_DEAD, ("proposal",)))
    persons = frozenset(bytes(person) for person in (viewer.person, spent[3]) if person is not None)
    items = await batch_items.waiting(transaction, office.keys, batch.id, limit)
    return Chunk(office, transaction, batch, items, viewer, now, persons)


async def _spent_on(
    office: Office, command: AccountAdopt, viewer: Viewer, connection: Connection
) -> Sequence[Any] | None:
    """The proposal named, if it is the viewer's, was carried out, and was of this very input."""
    if command.proposal is None or prefix_of(command.proposal) != "proposal":
        return None
    rows = await connection.fetch(_spent(viewer.role), {**viewer.bound, "id": command.proposal})
    hash_ = proposals.hash_of(office, "batch.adopt", command)
    same = rows and rows[0][0] == command.id and hmac.compare_digest(rows[0][1], hash_)
    return rows[0] if same else None


async def _tried(office: Office, viewer: Viewer, command: AccountAdopt) -> Outcome:
    """What would become of the items now; nothing is written."""
    now = office.clock()

    async def work(connection: Connection) -> tuple[Result, ...]:
        batch = await _in_scope(command, viewer, connection, lock=False)
        items = await batch_items.waiting(connection, office.keys, batch.id, CALL_MAX, command.start_at or 0)
        asked = [item.asked for item in items]
        known = await known_of(connection, batch.provider_id, asked, viewer, now, office.keys)
        bench = Bench(known, viewer, now, frozenset({viewer.person} if viewer.person else ()))
        pairs = zip(items, asked, strict=True)
        return tuple(Result(item.number, None, None, bench.verdict(wanted)) for item, wanted in pairs)

    try:
        return Outcome(ids={"case": command.id}, results=await office.database.read(work))
    except Refused as refused:
        return Outcome(refused.problems)


async def _in_scope(command: AccountAdopt, viewer: Viewer, connection: Connection, *, lock: bool) -> Any:
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
