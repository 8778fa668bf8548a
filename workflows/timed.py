"""What time does, as one literal table: the step that follows when a deadline of a kind has passed (Art. 6, 7).

Nobody asks for a timed step, so it has no guards but the one its row names; where that or the state says no, nothing
was due any more. A row that leaves its deadline open only tells that it has passed: that happens once, and what is due
stays due, and overdue, until somebody does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from domain.account import AccountState, ChangeState
from domain.deadline import DeadlineKind as K
from domain.deadline import Outcome
from domain.reminder import REMINDED_BY
from workflows import filed_names, permission_time
from workflows.changes import Change, Settle, Start
from workflows.closing import is_held
from workflows.engine import On


@dataclass(frozen=True, slots=True)
class Due:
    """What passed: a timed step has this in place of an input."""

    kind: K
    at: datetime


def _always(_case: Any, _due: Due) -> bool:
    return True


def _indeed(_: On) -> bool:
    return True


def _nothing(_: On) -> Iterable[Change]:
    return ()


def _waits_for_its_holder(case: Any, _: Due) -> bool:
    return bool(case.state == AccountState.SUPPLEMENT_REQUESTED)


def _was_reminded(on: On) -> bool:
    return bool(on.facts.reminded)


def _run_anew(on: On) -> Iterable[Change]:
    """Nobody loses what they asked for without having been reminded: the time runs once more, and its reminder."""
    kind: K = on.input.kind
    yield Settle(REMINDED_BY[kind], Outcome.MOOT)
    yield Start(REMINDED_BY[kind])
    yield Start(kind)


def _waits_for_review(case: Any, _: Due) -> bool:
    return bool(case.state == AccountState.APPLIED)


def _change_waits_for_review(case: Any, _: Due) -> bool:
    return bool(case.change_state == ChangeState.ASKED)


def _change_waits_for_its_holder(case: Any, _: Due) -> bool:
    return bool(case.change_state == ChangeState.SUPPLEMENT_REQUESTED)


def _closing_is_asked_for(case: Any, _: Due) -> bool:
    return case.closing_at is not None


def _nothing_holds_it(on: On) -> bool:
    return not is_held(on)


def _ask_again_then(on: On) -> Iterable[Change]:
    yield Start(K.COOLING_OFF, on.facts.held_until)


def _interim_runs(case: Any, _: Due) -> bool:
    return case.interim_id is not None


def _measure_runs_until_then(case: Any, due: Due) -> bool:
    return bool(case.measure_until == due.at)


@dataclass(frozen=True, slots=True)
class TimedStep:
    """When a deadline of this kind has passed, `fires` fires on its case, if `when` holds, and `still` of its facts.

    Where only `still` does not, nothing is journalled, and what `otherwise` says of the case's deadlines is done.
    """

    kind: K
    fires: tuple[str, str] | None  # None: it is over by itself, and nobody is told
    stays_open: bool = False
    when: Callable[[Any, Due], bool] = _always
    still: Callable[[On], bool] = _indeed
    otherwise: Callable[[On], Iterable[Change]] = _nothing


_ROWS: Final = (
    TimedStep(K.SUPPLEMENT_REMINDER, ("account", "remind"), when=_waits_for_its_holder),
    TimedStep(K.SUPPLEMENT, ("account", "lapse"), still=_was_reminded, otherwise=_run_anew),
    TimedStep(K.CHANGE_SUPPLEMENT_REMINDER, ("account", "remind"), when=_change_waits_for_its_holder),
    TimedStep(
        K.CHANGE_SUPPLEMENT,
        ("account", "lapse_change"),
        when=_change_waits_for_its_holder,
        still=_was_reminded,
        otherwise=_run_anew,
    ),
    TimedStep(K.REVIEW_DECISION, ("account", "review_overdue"), stays_open=True, when=_waits_for_review),
    TimedStep(K.CHANGE_DECISION, ("account", "review_overdue"), stays_open=True, when=_change_waits_for_review),
    TimedStep(K.FILING_SUBMISSION, ("filing", "overdue"), stays_open=True),
    TimedStep(K.FILING_ANSWER, ("filing", "overdue"), stays_open=True),
    TimedStep(K.FILING_AGAIN, ("filing", "overdue"), stays_open=True),
    TimedStep(K.FILING_DECISION, ("filing", "overdue"), stays_open=True),
    TimedStep(
        K.COOLING_OFF,
        ("account", "close"),
        when=_closing_is_asked_for,
        still=_nothing_holds_it,
        otherwise=_ask_again_then,
    ),
    TimedStep(K.NAME_AMENDMENT, ("account", "rename"), still=filed_names.is_behind, otherwise=filed_names.wait),
    TimedStep(K.LICENCE_DOUBT, ("permission", "doubt_overdue"), stays_open=True),
    TimedStep(K.SANCTION_ANSWER, None),  # the hearing is over: asked of the date itself
    TimedStep(K.SANCTION_DECISION, ("sanction", "overdue"), stays_open=True),
    TimedStep(K.INTERIM_END, ("sanction", "lapse_interim"), when=_interim_runs),
    TimedStep(K.MEASURE_END, ("sanction", "expire"), when=_measure_runs_until_then),
    TimedStep(K.AUTHORITY_REPORT, ("authority_report", "overdue"), stays_open=True),
    TimedStep(K.IDENTITY_REMINDER, ("identity", "remind")),
    TimedStep(K.IDENTITY_VALIDITY, ("identity", "go_stale")),
    TimedStep(K.QUALIFICATION_REMINDER, ("qualification", "remind")),
    TimedStep(K.QUALIFICATION_VALIDITY, ("qualification", "lapse")),
    TimedStep(
        K.PERMISSION_REMINDER,
        ("permission", "remind"),
        still=permission_time.is_near,
        otherwise=permission_time.remind_later,
    ),
    TimedStep(
        K.PERMISSION_VALIDITY,
        ("permission", "expire"),
        still=permission_time.has_expired,
        otherwise=permission_time.run,
    ),
    TimedStep(K.PERMISSION_DECISION, ("permission", "overdue"), stays_open=True),
    TimedStep(K.PROPOSAL, None),  # no call may use it any more from then on
)
TIMED: Final[Mapping[K, TimedStep]] = MappingProxyType({row.kind: row for row in _ROWS})


def kinds_that_fire(noun: str, trigger: str) -> tuple[K, ...]:
    """The kinds of deadline whose passing fires a trigger."""
    return tuple(row.kind for row in _ROWS if row.fires == (noun, trigger))
