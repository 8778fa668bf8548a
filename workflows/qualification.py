"""What a provider must hold: submitted, verified, renewed, suspended, revoked by its authority (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from domain.calendar import end_of, local_day
from domain.case import NO_DUE_DATE, ClockState
from domain.deadline import DeadlineKind
from domain.notice import Party
from domain.policy.roles import Role
from domain.problems import ProblemCode
from domain.provider import Mode, Provider
from domain.qualification import Qualification, QualificationKind, QualificationState, last_day_of
from domain.table import table_of
from workflows.changes import Change, Detail, Opening, Serve, Set
from workflows.commands import AdverseCommand, CaseCommand, Command, Day, Id, Line
from workflows.database import Among, Row, decoder
from workflows.engine import Fact, On, Rests, Transition, Workflow, always_two, guard
from workflows.own_matter import is_no_matter_one_recused_from
from workflows.validity import is_reminded_of, runs_no_more, runs_until

S = QualificationState
_TABLE, _PROVIDER = table_of(Qualification), table_of(Provider)
_OPEN: Final = (S.SUBMITTED, S.VERIFIED, S.SUSPENDED)
_RENEWABLE: Final = (S.VERIFIED, S.LAPSED)
_DECIDING: Final = (is_no_matter_one_recused_from,)


class QualificationSubmit(Command):
    """Submit a qualification for verification."""

    provider_id: Id | None = None
    """The provider; your own where it is left out."""
    kind: QualificationKind
    """Which of the two."""
    number: Line
    """Its number."""
    issuer: Line
    """Who issued it."""
    valid_from: Day
    """First day of its validity."""
    valid_to: Day
    """Last day of its validity."""


class QualificationStep(CaseCommand):
    """Act on a qualification."""


class QualificationRenewed(CaseCommand):
    """Record the renewal that was asked for."""

    valid_to: Day
    """The new last day of its validity."""


class QualificationAgainst(AdverseCommand):
    """Decide against a qualification."""


@dataclass(frozen=True)
class QualificationFacts:
    """What the guards look at."""

    open_kinds: frozenset[str] = frozenset()


_KINDS = Fact(
    "open_kinds",
    sa.select(_TABLE.c.provider_id, _TABLE.c.kind).where(
        Among(_TABLE.c.provider_id, "ids"), _TABLE.c.state.in_([str(state) for state in _OPEN])
    ),
    lambda rows, _: {"open_kinds": frozenset(row[1] for row in rows)},
)


def qualified(key: sa.ColumnElement[Any], provider: sa.FromClause) -> sa.Select[Any]:
    """The verified qualifications of a provider, under a key of one's own."""
    return sa.select(key, _TABLE.c.kind, _TABLE.c.valid_to, _TABLE.c.renewal_asked_at, _TABLE.c.valid_from).where(
        sa.or_(_TABLE.c.provider_id == provider.c.id, _TABLE.c.provider_id == provider.c.sandbox_of),
        _TABLE.c.state == str(S.VERIFIED),
    )


def is_qualified(mode: str, rows: Sequence[Row], dialect: sa.Dialect, today: date) -> bool:
    """A sandbox counts as qualified; else both kinds are verified and valid, or their renewal was asked in time."""
    decode, moment = decoder(_TABLE.c.valid_to.type, dialect), decoder(_TABLE.c.renewal_asked_at.type, dialect)
    held = set()
    for row in rows:
        begins, until = (decode(row[4]), decode(row[2])) if decode else (row[4], row[2])
        asked_at = moment(row[3]) if moment and row[3] is not None else row[3]
        if begins <= today <= last_day_of(until, asked_at):
            held.add(row[1])
    return mode == Mode.SANDBOX or held == set(QualificationKind)


@guard(ProblemCode.QUALIFICATION_EXISTS, rests=Rests.LOCKED, on_input=True, path=("kind",))
def none_of_this_kind_is_open(on: On) -> bool:
    return on.input.kind not in on.facts.open_kinds


@guard(ProblemCode.VALIDITY_INVALID, rests=Rests.DERIVED, on_input=True, path=("validTo",))
def validity_lies_ahead(on: On) -> bool:
    begins = getattr(on.input, "valid_from", date.min)
    return bool(on.input.valid_to > max(begins, local_day(on.now)))


@guard(ProblemCode.RENEWAL_NOT_ASKED, rests=Rests.LOCKED, path=("id",))
def renewal_was_asked(on: On) -> bool:
    return on.case.renewal_asked_at is not None


