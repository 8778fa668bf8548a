"""Closing an account: by its holder after a time to cool off, or because its subject has ended (Art. 6, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.account import IN_USE, AccountState, ClosedCause
from domain.calendar import add_calendar_days, local_day
from domain.deadline import DeadlineKind, Outcome
from domain.journal import TextName
from domain.notice import Party
from domain.problems import ProblemCode
from workflows import account_change_commands as c
from workflows.account_change import drop_change, release_names
from workflows.changes import Change, Detail, Later, Pause, Resume, Say, Serve, Set, Settle, Start
from workflows.closing import HELD, is_held
from workflows.deadlines import lengths
from workflows.engine import On, Rests, Transition, always_two, guard
from workflows.own_matter import is_not_ones_own_matter
from workflows.public_record import end_register, revoke_badges
from workflows.timed import Due


@guard(ProblemCode.CLOSURE_ASKED, rests=Rests.LOCKED, path=("id",))
def no_closure_is_asked(on: On) -> bool:
    return on.case.closing_at is None


@guard(ProblemCode.CLOSURE_NOT_ASKED, rests=Rests.LOCKED, path=("id",))
def a_closure_is_asked(on: On) -> bool:
    return on.case.closing_at is not None


@guard(ProblemCode.DAY_AHEAD, rests=Rests.DERIVED, on_input=True, path=("endedOn",))
def subject_has_ended(on: On) -> bool:
    return bool(on.input.ended_on <= local_day(on.now))


def _ask(on: On) -> Iterable[Change]:
    closing_at = add_calendar_days(on.now, lengths()[DeadlineKind.COOLING_OFF].days)
    yield Start(DeadlineKind.COOLING_OFF, closing_at)
    yield Set({"closing_at": closing_at})
    if is_held(on):
        yield from _hold(on)


def _hold(on: On) -> Iterable[Change]:
    yield Pause(DeadlineKind.COOLING_OFF)
    yield Set({"closing_held_at": on.now})


def _resume(_: On) -> Iterable[Change]:
    """Nothing holds it any more: what was left of the time to cool off runs on."""
    yield Resume(DeadlineKind.COOLING_OFF)
    yield Set({"closing_held_at": None})


def _cancel(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.COOLING_OFF, Outcome.MOOT)
    yield Set({"closing_at": None, "closing_held_at": None})


def _close(on: On) -> Iterable[Change]:
    yield from _cancel(on)
    yield from drop_change(on)
    yield Settle(DeadlineKind.NAME_AMENDMENT, Outcome.MOOT)
    yield Later(release_names)
    if isinstance(on.input, Due):  # the holder asked, and has not taken it back
        yield Set({"closed_cause": ClosedCause.HOLDER})
    elif on.input is None:  # the sanction that closes it has told the holder why
        yield Set({"closed_cause": ClosedCause.SANCTION})
    else:
        yield Set({"closed_cause": ClosedCause.SUBJECT_ENDED})
        yield Detail({"ended_on": on.input.ended_on.isoformat(), "proof_sha256": on.input.proof_sha256})
        yield Say(TextName.FACTS, on.input.facts)
        yield Say(TextName.NOTE, on.input.proof_reference)
    if on.input is not None:
        yield Serve(Party.HOLDER)
        yield Serve(Party.PROVIDER)
    yield Later(revoke_badges)
    yield Later(end_register)


def _reinstate(_: On) -> Iterable[Change]:
    """The closure should not have been, or became something milder: its filing comes back after it."""
    yield Set({"closed_cause": None})


CLOSING: Final = (
    Transition(
        "ask_close",
        IN_USE,
        None,
        6,
        c.AccountAskClose,
        guards=(no_closure_is_asked,),
        effects=(_ask,),
        facts=(HELD,),
    ),
    Transition("hold_closing", IN_USE, None, 8, effects=(_hold,)),
    Transition("resume_closing", IN_USE, None, 8, effects=(_resume,)),
    Transition("cancel_close", IN_USE, None, 6, c.AccountCancelClose, guards=(a_closure_is_asked,), effects=(_cancel,)),
    Transition(
        "close",
        IN_USE,
        AccountState.CLOSED,
        6,
        c.AccountClose,
        guards=(is_not_ones_own_matter, subject_has_ended),
        effects=(_close,),
        four_eyes=always_two,
        facts=(HELD,),
    ),
    Transition("reinstate", (AccountState.CLOSED,), AccountState.REVIEWED, 8, effects=(_reinstate,)),
)
