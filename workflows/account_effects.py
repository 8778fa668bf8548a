"""What the steps of an account change: the application, its submissions, leases, decisions (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from domain.account import (
    SECOND_READER_FLAGS,
    AccountFlag,
    AccountState,
    ReservationKind,
    ReservedName,
    Submission,
    SubmissionKind,
)
from domain.authorities import answering
from domain.calendar import local_day
from domain.case import NO_DUE_DATE, ClockState, Priority
from domain.codes.lists import is_news, ruleset_on
from domain.deadline import DeadlineKind, Outcome
from domain.holder import SubjectType
from domain.ids import new_id
from domain.journal import AccessLog, TextName
from domain.names import name_key
from domain.notice import Party
from domain.reminder import REMINDED_BY
from workflows import account_guards as g
from workflows import handed_in
from workflows.changes import Change, Detail, Insert, Opening, Pause, Postpone, Resume, Say, Serve, Set, Settle, Start
from workflows.engine import On
from workflows.identity import looked_up_blind
from workflows.leases import UNCLAIMED
from workflows.validity import runs_no_more

S = AccountState
NAME_KEPT_DAYS: Final = 15


# --- applying ----------------------------------------------------------------------------------------------------
def application(on: On) -> Opening:
    holder, jurisdiction = on.cause, answering(on.input.particulars.category, on.facts.provider_division)
    values = {
        **_particulars(on),
        "subject_type": holder.subject_type,
        "round": 1,
        "supplements": 0,
        "agreement_id": on.facts.latest_agreement_id,
        "items_asked": [],
        "receipt_number": f"A-{on.id.rpartition('_')[2][-16:].upper()}",
        "applied_at": on.now,
        "ruleset": ruleset_on(local_day(on.now)),
        "change_flags": [],
        "change_supplements": 0,
        "is_adopted": False,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
        **UNCLAIMED,
    }
    return Opening(holder.provider_id, jurisdiction, values, holder_id=holder.id)


def _particulars(on: On) -> dict[str, Any]:
    """The columns that follow from what is asked for."""
    wanted, flags = on.input.particulars, g.flags_of(on)
    priority = Priority.HIGH if on.facts.subject_type.is_organ else Priority.NORMAL
    return {
        "handle": wanted.handle,
        "handle_key": wanted.handle.lower(),
        "display_name": wanted.display_name,
        "name_key": name_key(wanted.display_name),
        "description": wanted.description,
        "category": wanted.category,
        "division": wanted.division,
        "flags": [flag.value for flag in flags],
        "is_flagged": bool(SECOND_READER_FLAGS.intersection(flags)),
        "priority": priority,
        "rank": priority.rank,
    }


def keep_submission(on: On) -> Iterable[Change]:
    """The immutable snapshot of what was asked, its materials, and the listed units its name comes close to."""
    wanted, id_ = on.input.particulars, new_id("submission")
    names = ("handle", "display_name", "description", "category", "division")
    values = {name: getattr(wanted, name) for name in names}
    values |= {"id": id_, "account_id": on.id, "round": on.case.round, "kind": SubmissionKind.NEW}
    agreement = {"subject_type": on.case.subject_type, "agreement_id": on.case.agreement_id}
    yield Insert(Submission, {**values, **agreement})
    yield from handed_in.materials(on, id_)
    yield from handed_in.candidates(on)
    yield Insert(AccessLog, {**looked_up_blind(on, on.id, on.facts.accounts_by_index), "purpose": "QUOTA_CHECK"})
    yield _looked_for_bans(on)
    yield Detail({"round": on.case.round, "category": wanted.category, "handle": wanted.handle})
    if (reason := getattr(on.input, "exception_reason", None)) is not None:
        yield Say(TextName.ANSWER, reason)


def _looked_for_bans(on: On) -> Insert:
    """Bans of the subject, and closures under other holders: found blind, told to reviewers alone."""
    hits = on.facts.closed_by_index + on.facts.banned + on.facts.under_measure
    return Insert(AccessLog, {**looked_up_blind(on, on.id, hits), "purpose": "BAN_CHECK"})


def start_review(_: On) -> Iterable[Change]:
    yield Start(DeadlineKind.REVIEW_DECISION)


# --- reviewing ---------------------------------------------------------------------------------------------------
def ask_for_supplement(on: On) -> Iterable[Change]:
    items = on.input.items
    yield Set({"items_asked": [item.code for item in items], "supplements": on.case.supplements + 1, **UNCLAIMED})
    yield Pause(DeadlineKind.REVIEW_DECISION)
    yield Start(DeadlineKind.SUPPLEMENT_REMINDER)
    yield Start(DeadlineKind.SUPPLEMENT)
    yield Say(TextName.ITEMS, "\n".join(f"{item.code}: {item.text}" for item in items))
    yield Detail({"items": " ".join(item.code for item in items)})
    yield Serve(Party.HOLDER)


def supplement(on: On) -> Iterable[Change]:
    yield Set({**_particulars(on), "round": on.case.round + 1, "items_asked": []})
    yield from runs_no_more(DeadlineKind.SUPPLEMENT, Outcome.MET)
    yield Resume(DeadlineKind.REVIEW_DECISION)
    yield Say(TextName.ANSWER, "\n".join(f"{answer.code}: {answer.answer}" for answer in on.input.answers))


def end_review(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.REVIEW_DECISION, Outcome.MOOT)
    yield from runs_no_more(DeadlineKind.SUPPLEMENT)
    yield Set({**UNCLAIMED, "items_asked": []})


def remind(on: On) -> Iterable[Change]:
    """Of a supplement, of the application or of a change: the deadline says of which. A late one gives more time."""
    yield Serve(Party.HOLDER)
    yield from (Postpone(kind) for kind, reminder in REMINDED_BY.items() if reminder == on.input.kind)


def lapse(on: On) -> Iterable[Change]:
    yield from end_review(on)
    yield Serve(Party.HOLDER)


def tell_overdue(_: On) -> Iterable[Change]:
    """Those who answer for the provider are told; the holder sees it on the account's clock."""
    yield Serve(Party.PROVIDER)


