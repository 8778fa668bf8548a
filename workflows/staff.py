"""Who may act for a provider or an authority: enrolled and disabled (Art. 5: specialist staff)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field

from domain.authority import Authority, Tier
from domain.calendar import local_day
from domain.identifiers import Malformed, resident_id
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.provider import Provider
from domain.staff import Staff, StaffState
from domain.table import table_of
from domain.vault.blind_index import Indexed, blind_index
from workflows.changes import Change, Detail, Opening, Set
from workflows.commands import CaseCommand, Command, Formed, Id, Line
from workflows.database import Among, Transaction
from workflows.engine import Fact, Gathered, On, Rests, Transition, Workflow, guard

_TABLE = table_of(Staff)
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


@dataclass(frozen=True)
class StaffFacts:
    """What the guards look at."""

    is_enrolled: bool = False
    person: bytes = b""
    fault: str = ""  # of the resident id
    tier: Tier | None = None


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
    ),
)
