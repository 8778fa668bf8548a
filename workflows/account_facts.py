"""What the guards of an account look at: each fact one statement over a list of accounts, or of holders who apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, Material, ReservedName, Submission
from domain.codes.lists import codes
from domain.holder import Holder, SubjectType
from domain.identity import Identity
from domain.journal import Step
from domain.names import NameMark, marks_of, name_key
from domain.provider import Provider
from domain.sanction import Ban, BanKind
from domain.table import table_of
from domain.viewer import Viewer
from workflows.bans import standing
from workflows.database import Among, Row, Transaction, decoder
from workflows.documents import UNUSED_OF_HOLDER
from workflows.engine import Fact, Gathered, On
from workflows.holder import CONSENTED, consented
from workflows.qualification import qualified

_ACCOUNT, _HOLDER, _IDENTITY, _PROVIDER = table_of(Account), table_of(Holder), table_of(Identity), table_of(Provider)
_RESERVED, _STEP, _BAN = table_of(ReservedName), table_of(Step), table_of(Ban)
_SUBMISSION, _MATERIAL = table_of(Submission), table_of(Material)
_LIVE: Final = _ACCOUNT.c.state.in_([str(state) for state in LIVE])


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What the open change of an account asks for."""

    round: int
    display_name: str
    description: str
    category: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What the filing of an adopted account takes over: until when it is due, its examination, its former number."""

    until: datetime | None
    examined_at: datetime
    former_number: str | None


@dataclass(frozen=True)
class AccountFacts:
    """What is known of an account, or of a holder who applies for one."""

    subject_type: SubjectType = SubjectType.OTHER
    identity_state: str = ""
    verified_until: datetime | None = None
    provider_id: str = ""
    person: bytes | None = None
    organisation: bytes | None = None
    banned: bool = False  # the subject, now
    under_measure: bool = False  # the subject: a case that they were told of, or a measure, stands
    closed: int = 0  # of the holder's accounts, as measures
    closed_by_index: int = 0  # of the same person or organisation under other holders
    credit_code_flagged: bool = False
    twin: bool = False
    provider_mode: str = ""
    provider_division: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    held: Sequence[Row] = ()
    dialect: Any = None
    latest_agreement_id: str | None = None
    consented: frozenset[str] = frozenset()
    accounts_live: int = 0
    accounts_by_index: int = 0
    taken: frozenset[str] = frozenset()
    documents: Mapping[str, str] = field(default_factory=dict)
    candidates: tuple[tuple[str, bool], ...] = ()
    marks: frozenset[NameMark] = frozenset()
    decided_at: tuple[tuple[str, datetime], ...] = ()
    handed_in: frozenset[tuple[str, str]] = frozenset()
    filing_state: str | None = None  # of the account's filing itself, whatever amendment is on its way
    filing_in_force: str | None = None
    amendment_is_open: bool = False
    change: AskedChange | None = None
    adoption: Adoption | None = None
    name_standing: str = ""  # of its filings to the organisation's verified name
    update_taken: bool = False  # by a measure in force: the profile stays as it is
    held_until: datetime | None = None  # when the last ends of what holds, or held, its closing
    reminded: bool = False  # of the supplement that was asked for last


def _bound(name: str, type_: Any = sa.Text) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=type_, required=False)


# --- what is asked of an account as of a holder who applies ------------------------------------------------------
def _standing(key: sa.ColumnElement[Any], source: sa.FromClause) -> Fact:
    statement = (
        sa.select(
            key,
            _HOLDER.c.subject_type,
            _IDENTITY.c.state,
            _IDENTITY.c.verified_until,
            _IDENTITY.c.resident_id_index,
            _IDENTITY.c.uscc_flagged,
            _IDENTITY.c.twin,
            _PROVIDER.c.mode,
            _PROVIDER.c.division,
            _PROVIDER.c.settings,
            _IDENTITY.c.uscc_index,
            _IDENTITY.c.provider_id,
        )
        .select_from(
            source.join(_IDENTITY, _IDENTITY.c.holder_id == _HOLDER.c.id).join(
                _PROVIDER, _PROVIDER.c.id == _HOLDER.c.provider_id
            )
        )
        .where(Among(key, "ids"))
    )
    return Fact("standing", statement, _standing_read)


def _standing_read(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    row = rows[0]
    moment, settings = decoder(_IDENTITY.c.verified_until.type, dialect), decoder(_PROVIDER.c.settings.type, dialect)
    return {
        "subject_type": SubjectType(row[1]),
        "identity_state": row[2],
        "verified_until": moment(row[3]) if moment else row[3],
        "person": row[4],
        "credit_code_flagged": bool(row[5]),
        "twin": bool(row[6]),
        "provider_mode": row[7],
        "provider_division": row[8],
        "settings": settings(row[9]) if settings else row[9],
        "organisation": row[10],
        "provider_id": row[11],
    }


def _held(key: sa.ColumnElement[Any], source: sa.FromClause) -> Fact:
    statement = qualified(key, _PROVIDER).select_from(source).where(Among(key, "ids"))
    return Fact("held", statement, lambda rows, dialect: {"held": rows, "dialect": dialect})


_OF_ACCOUNT: Final = _ACCOUNT.join(_HOLDER, _HOLDER.c.id == _ACCOUNT.c.holder_id)
STANDING: Final = _standing(_ACCOUNT.c.id, _OF_ACCOUNT)
HELD: Final = _held(_ACCOUNT.c.id, _ACCOUNT.join(_PROVIDER, _PROVIDER.c.id == _ACCOUNT.c.provider_id))
APPLICANT: Final = _standing(_HOLDER.c.id, _HOLDER)
APPLICANT_HELD: Final = _held(_HOLDER.c.id, _HOLDER.join(_PROVIDER, _PROVIDER.c.id == _HOLDER.c.provider_id))


def _decisions(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    moment = decoder(_STEP.c.at.type, dialect)
    return {"decided_at": tuple((row[1], moment(row[2]) if moment else row[2]) for row in rows)}


DECISIONS: Final = Fact(
    "decisions",
    sa.select(_STEP.c.case_id, _STEP.c.trigger, _STEP.c.at)
    .where(Among(_STEP.c.case_id, "ids"), _STEP.c.trigger.in_(["reject", "reapply"]))
    .order_by(_STEP.c.seq),
    _decisions,
)


def _reminded(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    return {"reminded": bool(rows) and rows[-1][1] == REMIND}


REMIND: Final = "remind"
REMINDED: Final = Fact(
    "reminded",
    sa.select(_STEP.c.case_id, _STEP.c.trigger)
    .where(
        Among(_STEP.c.case_id, "ids"),
        _STEP.c.trigger.in_(["request_supplement", "request_change_supplement", REMIND]),
    )
    .order_by(_STEP.c.seq),
    _reminded,
)
HANDED_IN: Final = Fact(
    "handed_in",
    sa.select(_ACCOUNT.c.id, _MATERIAL.c.kind, _MATERIAL.c.sha256)
    .join(_SUBMISSION, sa.and_(_SUBMISSION.c.account_id == _ACCOUNT.c.id, _SUBMISSION.c.round == _ACCOUNT.c.round))
    .join(_MATERIAL, _MATERIAL.c.submission_id == _SUBMISSION.c.id)
    .where(Among(_ACCOUNT.c.id, "ids")),
    lambda rows, _: {"handed_in": frozenset((row[1], row[2]) for row in rows)},
)


# --- what is asked of what is applied for ------------------------------------------------------------------------
def _names(input_: Any, _: Viewer, now: datetime) -> Mapping[str, Any]:
    wanted = input_.particulars
    return {"b_name_key": name_key(wanted.display_name), "b_handle_key": wanted.handle.lower(), "now": now}


def _taken(source: sa.FromClause, key: sa.ColumnElement[Any], *, itself: bool) -> Fact:
    """Whether name or handle are taken at the provider by another live account, kept back, or banned."""
    other = _ACCOUNT.alias("other")
    is_live = other.c.state.in_([str(state) for state in LIVE])
    elsewhere = other.c.id != key if itself else sa.true()
    same = sa.and_(other.c.provider_id == _HOLDER.c.provider_id, is_live, elsewhere)
    kept = sa.and_(
        _RESERVED.c.provider_id == _HOLDER.c.provider_id,
        _RESERVED.c.name_key == _bound("b_name_key"),
        sa.or_(_RESERVED.c.until.is_(None), _RESERVED.c.until > _bound("now", _RESERVED.c.until.type)),
        sa.or_(_RESERVED.c.account_id.is_(None), _RESERVED.c.account_id != key) if itself else sa.true(),
    )
    name = sa.select(key, sa.literal_column("'name'")).select_from(source.join(other, same))
    handle = sa.select(key, sa.literal_column("'handle'")).select_from(source.join(other, same))
    reserved = sa.select(key, sa.literal_column("'name'")).select_from(source.join(_RESERVED, kept))
    banned = [
        sa.select(key, sa.literal_column(f"'{what}'"))
        .select_from(source.join(_BAN, sa.and_(_BAN.c.provider_id == _HOLDER.c.provider_id, standing(kind))))
        .where(Among(key, "ids"), _BAN.c.key == _bound(f"b_{what}_key"))
        for what, kind in (("name", BanKind.NAME), ("handle", BanKind.HANDLE))
    ]
    statement = sa.union_all(
        name.where(Among(key, "ids"), other.c.name_key == _bound("b_name_key")),
        handle.where(Among(key, "ids"), other.c.handle_key == _bound("b_handle_key")),
        reserved.where(Among(key, "ids")),
        *banned,
    )
    return Fact("taken", statement, lambda rows, _: {"taken": frozenset(row[1] for row in rows)}, _names)


TAKEN: Final = _taken(_HOLDER, _HOLDER.c.id, itself=False)
TAKEN_BY_OTHERS: Final = _taken(_OF_ACCOUNT, _ACCOUNT.c.id, itself=True)


APPLICANT_CONSENTED: Final = CONSENTED
CONSENTED_BY_HOLDER: Final = consented(_ACCOUNT.c.id, _OF_ACCOUNT)


async def _documents(_: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The documents named that the holder's side uploaded and nobody used yet, each with its hash."""
    ids = [m.document_id for m in on.input.particulars.materials if m.document_id is not None]
    if not ids:
        return {}
    holder_id = on.case.holder_id if on.case is not None else on.cause.id
    rows = await transaction.fetch(UNUSED_OF_HOLDER, {"document_ids": ids, "b_holder_id": holder_id})
    return {"documents": {row[0]: row[1] for row in rows}}


async def _likenesses(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """Listed units that the name equals or resembles, and the marks it bears."""
    name = on.input.particulars.display_name
    matches = await office.listed_names.matches(transaction, name)
    places = frozenset(code.zh for code in codes("divisions").values())
    return {"candidates": tuple((match.id, match.is_exact) for match in matches), "marks": marks_of(name, places)}


DOCUMENTS: Final = Gathered("documents", _documents)
LIKENESSES: Final = Gathered("likenesses", _likenesses)
