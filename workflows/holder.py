"""The life of a holder: enrolled at one provider, consenting to its agreement (Art. 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from domain.agreement import AgreementVersion, Baseline, Consent
from domain.case import NO_DUE_DATE, ClockState
from domain.codes.lists import codes
from domain.holder import Holder, HolderState, SubjectType
from domain.identity import Identity, IdentityState
from domain.ids import new_id
from domain.journal import GENESIS, written
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.provider import Provider
from domain.table import table_of
from domain.vault.keys import new_subject_keys
from workflows.changes import Change, Detail, Insert, Opening
from workflows.commands import CaseCommand, CodeName, Command, Division, Id, Line, Moment
from workflows.database import Among, Row
from workflows.engine import Fact, Gathered, On, Rests, Transition, Workflow, guard

_HOLDER, _PROVIDER, _AGREEMENT, _CONSENT = (
    table_of(Holder),
    table_of(Provider),
    table_of(AgreementVersion),
    table_of(Consent),
)


class HolderEnrol(Command):
    """Become a holder at a provider, or make one known there."""

    provider_id: Id | None = None
    """The provider; your own where it is left out."""
    subject_type: SubjectType
    """What kind of subject it is."""
    display_name: Line
    """The name in front: chosen freely."""
    division: Division
    """GB/T 2260 code of the holder's place."""
    issuer: Line | None = None
    """For INTEGRATION: the issuer of the holder's own login, if there is to be one."""
    subject: Line | None = None
    """For INTEGRATION: the subject of the holder's own login."""


class AgreementConsent(CaseCommand):
    """Consent to clauses of the latest agreement. The case is the holder."""

    agreement_id: Id
    """The version of the agreement."""
    clauses: Annotated[list[Baseline], Field(min_length=1, max_length=7)]
    """The baselines consented to, each for itself."""
    channel: CodeName
    """Where the consent was given, such as WEB or APP."""
    consented_at: Moment | None = None
    """For INTEGRATION: when the holder consented. A holder consents now."""


@dataclass(frozen=True)
class HolderFacts:
    """What the guards of a holder look at."""

    is_enrolled: bool = False
    latest_agreement_id: str | None = None
    consented: frozenset[str] = frozenset()
    identity_id: str = ""
    mask_key: bytes = b""
    clear_key: bytes = b""


def _login(input_: HolderEnrol, viewer: Any, _: Any) -> Mapping[str, Any]:
    if viewer.role is Role.HOLDER:
        return {"b_issuer": viewer.issuer, "b_subject": viewer.subject}
    return {"b_issuer": input_.issuer or "", "b_subject": input_.subject or ""}


_ENROLLED = Fact(
    "enrolled",
    sa.select(_HOLDER.c.provider_id).where(
        Among(_HOLDER.c.provider_id, "ids"),
        _HOLDER.c.issuer == sa.bindparam("b_issuer", type_=sa.Text, required=False),
        _HOLDER.c.subject == sa.bindparam("b_subject", type_=sa.Text, required=False),
    ),
    lambda rows, _: {"is_enrolled": bool(rows)},
    _login,
)


