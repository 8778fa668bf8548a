"""Where accounts stand for publishing, read anew at every question: one statement for a page of them (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

import sqlalchemy as sa

from domain.account import LIVE, Account
from domain.agreement import AgreementVersion, Baseline, Consent
from domain.calendar import local_day
from domain.closing import closes_at
from domain.columns import TEXT, WordText
from domain.deadline import Deadline, DeadlineKind
from domain.filing import Filing
from domain.identity import Identity
from domain.journal import Step
from domain.licence import Licence
from domain.permission import Permission, PermissionState, extended_to, last_day
from domain.policy.roles import Role
from domain.provider import Mode, Provider
from domain.publishing import Act, Block, Content, Granted, Held, OnFile, Standing, decide, has_closed
from domain.qualification import Qualification, QualificationState
from domain.restriction import Running
from domain.sanction import HasTerm, Measure, MeasureLevel, is_not_over
from domain.table import table_of
from domain.viewer import Viewer
from workflows.closing import HELD_UNTIL, latest
from workflows.database import Among, Beside, Connection, Row, decoder
from workflows.lateness import PASSED
from workflows.loading import in_scope
from workflows.provider import PUBLISH_BEFORE_FILING

_ACCOUNT, _PROVIDER, _FILING, _IDENTITY = (table_of(model) for model in (Account, Provider, Filing, Identity))
_AGREEMENT, _CONSENT, _STEP = table_of(AgreementVersion), table_of(Consent), table_of(Step)
_PERMISSION, _LICENCE, _QUALIFICATION = table_of(Permission), table_of(Licence), table_of(Qualification)
_MEASURE, _DEADLINE, _COOLING = table_of(Measure), table_of(Deadline), table_of(Deadline).alias("cooling")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody asked of an account, and the decision."""

    account: str
    handle: str
    act: Act
    content: Content
    allowed: bool
    blocked_by: tuple[Block, ...]
    decided_at: datetime
    valid_for: int


@dataclass(frozen=True, slots=True)
class Known:
    """An account in the viewer's scope."""

    id: str
    handle: str
    standing: Standing

    def answer(self, act: Act, content: Content, now: datetime) -> Answer:
        """The decision on one act."""
        made = decide(self.standing, act, content, now)
        return Answer(
            self.id, self.handle, act, content, made.allowed, made.blocked_by, made.decided_at, made.valid_for
        )


