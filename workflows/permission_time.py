"""The time of a permission: it ends with its last day, its licence's or one extended by a renewal (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from domain.calendar import add_calendar_days, end_of, local_day
from domain.deadline import DeadlineKind
from domain.notice import Party
from domain.permission import extended_to, last_day
from domain.reminder import DAYS_BEFORE
from workflows.changes import Change, Detail, Serve
from workflows.engine import On
from workflows.validity import is_reminded_of, runs_no_more, runs_until


def run(on: On) -> Iterable[Change]:
    """Nobody is reminded of what they asked for. Where neither licence nor grant names a day, it has no end."""
    last, ends_on = _last_day(on), _ends_on(on)
    reminded = None if last is None or on.case.renewal_asked_at is not None else _begins(last)
    ends_at = None if ends_on is None else end_of(ends_on)
    yield from runs_until(DeadlineKind.PERMISSION_VALIDITY, ends_at, reminded, on.now)


def has_expired(on: On) -> bool:
    """Asked anew when its deadline has passed: an import may have prolonged the licence meanwhile."""
    ends_on = _ends_on(on)
    return ends_on is not None and ends_on < local_day(on.now)


def remind(on: On) -> Iterable[Change]:
    if (last := _last_day(on)) is not None:
        yield Detail({"last_day": last.isoformat()})
    yield Serve(Party.HOLDER)
    yield from remind_later(on)


def is_near(on: On) -> bool:
    """Whether a reminder is due yet: the licence may have been prolonged since, or have ended."""
    last = _last_day(on)
    return last is not None and add_calendar_days(_begins(last), -max(DAYS_BEFORE)) <= on.input.at <= _begins(last)


def remind_later(on: On) -> Iterable[Change]:
    """Of the last day that the register tells now."""
    if (last := _last_day(on)) is not None and last > local_day(on.now):
        yield from is_reminded_of(DeadlineKind.PERMISSION_VALIDITY, _begins(last), on.input.at)


def end(_: On) -> Iterable[Change]:
    """However it ended, nothing more is to come."""
    yield from runs_no_more(DeadlineKind.PERMISSION_VALIDITY)


def _last_day(on: On) -> date | None:
    licence = on.facts.licence
    return last_day(on.case.kind, on.case.valid_until, None if licence is None else licence.valid_to)


def _ends_on(on: On) -> date | None:
    last = _last_day(on)
    return None if last is None else extended_to(last, on.case.renewal_asked_at)


def _begins(day: date) -> datetime:
    return end_of(day - timedelta(days=1))
