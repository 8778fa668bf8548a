"""Who may act for a provider or an authority: enrolled and disabled (Art. 5: specialist staff)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field

from domain.authority import Authority, Tier
from domain.calendar import local_day
from domain.holder import Holder
from domain.identifiers import Malformed, resident_id
from domain.ids import prefix_of
from domain.journal import TextName
from domain.policy.roles import REGULATORS, Role
from domain.problems import Problem, ProblemCode
from domain.provider import Provider
from domain.staff import Recusal, Staff, StaffState
from domain.table import table_of
from domain.vault.blind_index import Indexed, blind_index
from workflows.changes import Change, Detail, Insert, Opening, Say, Set, Update
from workflows.commands import CaseCommand, Command, Formed, Id, Line, Paragraph, ProposableCommand
from workflows.database import Among, Transaction
from workflows.engine import Fact, Gathered, On, Rests, Transition, Workflow, always_two, guard
from workflows.sight import in_scope

_TABLE, _RECUSAL = table_of(Staff), table_of(Recusal)
_OF_A_PROVIDER: Final = frozenset(
    {Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.APPEAL_REVIEWER, Role.INTEGRATION, Role.AUDITOR}
)
_OF_AN_AUTHORITY: Final = {
    Tier.NATIONAL: frozenset({Role.NATIONAL_REGULATOR, Role.AUDITOR}),
    Tier.PROVINCIAL: frozenset({Role.PROVINCIAL_REGULATOR, Role.AUDITOR}),
}


class StaffEnrol(Command):
    """Let a person act for your provider or authority."""

    provider_id: Id | None = None
    """The provider; your own where it is left out."""
    authority_id: Id | None = None
    """The authority; your own where it is left out."""
    issuer: Line
    """Who issues the person's tokens."""
    subject: Line
    """The subject those tokens name."""
    role: Role
    """What the person may do."""
    staff_number: Line
    """How the person is shown to holders."""
    resident_id: Annotated[Line, Formed(lambda text, day: resident_id(text, today=day))]
    """The person's resident id: kept as a blind index only, to tell own matters and second persons."""
    certificates: Annotated[list[Line], Field(max_length=10)] | None = None
    """Numbers of the certificates the person holds."""


class StaffDisable(CaseCommand):
    """End a person's right to act. Takes effect with the next request that writes."""


class StaffRecuse(CaseCommand):
    """Keep a person, by whichever login, from deciding the matters of a party: yourself, or somebody you answer for."""

    party_id: Id
    """The holder or the provider whose matters they are."""
    reason: Paragraph
    """Why; kept with the step."""


class StaffLiftRecusal(ProposableCommand):
    """Let a person decide the matters of a party again."""

    party_id: Id
    """The holder or the provider."""
    reason: Paragraph
    """Why; kept with the step."""


@dataclass(frozen=True)
class StaffFacts:
    """What the guards look at."""

    is_enrolled: bool = False
    person: bytes = b""
    fault: str = ""  # of the resident id
    tier: Tier | None = None
    recusals: Mapping[str, str] = field(default_factory=dict)  # of the person, those that stand: by party
    is_party: bool = False  # somebody whose matters there may be, in sight of who recuses


_ENROLLED = Fact(
    "enrolled",
    sa.select(sa.bindparam("b_under", type_=sa.Text, required=False)).where(
        _TABLE.c.issuer == sa.bindparam("b_issuer", type_=sa.Text, required=False),
        _TABLE.c.subject == sa.bindparam("b_subject", type_=sa.Text, required=False),
        Among(sa.bindparam("b_under", type_=sa.Text, required=False), "ids"),
    ),
    lambda rows, _: {"is_enrolled": bool(rows)},
    lambda input_, viewer, _: {
        "b_under": input_.authority_id or input_.provider_id or viewer.authority_id or viewer.provider_id,
        "b_issuer": input_.issuer,
        "b_subject": input_.subject,
    },
)


async def _person(office: Any, _: Transaction, on: On) -> Mapping[str, Any]:
    tier = on.cause.tier if isinstance(on.cause, Authority) else None
    try:
        number = resident_id(on.input.resident_id, today=local_day(on.now)).value
    except Malformed as malformed:
        return {"tier": tier, "fault": malformed.fault.en}
    return {"tier": tier, "person": blind_index(office.keys, on.cause.id, Indexed.RESIDENT_ID, number)}


@guard(ProblemCode.ALREADY_ENROLLED, rests=Rests.UNIQUE, on_input=True, path=("subject",))
def login_is_not_enrolled_yet(on: On) -> bool:
    return not on.facts.is_enrolled


@guard(ProblemCode.INPUT_INVALID, rests=Rests.DERIVED, on_input=True, path=("residentId",))
def person_is_named_by_a_resident_id(on: On) -> Sequence[Problem]:
    fault = on.facts.fault
    return [Problem(ProblemCode.INPUT_INVALID, ("residentId",), fault)] if fault else []


@guard(ProblemCode.STAFF_ROLE_INVALID, rests=Rests.DERIVED, on_input=True, path=("role",))
def role_fits_the_body(on: On) -> bool:
    fitting = _OF_A_PROVIDER if on.facts.tier is None else _OF_AN_AUTHORITY[on.facts.tier]
    return on.input.role in fitting


