"""Where decisions on sanctions are judged and none is taken: many cases at once, by the table's own guards (Art. 8).

What only the deployment gathers when a case moves is not asked for: no guard of a decision looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.identity import Identity
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.sanction import Sanction
from domain.table import table_of
from domain.vault.keys import Keys
from domain.viewer import Viewer
from workflows.batch_filling import About, Verdict, filled
from workflows.database import Among, Connection, Transaction, loader
from workflows.decision_item import DecisionItem
from workflows.engine import Fact, On, Sought, refusals
from workflows.facts import read_facts, seek_facts
from workflows.lateness import is_late
from workflows.sanction import SANCTION
from workflows.sight import in_scope
from workflows.versions import moved_on

NO_SUCH_CASE: Final = (Problem(ProblemCode.NOT_FOUND, ("id",)),)
_DECIDED_BEFORE: Final = (Problem(ProblemCode.STALE_VERSION, ("version",), "An item before decides it."),)
_SANCTION, _IDENTITY = table_of(Sanction), table_of(Identity)


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A sanction in sight, and the identity behind."""

    row: Any
    identity_id: str
    mask_key: bytes
    is_late: bool  # something has passed under its account that nobody carried out

    @property
    def about(self) -> About:
        """What an item on it is about."""
        return About(self.row.holder_id, self.identity_id, self.mask_key, self.row.id, self.row.jurisdiction)


@cache
def _cases(role: Role) -> sa.Select[Any]:
    return (
        sa.select(*loader(Sanction).columns, _IDENTITY.c.id, _IDENTITY.c.mask_key, is_late(_SANCTION.c.account_id))
        .join(_IDENTITY, _IDENTITY.c.holder_id == _SANCTION.c.holder_id)
        .where(Among(_SANCTION.c.id, "ids"), in_scope(_SANCTION, role))
    )


async def known_cases(
    connection: Connection, items: Sequence[DecisionItem], viewer: Viewer, now: datetime
) -> dict[str, KnownCase]:
    """The cases in sight that items name, by id."""
    ids = sorted({item.id for item in items})
    load, found = loader(Sanction), {}
    for row in await connection.fetch(_cases(viewer.role), {**viewer.bound, "ids": ids, "now": now}):
        case = load.row(row, connection.dialect)
        found[case.id] = KnownCase(case, row[load.width], bytes(row[load.width + 1]), bool(row[-1]))
    return found


async def verdicts(
    connection: Connection,
    items: Sequence[DecisionItem],
    known: Mapping[str, KnownCase],
    viewer: Viewer,
    now: datetime,
    keys: Keys,
) -> list[Verdict]:
    """Why each item would be refused now. Where one would not be, its case is where it was no more for those after."""
    facts = await _facts(connection, items, known, viewer, now, keys)
    found: list[Verdict] = []
    decided: set[str] = set()
    for item in items:
        case = known.get(item.id)
        if case is None:
            found.append(NO_SUCH_CASE)
        elif item.id in decided:
            found.append(_DECIDED_BEFORE)
        elif (stale := await moved_on(item.id, case.row.seq, item.version, connection)) is not None:
            found.append((stale,))
        else:
            on = On(case.row, facts[item.id], viewer, now, item.command(), item.id)
            found.append(item.placed(_refusals(item.trigger, on)))
            decided |= set() if found[-1] else {item.id}
    return found


def _refusals(trigger: str, on: On) -> list[Problem]:
    grant = SANCTION.grant(trigger)
    if grant is None or not on.viewer.may(grant):
        return [Problem(ProblemCode.NOT_ALLOWED)]
    return refusals(SANCTION, SANCTION.by_trigger[trigger], on.case.state, on, with_input=True)


async def _facts(
    connection: Connection,
    items: Sequence[DecisionItem],
    known: Mapping[str, KnownCase],
    viewer: Viewer,
    now: datetime,
    keys: Keys,
) -> dict[str, Any]:
    """What the guards of each case look at, one statement a fact for all of them."""
    wanted = list(SANCTION.facts)
    sought: list[Sought] = []
    for trigger in sorted({item.trigger for item in items}):
        wanted += [fact for fact in SANCTION.by_trigger[trigger].facts if isinstance(fact, Fact)]
        sought += [fact for fact in SANCTION.by_trigger[trigger].facts if isinstance(fact, Sought)]
    bound = {**viewer.bound, "now": now}
    fields = await read_facts(tuple(dict.fromkeys(wanted)), list(known), bound, connection)
    await seek_facts(tuple(dict.fromkeys(sought)), fields, keys, now, connection)
    return {id_: SANCTION.facts_type(**of_case) for id_, of_case in fields.items()}


async def decisions_filled(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The decisions that came into a batch, each with its verdict as of now; or the places of cases out of sight."""
    items: Sequence[DecisionItem] = on.input.items
    known = await known_cases(transaction, items, on.viewer, on.now)
    if unseen := tuple(("items", str(i), "id") for i, item in enumerate(items) if item.id not in known):
        return {"unseen": unseen}
    told = await verdicts(transaction, items, known, on.viewer, on.now, office.keys)
    return filled(office.keys, on, [known[item.id].about for item in items], told)
