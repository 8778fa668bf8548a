"""Reminders: on which days before something runs out its party is told, and the kind of deadline that does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.calendar import add_calendar_days
from domain.deadline import DeadlineKind as K

DAYS_BEFORE: Final = (90, 60, 30)  # calendar days before the last day of what somebody was given for a time
# What ends, and what reminds of it. How long after its start a supplement is reminded of is the length of its kind.
REMINDED_BY: Final[Mapping[K, K]] = MappingProxyType(
    {
        K.IDENTITY_VALIDITY: K.IDENTITY_REMINDER,
        K.QUALIFICATION_VALIDITY: K.QUALIFICATION_REMINDER,
        K.PERMISSION_VALIDITY: K.PERMISSION_REMINDER,
        K.SUPPLEMENT: K.SUPPLEMENT_REMINDER,
        K.CHANGE_SUPPLEMENT: K.CHANGE_SUPPLEMENT_REMINDER,
    }
)
# Nothing is due from anybody then, the worker alone has to do: no case shows them.
REMINDERS: Final = frozenset({*REMINDED_BY.values(), K.NAME_AMENDMENT})


def next_reminder(last: datetime, after: datetime) -> datetime | None:
    """The next of the reminders of what ends then; None where all have been."""
    ahead = (add_calendar_days(last, -days) for days in DAYS_BEFORE)
    return min((at for at in ahead if at > after), default=None)