@guard(ProblemCode.NOT_FOUND, rests=Rests.DERIVED, on_input=True)
def body_is_ones_own(on: On) -> Sequence[Problem]:
    """Only the command line of the machine enrols for any body."""
    own = on.viewer.role is Role.OPERATOR or on.cause.id in (on.viewer.provider_id, on.viewer.authority_id)
    named = {"authorityId": on.input.authority_id, "providerId": on.input.provider_id}
    foreign = [name for name, id_ in named.items() if id_ is not None and (not own or id_ != on.cause.id)]
    return [Problem(ProblemCode.NOT_FOUND, (name,)) for name in foreign]


@guard(ProblemCode.NOT_COMPETENT, rests=Rests.LOCKED, path=("id",))
def works_for_the_same_body(on: On) -> bool:
    return (on.case.provider_id, on.case.jurisdiction) == (on.viewer.provider_id, on.viewer.authority_id)


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def is_somebody_else(on: On) -> bool:
    return bool(on.case.id != on.viewer.id)


_MINE: Final = _RECUSAL.join(_TABLE, _TABLE.c.person == _RECUSAL.c.person)
_RECUSALS = Fact(
    "recusals",
    sa.select(_TABLE.c.id, _RECUSAL.c.party_id, _RECUSAL.c.id)
    .select_from(_MINE)
    .where(Among(_TABLE.c.id, "ids"), _RECUSAL.c.lifted_at.is_(None)),
    lambda rows, _: {"recusals": {row[1]: row[2] for row in rows}},
)


async def _party(_: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    table = {"holder": table_of(Holder), "provider": table_of(Provider)}.get(prefix_of(on.input.party_id))
    if table is None:
        return {}
    chosen = sa.select(table.c.id).where(table.c.id == sa.bindparam("id", type_=sa.Text, required=False))
    found = chosen.where(in_scope(table, on.viewer.role))
    return {"is_party": bool(await transaction.fetch(found, {**on.viewer.bound, "id": on.input.party_id}))}


_ANSWERING: Final = frozenset({Role.COMPLIANCE_OFFICER, *REGULATORS})


@guard(ProblemCode.NOT_COMPETENT, rests=Rests.LOCKED, path=("id",))
def is_oneself_or_answered_for(on: On) -> bool:
    return bool(on.case.person == on.viewer.person) or on.viewer.role in _ANSWERING


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def person_is_somebody_else(on: On) -> bool:
    """Whichever login they use."""
    return bool(on.case.person != on.viewer.person)


@guard(ProblemCode.NOT_FOUND, rests=Rests.DERIVED, on_input=True, path=("partyId",))
def party_is_in_sight(on: On) -> bool:
    return bool(on.facts.is_party)


@guard(ProblemCode.ALREADY_IN_STATE, rests=Rests.LOCKED, on_input=True, path=("partyId",))
def no_such_recusal_stands(on: On) -> bool:
    return on.input.party_id not in on.facts.recusals


@guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED, on_input=True, path=("partyId",))
def such_a_recusal_stands(on: On) -> bool:
    return on.input.party_id in on.facts.recusals


def _recused(on: On) -> Iterable[Change]:
    values = {"staff_id": on.id, "person": on.case.person, "party_id": on.input.party_id, "lifted_at": None}
    yield Insert(Recusal, values)
    yield Detail({"party": on.input.party_id})
    yield Say(TextName.NOTE, on.input.reason)


def _lifted(on: On) -> Iterable[Change]:
    yield Update(Recusal, on.facts.recusals[on.input.party_id], {"lifted_at": on.now})
    yield Detail({"party": on.input.party_id})
    yield Say(TextName.NOTE, on.input.reason)


def _enrolment(on: On) -> Opening:
    body, input_ = on.cause, on.input
    is_authority = isinstance(body, Authority)
    values = {
        "issuer": input_.issuer,
        "subject": input_.subject,
        "role": input_.role,
        "staff_number": input_.staff_number,
        "person": on.facts.person,
        "certificates": list(input_.certificates or ()),
        "disabled_at": None,
    }
    owner = (None, body.id) if is_authority else (body.id, None)
    return Opening(
        owner[0], owner[1], values, effects=(Detail({"role": input_.role.value, "staff_number": input_.staff_number}),)
    )


def _disabled(on: On) -> Iterable[Change]:
    yield Set({"disabled_at": on.now})


STAFF = Workflow(
    noun="staff",
    zh="工作人员",
    model=Staff,
    states=StaffState,
    root=Staff,
    root_column="id",
    under=Provider,
    bodies=(Authority,),
    facts_type=StaffFacts,
    transitions=(
        Transition(
            "enrol",
            (),
            StaffState.ENROLLED,
            5,
            StaffEnrol,
            guards=(login_is_not_enrolled_yet, person_is_named_by_a_resident_id, role_fits_the_body, body_is_ones_own),
            facts=(_ENROLLED, Gathered("person", _person)),
            opening=_enrolment,
        ),
        Transition(
            "disable",
            (StaffState.ENROLLED,),
            StaffState.DISABLED,
            5,
            StaffDisable,
            guards=(works_for_the_same_body, is_somebody_else),
            effects=(_disabled,),
        ),
        Transition(
            "recuse",
            (StaffState.ENROLLED,),
            None,
            5,
            StaffRecuse,
            guards=(works_for_the_same_body, is_oneself_or_answered_for, party_is_in_sight, no_such_recusal_stands),
            effects=(_recused,),
            facts=(_RECUSALS, Gathered("party", _party)),
        ),
        Transition(
            "lift_recusal",
            (StaffState.ENROLLED,),
            None,
            5,
            StaffLiftRecusal,
            guards=(works_for_the_same_body, person_is_somebody_else, such_a_recusal_stands),
            effects=(_lifted,),
            facts=(_RECUSALS,),
            four_eyes=always_two,
        ),
    ),
)
