"""Measures as a step makes them: their terms, and the statement of reasons that each carries (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from domain.calendar import add_calendar_days
from domain.codes.lists import codes
from domain.ids import new_id
from domain.recommended import WARNING_COUNTS_DAYS, recommended, recurrence_of
from domain.sanction import NEVER, EndCause, Measure, MeasureLevel, SanctionLevel, SanctionState
from workflows.changes import Change, Update
from workflows.engine import On
from workflows.sanction_guards import gravity_of, is_skip

REMEDY_DAYS: Final = 180  # calendar days from service within which a decision may be appealed


def new_measure(on: On, rung: SanctionState, days: int | None = None, scope: Sequence[str] = ()) -> dict[str, Any]:
    """A rung that begins now."""
    level = MeasureLevel(rung)
    until = NEVER if level is MeasureLevel.CLOSED else add_calendar_days(on.now, days or WARNING_COUNTS_DAYS)
    found = on.input.circumstances
    return {
        **_stated(on, on.now, until),
        "level": level,
        "scope": list(dict.fromkeys(scope)),
        "is_skip": is_skip(on, SanctionLevel(level)),
        "circumstances": None if found is None else found.model_dump(mode="json"),
        "evidence_ids": list(dict.fromkeys(on.input.evidence_ids)),
        "legal_bases": list(on.input.reasons.legal_bases),
    }


def prolonged_measure(on: On) -> dict[str, Any]:
    """The same rung to a later end; how long it lasts in all counts from its first day."""
    before = on.facts.by_id[on.case.measure_id]
    return {
        **_stated(on, before.since, add_calendar_days(before.until, on.input.days)),
        "prolongs": before.id,
        "level": before.level,
        "scope": list(before.scope),
        "evidence_ids": list(dict.fromkeys(on.input.evidence_ids)),
        "legal_bases": list(on.input.reasons.legal_bases),
    }


def reduced_measure(on: On) -> dict[str, Any]:
    """A milder rung in the place of the one in force, on what that one rested on."""
    before, level = on.facts.by_id[on.case.measure_id], MeasureLevel(on.input.level)
    since = before.since if level == before.level else on.now
    return {
        **_stated(on, since, add_calendar_days(on.now, on.input.days or WARNING_COUNTS_DAYS)),
        "level": level,
        "scope": list(dict.fromkeys(on.input.scope or ())),
        "evidence_ids": list(before.evidence_ids),
        "legal_bases": list(before.legal_bases),
    }


def interim_measure(on: On, until: datetime, scope: Sequence[str], before: Measure | None = None) -> dict[str, Any]:
    """What holds until the case is decided; an extension goes on from the one before."""
    return {
        **_stated(on, on.now if before is None else before.since, until),
        "prolongs": None if before is None else before.id,
        "level": MeasureLevel.INTERIM,
        "scope": list(dict.fromkeys(scope)),
        "evidence_ids": [],
        "legal_bases": list(on.input.reasons.legal_bases),
    }


def _stated(on: On, since: datetime, until: datetime) -> dict[str, Any]:
    """What every measure says alike: its term from now on, the ground, what the table recommended."""
    case, gravity = on.case, gravity_of(on)
    recurrence = recurrence_of(on.facts.measures, on.id, on.now)
    return {
        "id": new_id("measure"),
        "sanction_id": on.id,
        "account_id": case.account_id,
        "from_at": on.now,
        "until": until,
        "prolongs": None,
        "since": since,
        "ended_at": NEVER,
        "ended_by": None,
        "stayed_from": NEVER,
        "stayed_until": NEVER,
        "ground": case.ground,
        "baseline": codes("sanction_grounds")[case.ground].more["baseline"],
        "is_news": case.is_news,
        "gravity": gravity,
        "recurrence": recurrence,
        "recommended": recommended(case.ground, gravity, recurrence).level,
        "is_skip": False,
        "circumstances": None,
        "remedy_until": add_calendar_days(on.now, REMEDY_DAYS),
    }


def ended(on: On, id_: str | None, cause: EndCause) -> Iterable[Change]:
    """A measure of the case ends now, for this cause; where its time was over before, it ended then and by that."""
    measure = on.facts.by_id.get(id_ or "")
    if measure is None or measure.ended_at != NEVER:
        return
    if measure.until <= on.now:
        yield Update(Measure, measure.id, {"ended_at": measure.until, "ended_by": EndCause.EXPIRED})
    else:
        yield Update(Measure, measure.id, {"ended_at": on.now, "ended_by": cause})