class PublishingRights:
    """Works out every act on every content for a page of accounts."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, list[Answer]]:
        """The answers by account."""
        known = await by_ids(connection, ids, viewer, now)
        return {
            id_: [one.answer(act, content, now) for act in Act for content in Content] for id_, one in known.items()
        }


async def by_ids(connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime) -> Mapping[str, Known]:
    """Where accounts in scope stand, by id."""
    rows = await connection.fetch(_of_ids(viewer.role), {**viewer.bound, "now": now, "ids": list(ids)})
    return {one.id: one for one in _read(rows, connection.dialect)}


async def by_handles(
    connection: Connection, handles: Sequence[str], provider_id: str, viewer: Viewer, now: datetime
) -> Mapping[str, Known]:
    """Where the accounts in scope stand that bear these handles at a provider now, by the handle in small letters."""
    bound = {**viewer.bound, "now": now, "handles": [key_of(handle) for handle in handles], "provider_id": provider_id}
    rows = await connection.fetch(_of_handles(viewer.role), bound)
    known = _read(rows, connection.dialect)
    return {key_of(one.handle): one for one in known if not has_closed(one.standing, now)}


def key_of(handle: str) -> str:
    """What two handles that differ in capitals only have in common."""
    return handle.lower()


# --- the statement -----------------------------------------------------------------------------------------------
_NOW: Final = sa.bindparam("now", type_=_ACCOUNT.c.created_at.type, required=False)
_VERSION, _CONSENTED = _AGREEMENT.alias("version"), _AGREEMENT.alias("consented")


def _word(word: str) -> sa.ColumnElement[str]:
    """A member of a closed list, written out: a partial index is used where its words are."""
    return sa.literal_column(f"'{word}'", TEXT)


def _consent_lost_at() -> sa.ScalarSelect[Any]:
    """When the first agreement came into force after the last one that the holder consented to whole.

    Never before the holder was here. Publishing yet another version does not begin the grace anew.
    """
    clauses = (
        sa.select(sa.func.count())
        .where(_CONSENT.c.holder_id == _ACCOUNT.c.holder_id, _CONSENT.c.agreement_id == _CONSENTED.c.id)
        .correlate(_ACCOUNT, _CONSENTED)
        .scalar_subquery()
    )
    last = (
        sa.select(sa.func.max(_CONSENTED.c.number))
        .where(_CONSENTED.c.provider_id == _ACCOUNT.c.provider_id, clauses == sa.literal_column(str(len(Baseline))))
        .correlate(_ACCOUNT)
        .scalar_subquery()
    )
    newer = _VERSION.c.number > sa.func.coalesce(last, sa.literal_column("0"))
    return (
        sa.select(sa.func.min(_VERSION.c.valid_from))
        .where(_VERSION.c.provider_id == _ACCOUNT.c.provider_id, _VERSION.c.valid_from <= _NOW, newer)
        .scalar_subquery()
    )


def _ended_at() -> sa.ColumnElement[Any]:
    """When a permission ended that no worker ended, if the register says so too: of those that something passed of."""
    kind = _DEADLINE.c.kind == _word(DeadlineKind.PERMISSION_VALIDITY)
    passed = sa.select(sa.func.max(_DEADLINE.c.due_at)).where(_DEADLINE.c.case_id == _PERMISSION.c.id, kind, *PASSED)
    return sa.case((_PERMISSION.c.due_at < _NOW, passed.correlate(_PERMISSION).scalar_subquery()), else_=sa.null())


def _left_at() -> sa.ColumnElement[Any]:
    """When a qualification that does not stand was taken: looked up for those alone."""
    verified = _word(QualificationState.VERIFIED)
    left = (
        sa.select(sa.func.max(_STEP.c.at))
        .where(_STEP.c.case_id == _QUALIFICATION.c.id, _STEP.c.from_state == verified, _STEP.c.to_state != verified)
        .scalar_subquery()
    )
    return sa.case((_QUALIFICATION.c.state == verified, sa.null()), else_=left)


def _if_closing(at: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(sa.case((_COOLING.c.id.is_(None), sa.null()), else_=at), _COOLING.c.due_at.type)


_COLUMNS: Final = (
    _ACCOUNT.c.id, _ACCOUNT.c.handle, _ACCOUNT.c.state, _ACCOUNT.c.is_adopted, _ACCOUNT.c.closing_at,
    _PROVIDER.c.mode, _PROVIDER.c.settings,
    _FILING.c.state, _FILING.c.was_refused, _FILING.c.due_at,
    _IDENTITY.c.created_at, _IDENTITY.c.verified_until,
    _PERMISSION.c.kind, _PERMISSION.c.valid_until, _PERMISSION.c.renewal_asked_at,
    _LICENCE.c.id.is_not(None), _LICENCE.c.services, _LICENCE.c.valid_from, _LICENCE.c.valid_to,
    _QUALIFICATION.c.kind, _QUALIFICATION.c.state, _QUALIFICATION.c.valid_from, _QUALIFICATION.c.valid_to,
    _QUALIFICATION.c.renewal_asked_at, sa.type_coerce(_left_at(), _STEP.c.at.type),
    sa.type_coerce(_consent_lost_at(), _AGREEMENT.c.valid_from.type),
    _COOLING.c.due_at, _COOLING.c.left_seconds, *map(_if_closing, HELD_UNTIL),
    _MEASURE.c.id, _MEASURE.c.level, _MEASURE.c.scope, _MEASURE.c.is_news, _MEASURE.c.from_at, _MEASURE.c.until,
    _MEASURE.c.ended_at, _MEASURE.c.stayed_from, _MEASURE.c.stayed_until,
    sa.type_coerce(_ended_at(), _DEADLINE.c.due_at.type),
)  # fmt: skip
_GRANTED, _HELD, _CLOSING, _RUNNING = slice(12, 19), slice(19, 25), slice(26, 30), slice(30, 39)
_CONSENT_LOST_AT, _MEASURE_ID, _ENDED_AT = 25, 30, 39


def _qualifications() -> sa.ColumnElement[bool]:
    """What was ever verified of a provider whose qualification is asked for: its own, or its sandbox's."""
    its = sa.or_(_QUALIFICATION.c.provider_id == _PROVIDER.c.id, _QUALIFICATION.c.provider_id == _PROVIDER.c.sandbox_of)
    never = [_word(state) for state in (QualificationState.SUBMITTED, QualificationState.REFUSED)]
    return sa.and_(its, _PROVIDER.c.mode != _word(Mode.SANDBOX), _QUALIFICATION.c.state.not_in(never))


def _permission() -> sa.ColumnElement[bool]:
    """The one that is granted, or suspended by a follow-up: while the measure lasts that is what stands in the way."""
    state, suspended = _PERMISSION.c.state, _word(PermissionState.SUSPENDED)
    held = sa.or_(
        state == _word(PermissionState.GRANTED), sa.and_(state == suspended, _PERMISSION.c.suspended_by_follow_up)
    )
    return sa.and_(_PERMISSION.c.account_id == _ACCOUNT.c.id, held)


def _measures() -> sa.ColumnElement[bool]:
    """Those in force, and those that may be while the answer is kept. A warning takes nothing."""
    not_over = is_not_over(cast("HasTerm", _MEASURE.c), _NOW)
    return sa.and_(_MEASURE.c.account_id == _ACCOUNT.c.id, not_over, _MEASURE.c.level != _word(MeasureLevel.WARNING))


