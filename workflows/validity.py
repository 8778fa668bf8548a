"""What was given for a time: it runs, is reminded of, and ends; and runs anew once it is renewed (Art. 4, 6, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.case import NO_DUE_DATE
from domain.deadline import DeadlineKind, Outcome
from domain.reminder import REMINDED_BY, next_reminder
from workflows.changes import Change, Settle, Start


def runs_until(kind: DeadlineKind, ends_at: datetime | None, last: datetime | None, now: datetime) -> Iterator[Change]:
    """It runs to that moment, or without end; what ran before is over. `last`: what reminders count back from."""
    yield from runs_no_more(kind, Outcome.MET)
    if ends_at is None or ends_at.year >= NO_DUE_DATE.year:  # "always" may be written as a day, too
        return
    yield Start(kind, ends_at)
    if last is not None and last > now:
        yield from is_reminded_of(kind, last, now)


def is_reminded_of(kind: DeadlineKind, last: datetime, after: datetime) -> Iterator[Change]:
    """The next reminder waits, if there is one more."""
    if (at := next_reminder(last, after)) is not None:
        yield Start(REMINDED_BY[kind], at)


def runs_no_more(kind: DeadlineKind, outcome: Outcome = Outcome.MOOT) -> Iterator[Change]:
    """Neither its end nor a reminder of it is to come."""
    yield Settle(kind, outcome)
    yield Settle(REMINDED_BY[kind], outcome)
