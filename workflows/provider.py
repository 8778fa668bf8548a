"""Providers: registered by their authority, configured, taken from sandbox to production (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field

from domain.account import ReservationKind, ReservedName
from domain.authorities import of_province
from domain.authority import Authority
from domain.calendar import local_day
from domain.identifiers import Malformed, unified_social_credit_code
from domain.names import name_key
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.provider import Mode, Provider, ProviderState
from domain.table import table_of
from workflows.changes import Change, Detail, Insert, Opening, Set
from workflows.commands import CaseCommand, Command, Division, Formed, Line, Moment
from workflows.database import Among, Row
from workflows.engine import Fact, Gathered, On, Rests, Transition, Workflow, guard
from workflows.qualification import REGULATORS, is_qualified, qualified

_TABLE = table_of(Provider)
# A setting, and who may change it.
PUBLISH_BEFORE_FILING: Final = "publish_before_filing"
QUOTA_INDIVIDUAL: Final = "quota_individual"
QUOTA_OTHERS: Final = "quota_others"
SETTINGS: Final[Mapping[str, frozenset[Role]]] = {
    PUBLISH_BEFORE_FILING: REGULATORS,
    "adoption_until": REGULATORS,
    QUOTA_INDIVIDUAL: frozenset({Role.COMPLIANCE_OFFICER}),
    QUOTA_OTHERS: frozenset({Role.COMPLIANCE_OFFICER}),
    "reserve_names": frozenset({Role.COMPLIANCE_OFFICER}),
}
DEFAULTS: Final[Mapping[str, Any]] = {
    PUBLISH_BEFORE_FILING: False,
    "adoption_until": None,
    QUOTA_INDIVIDUAL: 1,
    QUOTA_OTHERS: 2,
}


class ProviderRegister(Command):
    """Register a provider in your jurisdiction, as a sandbox."""

    name: Line
    """Name of the company."""
    uscc: Annotated[Line, Formed(lambda text, _: unified_social_credit_code(text))]
    """Its unified social credit code."""
    division: Division
    """GB/T 2260 code of its place."""


class ProviderConfigure(CaseCommand):
    """Change settings of a provider. What is left out stays."""

    publish_before_filing: bool | None = None
    """Whether accounts may publish once reviewed. Set by the authority."""
    adoption_until: Moment | None = None
    """Until when accounts examined elsewhere may be adopted. Set by the authority."""
    quota_individual: Annotated[int, Field(ge=0, le=1_000)] | None = None
    """How many accounts a natural person may hold. Set by the provider."""
    quota_others: Annotated[int, Field(ge=0, le=1_000)] | None = None
    """How many accounts others may hold; organs are exempt. Set by the provider."""
    reserve_names: Annotated[list[Line], Field(max_length=100)] | None = None
    """Names to keep back. Set by the provider."""


class ProviderGoLive(CaseCommand):
    """Make the production row of a sandbox provider."""


@dataclass(frozen=True)
class ProviderFacts:
    """What the guards look at."""

    has_production: bool = False
    clock_is_ahead: bool = False
    held: Sequence[Row] = ()
    dialect: Any = None


def _production(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    return {"has_production": bool(rows)}


_PRODUCTION = Fact(
    "production",
    sa.select(_TABLE.c.sandbox_of).where(Among(_TABLE.c.sandbox_of, "ids")),
    _production,
)
_HELD = Fact(
    "held",
    qualified(_TABLE.c.id, _TABLE).where(Among(_TABLE.c.id, "ids")),
    lambda rows, dialect: {"held": rows, "dialect": dialect},
)


async def _clock(office: Any, _transaction: Any, _on: On) -> Mapping[str, Any]:
    return {"clock_is_ahead": bool(office.clock_offset)}


@guard(ProblemCode.CLOCK_AHEAD, rests=Rests.DERIVED, on_input=True, path=("id",))
def clock_keeps_to_the_time(on: On) -> bool:
    return not on.facts.clock_is_ahead


@guard(ProblemCode.NOT_A_SANDBOX, rests=Rests.LOCKED, path=("id",))
def is_a_sandbox(on: On) -> bool:
    return bool(on.case.mode == Mode.SANDBOX)


@guard(ProblemCode.ALREADY_LIVE, rests=Rests.UNIQUE, path=("id",))
def has_no_production_row(on: On) -> bool:
    return not on.facts.has_production


@guard(ProblemCode.PROVIDER_NOT_QUALIFIED, rests=Rests.DERIVED, path=("id",))
def qualifications_are_verified(on: On) -> bool:
    return is_qualified(Mode.PRODUCTION, on.facts.held, on.facts.dialect, local_day(on.now))


@guard(ProblemCode.SETTING_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def settings_are_ones_own(on: On) -> Sequence[Problem]:
    given = on.input.model_fields_set - {"id", "version", "idempotency_key"}
    foreign = sorted(name for name in given if on.viewer.role not in SETTINGS[name])
    return [Problem(ProblemCode.SETTING_UNKNOWN, (_camel(name),)) for name in foreign]


@guard(ProblemCode.INPUT_INVALID, rests=Rests.DERIVED, on_input=True, path=("uscc",))
def credit_code_is_well_formed(on: On) -> Sequence[Problem]:
    try:
        unified_social_credit_code(on.input.uscc)
    except Malformed as malformed:
        return [Problem(ProblemCode.INPUT_INVALID, ("uscc",), malformed.fault.en)]
    return []


@guard(ProblemCode.NOT_COMPETENT, rests=Rests.DERIVED, on_input=True, path=("division",))
def division_is_in_ones_jurisdiction(on: On) -> bool:
    return of_province(on.input.division) == on.viewer.authority_id


def _registration(on: On) -> Opening:
    if isinstance(on.cause, Provider):  # gone live: a second, empty row
        sandbox = on.cause
        values = {name: getattr(sandbox, name) for name in ("name", "uscc", "division")}
        settings = {**DEFAULTS, PUBLISH_BEFORE_FILING: sandbox.settings[PUBLISH_BEFORE_FILING]}
        values |= {"mode": Mode.PRODUCTION, "sandbox_of": sandbox.id, "settings": settings}
        return Opening(None, sandbox.jurisdiction, values)
    uscc = unified_social_credit_code(on.input.uscc).value
    values = {"name": on.input.name, "uscc": uscc, "division": on.input.division}
    values |= {"mode": Mode.SANDBOX, "sandbox_of": None, "settings": dict(DEFAULTS)}
    return Opening(None, on.viewer.authority_id, values, effects=(Detail({"division": on.input.division}),))


def _configured(on: On) -> Iterable[Change]:
    given = on.input.model_dump(mode="json", exclude_none=True, include=set(DEFAULTS))
    yield Set({"settings": {**on.case.settings, **given}})
    for name in on.input.reserve_names or ():
        reserved = {"name_key": name_key(name), "kind": ReservationKind.RESERVED, "provider_id": on.id}
        yield Insert(ReservedName, {**reserved, "account_id": None, "until": None})
    yield Detail({name: str(value) for name, value in sorted(given.items())})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


PROVIDER = Workflow(
    noun="provider",
    zh="服务提供者",
    model=Provider,
    states=ProviderState,
    root=Provider,
    root_column="id",
    under=Authority,
    facts=(_PRODUCTION, _HELD),
    facts_type=ProviderFacts,
    transitions=(
        Transition(
            "register",
            (),
            ProviderState.REGISTERED,
            4,
            ProviderRegister,
            guards=(credit_code_is_well_formed, division_is_in_ones_jurisdiction),
            opening=_registration,
            under="authority_id",
        ),
        Transition(
            "configure",
            (ProviderState.REGISTERED,),
            None,
            4,
            ProviderConfigure,
            guards=(settings_are_ones_own,),
            effects=(_configured,),
        ),
        Transition(
            "go_live",
            (ProviderState.REGISTERED,),
            None,
            4,
            ProviderGoLive,
            guards=(is_a_sandbox, has_no_production_row, qualifications_are_verified, clock_keeps_to_the_time),
            facts=(Gathered("clock", _clock),),
        ),
    ),
)
