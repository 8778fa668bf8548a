"""The conditions of a sanction's triggers, each a sentence (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from domain.account import ClosedCause
from domain.calendar import add_calendar_days, local_day
from domain.circumstances import Gravity
from domain.codes.lists import is_listed
from domain.problems import Problem, ProblemCode
from domain.recommended import recurrence_of
from domain.sanction import EndCause, MeasureLevel, SanctionLevel, SanctionState, in_force, was_heard
from workflows.engine import On, Rests, guard
from workflows.sanction_commands import (
    INTERIM_DAYS_MAX,
    POINTS_MAX,
    RESTRICTION_DAYS_MAX,
    SUSPENSION_DAYS,
    SUSPENSION_DAYS_MAX,
)
from workflows.sanction_late_answer import is_late

_SKIP: Final = 2  # so many rungs above what is in force is a skip


# --- whose matter, what words ------------------------------------------------------------------------------------
@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def scope_is_of_the_list(on: On) -> Sequence[Problem]:
    day = local_day(on.now)
    wrong = [i for i, code in enumerate(on.input.scope or ()) if not is_listed("restriction_scopes", code, day)]
    return [Problem(ProblemCode.CODE_UNKNOWN, ("scope", str(i)), "(restriction_scopes)") for i in wrong]


# --- hearing -----------------------------------------------------------------------------------------------------
@guard(ProblemCode.GROUND_NOT_URGENT, rests=Rests.LOCKED, on_input=True, path=("answerHours",))
def short_period_is_for_urgent_grounds(on: On) -> bool:
    return on.input.answer_hours is None or bool(on.case.is_urgent)


@guard(ProblemCode.LEVEL_INVALID, rests=Rests.DERIVED, on_input=True, path=("proposedLevel",))
def a_rung_is_proposed(on: On) -> bool:
    return on.input.proposed_level is not SanctionLevel.NONE


@guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED, on_input=True)
def evidence_is_of_the_case_and_disclosable(on: On) -> Sequence[Problem]:
    known = {piece.id: piece.is_disclosable for piece in on.facts.evidence}
    found = []
    for i, id_ in enumerate(on.input.evidence_ids):
        if not known.get(id_, False):
            code = ProblemCode.EVIDENCE_UNDISCLOSABLE if id_ in known else ProblemCode.NOT_FOUND
            found.append(Problem(code, ("evidenceIds", str(i))))
    return found


@guard(ProblemCode.EVIDENCE_UNDISCLOSABLE, rests=Rests.LOCKED, on_input=True)
def it_rests_on_what_the_holder_was_heard_on(on: On) -> Sequence[Problem]:
    """What is shown with the decision only could not be answered."""
    kept_back = {piece.id for piece in on.facts.evidence if piece.is_disclosable and not piece.is_disclosed}
    said = "The holder was not shown it when they were heard."
    return [
        Problem(ProblemCode.EVIDENCE_UNDISCLOSABLE, ("evidenceIds", str(i)), said)
        for i, id_ in enumerate(on.input.evidence_ids)
        if id_ in kept_back
    ]


@guard(ProblemCode.HEARING_OPEN, rests=Rests.DERIVED, path=("id",))
def hearing_is_over(on: On) -> bool:
    """Answered, waived, or the time to answer has passed."""
    return was_heard(on.case, on.now)


@guard(ProblemCode.POINTS_UNADDRESSED, rests=Rests.LOCKED, on_input=True, path=("addressed",))
def each_point_of_the_answer_is_addressed(on: On) -> bool:
    said = {one.point for one in on.input.addressed or ()}
    return said == set(range(1, on.case.answer_points + 1))


@guard(ProblemCode.ARGUMENTS_FULL, rests=Rests.LOCKED, on_input=True, path=("points",))
def each_point_can_still_be_addressed(on: On) -> bool:
    """Else who answers for long enough could be decided on no more."""
    return is_late(on) or bool(on.case.answer_points + len(on.input.points) <= POINTS_MAX)


@guard(ProblemCode.ALREADY_IN_STATE, rests=Rests.LOCKED, path=("id",))
def no_notice_was_served_before(on: On) -> bool:
    """Who was warned or restricted unheard may still be heard, once."""
    return on.case.notified_at is None


@guard(ProblemCode.ILLEGAL_TRANSITION, rests=Rests.LOCKED, path=("id",))
def a_notice_was_served(on: On) -> bool:
    return on.case.notified_at is not None


@guard(ProblemCode.ALREADY_IN_STATE, rests=Rests.LOCKED, path=("id",))
def it_was_not_waived_before(on: On) -> bool:
    """Each step makes what two officers wait to decide out of date: no holder may take one for nothing."""
    return on.case.waived_at is None


@guard(ProblemCode.ALREADY_IN_STATE, rests=Rests.LOCKED, path=("id",))
def this_warning_was_not_acknowledged_before(on: On) -> bool:
    return on.case.acknowledged_at is None


# --- rungs -------------------------------------------------------------------------------------------------------
def is_skip(on: On, level: SanctionLevel) -> bool:
    """Whether this rung lies two or more above the highest in force in this case."""
    return bool(level.rung - on.facts.level_of(on.id, on.now).rung >= _SKIP)


def _circumstances(on: On, level: SanctionLevel) -> bool:
    return on.input.circumstances is not None or not is_skip(on, level)


@guard(ProblemCode.CIRCUMSTANCES_MISSING, rests=Rests.LOCKED, on_input=True, path=("circumstances",))
def a_skip_to_restriction_has_its_circumstances(on: On) -> bool:
    return _circumstances(on, SanctionLevel.RESTRICTED)


@guard(ProblemCode.CIRCUMSTANCES_MISSING, rests=Rests.LOCKED, on_input=True, path=("circumstances",))
def a_skip_to_suspension_has_its_circumstances(on: On) -> bool:
    return _circumstances(on, SanctionLevel.SUSPENDED)


@guard(ProblemCode.CIRCUMSTANCES_MISSING, rests=Rests.LOCKED, on_input=True, path=("circumstances",))
def a_skip_to_closure_has_its_circumstances(on: On) -> bool:
    return _circumstances(on, SanctionLevel.CLOSED)


@guard(ProblemCode.TERM_UNUSUAL, rests=Rests.DERIVED, on_input=True, path=("lengthReason",))
def an_unusual_length_has_its_reason(on: On) -> bool:
    return on.input.days in SUSPENSION_DAYS or on.input.length_reason is not None


def gravity_of(on: On) -> Gravity:
    """As the decision finds it, else as the case was opened."""
    found = getattr(on.input, "circumstances", None)
    return Gravity(on.case.gravity) if found is None else found.gravity


@guard(ProblemCode.FIRST_AND_MINOR, rests=Rests.LOCKED, on_input=True, path=("id",))
def it_is_not_minor_at_first_occurrence(on: On) -> bool:
    """Recurrence is what went on after a measure: one conduct split over two cases is none."""
    before = [measure for measure in on.facts.measures if local_day(measure.from_at) <= on.case.conduct_on]
    return gravity_of(on) is not Gravity.MINOR or recurrence_of(before, on.id, on.now) > 0


@guard(ProblemCode.MEASURE_NOT_IN_FORCE, rests=Rests.DERIVED, path=("id",))
def its_measure_is_in_force(on: On) -> bool:
    return on.facts.rung(on.case, on.now) is not None


_DAYS_MAX: Final = {MeasureLevel.RESTRICTED: RESTRICTION_DAYS_MAX, MeasureLevel.SUSPENDED: SUSPENSION_DAYS_MAX}


def _is_within_bounds(on: On, level: MeasureLevel, further: timedelta) -> bool:
    """Over the whole case: else a measure that is reduced and decided on anew would have no end."""
    terms = [
        min(measure.until, measure.ended_at, on.now) - measure.from_at
        for measure in on.facts.of_case(on.id)
        if measure.level == level and measure.ended_by != EndCause.OVERTURNED
    ]
    return sum(terms, further) <= timedelta(days=_DAYS_MAX[level])


@guard(ProblemCode.TERM_TOO_LONG, rests=Rests.LOCKED, on_input=True, path=("days",))
def all_its_restrictions_are_within_bounds(on: On) -> bool:
    return _is_within_bounds(on, MeasureLevel.RESTRICTED, timedelta(days=on.input.days))


@guard(ProblemCode.TERM_TOO_LONG, rests=Rests.LOCKED, on_input=True, path=("days",))
def all_its_suspensions_are_within_bounds(on: On) -> bool:
    return _is_within_bounds(on, MeasureLevel.SUSPENDED, timedelta(days=on.input.days))


@guard(ProblemCode.TERM_TOO_LONG, rests=Rests.LOCKED, on_input=True, path=("days",))
def the_whole_term_is_within_bounds(on: On) -> bool:
    """From the first day on, prolongations included."""
    rung = on.facts.rung(on.case, on.now)
    if rung is None:
        return True  # refused for that already
    return _is_within_bounds(on, MeasureLevel(rung.level), rung.until - on.now + timedelta(days=on.input.days))


# --- milder ------------------------------------------------------------------------------------------------------
@guard(ProblemCode.NOT_A_REDUCTION, rests=Rests.LOCKED, on_input=True)
def it_is_milder(on: On) -> Sequence[Problem]:
    """Lower; or as high, with an earlier end and no wider scope."""
    return list(_not_milder(on))


def _not_milder(on: On) -> Iterator[Problem]:
    asked, rung = on.input, on.facts.rung(on.case, on.now)
    if asked.level in (SanctionLevel.NONE, SanctionLevel.CLOSED):
        yield Problem(ProblemCode.LEVEL_INVALID, ("level",))
        return
    if (asked.days is None) != (asked.level is SanctionLevel.WARNING):
        yield Problem(ProblemCode.INPUT_INVALID, ("days",), "A restriction or a suspension has a term, nothing else.")
    if bool(asked.scope) != (asked.level is SanctionLevel.RESTRICTED):
        yield Problem(ProblemCode.INPUT_INVALID, ("scope",), "A restriction has a scope, nothing else.")
    if asked.level is SanctionLevel.RESTRICTED and (asked.days or 0) > RESTRICTION_DAYS_MAX:
        yield Problem(ProblemCode.TERM_TOO_LONG, ("days",))
    if rung is None:
        return
    before = SanctionLevel(rung.level)
    if asked.level.rung > before.rung:
        yield Problem(ProblemCode.NOT_A_REDUCTION, ("level",))
    if asked.level is before and _is_no_shorter(on, rung):
        yield Problem(ProblemCode.NOT_A_REDUCTION, ("days",))


def _is_no_shorter(on: On, rung: Any) -> bool:
    wider = rung.scope and not set(on.input.scope or ()) <= set(rung.scope)
    return bool(wider or add_calendar_days(on.now, on.input.days or 0) >= rung.until)


@guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED, on_input=True, path=("measureId",))
def measure_is_of_the_case(on: On) -> bool:
    return on.input.measure_id in {measure.id for measure in on.facts.of_case(on.id)}


@guard(ProblemCode.MEASURE_OVERTURNED, rests=Rests.LOCKED)
def a_measure_is_left_to_take_back(on: On) -> Sequence[Problem]:
    """Told beforehand as whoever names one is told."""
    measures = on.facts.of_case(on.id)
    if any(measure.ended_by != EndCause.OVERTURNED for measure in measures):
        return []
    return [Problem(ProblemCode.MEASURE_OVERTURNED if measures else ProblemCode.NOT_FOUND, ("measureId",))]


@guard(ProblemCode.MEASURE_OVERTURNED, rests=Rests.LOCKED, on_input=True, path=("measureId",))
def measure_was_not_overturned_before(on: On) -> bool:
    measure = on.facts.by_id.get(on.input.measure_id)
    return measure is None or measure.ended_by != EndCause.OVERTURNED


@guard(ProblemCode.NAME_UNAVAILABLE, rests=Rests.UNIQUE, on_input=True)
def the_account_can_come_back_under_its_name(on: On) -> Sequence[Problem]:
    """A closed account that would come back needs its name and handle, which others may bear by now."""
    if on.case.state != SanctionState.CLOSED or on.facts.closed_cause != ClosedCause.SANCTION:
        return []
    named = getattr(on.input, "measure_id", on.case.measure_id)
    if named != on.case.measure_id or on.facts.is_closed_beside(on.id, on.now):
        return []
    found = (("name", ProblemCode.NAME_UNAVAILABLE), ("handle", ProblemCode.HANDLE_UNAVAILABLE))
    return [Problem(code, ("id",)) for what, code in found if what in on.facts.names_taken]


# --- interim -----------------------------------------------------------------------------------------------------
@guard(ProblemCode.GROUND_NOT_URGENT, rests=Rests.LOCKED, path=("id",))
def its_ground_is_urgent(on: On) -> bool:
    return bool(on.case.is_urgent)


@guard(ProblemCode.INTERIM_TAKEN, rests=Rests.LOCKED, path=("id",))
def no_interim_measure_was_taken(on: On) -> bool:
    """One in a case: another would be a way around its length."""
    return all(measure.level != MeasureLevel.INTERIM for measure in on.facts.of_case(on.id))


@guard(ProblemCode.NO_INTERIM_RUNS, rests=Rests.DERIVED, path=("id",))
def an_interim_measure_runs(on: On) -> bool:
    interim = on.facts.by_id.get(on.case.interim_id or "")
    return interim is not None and bool(in_force(interim, on.now))


@guard(ProblemCode.TERM_TOO_LONG, rests=Rests.LOCKED, path=("id",))
def there_is_time_to_extend_it_to(on: On) -> bool:
    interim = on.facts.by_id.get(on.case.interim_id or "")
    return interim is None or bool(interim.until < extended_until(on))


def extended_until(on: On) -> Any:
    """The end of the answer period, at most the tenth day of the interim measure."""
    interim = on.facts.by_id[on.case.interim_id]
    latest = interim.since + timedelta(days=INTERIM_DAYS_MAX)
    return min(on.case.answer_until or latest, latest)
