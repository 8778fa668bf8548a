"""Adopting 接纳 an account that its provider examined before its first day here: a row of the account (Art. 7, 10).

One account is adopted as an item of a batch: see workflows/batch.py for the endorsement, workflows/adopting.py for how
a batch is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from domain.account import SECOND_READER_FLAGS, AccountState, Submission, SubmissionKind
from domain.authorities import answering
from domain.calendar import local_day
from domain.case import NO_DUE_DATE, ClockState, Priority
from domain.codes.lists import ruleset_on
from domain.journal import AccessLog, TextName
from domain.names import name_key
from domain.problems import ProblemCode
from domain.publishing import AGREEMENT_GRACE_DAYS
from workflows import account_guards as g
from workflows.account_commands import DisplayName, Handle
from workflows.account_facts import AccountFacts
from workflows.changes import Change, Detail, Insert, Opening, Say
from workflows.commands import Category, Command, Day, Division, Id, Input, Line, Paragraph
from workflows.engine import On, Rests, Transition, always_two, guard
from workflows.identity import looked_up_blind
from workflows.own_matter import has_recused


class AdoptedParticulars(Input):
    """What the account is."""

    handle: Handle
    """The account's name in addresses: a letter, then letters, digits, _ or -."""
    display_name: DisplayName
    """The name the public sees."""
    description: Paragraph
    """What the account is for."""
    category: Category
    """A code of the list `filing_categories`."""
    division: Division
    """GB/T 2260 code of the account's place."""


class Examination(Input):
    """How the provider examined the account before it came here."""

    examined_on: Day
    """The day of the examination: before the provider's first day here."""
    examiner: Line
    """Who examined it."""
    reference: Line
    """Where the examination is on record at the provider."""


class AdoptionItem(Input):
    """One account to adopt."""

    holder_id: Id
    """Who holds it."""
    particulars: AdoptedParticulars
    """What it is."""
    examination: Examination
    """How it was examined."""
    former_number: Line | None = None
    """The number under which it was on file elsewhere, if it was."""


class AccountAdoption(AdoptionItem, Command):
    """Adopt one account: what an item of an endorsed batch asks for."""


@dataclass(frozen=True)
class AdoptionFacts(AccountFacts):
    """What is known of an account to adopt."""

    first_day: date = date.min  # of the provider, here
    consent_lost_at: datetime | None = None  # since when a newer agreement than the one consented to is in force
    persons: frozenset[bytes] = frozenset()  # who proposes and who endorses
    batch_id: str = ""
    number: int = 0


@guard(ProblemCode.EXAMINED_TOO_LATE, rests=Rests.LOCKED, on_input=True, path=("examination", "examinedOn"))
def was_examined_before_the_first_day_here(on: On) -> bool:
    return bool(on.input.examination.examined_on < on.facts.first_day)


@guard(ProblemCode.ADOPTION_CLOSED, rests=Rests.DERIVED)
def authority_lets_accounts_be_adopted(on: On) -> bool:
    until: datetime | None = on.facts.adoption.until
    return until is not None and on.now < until


@guard(ProblemCode.AGREEMENT_NOT_CONSENTED, rests=Rests.DERIVED, on_input=True, path=("holderId",))
def agreement_is_consented_to_or_in_grace(on: On) -> bool:
    """Seven of seven of the latest version, or of the one that a newer has replaced within the grace."""
    lost_at: datetime | None = on.facts.consent_lost_at
    is_current = lost_at is None or on.now < lost_at + timedelta(days=AGREEMENT_GRACE_DAYS)
    return on.facts.latest_agreement_id is not None and is_current


@guard(ProblemCode.REVIEW_NEEDED, rests=Rests.DERIVED, path=("holderId",))
def subject_was_never_closed_or_banned_here(on: On) -> bool:
    """Nobody reads what is adopted, so these apply. One code for all: whoever adopts is not told of a ban."""
    return not (on.facts.banned or on.facts.closed or on.facts.under_measure)


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("holderId",))
def is_the_matter_of_nobody_who_decides(on: On) -> bool:
    return not has_recused(on) and (on.facts.person is None or on.facts.person not in on.facts.persons)


def _adopted(on: On) -> Opening:
    holder, wanted = on.cause, on.input.particulars
    flags = g.flags_under(on, wanted.category, exception=False)
    priority = Priority.HIGH if on.facts.subject_type.is_organ else Priority.NORMAL
    values = {
        **_named(wanted),
        "handle_key": wanted.handle.lower(),
        "name_key": name_key(wanted.display_name),
        "subject_type": holder.subject_type,
        "round": 1,
        "supplements": 0,
        "priority": priority,
        "rank": priority.rank,
        "flags": [flag.value for flag in flags],
        "is_flagged": bool(SECOND_READER_FLAGS.intersection(flags)),
        "receipt_number": f"A-{on.id.rpartition('_')[2][-16:].upper()}",
        "agreement_id": on.facts.latest_agreement_id,
        "items_asked": [],
        "applied_at": on.now,
        "ruleset": ruleset_on(local_day(on.now)),
        "change_flags": [],
        "change_supplements": 0,
        "is_adopted": True,
        "examined_on": on.input.examination.examined_on,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
    jurisdiction = answering(wanted.category, on.facts.provider_division)
    return Opening(holder.provider_id, jurisdiction, values, holder_id=holder.id)


def _named(wanted: AdoptedParticulars) -> dict[str, str]:
    return {name: getattr(wanted, name) for name in AdoptedParticulars.model_fields}


def _keep(on: On) -> Iterable[Change]:
    """The snapshot of what was adopted, and who examined it where: sealed, for those who handle the case."""
    wanted, seen = on.input.particulars, on.input.examination
    kept = {"subject_type": on.case.subject_type, "agreement_id": on.case.agreement_id, **_named(wanted)}
    yield Insert(Submission, {"account_id": on.id, "round": 1, "kind": SubmissionKind.NEW, **kept})
    yield Say(TextName.EXAMINER, seen.examiner)
    yield Say(TextName.REFERENCE, seen.reference)
    yield Insert(AccessLog, {**looked_up_blind(on, on.id, 0), "purpose": "BAN_CHECK"})
    batch = {"batch": on.facts.batch_id, "number": on.facts.number}
    yield Detail({**batch, "category": wanted.category, "handle": wanted.handle, "examined_on": str(seen.examined_on)})


ADOPT: Final = Transition(
    "adopt",
    (),
    AccountState.REVIEWED,
    7,
    AccountAdoption,
    guards=(
        was_examined_before_the_first_day_here,
        authority_lets_accounts_be_adopted,
        g.identity_is_verified,
        g.identity_is_current,
        agreement_is_consented_to_or_in_grace,
        g.provider_is_qualified,
        g.codes_are_known,
        g.name_is_available,
        g.handle_is_available,
        subject_was_never_closed_or_banned_here,
        is_the_matter_of_nobody_who_decides,
    ),
    effects=(_keep,),
    four_eyes=always_two,
    code_lists=("filing_categories", "divisions"),
    opening=_adopted,
    under="holder_id",
)