def _submission(on: On) -> Opening:
    provider, input_ = on.cause, on.input
    names = ("kind", "number", "issuer", "valid_from", "valid_to")
    values = {**{name: getattr(input_, name) for name in names}, "renewal_asked_at": None}
    values |= {"due_at": NO_DUE_DATE, "clock": ClockState.NONE}
    effects = (Detail({"kind": input_.kind.value, "number": input_.number, "valid_to": input_.valid_to.isoformat()}),)
    return Opening(provider.id, provider.jurisdiction, values, effects=effects)


def _asked(on: On) -> Iterable[Change]:
    """Asked once is asked: a reminder after the expiry does not make it late."""
    yield Set({"renewal_asked_at": on.case.renewal_asked_at or on.now})


def _renewed(on: On) -> Iterable[Change]:
    yield Set({"valid_to": on.input.valid_to, "renewal_asked_at": None})
    yield Detail({"valid_to": on.input.valid_to.isoformat()})


def tell_provider(_: On) -> Iterable[Change]:
    yield Serve(Party.PROVIDER)


# --- its time ----------------------------------------------------------------------------------------------------
def _run(on: On) -> Iterable[Change]:
    """It lapses with its last day, silence on a renewal included; nobody is reminded of what they asked for."""
    ends_at = end_of(last_day_of(on.case.valid_to, on.case.renewal_asked_at))
    last = None if on.case.renewal_asked_at is not None else _last(on)
    yield from runs_until(DeadlineKind.QUALIFICATION_VALIDITY, ends_at, last, on.now)


def _run_on(on: On) -> Iterable[Change]:
    """What has lapsed stays so until the renewal is recorded."""
    if on.case.state == S.VERIFIED:
        yield from _run(on)


def _last(on: On) -> datetime:
    """When its last day begins: reminders count back from there."""
    return end_of(on.case.valid_to - timedelta(days=1))


def _remind(on: On) -> Iterable[Change]:
    yield Detail({"valid_to": on.case.valid_to.isoformat()})
    yield Serve(Party.PROVIDER)
    yield from is_reminded_of(DeadlineKind.QUALIFICATION_VALIDITY, _last(on), on.input.at)


def _end(_: On) -> Iterable[Change]:
    yield from runs_no_more(DeadlineKind.QUALIFICATION_VALIDITY)


def _against(trigger: str, sources: tuple[S, ...], target: S, **more: Any) -> Transition:
    lists = ("return_reasons", "legal_bases")
    told: Mapping[str, Any] = {"adverse": True, "reasons_from": "return_reasons", "code_lists": lists}
    effects = (tell_provider, _end)
    return Transition(trigger, sources, target, 4, QualificationAgainst, _DECIDING, effects, **told, **more)


QUALIFICATION = Workflow(
    noun="qualification",
    zh="资质",
    model=Qualification,
    states=QualificationState,
    root=Provider,
    root_column="provider_id",
    under=Provider,
    facts_type=QualificationFacts,
    transitions=(
        Transition(
            "submit",
            (),
            S.SUBMITTED,
            4,
            QualificationSubmit,
            guards=(none_of_this_kind_is_open, validity_lies_ahead),
            facts=(_KINDS,),
            opening=_submission,
        ),
        Transition("verify", (S.SUBMITTED,), S.VERIFIED, 4, QualificationStep, _DECIDING, (_run,)),
        _against("refuse", (S.SUBMITTED,), S.REFUSED),
        Transition("renew", _RENEWABLE, None, 4, QualificationStep, effects=(_asked, _run_on)),
        Transition(
            "renewed",
            _RENEWABLE,
            S.VERIFIED,
            4,
            QualificationRenewed,
            guards=(*_DECIDING, renewal_was_asked, validity_lies_ahead),
            effects=(_renewed, _run),
        ),
        _against("suspend", (S.VERIFIED,), S.SUSPENDED),
        Transition("resume", (S.SUSPENDED,), S.VERIFIED, 4, QualificationStep, _DECIDING, (_run,)),
        _against("revoke", (S.VERIFIED, S.SUSPENDED), S.REVOKED, four_eyes=always_two),
        Transition("remind", (S.VERIFIED,), None, 4, effects=(_remind,)),
        Transition("lapse", (S.VERIFIED,), S.LAPSED, 4, effects=(tell_provider, _end)),
    ),
)

REGULATORS: Final = frozenset({Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR})