def _cooling_off() -> sa.ColumnElement[bool]:
    """The clock of a closing that its holder asked for."""
    kind = _COOLING.c.kind == _word(DeadlineKind.COOLING_OFF)
    asked = _ACCOUNT.c.closing_at.is_not(None)
    return sa.and_(asked, _COOLING.c.case_id == _ACCOUNT.c.id, kind, _COOLING.c.settled_at.is_(None))


def _standings() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).select_from(
        _ACCOUNT.join(_PROVIDER, _PROVIDER.c.id == _ACCOUNT.c.provider_id)
        .join(_IDENTITY, _IDENTITY.c.holder_id == _ACCOUNT.c.holder_id)
        .outerjoin(_FILING, _FILING.c.current_of == _ACCOUNT.c.id)
        .outerjoin(_PERMISSION, _permission())
        .outerjoin(_LICENCE, _LICENCE.c.number == _PERMISSION.c.licence_number)
        .outerjoin(_COOLING, _cooling_off())
        .outerjoin(_MEASURE, _measures())
        .outerjoin(_QUALIFICATION, _qualifications())
    )


@cache
def _of_ids(role: Role) -> sa.Select[Any]:
    return _standings().where(Among(_ACCOUNT.c.id, "ids"), Beside(in_scope(_ACCOUNT, role)))


@cache
def _of_handles(role: Role) -> sa.Select[Any]:
    """A handle is borne by one live account at most; those that were closed are asked for by id."""
    live = _ACCOUNT.c.state.in_([_word(state) for state in LIVE])
    there = _ACCOUNT.c.provider_id == sa.bindparam("provider_id", type_=TEXT, required=False)
    return _standings().where(there, Among(_ACCOUNT.c.handle_key, "handles"), live, in_scope(_ACCOUNT, role))


# --- its rows ----------------------------------------------------------------------------------------------------
@cache
def _decoders(dialect: sa.Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The columns that are stored otherwise than Python has them. Words are compared as they are stored."""
    types = [(i, column.type) for i, column in enumerate(_COLUMNS)]
    found = ((i, decoder(type_, dialect)) for i, type_ in types if not isinstance(type_, WordText))
    return tuple((i, decode) for i, decode in found if decode is not None)


def _read(rows: Sequence[Row], dialect: sa.Dialect) -> list[Known]:
    """One account of each group of rows: they differ in qualification and measure alone."""
    groups: dict[str, list[list[Any]]] = {}
    decoders = _decoders(dialect)
    for row in rows:
        values = list(row)
        for i, decode in decoders:
            if values[i] is not None:
                values[i] = decode(values[i])
        groups.setdefault(values[0], []).append(values)
    return [_known(group) for group in groups.values()]


def _known(group: Sequence[Sequence[Any]]) -> Known:
    id_, handle, state, is_adopted, closing_at, mode, settings, *_ = one = group[0]
    held = tuple(Held(*row[_HELD]) for row in group if row[_HELD][0] is not None)
    measures: tuple[Running, ...] = ()
    if one[_MEASURE_ID] is not None:  # then each qualification comes with each measure
        held, measures = tuple(dict.fromkeys(held)), _running(group)
    cooling_until, left, *ends = one[_CLOSING]
    lost_at, here_since = one[_CONSENT_LOST_AT], one[10]
    standing = Standing(
        state=state,
        is_adopted=bool(is_adopted),
        closing_at=closing_at,
        closes_at=None if cooling_until is None else closes_at(cooling_until, left, latest(ends)),
        publishes_before_filing=bool(settings.get(PUBLISH_BEFORE_FILING)),
        filing=None if one[7] is None else OnFile(one[7], bool(one[8]), one[9]),
        consent_lost_at=None if lost_at is None else max(lost_at, here_since),
        verified_until=one[11],
        held=None if mode == Mode.SANDBOX else held,
        permission=_granted(one),
        measures=measures,
    )
    return Known(id_, handle, standing)


def _granted(one: Sequence[Any]) -> Granted | None:
    """The permission; none where it has expired, though no worker came."""
    if one[12] is None:
        return None
    granted, ended_at = Granted(*one[_GRANTED]), one[_ENDED_AT]
    last = last_day(granted.kind, granted.valid_until, granted.licence_valid_to)
    ended = ended_at and last and extended_to(last, granted.renewal_asked_at) < local_day(ended_at)
    return None if ended else granted


def _running(group: Sequence[Sequence[Any]]) -> tuple[Running, ...]:
    """Each measure once, in the order in which they began."""
    rows = {row[_MEASURE_ID]: row[_RUNNING] for row in group}
    made = (Running(id_, level, tuple(scope), *rest) for id_, level, scope, *rest in rows.values())
    return tuple(sorted(made, key=lambda one: (one.from_at, one.id)))
