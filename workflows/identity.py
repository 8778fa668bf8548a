"""Verifying who is behind an account: submitted, verified or failed, sealed throughout (Art. 5, 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa

from domain.calendar import add_calendar_days, local_day
from domain.codes.lists import is_listed
from domain.deadline import DeadlineKind
from domain.document import Document
from domain.holder import Holder, SubjectType
from domain.identifiers import email, mobile, unified_social_credit_code
from domain.identity import Identity, IdentityState
from domain.ids import new_id
from domain.journal import AccessLog, written
from domain.notice import Party
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.publishing import IDENTITY_GRACE_DAYS
from domain.table import table_of
from workflows import subjects
from workflows.changes import Change, Detail, Insert, Serve, Set, Update
from workflows.commands import AdverseCommand, CaseCommand, CodeName, Formed, Line, Listed, Moment, ProposableCommand
from workflows.database import Among, Row
from workflows.engine import Fact, Gathered, On, Rests, Transition, Workflow, guard
from workflows.own_matter import has_recused
from workflows.subjects import SameSubject
from workflows.validity import is_reminded_of, runs_no_more, runs_until
from workflows.vaulting import grown_up, identity_sealed, identity_taken_over

S = IdentityState
VERIFIED_DAYS: Final = 365  # calendar days that a verification holds
_ONCE_VERIFIED: Final = (S.VERIFIED, S.STALE)
_ANY: Final = (S.UNVERIFIED, *_ONCE_VERIFIED)
PERSONS: Final = frozenset({SubjectType.INDIVIDUAL, SubjectType.SOLE_TRADER})


class IdentitySubmit(CaseCommand):
    """Submit the real identity behind a holder. For an organisation the person is its operator."""

    legal_name: Line
    """Name of the person, or of the operator."""
    resident_id: Annotated[Line, Formed(grown_up)]
    """Number of that person's identity document."""
    mobile: Annotated[Line, Formed(lambda text, _: mobile(text))]
    """That person's mobile number."""
    email: Annotated[Line, Formed(lambda text, _: email(text))] | None = None
    """E-mail address."""
    address: Line | None = None
    """Postal address."""
    organisation_name: Line | None = None
    """Name of the organisation."""
    uscc: Annotated[Line, Formed(lambda text, _: unified_social_credit_code(text))] | None = None
    """Unified social credit code of the organisation."""
    mandate: Line | None = None
    """The operator's mandate: a document's id, or the provider's reference to one."""


class IdentityVerify(ProposableCommand):
    """Confirm the submitted identity. Of a subject with accounts it stays the same subject's."""

    method: Annotated[CodeName, Listed("verification_methods")]
    """How it was verified; a code of the list `verification_methods`."""
    until: Moment | None = None
    """Until when it holds; 365 days where it is left out."""
    same_subject: SameSubject | None = None
    """Required where a number of the subject is another one, and an account of it is there or may come back."""


class IdentityFail(AdverseCommand):
    """Say that the submitted identity could not be verified."""


@dataclass(frozen=True)
class IdentityFacts:
    """What the guards of an identity look at; what was sealed of a submission waits here to be written."""

    subject_type: SubjectType = SubjectType.OTHER
    faults: tuple[Problem, ...] = ()
    sealed: Mapping[str, str] = field(default_factory=dict)
    bundle: bytes = b""
    indexes: Mapping[str, bytes | None] = field(default_factory=dict)
    uscc_flagged: bool = False
    twins: int = 0
    mandate_document: str | None = None
    has_accounts: bool = False  # that are there, or may come back
    live: tuple[Any, ...] = ()  # those of them that are there, each with who answers for it
    renamed: frozenset[str] = frozenset()  # names that are others in what waits than in what is verified


_IDENTITY, _HOLDER = table_of(Identity), table_of(Holder)


