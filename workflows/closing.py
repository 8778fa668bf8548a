"""Whether an account's closing is held: by measures, and by undecided cases, that its holder was told of (Art. 6, 8).

An undecided case holds until its decision is overdue. Whatever the holder was not told of holds nothing, so that no
answer tells them of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.closing import HOLDING
from domain.columns import TEXT
from domain.deadline import Deadline, DeadlineKind
from domain.sanction import HEAVY, UNDECIDED, Measure, Sanction
from domain.table import table_of
from workflows.database import Among, Row, decoder
from workflows.engine import Fact, On

_ACCOUNT, _SANCTION, _MEASURE, _DEADLINE = (table_of(model) for model in (Account, Sanction, Measure, Deadline))
_AT: Final = _MEASURE.c.until.type


def _word(word: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{word}'", TEXT)


def of_decision(case: sa.FromClause) -> sa.ColumnElement[bool]:
    """The deadline of the decision of a case that its holder was told of and that waits for it."""
    is_told = sa.and_(case.c.state.in_([_word(state) for state in UNDECIDED]), case.c.told_at.is_not(None))
    kind = _DEADLINE.c.kind == _word(DeadlineKind.SANCTION_DECISION)
    return sa.and_(_DEADLINE.c.case_id == case.c.id, kind, _DEADLINE.c.settled_at.is_(None), is_told)


# When the last of an account's measures that hold is over, or was; and when its last decision is overdue, or was.
_OVER: Final = sa.case((_MEASURE.c.until < _MEASURE.c.ended_at, _MEASURE.c.until), else_=_MEASURE.c.ended_at)
HELD_UNTIL: Final = (
    sa.select(sa.func.max(_OVER, type_=_AT))
    .where(_MEASURE.c.account_id == _ACCOUNT.c.id, _MEASURE.c.level.in_([_word(level) for level in HOLDING]))
    .correlate(_ACCOUNT)
    .scalar_subquery(),
    sa.select(sa.func.max(_DEADLINE.c.due_at, type_=_AT))
    .select_from(_SANCTION.join(_DEADLINE, of_decision(_SANCTION)))
    .where(_SANCTION.c.account_id == _ACCOUNT.c.id)
    .correlate(_ACCOUNT)
    .scalar_subquery(),
)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of some moments; None where there is none."""
    return max((at for at in moments if at is not None), default=None)


def _held(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    decode = decoder(_AT, dialect) or (lambda stored: stored)
    return {"held_until": latest(at and decode(at) for at in rows[0][1:])}


HELD: Final = Fact("held_closing", sa.select(_ACCOUNT.c.id, *HELD_UNTIL).where(Among(_ACCOUNT.c.id, "ids")), _held)


def is_held(on: On) -> bool:
    """Whether something holds the closing of an account now."""
    return on.facts.held_until is not None and bool(on.now < on.facts.held_until)


# --- what a step of a sanction does to it -------------------------------------------------------------------------
def _decisions(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    decode = decoder(_AT, dialect) or (lambda stored: stored)
    return {"decisions": {row[1]: decode(row[2]) for row in rows}}


_BESIDE: Final = _SANCTION.alias("beside")
DECISIONS: Final = Fact(
    "decisions",
    sa.select(_SANCTION.c.id, _BESIDE.c.id, _DEADLINE.c.due_at)
    .select_from(
        _SANCTION.join(_BESIDE, _BESIDE.c.account_id == _SANCTION.c.account_id).join(_DEADLINE, of_decision(_BESIDE))
    )
    .where(Among(_SANCTION.c.id, "ids")),
    _decisions,
)


def holds_it(case: Any, account: Any) -> bool:
    """Whether a case, of which the holder knows, holds a closing that was asked for and that nothing held before."""
    stands = case.state in (*UNDECIDED, *HEAVY) or case.interim_id is not None
    return case.told_at is not None and stands and account.closing_at is not None and account.closing_held_at is None


def may_free_it(case: Any, account: Any) -> bool:
    """Whether a step of a case, of which the holder knows, may free a closing that is held."""
    return case.told_at is not None and account.closing_held_at is not None


def nothing_holds_it(on: On) -> bool:
    """That neither the case, after its step, nor another of the account holds the closing any more."""
    case, facts = on.cause, on.facts
    beside = (one for one in facts.measures if one.sanction_id != case.id and one.level in HOLDING)
    ends = [min(one.until, one.ended_at) for one in beside]
    if case.state in HEAVY:
        ends.append(case.measure_until)
    if case.interim_id is not None:
        ends.append(facts.by_id[case.interim_id].until)
    ends += [at for id_, at in facts.decisions.items() if id_ != case.id or case.state in UNDECIDED]
    return all(at <= on.now for at in ends)
