"""The conditions of an account's triggers, each a sentence (Art. 4, 6, 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from domain.account import AccountFlag
from domain.agreement import Baseline
from domain.authorities import answering
from domain.calendar import local_day
from domain.codes.lists import codes, is_listed, is_news, materials_for
from domain.holder import SubjectType
from domain.identity import IdentityState
from domain.names import NameMark
from domain.problems import Problem, ProblemCode
from domain.publishing import IDENTITY_GRACE_DAYS
from workflows.engine import On, Rests, guard
from workflows.provider import QUOTA_INDIVIDUAL, QUOTA_OTHERS
from workflows.qualification import is_qualified

ROUNDS_MAX: Final = 3
REAPPLICATIONS_MAX: Final = 3
REAPPLICATION_WINDOW_DAYS: Final = 90
UNCHANGED_WAIT_DAYS: Final = 30
_MARKS: Final = {
    NameMark.AUTHORITY: AccountFlag.NAME_AUTHORITY,
    NameMark.PARTY_ORGAN: AccountFlag.NAME_PARTY_ORGAN,
    NameMark.MEDIA: AccountFlag.NAME_MEDIA,
    NameMark.PLACE: AccountFlag.NAME_PLACE,
}


@guard(ProblemCode.IDENTITY_NOT_VERIFIED, rests=Rests.DERIVED)
def identity_is_verified(on: On) -> bool:
    """Now or once: whether it still holds is asked for itself."""
    return on.facts.identity_state in (IdentityState.VERIFIED, IdentityState.STALE)


@guard(ProblemCode.IDENTITY_NOT_CURRENT, rests=Rests.DERIVED)
def identity_is_current(on: On) -> bool:
    until: datetime | None = on.facts.verified_until
    if on.facts.identity_state == IdentityState.STALE:
        return False
    return until is None or on.now < until + timedelta(days=IDENTITY_GRACE_DAYS)


@guard(ProblemCode.AGREEMENT_NOT_CONSENTED, rests=Rests.DERIVED, on_input=True)
def latest_agreement_is_consented_to(on: On) -> bool:
    return on.facts.latest_agreement_id is not None and on.facts.consented == frozenset(map(str, Baseline))


@guard(ProblemCode.PROVIDER_NOT_QUALIFIED, rests=Rests.DERIVED)
def provider_is_qualified(on: On) -> bool:
    return is_qualified(on.facts.provider_mode, on.facts.held, on.facts.dialect, local_day(on.now))


@guard(ProblemCode.QUOTA_EXCEEDED, rests=Rests.LOCKED, on_input=True, path=("exceptionReason",))
def quota_is_free_or_an_exception_is_asked(on: On) -> bool:
    return not is_over_quota(on) or on.input.exception_reason is not None


def is_over_quota(on: On) -> bool:
    """Organs have no quota."""
    if on.facts.subject_type.is_organ:
        return False
    individual = on.facts.subject_type is SubjectType.INDIVIDUAL
    quota: int = on.facts.settings[QUOTA_INDIVIDUAL if individual else QUOTA_OTHERS]
    return bool(on.facts.accounts_live >= quota)


@guard(ProblemCode.NAME_UNAVAILABLE, rests=Rests.UNIQUE, on_input=True, path=("particulars", "displayName"))
def name_is_available(on: On) -> bool:
    return "name" not in on.facts.taken


@guard(ProblemCode.HANDLE_UNAVAILABLE, rests=Rests.UNIQUE, on_input=True, path=("particulars", "handle"))
def handle_is_available(on: On) -> bool:
    return "handle" not in on.facts.taken


@guard(ProblemCode.MATERIALS_MISSING, rests=Rests.DERIVED, on_input=True)
def materials_are_complete(on: On) -> Sequence[Problem]:
    given = {material.kind for material in on.input.particulars.materials}
    wanted = materials_for(on.facts.subject_type, local_day(on.now))
    path = ("particulars", "materials")
    missing = [Problem(ProblemCode.MATERIALS_MISSING, path, f"Missing: {kind}.") for kind in sorted(wanted - given)]
    unknown = [
        Problem(ProblemCode.CODE_UNKNOWN, (*path, str(i), "kind"), "(materials)")
        for i, material in enumerate(on.input.particulars.materials)
        if material.kind not in codes("materials")
    ]
    return [*missing, *unknown]


@guard(ProblemCode.DOCUMENT_UNUSABLE, rests=Rests.LOCKED, on_input=True)
def documents_are_usable(on: On) -> Sequence[Problem]:
    seen: set[str] = set()
    problems = []
    for i, material in enumerate(on.input.particulars.materials):
        if (id_ := material.document_id) is not None and (id_ not in on.facts.documents or id_ in seen):
            path = ("particulars", "materials", str(i), "documentId")
            problems.append(Problem(ProblemCode.DOCUMENT_UNUSABLE, path))
        seen.add(id_)
    return problems


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def codes_are_known(on: On) -> Sequence[Problem]:
    wanted, problems = on.input.particulars, []
    if (category := codes("filing_categories").get(wanted.category)) is None or not category.is_valid_on(
        local_day(on.now)
    ):
        problems.append(Problem(ProblemCode.CODE_UNKNOWN, ("particulars", "category"), "(filing_categories)"))
    if wanted.division not in codes("divisions"):
        problems.append(Problem(ProblemCode.CODE_UNKNOWN, ("particulars", "division"), "(divisions)"))
    if category is not None and answering(wanted.category, on.facts.provider_division) is None:
        problems.append(Problem(ProblemCode.AUTHORITY_UNKNOWN, ("particulars", "category")))
    return problems


@guard(ProblemCode.CATEGORY_MOVES_AUTHORITY, rests=Rests.LOCKED, on_input=True, path=("category",))
def category_stays_with_its_authority(on: On) -> Sequence[Problem]:
    wanted = getattr(on.input, "particulars", on.input)
    path = ("particulars", "category") if wanted is not on.input else ("category",)
    if not is_listed("filing_categories", wanted.category, local_day(on.now)):
        return [Problem(ProblemCode.CODE_UNKNOWN, path, "(filing_categories)")]
    division = on.facts.provider_division
    # Not with its jurisdiction: an account that was transferred stays where it went.
    if answering(wanted.category, division) != answering(on.case.category, division):
        return [Problem(ProblemCode.CATEGORY_MOVES_AUTHORITY, path)]
    return []


@guard(ProblemCode.SUBJECT_BANNED, rests=Rests.LOCKED, path=("id",))
def subject_is_not_banned(on: On) -> bool:
    return not on.facts.banned


@guard(ProblemCode.LEASE_TAKEN, rests=Rests.LOCKED, path=("id",))
def lease_is_free(on: On) -> bool:
    return not _is_leased(on) or on.case.claimed_by == on.viewer.id


@guard(ProblemCode.LEASE_REQUIRED, rests=Rests.LOCKED, path=("id",))
def holds_the_lease(on: On) -> bool:
    return _is_leased(on) and bool(on.case.claimed_by == on.viewer.id)


def _is_leased(on: On) -> bool:
    return on.case.claimed_until is not None and bool(on.now < on.case.claimed_until)


@guard(ProblemCode.ROUNDS_EXHAUSTED, rests=Rests.LOCKED, path=("id",))
def rounds_of_supplement_are_left(on: On) -> bool:
    return bool(on.case.supplements < ROUNDS_MAX)


@guard(ProblemCode.ITEMS_UNANSWERED, rests=Rests.LOCKED, on_input=True)
def every_item_is_answered(on: On) -> Sequence[Problem]:
    answered = {answer.code for answer in on.input.answers}
    open_ = [code for code in on.case.items_asked if code not in answered]
    return [Problem(ProblemCode.ITEMS_UNANSWERED, ("answers",), f"Unanswered: {code}.") for code in open_]


@guard(ProblemCode.CONTENT_UNCHANGED, rests=Rests.LOCKED, on_input=True, path=("particulars",))
def content_has_changed_or_time_has_passed(on: On) -> bool:
    rejected_at = [at for trigger, at in on.facts.decided_at if trigger == "reject"]
    if rejected_at and on.now >= rejected_at[-1] + timedelta(days=UNCHANGED_WAIT_DAYS):
        return True
    wanted = on.input.particulars
    names = ("handle", "display_name", "description", "category", "division")
    if any(bool(getattr(wanted, name) != getattr(on.case, name)) for name in names):
        return True
    given = {(piece.kind, piece.sha256 or on.facts.documents.get(piece.document_id, "")) for piece in wanted.materials}
    return not given <= on.facts.handed_in


@guard(ProblemCode.REAPPLICATIONS_EXHAUSTED, rests=Rests.LOCKED, path=("id",))
def reapplications_are_left(on: On) -> bool:
    since = on.now - timedelta(days=REAPPLICATION_WINDOW_DAYS)
    recent = [at for trigger, at in on.facts.decided_at if trigger == "reapply" and at > since]
    return len(recent) < REAPPLICATIONS_MAX


def _exception_is_asked(on: On) -> bool:
    if not hasattr(on.input, "exception_reason"):  # a supplement carries on the application as it was made
        return AccountFlag.QUOTA_EXCEPTION in on.case.flags
    return on.input.exception_reason is not None and is_over_quota(on)


def flags_of(on: On) -> list[AccountFlag]:
    """Why an application needs a second reader, or a closer look."""
    return flags_under(on, on.input.particulars.category, exception=_exception_is_asked(on))


def flags_under(on: On, category: str, *, exception: bool) -> list[AccountFlag]:
    """Why an account under this category needs a second reader; with an exception, that the quota is asked past."""
    facts, found = on.facts, set[AccountFlag]()
    found |= {flag for mark, flag in _MARKS.items() if mark in facts.marks}
    marks: dict[AccountFlag, Any] = {
        AccountFlag.ORGAN: facts.subject_type.is_organ,
        AccountFlag.NAME_SOURCE_UNIT: facts.candidates,
        AccountFlag.NEWS_CATEGORY: is_news(category),
        AccountFlag.CREDIT_CODE: facts.credit_code_flagged,
        AccountFlag.TWIN: facts.twin,
        AccountFlag.QUOTA_EXCEPTION: exception,
        AccountFlag.QUOTA_BY_INDEX: facts.accounts_by_index > 0,
        AccountFlag.EARLIER_CLOSURE: facts.closed > 0,
        AccountFlag.CLOSURE_BY_INDEX: facts.closed_by_index > 0,
        AccountFlag.BANNED: facts.banned,
        AccountFlag.UNDER_MEASURE: facts.under_measure,
    }
    found |= {flag for flag, is_so in marks.items() if is_so}
    return [flag for flag in AccountFlag if flag in found]