def _subject(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    return {"subject_type": SubjectType(rows[0][1])}


_STANDING = Fact(
    "standing",
    sa.select(_IDENTITY.c.id, _HOLDER.c.subject_type)
    .join(_HOLDER, _HOLDER.c.id == _IDENTITY.c.holder_id)
    .where(Among(_IDENTITY.c.id, "ids")),
    _subject,
)


@guard(ProblemCode.INPUT_INVALID, rests=Rests.DERIVED, on_input=True)
def identifiers_are_well_formed(on: On) -> Sequence[Problem]:
    return on.facts.faults  # type: ignore[no-any-return]


@guard(ProblemCode.NOTHING_TO_VERIFY, rests=Rests.LOCKED, path=("id",))
def something_waits_to_be_verified(on: On) -> bool:
    """A submission, a change of what is verified, or what was verified once and has run out."""
    waiting = on.case.pending_bundle if on.case.state == S.VERIFIED else on.case.bundle
    return waiting is not None


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def is_not_ones_own_identity(on: On) -> bool:
    persons = (on.case.resident_id_index, on.case.pending_resident_id_index)
    return not has_recused(on) and (on.viewer.person is None or on.viewer.person not in persons)


@guard(ProblemCode.MANDATE_MISSING, rests=Rests.LOCKED, path=("id",))
def organisation_names_its_operator_and_mandate(on: On) -> bool:
    if on.facts.subject_type in PERSONS:
        return True
    given = on.case.pending_sealed if on.case.state in _ONCE_VERIFIED else on.case.sealed
    return given is None or {"organisation_name", "uscc", "mandate"} <= set(given)


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def method_is_of_the_list(on: On) -> Sequence[Problem]:
    is_known = is_listed("verification_methods", on.input.method, local_day(on.now))
    return [] if is_known else [Problem(ProblemCode.CODE_UNKNOWN, ("method",), "(verification_methods)")]


@guard(ProblemCode.VALIDITY_INVALID, rests=Rests.DERIVED, on_input=True, path=("until",))
def until_lies_within_a_year(on: On) -> bool:
    until = on.input.until
    return until is None or bool(on.now < until <= on.now + timedelta(days=VERIFIED_DAYS))


def _write_submission(on: On) -> Iterable[Change]:
    """The new values wait beside the verified ones, which stand until then, run out or not."""
    waits = on.case.state in _ONCE_VERIFIED
    prefix = "pending_" if waits else ""
    values = {"bundle": on.facts.bundle, "sealed": dict(on.facts.sealed), "uscc_flagged": on.facts.uscc_flagged}
    values |= on.facts.indexes
    yield Set({f"{prefix}{name}": value for name, value in values.items()})
    yield Set({"pending_at": on.now} if waits else {"twin": on.facts.twins > 0})
    if waits:
        yield Set({"twin": on.case.twin or on.facts.twins > 0})
    if on.facts.mandate_document is not None:
        yield Update(Document, on.facts.mandate_document, {"used_at": on.now})
    yield Detail({"fields": " ".join(sorted(on.facts.sealed))})
    yield Insert(AccessLog, looked_up_blind(on, on.id, on.facts.twins))


def looked_up_blind(on: On, case_id: str, hits: int) -> Mapping[str, Any]:
    """The access log's row of a blind-index look-up."""
    who = {"viewer_id": on.viewer.id, "viewer_role": on.viewer.role}
    what = {"what": "BLIND_INDEX_LOOKUP", "purpose": "TWIN_CHECK", "case_id": case_id, "hits": hits}
    return {"id": new_id("access"), "at": on.now, **who, **what}


def _verify(on: On) -> Iterable[Change]:
    until = on.input.until or on.now + timedelta(days=VERIFIED_DAYS)
    yield Set({"verified_at": on.now, "verified_until": until, "method": on.input.method})
    if on.case.pending_bundle is not None:
        yield Set({"bundle": on.facts.bundle, "sealed": dict(on.facts.sealed)})
        yield Set({name: getattr(on.case, f"pending_{name}") for name in (*subjects.INDEXES, "uscc_flagged")})
        yield from _drop_pending(on)
    yield Detail({"method": on.input.method})


def _drop_pending(_: On) -> Iterable[Change]:
    emptied: dict[str, Any] = dict.fromkeys(f"pending_{name}" for name in subjects.INDEXES)
    emptied |= {"pending_bundle": None, "pending_sealed": None, "pending_at": None, "pending_uscc_flagged": False}
    yield Set(emptied)


def tell_holder(_: On) -> Iterable[Change]:
    yield Serve(Party.HOLDER)


# --- its time ----------------------------------------------------------------------------------------------------
def _run(on: On) -> Iterable[Change]:
    """It goes stale when its grace is over; the reminders count back from its own end."""
    until: datetime = on.case.verified_until
    stale_at = add_calendar_days(until, IDENTITY_GRACE_DAYS)
    yield from runs_until(DeadlineKind.IDENTITY_VALIDITY, stale_at, until, on.now)


def _remind(on: On) -> Iterable[Change]:
    yield Detail({"ends_at": written(on.case.verified_until)})
    yield Serve(Party.HOLDER)
    yield from is_reminded_of(DeadlineKind.IDENTITY_VALIDITY, on.case.verified_until, on.input.at)


def _go_stale(_: On) -> Iterable[Change]:
    yield from runs_no_more(DeadlineKind.IDENTITY_VALIDITY)
    yield Serve(Party.HOLDER)


IDENTITY = Workflow(
    noun="identity",
    zh="真实身份",
    model=Identity,
    states=IdentityState,
    root=Holder,
    root_column="holder_id",
    initial=S.UNVERIFIED,
    facts=(_STANDING,),
    facts_type=IdentityFacts,
    transitions=(
        Transition(
            "submit",
            _ANY,
            None,
            6,
            IdentitySubmit,
            guards=(identifiers_are_well_formed,),
            effects=(_write_submission,),
            facts=(Gathered("sealed", identity_sealed),),
        ),
        Transition(
            "verify",
            _ANY,
            S.VERIFIED,
            6,
            IdentityVerify,
            guards=(
                something_waits_to_be_verified,
                is_not_ones_own_identity,
                organisation_names_its_operator_and_mandate,
                until_lies_within_a_year,
                method_is_of_the_list,
                subjects.subject_stays_while_an_account_is_there,
                subjects.a_machine_verifies_anew_only_what_is_equal,
            ),
            effects=(subjects.keep_proof, subjects.take_names_along, _verify, _run),
            facts=(subjects.ACCOUNTS, Gathered("taken_over", identity_taken_over)),
            four_eyes=subjects.is_said_to_be_the_same,
            code_lists=("verification_methods",),
            endorsers=frozenset({Role.REVIEWER}),
        ),
        Transition(
            "fail",
            _ANY,
            None,
            6,
            IdentityFail,
            guards=(something_waits_to_be_verified, is_not_ones_own_identity),
            effects=(_drop_pending, tell_holder),
            adverse=True,
            code_lists=("rejection_reasons", "legal_bases"),
        ),
        Transition("remind", (S.VERIFIED,), None, 6, effects=(_remind,)),
        Transition("go_stale", (S.VERIFIED,), S.STALE, 6, effects=(_go_stale,)),
    ),
)