def latest_agreement(key: sa.ColumnElement[Any], provider_id: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The latest agreement in force at a provider, under a key of one's own."""
    now = sa.bindparam("now", type_=_AGREEMENT.c.valid_from.type, required=False)
    newer = _AGREEMENT.alias("newer")
    superseded = sa.exists().where(
        newer.c.provider_id == _AGREEMENT.c.provider_id, newer.c.number > _AGREEMENT.c.number, newer.c.valid_from <= now
    )
    return sa.select(key, _AGREEMENT.c.id).where(
        _AGREEMENT.c.provider_id == provider_id, _AGREEMENT.c.valid_from <= now, ~superseded
    )


def _consents(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    clauses = frozenset(row[2] for row in rows if row[2] is not None)
    return {"latest_agreement_id": rows[0][1] if rows else None, "consented": clauses}


def consented(key: sa.ColumnElement[Any], source: sa.FromClause) -> Fact:
    """The latest agreement and the clauses of it that the holder consented to, under a key of one's own."""
    theirs = sa.and_(_CONSENT.c.agreement_id == _AGREEMENT.c.id, _CONSENT.c.holder_id == _HOLDER.c.id)
    statement = (
        latest_agreement(key, _HOLDER.c.provider_id)
        .add_columns(_CONSENT.c.clause)
        .select_from(source)
        .join(_AGREEMENT, _AGREEMENT.c.provider_id == _HOLDER.c.provider_id)
        .outerjoin(_CONSENT, theirs)
    )
    return Fact("consented", statement.where(Among(key, "ids")), _consents)


CONSENTED = consented(_HOLDER.c.id, _HOLDER)


async def _subject_keys(office: Any, _: Any, __: On) -> Mapping[str, Any]:
    id_ = new_id("identity")
    made = new_subject_keys(office.keys, id_)
    return {"identity_id": id_, "mask_key": made.mask_key, "clear_key": made.clear_key}


@guard(ProblemCode.ALREADY_ENROLLED, rests=Rests.UNIQUE)
def is_not_enrolled_yet(on: On) -> bool:
    return not on.facts.is_enrolled


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True, path=("division",))
def division_is_known(on: On) -> bool:
    return on.input.division in codes("divisions")


@guard(ProblemCode.NOT_LATEST_AGREEMENT, rests=Rests.DERIVED, on_input=True, path=("agreementId",))
def agreement_is_the_latest(on: On) -> bool | Sequence[Problem]:
    return bool(on.input.agreement_id == on.facts.latest_agreement_id)


@guard(ProblemCode.CONSENT_UNDATED, rests=Rests.DERIVED, on_input=True, path=("consentedAt",))
def time_is_told_by_whoever_passes_a_consent_on(on: On) -> bool:
    return on.viewer.role is Role.HOLDER or on.input.consented_at is not None


@guard(ProblemCode.CONSENT_MISDATED, rests=Rests.DERIVED, on_input=True, path=("consentedAt",))
def holder_consents_now_and_did_before_it_was_passed_on(on: On) -> bool:
    told = on.input.consented_at
    return told is None or bool(on.viewer.role is not Role.HOLDER and told <= on.now)


def _enrolment(on: On) -> Opening:
    provider, input_, own = on.cause, on.input, on.viewer.role is Role.HOLDER
    identity = {
        "id": on.facts.identity_id,
        "holder_id": on.id,
        "state": IdentityState.UNVERIFIED,
        "seq": 0,
        "head": GENESIS,
        "stepped_at": on.now,
        "mask_key": on.facts.mask_key,
        "clear_key": on.facts.clear_key,
        "uscc_flagged": False,
        "pending_uscc_flagged": False,
        "twin": False,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
    empty = {column.key: None for column in table_of(Identity).c if column.nullable}
    values = {
        "issuer": on.viewer.issuer if own else input_.issuer,
        "subject": on.viewer.subject if own else input_.subject,
        "subject_type": input_.subject_type,
        "display_name": input_.display_name,
        "division": input_.division,
    }
    return Opening(
        provider.id,
        provider.jurisdiction,
        values,
        effects=(Insert(Identity, {**empty, **identity}), Detail({"subject_type": input_.subject_type.value})),
    )


def _consent(on: On) -> Iterable[Change]:
    at: datetime = on.input.consented_at or on.now
    for clause in dict.fromkeys(on.input.clauses):
        if clause.value not in on.facts.consented:
            values = {"agreement_id": on.input.agreement_id, "holder_id": on.id, "clause": clause}
            yield Insert(Consent, {**values, "channel": on.input.channel, "consented_at": at})
    clauses = " ".join(sorted(clause.value for clause in on.input.clauses))
    told = {"agreement": on.input.agreement_id, "channel": on.input.channel, "clauses": clauses}
    yield Detail({**told, "consented_at": written(at)})


HOLDER = Workflow(
    noun="holder",
    zh="使用者",
    model=Holder,
    states=HolderState,
    root=Holder,
    root_column="id",
    under=Provider,
    facts=(CONSENTED,),
    facts_type=HolderFacts,
    transitions=(
        Transition(
            "enrol",
            (),
            HolderState.ENROLLED,
            6,
            HolderEnrol,
            guards=(is_not_enrolled_yet, division_is_known),
            facts=(_ENROLLED, Gathered("subject_keys", _subject_keys)),
            opening=_enrolment,
        ),
        Transition(
            "consent",
            (HolderState.ENROLLED,),
            None,
            6,
            AgreementConsent,
            guards=(
                agreement_is_the_latest,
                time_is_told_by_whoever_passes_a_consent_on,
                holder_consents_now_and_did_before_it_was_passed_on,
            ),
            effects=(_consent,),
            listed_under="agreement",
        ),
    ),
)
