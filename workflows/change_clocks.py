"""The clocks of an open change stand while a measure in force keeps the profile as it is (Art. 6, 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import sqlalchemy as sa

from domain.account import Account, ChangeState
from domain.deadline import DeadlineKind as K
from domain.restriction import takes_changes
from domain.sanction import HasTerm, Measure, in_force
from domain.table import table_of
from workflows.changes import Change, Insert, Later, Pause, Resume, Update
from workflows.database import Among, Transaction, decoder, loader, valued
from workflows.deadlines import move
from workflows.engine import Fact, On
from workflows.hands import Hand, Writing

_ACCOUNT, _MEASURE = table_of(Account), table_of(Measure)
# What runs while it waits for the provider, and while it waits for its holder.
CLOCKS: Final[Mapping[ChangeState, tuple[K, ...]]] = MappingProxyType(
    {
        ChangeState.ASKED: (K.CHANGE_DECISION,),
        ChangeState.SUPPLEMENT_REQUESTED: (K.CHANGE_SUPPLEMENT, K.CHANGE_SUPPLEMENT_REMINDER),
    }
)
_OF_ACCOUNT: Final = sa.select(*loader(Measure).columns).where(
    _MEASURE.c.account_id == sa.bindparam("id", type_=sa.Text, required=False)
)


def _taken(rows: Any, dialect: sa.Dialect) -> Mapping[str, Any]:
    scope = decoder(_MEASURE.c.scope.type, dialect) or list
    return {"update_taken": any(takes_changes(row[1], scope(row[2]), bool(row[3])) for row in rows)}


UPDATE_TAKEN: Final = Fact(
    "update_taken",
    sa.select(_ACCOUNT.c.id, _MEASURE.c.level, _MEASURE.c.scope, _MEASURE.c.is_news)
    .join(_MEASURE, _MEASURE.c.account_id == _ACCOUNT.c.id)
    .where(
        Among(_ACCOUNT.c.id, "ids"),
        in_force(cast("HasTerm", _MEASURE.c), sa.bindparam("now", type_=_MEASURE.c.until.type, required=False)),
    ),
    _taken,
    in_steps=True,
)


def stand(on: On, state: ChangeState) -> Iterable[Change]:
    """What begins to run while such a measure is in force stands until it has ended."""
    if on.facts.update_taken:
        yield from map(Pause, CLOCKS[state])


def set_anew(_: On) -> Iterable[Change]:
    yield Later(_as_measures_leave_it)


async def _as_measures_leave_it(
    office: Any, transaction: Transaction, writing: Writing, hand: Hand
) -> Iterable[Insert | Update]:
    """Whatever began or ended a measure, the change's clocks stand or run as the measures leave it."""
    rows = await transaction.fetch(_OF_ACCOUNT, {"id": hand.id})
    known = {row.id: row for row in (loader(Measure).row(row, transaction.dialect) for row in rows)}
    known |= {values["id"]: valued(Measure, values) for model, values in writing.inserts if model is Measure}
    for model, id_, values in writing.updates:
        if model is Measure:
            known[id_] = valued(Measure, {**vars(known[id_]), **values})
    standing = (row for row in known.values() if in_force(row, writing.now))
    stands = any(takes_changes(row.level, row.scope, row.is_news) for row in standing)
    for kind in CLOCKS[hand.value("change_state")]:
        move(Pause(kind) if stands else Resume(kind), hand, writing, office.calendar)
    return ()
