"""Taking a measure back: what goes with it, what comes back, and where that leaves its case (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.deadline import DeadlineKind, Outcome
from domain.journal import TextName
from domain.notice import Party
from domain.sanction import NEVER, RUNGS, EndCause, Measure
from domain.sanction import SanctionState as S
from workflows.changes import Change, Detail, Say, Serve, Set, Settle, Start, Update
from workflows.engine import On
from workflows.sanction_effects import lift_bans

# Where the case stands by its last measure, or stood by it to its end; from anywhere else it goes nowhere.
_STANDS_BY_IT: Final = (*RUNGS, S.EXPIRED, S.LIFTED)
_OVER: Final = (S.EXPIRED, S.OVERTURNED)


def taken_back(on: On) -> tuple[Measure, ...]:
    """The measure named, and with a first one all that prolonged it: they were built on it."""
    found = [on.facts.by_id[on.input.measure_id]]
    for measure in on.facts.of_case(on.id):  # the oldest first
        if found[0].prolongs is None and measure.prolongs in {one.id for one in found}:
            found.append(measure)
    return tuple(one for one in found if one.ended_by != EndCause.OVERTURNED)


def former(on: On) -> Measure | None:
    """What a prolongation went on from, which stands as if that had not been."""
    before: Measure | None = on.facts.by_id[on.input.measure_id]
    while before is not None:
        before = on.facts.by_id.get(before.prolongs or "")
        if before is not None and before.ended_by != EndCause.OVERTURNED:
            break
    return before


def where_it_leads(on: On) -> S | None:
    """The case leaves its rung with the measure it stands by, unless a former end is restored; else it stays."""
    state = S(on.case.state)
    if state not in _STANDS_BY_IT or on.case.measure_id not in {one.id for one in taken_back(on)}:
        return None
    before = former(on)
    if before is None:
        return S.OVERTURNED
    return S.EXPIRED if state in RUNGS and before.until <= on.now else None


def rescind(on: On) -> Iterable[Change]:
    """The measure named should not have been."""
    named, taken = on.facts.by_id[on.input.measure_id], taken_back(on)
    for measure in taken:
        ended_at = min(measure.ended_at, measure.until, on.now)
        yield Update(Measure, measure.id, {"ended_by": EndCause.OVERTURNED, "ended_at": ended_at})
    yield Set({"about_id": named.id})
    along = " ".join(one.id for one in taken if one.id != named.id)
    yield Detail({"measure": named.id, "level": str(named.level), "along": along or None})
    yield Say(TextName.PUBLIC_REASON, on.input.reason)
    yield Serve(Party.HOLDER)
    ids, before = {one.id for one in taken}, former(on)
    if on.case.interim_id in ids:
        runs = before is not None and before.until > on.now
        yield Settle(DeadlineKind.INTERIM_END, Outcome.MOOT)
        yield Set({"interim_id": before.id if before is not None and runs else None})
        yield from _restored(on, before, DeadlineKind.INTERIM_END, may_run=True)
    if on.case.measure_id in ids:
        yield Settle(DeadlineKind.MEASURE_END, Outcome.MOOT)
        if before is not None:
            yield Set({"measure_id": before.id, "measure_until": before.until})
        yield from _restored(on, before, DeadlineKind.MEASURE_END, may_run=on.before in RUNGS)
        if on.case.state in _OVER:
            yield Settle(DeadlineKind.SANCTION_ANSWER, Outcome.MOOT)
        yield from lift_bans(on.facts.bans, on.now)


def _restored(on: On, before: Measure | None, kind: DeadlineKind, *, may_run: bool) -> Iterable[Change]:
    """What was prolonged runs to its former end, or ended then; where it was all ended before that, with it."""
    named = on.facts.by_id[on.input.measure_id]
    if before is None:
        return
    if may_run and before.until > on.now:
        yield Update(Measure, before.id, {"ended_by": None, "ended_at": NEVER})
        yield Start(kind, before.until)
        yield Detail({"restored": before.id})
    elif before.until <= min(named.ended_at, on.now):
        yield Update(Measure, before.id, {"ended_by": EndCause.EXPIRED, "ended_at": before.until})
    else:
        yield Update(Measure, before.id, {"ended_by": named.ended_by, "ended_at": named.ended_at})
