"""Some items of a batch in one transaction: decided, written together, and each told its verdict (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.batch import Batch, BatchItem, ItemState
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from domain.viewer import Viewer
from workflows import batch_items
from workflows.batch_items import Item, Result
from workflows.batch_pace import Pace
from workflows.database import Transaction
from workflows.hands import Writing
from workflows.office import Office
from workflows.writing import update

_ITEM: Final = table_of(BatchItem)
_VERDICT: Final = ("carried_out_at", "case_id", "problems", "sealed", "state", "step_id")
ANOTHER_WAS_FIRST: Final = (Problem(ProblemCode.TRY_AGAIN),)
Take = Callable[["Chunk"], Awaitable[list[Result]]]


@dataclass(frozen=True, slots=True)
class Spent:
    """The proposal that the batch's own step was taken on: who endorsed every item of it."""

    case_id: str
    hash: str
    step_id: str
    endorser_id: str
    endorser_person: bytes | None


@dataclass(frozen=True)
class Chunk:
    """Items that wait, and all that is needed to decide on them."""

    office: Office
    transaction: Transaction
    batch: Any
    items: Sequence[Item]
    viewer: Viewer
    now: datetime
    spent: Spent
    caught_up: Collection[str]
    pace: Pace | None = None  # None: all of it goes into this transaction

    @property
    def is_over(self) -> bool:
        """Whether what is left goes into the next one."""
        return self.pace is not None and self.pace.is_over

    @property
    def persons(self) -> frozenset[bytes]:
        """Behind those who decide and endorse: nobody decides their own matter."""
        both = (self.viewer.person, self.spent.endorser_person)
        return frozenset(bytes(person) for person in both if person is not None)

    def writing(self) -> Writing:
        """For one item, or for several that are written together."""
        return Writing(self.viewer, self.now, caught_up=self.caught_up)

    async def carry_out(self, take: Take) -> list[Result]:
        """The verdict on each item that was come to; the others wait for the next transaction."""
        if not self.items:
            return []
        results = await take(self)
        await self._tell(results)
        return results

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
