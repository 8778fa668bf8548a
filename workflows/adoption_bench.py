"""Where items are judged one after the other: what one of them takes is taken for those after it (Art. 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.ids import new_id
from domain.problems import Problem, ProblemCode
from domain.viewer import Viewer
from workflows.account_adopt import ADOPT, AdoptionItem
from workflows.adoption_facts import Known
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
