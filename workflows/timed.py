"""What time does, as one literal table: the step that follows when a deadline of a kind has passed (Art. 6, 7).

Nobody asks for a timed step, so it has no guards but the one its row names; where that or the state says no, nothing
was due any more. A row that leaves its deadline open only tells that it has passed: that happens once, and what is due
stays due, and overdue, until somebody does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from domain.account import AccountState, ChangeState
from domain.deadline import DeadlineKind as K


@dataclass(frozen=True, slots=True)
class Due:
    """What passed: a timed step has this in place of an input."""

    kind: K
    at: datetime


def _always(_case: Any, _due: Due) -> bool:
    return True


def _waits_for_review(case: Any, _: Due) -> bool:
    return bool(case.state == AccountState.APPLIED)


def _change_waits_for_review(case: Any, _: Due) -> bool:
    return bool(case.change_state == ChangeState.ASKED)


def _change_waits_for_its_holder(case: Any, _: Due) -> bool:
    return bool(case.change_state == ChangeState.SUPPLEMENT_REQUESTED)


def _closure_was_asked_for_then(case: Any, due: Due) -> bool:
    return bool(case.closing_at == due.at)


@dataclass(frozen=True, slots=True)
class TimedStep:
    """When a deadline of this kind has passed, `fires` fires on its case, if `when` holds."""

    kind: K
    fires: tuple[str, str] | None  # None: it is over by itself, and nobody is told
    stays_open: bool = False
    when: Callable[[Any, Due], bool] = _always


_ROWS: Final = (
    TimedStep(K.SUPPLEMENT, ("account", "lapse")),
    TimedStep(K.CHANGE_SUPPLEMENT, ("account", "lapse_change"), when=_change_waits_for_its_holder),
    TimedStep(K.REVIEW_DECISION, ("account", "review_overdue"), stays_open=True, when=_waits_for_review),
    TimedStep(K.CHANGE_DECISION, ("account", "review_overdue"), stays_open=True, when=_change_waits_for_review),
    TimedStep(K.FILING_SUBMISSION, ("filing", "overdue"), stays_open=True),
    TimedStep(K.FILING_ANSWER, ("filing", "overdue"), stays_open=True),
    TimedStep(K.FILING_DECISION, ("filing", "overdue"), stays_open=True),
    TimedStep(K.COOLING_OFF, ("account", "close"), when=_closure_was_asked_for_then),
    TimedStep(K.LICENCE_DOUBT, ("permission", "doubt_overdue"), stays_open=True),
    TimedStep(K.SANCTION_ANSWER, None),  # the hearing is over: asked of the date itself
    TimedStep(K.INTERIM_END, None),
    TimedStep(K.MEASURE_END, None),
    TimedStep(K.AUTHORITY_REPORT, None),
    TimedStep(K.PROPOSAL, None),  # no call may use it any more from then on
)
TIMED: Final[Mapping[K, TimedStep]] = MappingProxyType({row.kind: row for row in _ROWS})


def kinds_that_fire(noun: str, trigger: str) -> tuple[K, ...]:
    """The kinds of deadline whose passing fires a trigger."""
    return tuple(row.kind for row in _ROWS if row.fires == (noun, trigger))
