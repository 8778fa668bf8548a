"""What the steps of a sanction change: the case, its measures, its evidence, its clocks (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from domain.calendar import add_calendar_days, add_hours, local_day
from domain.case import NO_DUE_DATE, ClockState, Priority
from domain.codes.lists import codes, ruleset_on
from domain.deadline import DeadlineKind, Outcome
from domain.journal import TextName, written
from domain.notice import Party
from domain.sanction import NEVER, Ban, BanKind, EndCause, Evidence, Measure, MeasureLevel, SanctionState
from workflows.changes import Change, Detail, Insert, Opening, Say, Serve, Set, Settle, Start, Update
from workflows.engine import On
from workflows.measures import ended, interim_measure, new_measure, prolonged_measure, reduced_measure
from workflows.sanction_guards import extended_until
from workflows.sanction_late_answer import is_late, keep, tell_of_it

_ANSWERED_NOT: Final = dict.fromkeys(("notified_at", "answer_until", "answered_at", "waived_at", "proposed_level"))


# --- opening, hearing --------------------------------------------------------------------------------------------
def opening(on: On) -> Opening:
    account, asked = on.cause, on.input
    ground = codes("sanction_grounds")[asked.ground].more
    priority = Priority.HIGH if ground["is_urgent"] == "yes" else Priority.NORMAL
    values = {
        "account_id": account.id,
        "ground": asked.ground,
        "is_news": ground["is_news"] == "yes",
        "is_urgent": ground["is_urgent"] == "yes",
        "gravity": asked.gravity,
        "detection": asked.detection,
        "conduct_on": asked.conduct_on,
        "harms_life_or_property": asked.harms_life_or_property,
        "licence_number": on.facts.licence_number,
        "subject_index": on.facts.ban_index,
        "priority": priority,
        "rank": priority.rank,
        "answer_points": 0,
        "reopened": 0,
        "ruleset": ruleset_on(local_day(on.now)),
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
    told = {"ground": asked.ground, "conduct_on": asked.conduct_on.isoformat(), "detection": asked.detection.value}
    return Opening(account.provider_id, account.jurisdiction, values, account.holder_id, (Detail(told),))


def keep_evidence(on: On) -> Iterable[Change]:
    """As it was sent, sealed; numbered on from what the case has."""
    first = len(on.facts.evidence) + 1
    for number, (piece, kept) in enumerate(zip(on.input.evidence, on.facts.sealed, strict=True), start=first):
        values = {
            "id": kept.id,
            "sanction_id": on.id,
            "account_id": on.case.account_id,
            "identity_id": kept.identity_id,
            "number": number,
            "is_disclosable": piece.is_disclosable,
            "disclosed_at": None,
            "sealed": kept.sealed,
            "sha256": piece.sha256,
            "address": piece.address,
            "captured_at": piece.captured_at,
            "late_answer_to": None,
        }
        yield Insert(Evidence, values)
    yield Say(TextName.NOTE, on.input.findings)  # how many pieces there are would tell the holder of those kept back


def reopen(on: On) -> Iterable[Change]:
    fresh: dict[str, Any] = {**_ANSWERED_NOT, "answer_points": 0, "measure_until": None}
    yield Set({**fresh, "reopened": on.case.reopened + 1})
    yield from keep_evidence(on)


def notify(on: On) -> Iterable[Change]:
    until = on.facts.answer_until
    yield Start(DeadlineKind.SANCTION_ANSWER, None if on.input.answer_hours is None else until)
    yield Set({"notified_at": on.now, "answer_until": until, "told_at": on.case.told_at or on.now})
    yield Set({"proposed_level": on.input.proposed_level})
    yield from _disclose(on)
    yield Say(TextName.FACTS, on.input.facts)
    yield Detail({"proposed_level": on.input.proposed_level.value})
    yield Serve(Party.HOLDER)


def answer(on: On) -> Iterable[Change]:
    if is_late(on):
        yield from keep(on)
        return
    first = on.case.answer_points + 1
    points = on.case.answer_points + len(on.input.points)
    yield Set({"answered_at": on.case.answered_at or on.now, "answer_points": points})
    for number, point in enumerate(on.input.points, start=first):
        yield Say(TextName.ANSWER, f"{number}. {point}")
    yield Settle(DeadlineKind.SANCTION_ANSWER)


def waive(on: On) -> Iterable[Change]:
    yield Set({"waived_at": on.now})
    yield Settle(DeadlineKind.SANCTION_ANSWER)


def acknowledge(on: On) -> Iterable[Change]:
    yield Set({"acknowledged_at": on.now})


def _disclose(on: On) -> Iterable[Change]:
    """What the holder is shown from now on."""
    known = {piece.id: piece for piece in on.facts.evidence}
    for id_ in dict.fromkeys(on.input.evidence_ids):
        if not known[id_].is_disclosed:
            yield Update(Evidence, id_, {"disclosed_at": on.now})
    numbers = sorted(known[id_].number for id_ in set(on.input.evidence_ids))
    yield Detail({"disclosed": " ".join(map(str, numbers))})


# --- rungs -------------------------------------------------------------------------------------------------------
def warn(on: On) -> Iterable[Change]:
    yield from _rung(on, new_measure(on, SanctionState.WARNING))


def restrict(on: On) -> Iterable[Change]:
    yield from _rung(on, new_measure(on, SanctionState.RESTRICTED, on.input.days, on.input.scope))


def suspend(on: On) -> Iterable[Change]:
    yield from _rung(on, new_measure(on, SanctionState.SUSPENDED, on.input.days))
    if on.input.length_reason is not None:
        yield Say(TextName.ADDRESSED, on.input.length_reason)


def close(on: On) -> Iterable[Change]:
    measure = new_measure(on, SanctionState.CLOSED)
    yield from _rung(on, measure)
    for kind in (BanKind.NAME, BanKind.HANDLE):
        yield _ban(on, measure, kind, measure["remedy_until"])
    if on.facts.ban_index is not None:
        yield _ban(on, measure, BanKind.SUBJECT, add_calendar_days(on.now, on.input.ban_days))
        yield Detail({"ban_days": on.input.ban_days})


def _rung(on: On, measure: dict[str, Any]) -> Iterable[Change]:
    """A decision: the measure before it in this case ends, the hearing is closed, the holder is told."""
    yield from ended(on, on.case.measure_id, EndCause.REPLACED)
    yield Settle(DeadlineKind.SANCTION_ANSWER, Outcome.MOOT)
    yield from tell_of_it(on)
    yield from _disclose(on)
    yield from _begin(on, measure)
    yield Set({"gravity": measure["gravity"], "told_at": on.case.told_at or on.now})
    for one in on.input.addressed or ():
        yield Say(TextName.ADDRESSED, f"{one.point}. {one.text}")


def _begin(on: On, measure: dict[str, Any]) -> Iterable[Change]:
    """The case stands by its new measure from now on, until that runs out."""
    until: datetime = measure["until"]
    yield Insert(Measure, measure)
    yield Settle(DeadlineKind.MEASURE_END, Outcome.MOOT)
    if until != NEVER:
        yield Start(DeadlineKind.MEASURE_END, until)
    yield Set({"measure_id": measure["id"], "about_id": measure["id"], "measure_until": until})
    if measure["level"] == MeasureLevel.WARNING:
        yield Set({"acknowledged_at": None})  # another warning, another acknowledgement
    yield Detail(
        {
            "measure": measure["id"],
            "level": str(measure["level"]),
            "scope": " ".join(measure["scope"]),
            "until": None if until == NEVER else written(until),
            "recommended": str(measure["recommended"]),
            "recurrence": measure["recurrence"],
            "is_skip": str(measure["is_skip"]),
        }
    )
    yield Serve(Party.HOLDER)


def _ban(on: On, measure: dict[str, Any], kind: BanKind, until: datetime) -> Insert:
    keys = {BanKind.NAME: on.facts.name_key, BanKind.HANDLE: on.facts.handle_key}
    values = {
        "account_id": on.case.account_id,
        "sanction_id": on.id,
        "measure_id": measure["id"],
        "kind": kind,
        "key": keys.get(kind),
        "subject_index": on.facts.ban_index if kind is BanKind.SUBJECT else None,
        "until": until,
        "lifted_at": None,
    }
    return Insert(Ban, values)


def prolong(on: On) -> Iterable[Change]:
    yield from ended(on, on.case.measure_id, EndCause.PROLONGED)
    yield from tell_of_it(on)
    yield from _disclose(on)
    yield from _begin(on, prolonged_measure(on))


# --- interim -----------------------------------------------------------------------------------------------------
def interim(on: On) -> Iterable[Change]:
    yield from _begin_interim(on, interim_measure(on, add_hours(on.now, on.input.hours), on.input.scope))


def extend_interim(on: On) -> Iterable[Change]:
    before = on.facts.by_id[on.case.interim_id]
    yield from ended(on, before.id, EndCause.PROLONGED)
    yield from _begin_interim(on, interim_measure(on, extended_until(on), before.scope, before))


def _begin_interim(on: On, measure: dict[str, Any]) -> Iterable[Change]:
    yield Insert(Measure, measure)
    yield Settle(DeadlineKind.INTERIM_END, Outcome.MOOT)
    yield Start(DeadlineKind.INTERIM_END, measure["until"])
    told_at = on.case.told_at or on.now
    yield Set({"interim_id": measure["id"], "about_id": measure["id"], "told_at": told_at})
    scope, until = " ".join(measure["scope"]), written(measure["until"])
    yield Detail({"measure": measure["id"], "level": "INTERIM", "scope": scope, "until": until})
    yield Serve(Party.HOLDER)


def lapse_interim(on: On) -> Iterable[Change]:
    """Its time is over, or the case was decided."""
    cause = EndCause.EXPIRED if on.cause is None else EndCause.DECIDED
    yield from ended(on, on.case.interim_id, cause)
    yield Settle(DeadlineKind.INTERIM_END, Outcome.MOOT)
    yield Detail({"measure": on.case.interim_id})
    yield Set({"interim_id": None})
    if on.cause is None:
        yield Serve(Party.HOLDER)


# --- milder, and the end -----------------------------------------------------------------------------------------
def reduce(on: On) -> Iterable[Change]:
    yield from ended(on, on.case.measure_id, EndCause.REDUCED)
    yield from _begin(on, reduced_measure(on))
    yield Say(TextName.PUBLIC_REASON, on.input.reason)
    yield from lift_bans(on.facts.bans, on.now)


def lift(on: On) -> Iterable[Change]:
    yield from ended(on, on.case.measure_id, EndCause.LIFTED)
    yield from _over(on)
    yield Say(TextName.PUBLIC_REASON, on.input.reason)
    yield Serve(Party.HOLDER)


def expire(on: On) -> Iterable[Change]:
    """Journals what time has already done."""
    yield Update(Measure, on.case.measure_id, {"ended_by": EndCause.EXPIRED, "ended_at": on.case.measure_until})
    yield from _over(on)
    yield Serve(Party.HOLDER)


def dismiss(on: On) -> Iterable[Change]:
    yield from tell_of_it(on)
    yield Settle(DeadlineKind.SANCTION_ANSWER, Outcome.MOOT)
    if on.case.told_at is not None:  # who was never told is not told now
        yield Serve(Party.HOLDER)


def _over(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.MEASURE_END, Outcome.MOOT)
    yield Settle(DeadlineKind.SANCTION_ANSWER, Outcome.MOOT)
    yield Detail({"measure": on.case.measure_id})
    yield Set({"about_id": on.case.measure_id})


def lift_bans(bans: Sequence[str], now: datetime) -> Iterable[Change]:
    """What came with a closure goes with it."""
    for id_ in bans:
        yield Update(Ban, id_, {"lifted_at": now})
