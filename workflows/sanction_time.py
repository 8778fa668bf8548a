"""What time does to a sanction: its decision falls due, its measures end (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.calendar import add_hours
from domain.deadline import DeadlineKind, Outcome
from domain.notice import Party
from domain.sanction import RUNGS, UNDECIDED
from domain.sanction import SanctionState as S
from workflows import sanction_effects as effects
from workflows.changes import Change, Serve, Settle, Start
from workflows.database import Transaction
from workflows.deadlines import due
from workflows.due_dates import defer
from workflows.engine import Gathered, On, Transition

_KIND: Final = DeadlineKind.SANCTION_DECISION


async def _hearing(office: Any, _: Transaction, on: On) -> Mapping[str, Any]:
    """When an answer to a notice of now is due, and the decision after it."""
    hours = on.input.answer_hours
    ends = due(DeadlineKind.SANCTION_ANSWER, on.now, office.calendar) if hours is None else add_hours(on.now, hours)
    return {"answer_until": ends, "decide_by": due(_KIND, ends, office.calendar)}


async def _decision(office: Any, _: Transaction, on: On) -> Mapping[str, Any]:
    return {"decide_by": due(_KIND, on.now, office.calendar)}


HEARING: Final = Gathered("hearing", _hearing)
DECISION: Final = Gathered("decision", _decision)


def start_deciding(_: On) -> Iterable[Change]:
    yield Start(_KIND)


def decide_after_the_hearing(on: On) -> Iterable[Change]:
    """Of a case that waits for its decision: a holder who is heard late is not told of one that is overdue."""
    if on.before in UNDECIDED:
        yield Settle(_KIND, Outcome.MOOT)
        yield Start(_KIND, since=on.facts.answer_until)


def decide_now_that_it_was_heard(on: On) -> Iterable[Change]:
    """Brought forward, never put off: not by an answer after its time, nor by a second one."""
    before = on.facts.decisions.get(on.id)
    if before is not None and on.facts.decide_by < before:
        yield from decide_after_the_hearing(on)


def decided(on: On) -> Iterable[Change]:
    yield Settle(_KIND)


def _tell(on: On) -> Iterable[Change]:
    yield Serve(Party.PROVIDER)
    yield Serve(Party.AUTHORITY, on.case.jurisdiction)


BY_TIME: Final = (
    Transition("overdue", UNDECIDED, None, 8, effects=(_tell,)),
    Transition("recount", (*UNDECIDED, S.WARNING, S.RESTRICTED), None, 8, effects=(defer,)),
    Transition("lapse_interim", (*UNDECIDED, *RUNGS, S.DISMISSED), None, 8, effects=(effects.lapse_interim,)),
)
