"""Carrying out a batch of adoptions: what the accounts share is read once for all of a chunk (Art. 7, 10).

Where another request was first to a name, the chunk is decided anew, each account in a savepoint of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from domain.batch import BatchKind
from domain.problems import Refused
from workflows.account import ACCOUNT
from workflows.account_adopt import AdoptionItem
from workflows.adoption_bench import NO_SUCH_HOLDER, Bench, judged
from workflows.adoption_facts import known_of
from workflows.batch_chunk import ANOTHER_WAS_FIRST, Chunk
from workflows.batch_items import Item, Result
from workflows.batch_run import Way
from workflows.database import Taken
from workflows.firing import complete, fire
from workflows.hands import Writing
from workflows.in_the_way import HELD, Wanted, begin_anew_for
from workflows.journal import write_steps
from workflows.lateness import begin_anew_if_late
from workflows.recusal import recused_from
from workflows.writing import write

Pair = tuple[Item, AdoptionItem]


async def _take(chunk: Chunk) -> list[Result]:
    pairs = [(item, item.read(AdoptionItem)) for item in chunk.items]
    try:
        async with chunk.transaction.savepoint():
            return await _take_together(chunk, pairs)
    except Taken:  # decided anew, each by itself: those that stand in nobody's way are not held up
        results = []
        for pair in pairs:
            results.append(await _take_alone(chunk, pair))
            if chunk.is_over:
                break
        return results


async def _take_together(chunk: Chunk, pairs: Sequence[Pair]) -> list[Result]:
    asked = [wanted for _, wanted in pairs]
    whose, keys = chunk.batch.provider_id, chunk.office.keys
    known = await known_of(chunk.transaction, whose, asked, chunk.viewer, chunk.now, keys, lock=True)
    writing = chunk.writing()
    begin_anew_if_late(known.late, writing)
    beside = await recused_from(chunk.spent.endorser_person, chunk.transaction)  # who endorses has no part in it either
    deciding = replace(chunk.viewer, recused=chunk.viewer.recused | beside)
    bench = Bench(known, deciding, chunk.now, chunk.persons)
    results = [_decide(chunk, item, wanted, bench, writing) for item, wanted in pairs]
    await _begin_anew_if_held(chunk, pairs, results, writing)
    await complete(chunk.office, writing, chunk.transaction)
    await write(writing, chunk.transaction)
    return results


async def _begin_anew_if_held(chunk: Chunk, pairs: Sequence[Pair], results: Sequence[Result], writing: Writing) -> None:
    """Of the items whose names are held: who holds them may have lost them in time."""
    refused = {result.index for result in results if not HELD.isdisjoint(problem.code for problem in result.problems)}
    wanted = Wanted(chunk.batch.provider_id)
    for item, asked in pairs:
        if item.number in refused:
            wanted.particulars(asked.particulars)
    if refused:
        await begin_anew_for(wanted, writing, chunk.transaction)


async def _take_alone(chunk: Chunk, pair: Pair) -> Result:
    try:
        async with chunk.transaction.savepoint():
            return (await _take_together(chunk, [pair]))[0]
    except Taken:
        return Result(pair[0].number, None, None, ANOTHER_WAS_FIRST)


def _decide(chunk: Chunk, item: Item, wanted: AdoptionItem, bench: Bench, writing: Writing) -> Result:
    """Fire the table's own row for one item; what it writes is kept with what the others write."""
    on = bench.on(wanted, chunk.batch.id, item.number)
    if on is None:
        return Result(item.number, None, None, NO_SUCH_HOLDER)
    one, holder = chunk.writing(), bench.known.holders[wanted.holder_id]
    try:
        hand = fire(one, ACCOUNT, ACCOUNT.by_trigger["adopt"], None, on, chunk.office.calendar)
    except Refused as refused:
        return Result(item.number, None, None, refused.problems)
    write_steps(one, chunk.office.keys, (holder.identity_id, holder.mask_key))
    bench.known.take(wanted)
    writing.hands += one.hands
    writing.inserts += one.inserts
    writing.updates += one.updates
    writing.later += one.later
    return Result(item.number, hand.id, one.steps[0].id, ())


ADOPTING: Final = Way(BatchKind.ADOPT, ("fill", "add"), "adopt", _take, judged)
