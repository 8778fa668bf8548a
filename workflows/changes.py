"""What an effect may ask for. Effects return these; the engine applies them, nothing else writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.deadline import DeadlineKind, Outcome
from domain.journal import TextName
from domain.notice import Party
from domain.table import Table


@dataclass(frozen=True, slots=True)
class Set:
    """Columns of the case itself; never its state."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row. Whose it is and when it was made is filled in from the case."""

    model: type[Table]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """Columns of another row that is no case, by its id."""

    model: type[Table]
    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Start:
    """A deadline begins to run: for the length of its kind, from now or a date ahead, or to a date that was set."""

    kind: DeadlineKind
    until: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A deadline stands still."""

    kind: DeadlineKind


@dataclass(frozen=True, slots=True)
class Resume:
    """A paused deadline runs on."""

    kind: DeadlineKind


@dataclass(frozen=True, slots=True)
class Postpone:
    """A deadline ends no sooner after the reminder that is served now than it would have after one in time."""

    kind: DeadlineKind


@dataclass(frozen=True, slots=True)
class Defer:
    """A deadline is due later than was told: the calendar of its year has come."""

    kind: DeadlineKind
    until: datetime
    is_assumed: bool  # into a year that is not published either


@dataclass(frozen=True, slots=True)
class Settle:
    """A deadline ends."""

    kind: DeadlineKind
    outcome: Outcome = Outcome.MET


@dataclass(frozen=True, slots=True)
class Serve:
    """A notice to a party; to an authority by its id."""

    party: Party
    authority_id: str | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """Plain facts of the decision for the journal: codes, numbers, ids; never personal data."""

    values: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Say:
    """A text of the step, sealed under the data subject it is about."""

    name: TextName
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """The account that the case hangs on goes to another authority, with everything that is kept of it."""

    authority_id: str


# What is known only once all is decided: (office, transaction, the work, the case) give further rows to write.
Completion = Callable[[Any, Any, Any, Any], "Awaitable[Iterable[Insert | Update]]"]


@dataclass(frozen=True, slots=True)
class Later:
    """Rows that need what the database or the keys have still to say, made after the decision and before the commit."""

    work: Completion


Change = (
    Set | Insert | Update | Start | Pause | Resume | Postpone | Defer | Settle | Serve | Detail | Say | Later | Move
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a creating trigger begins with: whose case it is, and its columns."""

    provider_id: str | None
    jurisdiction: str | None
    values: Mapping[str, Any]
    holder_id: str | None = None
    effects: tuple[Change, ...] = ()
