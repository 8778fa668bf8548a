"""Due dates: how long each kind runs, and what starting, pausing, resuming and settling one changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from domain.calendar import WorkingDays, add_calendar_days
from domain.case import NO_DUE_DATE, ClockState
from domain.codes.lists import rows_of
from domain.deadline import Deadline, DeadlineKind, Outcome
from domain.ids import new_id
from domain.reminder import REMINDED_BY, REMINDERS
from workflows.changes import Defer, Pause, Postpone, Resume, Settle, Start
from workflows.database import valued
from workflows.hands import Hand, Writing

Moves = Start | Pause | Resume | Postpone | Defer | Settle
WORKING_DAYS: Final = "WORKING_DAYS"


@dataclass(frozen=True, slots=True)
class Length:
    """How long a deadline runs."""

    days: int
    unit: str


@cache
def lengths() -> Mapping[DeadlineKind, Length]:
    """The length of every kind; a kind without one stops the start."""
    found = {DeadlineKind(row["code"]): Length(int(row["length"]), row["unit"]) for row in rows_of("deadlines")}
    if missing := [kind for kind in DeadlineKind if kind not in found]:
        raise LengthMissing(f"domain/codes/deadlines.csv has no length for {', '.join(missing)}")
    return found


class LengthMissing(Exception):
    """A kind of deadline has no length: add its row in domain/codes/deadlines.csv."""


def due(kind: DeadlineKind, start: datetime, calendar: WorkingDays) -> datetime:
    """When a deadline of this kind that starts now ends."""
    length = lengths()[kind]
    if length.unit == WORKING_DAYS:
        return calendar.after(start, length.days)
    return add_calendar_days(start, length.days)


def move(change: Moves, hand: Hand, writing: Writing, calendar: WorkingDays) -> None:
    """Carry out one change of a deadline, and show the case's next due date on its row."""
    match change:
        case Start(kind, until, since):
            start = since or writing.now
            ends = until or due(kind, start, calendar)
            is_counted = until is None and lengths()[kind].unit == WORKING_DAYS
            _start(kind, ends, hand, writing, _counted(start if is_counted else None, None, ends, calendar))
        case Pause(kind):
            for row in _open(hand, kind, standing=False):
                left = int(_left(row, writing.now, calendar).total_seconds())
                _write(row, hand, writing, paused_at=writing.now, left_seconds=left, next_at=None)
        case Resume(kind):
            _resume(kind, hand, writing, calendar)
        case Postpone(kind):
            _postpone(kind, hand, writing, calendar)
        case Defer(kind, until, is_assumed):
            for row in _open(hand, kind):
                _write(row, hand, writing, due_at=until, next_at=until, is_assumed=is_assumed)
        case Settle(kind, outcome):
            for row in _open(hand, kind):
                _settle(row, hand, writing, outcome)
    show_due(hand)


def _counted(start: datetime | None, seconds: int | None, ends: datetime, calendar: WorkingDays) -> dict[str, Any]:
    """How a due date was come by, so that it can be counted again by a calendar that comes later."""
    is_assumed = start is not None and not calendar.is_certain(start, ends)
    return {
        "counted_from": start,
        "counted_seconds": None if start is None else seconds,
        "is_assumed": is_assumed,
    }


def counted_again(row: Deadline, calendar: WorkingDays) -> datetime:
    """When it ends by this calendar: never earlier than was told."""
    if row.counted_from is None:
        return row.due_at
    if row.counted_seconds is None:
        return max(row.due_at, due(row.kind, row.counted_from, calendar))
    return max(row.due_at, calendar.until(row.counted_from, timedelta(seconds=row.counted_seconds)))


def _resume(kind: DeadlineKind, hand: Hand, writing: Writing, calendar: WorkingDays) -> None:
    for row in _open(hand, kind, standing=True):
        until = _until(row, writing.now, calendar)
        again = until if row.outcome is None else None  # one that is overdue has been told of
        runs = {"paused_at": None, "left_seconds": None, "due_at": until, "next_at": again, "failures": 0}
        is_counted = lengths()[kind].unit == WORKING_DAYS and (row.left_seconds or 0) > 0
        counted = _counted(writing.now if is_counted else None, row.left_seconds, until, calendar)
        _write(row, hand, writing, **runs, **counted)


