"""Where accounts to adopt are judged one after the other: what one takes is taken for those after it (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import new_id
from domain.problems import Problem, ProblemCode
from domain.viewer import Viewer
from workflows.account_adopt import ADOPT, AdoptionItem
from workflows.adoption_facts import Known, known_of
from workflows.batch_filling import About, filled
from workflows.batch_items import Item, Result
from workflows.database import Connection, Transaction
from workflows.engine import On

NO_SUCH_HOLDER = (Problem(ProblemCode.NOT_FOUND, ("holderId",)),)


@dataclass(frozen=True)
class Bench:
    """What is known of some items, and who decides on them when."""

    known: Known
    viewer: Viewer
    now: datetime
    persons: frozenset[bytes]  # behind those who propose and endorse: nobody decides their own matter

    def on(self, item: AdoptionItem, batch_id: str = "", number: int = 0) -> On | None:
        """What the guards of an item see; nothing where its holder is out of sight."""
        holder = self.known.holders.get(item.holder_id)
        if holder is None:
            return None
        facts = self.known.facts(item, persons=self.persons, batch_id=batch_id, number=number)
        return On(None, facts, self.viewer, self.now, item, new_id("account"), holder.row)

    def verdict(self, item: AdoptionItem) -> tuple[Problem, ...]:
        """Why an item would be refused now. Where it would not be, its names are to be had no more."""
        at = self.on(item)
        if at is None:
            return NO_SUCH_HOLDER
        found = tuple(dict.fromkeys(problem for one in ADOPT.guards for problem in one.problems(at)))
        if not found:
            self.known.take(item)
        return found


async def adoptions_filled(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The accounts that came into a batch, each with its verdict as of now; or the places of holders out of sight."""
    provider_id = on.case.provider_id if on.case is not None else on.cause.id
    items: Sequence[AdoptionItem] = on.input.items
    known = await known_of(transaction, provider_id, items, on.viewer, on.now, office.keys)
    unseen = [i for i, item in enumerate(items) if item.holder_id not in known.holders]
    if unseen:
        return {"unseen": tuple(("items", str(i), "holderId") for i in unseen)}
    bench = _bench(known, on.viewer, on.now)
    holders = [known.holders[item.holder_id] for item in items]
    about = [About(holder.row.id, holder.identity_id, holder.mask_key) for holder in holders]
    return filled(office.keys, on, about, [bench.verdict(item) for item in items])


async def judged(
    connection: Connection, office: Any, batch: Any, items: Sequence[Item], viewer: Viewer, now: datetime
) -> tuple[Result, ...]:
    """What would become of items that wait."""
    asked = [item.read(AdoptionItem) for item in items]
    bench = _bench(await known_of(connection, batch.provider_id, asked, viewer, now, office.keys), viewer, now)
    pairs = zip(items, asked, strict=True)
    return tuple(Result(item.number, None, None, bench.verdict(wanted)) for item, wanted in pairs)


def _bench(known: Known, viewer: Viewer, now: datetime) -> Bench:
    return Bench(known, viewer, now, frozenset({viewer.person} if viewer.person else ()))
