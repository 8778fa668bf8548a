"""The conditions of a permission's triggers, each a sentence (Art. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from domain.account import ON_FILE, AccountState
from domain.calendar import local_day
from domain.identifiers import licence_number
from domain.licence import SERVICES
from domain.permission import (
    COVERED_BY,
    RENEWAL_DAYS_MIN,
    PermissionKind,
    PermissionState,
    Standing,
    permission_stands,
)
from domain.personal import personal_data_in
from domain.problems import Problem, ProblemCode
from workflows.engine import On, Rests, guard
from workflows.permission_facts import Listed
from workflows.qualification import REGULATORS, is_qualified

_ROLES_OF_AUTHORITIES: Final = frozenset(map(str, REGULATORS))


# --- requesting --------------------------------------------------------------------------------------------------
@guard(ProblemCode.ACCOUNT_NOT_ON_FILE, rests=Rests.LOCKED, path=("accountId",))
def account_is_on_file(on: On) -> bool:
    return on.cause.state in ON_FILE


@guard(ProblemCode.PROVIDER_NOT_QUALIFIED, rests=Rests.DERIVED)
def provider_is_qualified(on: On) -> bool:
    return is_qualified(on.facts.provider_mode, on.facts.held, on.facts.dialect, local_day(on.now))


@guard(ProblemCode.LICENCE_NOT_NAMED, rests=Rests.DERIVED, on_input=True)
def what_is_asked_is_named(on: On) -> Sequence[Problem]:
    """A licence by its number; of a special approval the grounds."""
    if on.input.kind is PermissionKind.SPECIAL_APPROVAL:
        return [] if on.input.grounds is not None else [Problem(ProblemCode.LICENCE_NOT_NAMED, ("grounds",))]
    return [] if on.input.licence_number is not None else [Problem(ProblemCode.LICENCE_NOT_NAMED, ("licenceNumber",))]


@guard(ProblemCode.KIND_BEYOND_LICENCE, rests=Rests.DERIVED, on_input=True, path=("kind",))
def kind_is_within_the_licence(on: On) -> bool:
    """By the register; of a licence that it does not list, by the class in its number. Unknown services cover none."""
    number, listed = on.input.licence_number, on.facts.licence
    if number is None or on.input.kind is PermissionKind.SPECIAL_APPROVAL:
        return True
    class_ = licence_number(number).licence_class
    services = listed.services if listed is not None else SERVICES.get(class_) if class_ is not None else None
    return services is not None and services in COVERED_BY[on.input.kind]


@guard(ProblemCode.LICENCE_OF_ANOTHER, rests=Rests.DERIVED, on_input=True, path=("licenceNumber",))
def licence_is_the_subjects_or_a_letter_is_given(on: On) -> bool:
    if on.input.licence_number is None or on.input.letter_id is not None:
        return True
    return on.facts.licence is not None and bool(on.facts.licence.holder_key == on.facts.subject_key)


@guard(ProblemCode.PERMISSION_EXISTS, rests=Rests.LOCKED, on_input=True, path=("kind",))
def none_other_of_this_kind_is_open(on: On) -> bool:
    return on.input.kind not in on.facts.open_kinds


@guard(ProblemCode.DOCUMENT_UNUSABLE, rests=Rests.LOCKED, on_input=True, path=("letterId",))
def letter_is_usable(on: On) -> bool:
    return on.input.letter_id is None or on.input.letter_id in on.facts.documents


# --- deciding ----------------------------------------------------------------------------------------------------
@guard(ProblemCode.DECIDED_BY_ANOTHER_BODY, rests=Rests.LOCKED, path=("id",))
def is_for_this_body_to_decide(on: On) -> bool:
    """A special approval is the authority's, every other permission the provider's."""
    return bool((on.viewer.role in REGULATORS) == (on.case.kind == PermissionKind.SPECIAL_APPROVAL))


@guard(ProblemCode.LICENCE_NOT_STANDING, rests=Rests.DERIVED, path=("id",))
def licence_stands_in_the_register(on: On) -> bool:
    """Listed by its number, valid today, and still for what is permitted."""
    return _standing(on, until=None) is not Standing.ENDED


@guard(ProblemCode.APPROVAL_NOT_NUMBERED, rests=Rests.LOCKED, on_input=True)
def approval_is_numbered(on: On) -> Sequence[Problem]:
    """The badge shows its number to the public."""
    number = on.input.approval_number
    if on.case.kind != PermissionKind.SPECIAL_APPROVAL:
        return []
    wanted = (("approvalNumber", number), ("validUntil", on.input.valid_until))
    missing = [Problem(ProblemCode.APPROVAL_NOT_NUMBERED, (name,)) for name, value in wanted if value is None]
    told = personal_data_in(number or "")
    return [*missing, *(Problem(ProblemCode.PERSONAL_DATA_IN_TEXT, ("approvalNumber",), f"{at}.") for at in told)]


@guard(ProblemCode.VALIDITY_INVALID, rests=Rests.DERIVED, on_input=True, path=("validUntil",))
def validity_lies_ahead(on: On) -> bool:
    """Not past, and not beyond the licence."""
    if on.input.valid_until is None:
        return True
    end = on.facts.licence.valid_to if on.facts.licence is not None else None
    return bool(local_day(on.now) <= on.input.valid_until <= (end or date.max))


@guard(ProblemCode.NOTHING_TO_NARROW, rests=Rests.LOCKED, path=("id",))
def publishes_and_reprints(on: On) -> bool:
    return bool(on.case.kind == PermissionKind.PUBLISH_AND_REPRINT)


@guard(ProblemCode.SERVICES_NOT_REDUCED, rests=Rests.DERIVED, path=("id",))
def register_lists_less(on: On) -> bool:
    """To reprint alone, of what is permitted to publish: nothing in the API would widen it again."""
    if on.case.kind != PermissionKind.PUBLISH_AND_REPRINT:
        return True
    services = on.facts.licence.services if on.facts.licence is not None else None
    wider, narrower = (COVERED_BY[kind] for kind in (PermissionKind.PUBLISH_AND_REPRINT, PermissionKind.REPRINT_ONLY))
    return services in narrower - wider


@guard(ProblemCode.RENEWAL_LATE, rests=Rests.DERIVED, path=("id",))
def is_asked_in_time(on: On) -> bool:
    end = _end(on)
    return end is None or bool(local_day(on.now) <= end - timedelta(days=RENEWAL_DAYS_MIN))


def _end(on: On) -> date | None:
    """The last day of permission or licence, whichever comes first."""
    ends = [on.case.valid_until, on.facts.licence.valid_to if on.facts.licence is not None else None]
    return min((end for end in ends if end is not None), default=None)


# --- standing ----------------------------------------------------------------------------------------------------
@guard(ProblemCode.LICENCE_NOT_IN_DOUBT, rests=Rests.DERIVED, path=("id",))
def licence_is_in_doubt(on: On) -> bool:
    return bool(on.facts.doubts > 0)


@guard(ProblemCode.LICENCE_NOT_IN_DOUBT, rests=Rests.DERIVED, path=("id",))
def authority_or_a_licence_in_doubt(on: On) -> bool:
    return on.viewer.role in REGULATORS or on.facts.doubts > 0 or _has_ended(on)


@guard(ProblemCode.LICENCE_STANDS, rests=Rests.DERIVED, path=("id",))
def authority_or_a_licence_that_ended(on: On) -> bool:
    return on.viewer.role in REGULATORS or _has_ended(on)


def _has_ended(on: On) -> bool:
    return _standing(on, until=on.case.valid_until) is Standing.ENDED


def _standing(on: On, *, until: date | None) -> Standing:
    """Whether it would give its right today, were it granted until then."""
    case, listed, today = on.case, on.facts.licence or Listed("", None, None, None), local_day(on.now)
    said = (listed.services, listed.valid_from, listed.valid_to)
    is_listed = on.facts.licence is not None
    granted = PermissionState.GRANTED
    return permission_stands(
        case.kind, granted, until, case.renewal_asked_at, *said, today, licence_is_listed=is_listed
    )


@guard(ProblemCode.SUSPENDED_BY_AUTHORITY, rests=Rests.LOCKED, path=("id",))
def no_other_is_suspended_by_the_authority(on: On) -> bool:
    """Another permission is no way around the authority's suspension."""
    return on.viewer.role in REGULATORS or _ROLES_OF_AUTHORITIES.isdisjoint(on.facts.kin_suspended_by)


@guard(ProblemCode.ALREADY_IN_STATE, rests=Rests.LOCKED, path=("id",))
def nobody_has_suspended_it(on: On) -> bool:
    """What a sanction suspended comes back with its end: an authority's own suspension is put in its place."""
    return on.case.state == PermissionState.GRANTED or bool(on.case.suspended_by_follow_up)


@guard(ProblemCode.NEWS_SANCTIONED, rests=Rests.DERIVED, path=("id",))
def no_measure_on_a_news_ground_is_in_force(on: On) -> bool:
    return not on.facts.news_sanctioned


@guard(ProblemCode.ACCOUNT_CLOSED, rests=Rests.LOCKED, path=("id",))
def account_is_not_closed(on: On) -> bool:
    return bool(on.facts.account_state != AccountState.CLOSED)


@guard(ProblemCode.SUSPENDED_BY_AUTHORITY, rests=Rests.LOCKED, path=("id",))
def was_not_suspended_by_the_authority(on: On) -> bool:
    return on.viewer.role in REGULATORS or on.facts.suspended_by not in _ROLES_OF_AUTHORITIES