def _start(kind: DeadlineKind, ends: datetime, hand: Hand, writing: Writing, counted: dict[str, Any]) -> None:
    values = begun(kind, ends, hand, writing) | counted
    writing.inserts.append((Deadline, values))
    hand.deadlines.append(valued(Deadline, values))


def begun(kind: DeadlineKind, ends: datetime, hand: Hand, writing: Writing) -> dict[str, Any]:
    """The row of a deadline that begins to run now."""
    return {
        "id": new_id("deadline"),
        "created_at": writing.now,
        "provider_id": hand.value("provider_id"),
        "jurisdiction": hand.value("jurisdiction"),
        "holder_id": hand.value("holder_id"),
        "root_id": hand.root_id,
        "case_kind": hand.workflow.noun,
        "case_id": hand.id,
        "kind": kind,
        "runs_from": writing.now,
        "due_at": ends,
        "paused_at": None,
        "left_seconds": None,
        "counted_from": None,
        "counted_seconds": None,
        "is_assumed": False,
        "next_at": ends,
        "attempts": 0,
        "failures": 0,
        "settled_at": None,
        "outcome": None,
        "problem": None,
    }


def _left(row: Deadline, now: datetime, calendar: WorkingDays) -> timedelta:
    """What is left of a deadline, in the days it is counted in; nothing is made up for one that has passed."""
    if lengths()[row.kind].unit == WORKING_DAYS and now < row.due_at:
        return calendar.between(now, row.due_at)
    return row.due_at - now


def _until(row: Deadline, now: datetime, calendar: WorkingDays) -> datetime:
    left = timedelta(seconds=row.left_seconds or 0)
    if lengths()[row.kind].unit == WORKING_DAYS and left > timedelta():
        return calendar.until(now, left)
    return now + left


def _postpone(kind: DeadlineKind, hand: Hand, writing: Writing, calendar: WorkingDays) -> None:
    """As many working days lie between the service of a reminder and the end, as if it had been in time."""
    days, served = lengths()[kind].days - lengths()[REMINDED_BY[kind]].days, writing.recorded_at or writing.now
    until = calendar.after(served, days)
    counted = _counted(served, int(calendar.between(served, until).total_seconds()), until, calendar)
    for row in _open(hand, kind, standing=False):
        if row.due_at < until:
            _write(row, hand, writing, due_at=until, next_at=until, **counted)


def _open(hand: Hand, kind: DeadlineKind, *, standing: bool | None = None) -> list[Deadline]:
    """Those not settled; only those that stand still, or that run, where that is asked."""
    open_ = [row for row in hand.deadlines if row.kind == kind and row.settled_at is None]
    return open_ if standing is None else [row for row in open_ if (row.paused_at is not None) is standing]


def _settle(row: Deadline, hand: Hand, writing: Writing, outcome: Outcome) -> None:
    _write(row, hand, writing, settled_at=writing.now, outcome=outcome, next_at=None)


def _write(row: Deadline, hand: Hand, writing: Writing, **values: Any) -> None:
    for model, kept in writing.inserts:
        if model is Deadline and kept["id"] == row.id:
            kept.update(values)
            break
    else:
        writing.updates.append((Deadline, row.id, values))
    hand.deadlines = [valued(Deadline, {**vars(row), **values}) if row.id == r.id else r for r in hand.deadlines]


def show_due(hand: Hand) -> None:
    """The earliest due date that runs, else the state of one that stands, on the row that lists sort by."""
    open_ = [row for row in hand.deadlines if row.settled_at is None and row.kind not in REMINDERS]
    running = [row.due_at for row in open_ if row.paused_at is None]
    if running:
        hand.changes.update(due_at=min(running), clock=ClockState.RUNNING)
    else:
        hand.changes.update(due_at=NO_DUE_DATE, clock=ClockState.PAUSED if open_ else ClockState.NONE)
