"""What the guards of a sanction look at: measures of its account, evidence, what its end would bring back (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, AccountState
from domain.calendar import local_day
from domain.holder import Holder
from domain.identity import Identity
from domain.licence import Licence
from domain.permission import Permission, PermissionState, permission_stands
from domain.permission import Standing as PermissionStanding
from domain.sanction import Ban, Evidence, Measure, Sanction, SanctionLevel, in_force, level_at
from domain.table import table_of
from domain.vault.blind_index import ban_index
from workflows.bans import hold, subject_of
from workflows.database import Among, Row, Transaction, decoder, loader
from workflows.engine import Fact, Gathered, On
from workflows.held_names import held_and_taken

_SANCTION, _MEASURE, _EVIDENCE, _BAN = (table_of(model) for model in (Sanction, Measure, Evidence, Ban))
_ACCOUNT, _IDENTITY, _HOLDER = table_of(Account), table_of(Identity), table_of(Holder)
_PERMISSION, _LICENCE = table_of(Permission), table_of(Licence)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence of the case."""

    id: str
    number: int
    is_disclosable: bool
    is_disclosed: bool
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A piece of evidence as it will be kept."""

    id: str
    identity_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Dormant:
    """A suspended permission, and what the register says of its licence."""

    kind: str
    valid_until: date | None
    renewal_asked_at: datetime | None
    services: str | None
    valid_from: date | None
    valid_to: date | None
    is_listed: bool

    def would_stand(self, now: datetime) -> bool:
        """Whether it would give its right, were it resumed."""
        said = (self.valid_until, self.renewal_asked_at, self.services, self.valid_from, self.valid_to)
        given = permission_stands(
            self.kind, PermissionState.GRANTED, *said, local_day(now), licence_is_listed=self.is_listed
        )
        return given is not PermissionStanding.ENDED


@dataclass(frozen=True)
class SanctionFacts:
    """What is known of a sanction, or of an account that one is opened on."""

    person: bytes | None = None
    account_state: str = ""
    closed_cause: str | None = None
    name_key: str = ""
    handle_key: str = ""
    answer_until: datetime | None = None  # when an answer to a notice of now is due
    decide_by: datetime | None = None  # when the decision is due, counted from this step
    decisions: Mapping[str, datetime] = field(default_factory=dict)  # by when the account's told cases are decided
    measures: tuple[Measure, ...] = ()  # of the account, over all its cases
    evidence: tuple[Piece, ...] = ()
    open_conducts: frozenset[tuple[str, date]] = frozenset()
    licence_number: str | None = None
    sealed: tuple[Sealed, ...] = ()
    late_answers: Mapping[datetime, str] = field(default_factory=dict)  # digests, by the notice they answer
    known_words: frozenset[str] = frozenset()  # of the evidence that the case has
    dormant: Mapping[str, Dormant] = field(default_factory=dict)  # the account's suspended permissions
    bans: tuple[str, ...] = ()
    names_taken: frozenset[str] = frozenset()
    ban_index: bytes | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Measure]:
        """The account's measures by id."""
        return {measure.id: measure for measure in self.measures}

    def of_case(self, sanction_id: str) -> tuple[Measure, ...]:
        """The measures of one case."""
        return tuple(measure for measure in self.measures if measure.sanction_id == sanction_id)

    def level_of(self, sanction_id: str, now: datetime) -> SanctionLevel:
        """The highest level in force in one case."""
        return level_at(self.of_case(sanction_id), now)

    def is_closed_beside(self, sanction_id: str, now: datetime) -> bool:
        """Whether a closure of another case keeps the account closed."""
        others = (measure for measure in self.measures if measure.sanction_id != sanction_id)
        return level_at(others, now) is SanctionLevel.CLOSED

    def rung(self, case: Any, now: datetime) -> Measure | None:
        """The case's rung that is in force."""
        measure = self.by_id.get(case.measure_id or "")
        return measure if measure is not None and in_force(measure, now) else None


