"""Due dates counted again once the calendar of their year has come: later, never earlier than told (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.calendar import WorkingDays
from domain.deadline import Deadline, DeadlineKind
from domain.journal import written
from workflows.changes import Change, Defer, Detail, Set
from workflows.deadlines import counted_again
from workflows.engine import On

RECOUNT: Final = "recount"  # the trigger of every workflow that has due dates; fired by workflows/recounting.py


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount has in place of an input: the deadlines of the case that end later."""

    later: tuple[Defer, ...]


def defer(on: On) -> Iterable[Change]:
    """The new dates are journalled: they move what was told."""
    yield from on.input.later
    yield Detail({str(one.kind): written(one.until) for one in on.input.later})
    for one in on.input.later:
        if one.kind is DeadlineKind.SANCTION_ANSWER:
            yield Set({"answer_until": one.until})  # the hearing is asked of this date


def that_end_later(rows: Iterable[Deadline], calendar: WorkingDays) -> tuple[Defer, ...]:
    """What runs and ends later by this calendar; what was told as overdue stays so."""
    found = []
    for row in rows:
        if row.counted_from is None or row.paused_at is not None or row.outcome is not None:
            continue
        until = counted_again(row, calendar)
        if until > row.due_at:
            found.append(Defer(row.kind, until, not calendar.is_certain(row.counted_from, until)))
    return tuple(found)