def approve(on: On) -> Iterable[Change]:
    yield Set({"category": on.input.category, **UNCLAIMED})
    if on.facts.under_measure and AccountFlag.UNDER_MEASURE not in on.case.flags:  # it came after the application
        yield Set({"flags": [*on.case.flags, AccountFlag.UNDER_MEASURE.value]})
    yield _looked_for_bans(on)
    yield Settle(DeadlineKind.REVIEW_DECISION)
    yield Detail({"category": on.input.category})
    yield Serve(Party.HOLDER)
    if on.input.note is not None:
        yield Say(TextName.NOTE, on.input.note)


def reject(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.REVIEW_DECISION)
    yield Set(UNCLAIMED)
    kept = {"name_key": on.case.name_key, "kind": ReservationKind.REJECTED, "account_id": on.id}
    yield Insert(ReservedName, {**kept, "until": on.now + timedelta(days=NAME_KEPT_DAYS)})
    yield Serve(Party.HOLDER)


def reapply(on: On) -> Iterable[Change]:
    begun = {"round": on.case.round + 1, "supplements": 0, "agreement_id": on.facts.latest_agreement_id}
    yield Set({**_particulars(on), **begun, "applied_at": on.now})


def approval_needs_two(on: On) -> bool:
    """A flagged application, one put under news, or of a subject closed before elsewhere, or under a measure by now.

    The last two are not among what `is_flagged` tells: the applicant's side sees that.
    """
    blind = {AccountFlag.CLOSURE_BY_INDEX, AccountFlag.UNDER_MEASURE}.intersection(on.case.flags)
    told = bool(on.case.is_flagged or blind or on.facts.under_measure)
    return told or is_news(getattr(on.input, "category", None))


def rejection_needs_two(on: On) -> bool:
    """Organs and news units."""
    unit = on.case.subject_type in (SubjectType.NEWS_UNIT, SubjectType.NEWS_WEBSITE)
    return unit or AccountFlag.ORGAN in on.case.flags