# --- of a case, for every question -------------------------------------------------------------------------------
def _standing(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    row = rows[0]
    named = {"name_key": row[4], "handle_key": row[5]}
    return {"person": row[1], "account_state": row[2], "closed_cause": row[3], **named}


STANDING: Final = Fact(
    "standing",
    sa.select(
        _SANCTION.c.id,
        _IDENTITY.c.resident_id_index,
        _ACCOUNT.c.state,
        _ACCOUNT.c.closed_cause,
        _ACCOUNT.c.name_key,
        _ACCOUNT.c.handle_key,
    )
    .select_from(
        _SANCTION.join(_ACCOUNT, _ACCOUNT.c.id == _SANCTION.c.account_id).join(
            _IDENTITY, _IDENTITY.c.holder_id == _SANCTION.c.holder_id
        )
    )
    .where(Among(_SANCTION.c.id, "ids")),
    _standing,
)


def _measures(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    return {"measures": tuple(loader(Measure).row(row, dialect, 1) for row in rows)}


def _measures_of(key: sa.ColumnElement[Any], source: sa.FromClause, account: sa.ColumnElement[Any]) -> Fact:
    joined = source.join(_MEASURE, _MEASURE.c.account_id == account)
    chosen = sa.select(key, *loader(Measure).columns).select_from(joined).where(Among(key, "ids"))
    return Fact("measures", chosen.order_by(_MEASURE.c.created_at, _MEASURE.c.id), _measures)


MEASURES: Final = _measures_of(_SANCTION.c.id, _SANCTION, _SANCTION.c.account_id)


# --- of a case, for its firing -----------------------------------------------------------------------------------
EVIDENCE: Final = Fact(
    "evidence",
    sa.select(
        _EVIDENCE.c.sanction_id,
        _EVIDENCE.c.id,
        _EVIDENCE.c.number,
        _EVIDENCE.c.is_disclosable,
        _EVIDENCE.c.disclosed_at.is_not(None),
        _EVIDENCE.c.sha256,
    )
    .where(Among(_EVIDENCE.c.sanction_id, "ids"), _EVIDENCE.c.late_answer_to.is_(None))
    .order_by(_EVIDENCE.c.number),
    lambda rows, _: {"evidence": tuple(Piece(row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows)},
)
_SAID: Final = (_LICENCE.c.services, _LICENCE.c.valid_from, _LICENCE.c.valid_to)


def _permissions(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    day = decoder(_LICENCE.c.valid_from.type, dialect)
    moment = decoder(_PERMISSION.c.renewal_asked_at.type, dialect)
    found = {}
    for _, id_, kind, *dates, services, begins, ends, is_listed in rows:
        until, begins, ends = (day(v) if day and v is not None else v for v in (dates[0], begins, ends))
        asked = moment(dates[1]) if moment and dates[1] is not None else dates[1]
        found[id_] = Dormant(kind, until, asked, services, begins, ends, bool(is_listed))
    return {"dormant": found}


PERMISSIONS: Final = Fact(
    "permissions",
    sa.select(
        _SANCTION.c.id,
        _PERMISSION.c.id,
        _PERMISSION.c.kind,
        _PERMISSION.c.valid_until,
        _PERMISSION.c.renewal_asked_at,
        *_SAID,
        _LICENCE.c.id.is_not(None),
    )
    .select_from(
        _SANCTION.join(_PERMISSION, _PERMISSION.c.account_id == _SANCTION.c.account_id).outerjoin(
            _LICENCE, _LICENCE.c.number == _PERMISSION.c.licence_number
        )
    )
    .where(Among(_SANCTION.c.id, "ids"), _PERMISSION.c.state == sa.literal_column(f"'{PermissionState.SUSPENDED}'")),
    _permissions,
)
BANS: Final = Fact(
    "bans",
    sa.select(_BAN.c.sanction_id, _BAN.c.id).where(Among(_BAN.c.sanction_id, "ids"), _BAN.c.lifted_at.is_(None)),
    lambda rows, _: {"bans": tuple(row[1] for row in rows)},
)
_HANDLE_TAKEN: Final = sa.select(_ACCOUNT.c.id).where(
    _ACCOUNT.c.provider_id == sa.bindparam("provider", type_=sa.Text, required=False),
    _ACCOUNT.c.handle_key == sa.bindparam("key", type_=sa.Text, required=False),
    _ACCOUNT.c.id != _ID,
    _ACCOUNT.c.state.in_([sa.literal_column(f"'{state}'") for state in LIVE]),
)


async def _names_taken(_: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """What of a closed account's name and handle others have by now; nobody else takes the name until the commit."""
    if on.facts.account_state != AccountState.CLOSED:
        return {}
    provider, account, taken = on.case.provider_id, on.case.account_id, set()
    if await held_and_taken(transaction, provider, on.facts.name_key, account):
        taken.add("name")
    if await transaction.fetch(_HANDLE_TAKEN, {"provider": provider, "key": on.facts.handle_key, "id": account}):
        taken.add("handle")
    return {"names_taken": frozenset(taken)}


NAMES_TAKEN: Final = Gathered("names_taken", _names_taken)
SUBJECT: Final = sa.select(_IDENTITY.c.id, _IDENTITY.c.mask_key).where(_IDENTITY.c.holder_id == _ID)
_INDEXES: Final = (
    sa.select(_HOLDER.c.subject_type, _IDENTITY.c.resident_id_index, _IDENTITY.c.uscc_index)
    .join(_HOLDER, _HOLDER.c.id == _IDENTITY.c.holder_id)
    .where(_IDENTITY.c.holder_id == _ID)
)


async def _subject_index(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """By what the subject is known again."""
    if on.input.ban_days is None:
        return {}
    index = subject_of(*(await transaction.fetch(_INDEXES, {"id": on.case.holder_id}))[0])
    if index is None:
        return {}
    found = ban_index(office.keys, on.case.provider_id, index)
    await hold(transaction, [found])
    return {"ban_index": found}


async def _opened_on(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """By what the subject is known again, whoever stands behind the holder's login later."""
    index = subject_of(*(await transaction.fetch(_INDEXES, {"id": on.cause.holder_id}))[0])
    return {"ban_index": None if index is None else ban_index(office.keys, on.cause.provider_id, index)}


SUBJECT_INDEX: Final = Gathered("subject_index", _subject_index)
OPENED_ON: Final = Gathered("opened_on", _opened_on)
