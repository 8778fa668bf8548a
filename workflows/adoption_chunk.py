"""Some items of a batch in one transaction: decided, written together, and each told its verdict (Art. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.batch import Batch, BatchItem, ItemState
from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from domain.viewer import Viewer
from workflows import batch_items
from workflows.account import ACCOUNT
from workflows.account_adopt import AdoptionItem
from workflows.adoption_bench import NO_SUCH_HOLDER, Bench
from workflows.adoption_facts import known_of
from workflows.batch_items import Item, Result
from workflows.database import Taken, Transaction
from workflows.firing import complete, fire
from workflows.hands import Writing
from workflows.journal import write_steps
from workflows.office import Office
from workflows.writing import update, write

_ITEM = table_of(BatchItem)
_VERDICT: Final = ("carried_out_at", "case_id", "problems", "sealed", "state", "step_id")
_ANOTHER_WAS_FIRST: Final = (Problem(ProblemCode.TRY_AGAIN),)
Pair = tuple[Item, AdoptionItem]


@dataclass(frozen=True)
class Chunk:
    """Items that wait, and all that is needed to decide on them."""

    office: Office
    transaction: Transaction
    batch: Any
    items: Sequence[Item]
    viewer: Viewer
    now: datetime
    persons: frozenset[bytes]

    async def carry_out(self) -> list[Result]:
        """The verdict on each item; none is left waiting."""
        pairs = [(item, item.asked) for item in self.items]
        if not pairs:
            return []
        try:
            async with self.transaction.savepoint():
                results = await self._take(pairs)
        except Taken:  # decided anew, each by itself: those that stand in nobody's way are not held up
            results = [await self._take_alone(pair) for pair in pairs]
        await self._tell(results)
        return results

    async def _take(self, pairs: Sequence[Pair]) -> list[Result]:
        asked = [item for _, item in pairs]
        whose, keys = self.batch.provider_id, self.office.keys
        known = await known_of(self.transaction, whose, asked, self.viewer, self.now, keys, lock=True)
        bench = Bench(known, self.viewer, self.now, self.persons)
        writing = Writing(self.viewer, self.now)
        results = [self._decide(item, wanted, bench, writing) for item, wanted in pairs]
        await complete(self.office, writing, self.transaction)
        await write(writing, self.transaction)
        return results

    async def _take_alone(self, pair: Pair) -> Result:
        try:
            async with self.transaction.savepoint():
                return (await self._take([pair]))[0]
        except Taken:
            return Result(pair[0].number, None, None, _ANOTHER_WAS_FIRST)

    def _decide(self, item: Item, wanted: AdoptionItem, bench: Bench, writing: Writing) -> Result:
        """Fire the table's own row for one item; what it writes is kept with what the others write."""
        on = bench.on(wanted, self.batch.id, item.number)
        if on is None:
            return Result(item.number, None, None, NO_SUCH_HOLDER)
        one, holder = Writing(self.viewer, self.now), bench.known.holders[wanted.holder_id]
        try:
            hand = fire(one, ACCOUNT, ACCOUNT.by_trigger["adopt"], None, on, self.office.calendar)
        except Refused as refused:
            return Result(item.number, None, None, refused.problems)
        write_steps(one, self.office.keys, (holder.identity_id, holder.mask_key))
        bench.known.take(wanted)
        writing.hands += one.hands
        writing.inserts += one.inserts
        writing.updates += one.updates
        writing.later += one.later
        return Result(item.number, hand.id, one.steps[0].id, ())

    async def _tell(self, results: Sequence[Result]) -> None:
        """Write the verdicts, and how far the batch has come: no step, so its version stays."""
        ids = {item.number: item.id for item in self.items}
        told = [{"row_id": ids[result.index], **self._verdict(result)} for result in results]
        await self.transaction.fetch_each(update(_ITEM, _VERDICT), told)
        refused = sum(bool(result.problems) for result in results)
        counts = {"done": self.batch.done + len(results) - refused, "refused": self.batch.refused + refused}
        await self.transaction.fetch(update(table_of(Batch), ("done", "refused")), {**counts, "row_id": self.batch.id})

    def _verdict(self, result: Result) -> dict[str, Any]:
        kept = {"case_id": result.id, "step_id": result.step, "problems": batch_items.told(result.problems)}
        ended = {"state": ItemState.REFUSED} if result.problems else {"state": ItemState.DONE}
        return {**kept, **ended, "sealed": None, "carried_out_at": self.now}
