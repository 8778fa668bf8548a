"""What a receipt opens, without a login: the decision, what was disclosed, until when it may be appealed (Art. 8).

Number and secret are all that is asked for, so it goes on opening after the account was closed and the login is gone.
An unknown number and a wrong secret are answered alike, by the same one statement. Texts of an erased subject open no
more; the decision, which names nobody, stays.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.identity import Identity
from domain.journal import Step, StepText, TextName
from domain.notice import Notice, Party
from domain.policy.roles import Role
from domain.sanction import NEVER, EndCause, Evidence, Measure, MeasureLevel, in_force
from domain.state import Audience, Language
from domain.table import table_of
from domain.vault.cipher import NotOpened, Place, unseal
from domain.vault.keys import KeyNotHeld, Keys, open_mask_key
from domain.vault.receipts import receipt_hash
from domain.vault.texts import unpack_text
from workflows.database import Connection, loader
from workflows.registry import WORKFLOWS
from workflows.triggers import words_of_trigger

_NOTICE, _STEP, _TEXT, _IDENTITY = table_of(Notice), table_of(Step), table_of(StepText), table_of(Identity)
_MEASURE, _EVIDENCE = table_of(Measure), table_of(Evidence)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)
_NOBODYS: Final = bytes(32)  # no secret has this hash
_BY_NUMBER: Final = (
    sa.select(*loader(Notice).columns, *loader(Step).columns)
    .join(_STEP, _STEP.c.id == _NOTICE.c.step_id)
    .where(_NOTICE.c.receipt_number == sa.bindparam("number", type_=sa.Text, required=False))
)
_TEXTS: Final = (
    sa.select(_TEXT.c.id, _TEXT.c.name, _TEXT.c.sealed, _TEXT.c.identity_id, _IDENTITY.c.mask_key)
    .outerjoin(_IDENTITY, _IDENTITY.c.id == _TEXT.c.identity_id)
    .where(_TEXT.c.step_id == _ID, _TEXT.c.audience == sa.literal_column(f"'{Audience.PARTY}'"))
    .order_by(_TEXT.c.id)
)
_MADE: Final = sa.select(*loader(Measure).columns).where(_MEASURE.c.step_id == _ID)
_DISCLOSED: Final = (
    sa.select(*loader(Evidence).columns, _IDENTITY.c.mask_key)
    .outerjoin(_IDENTITY, _IDENTITY.c.id == _EVIDENCE.c.identity_id)
    .where(_EVIDENCE.c.sanction_id == _ID, _EVIDENCE.c.disclosed_at.is_not(None), _EVIDENCE.c.late_answer_to.is_(None))
    .order_by(_EVIDENCE.c.number)
)


@dataclass(frozen=True, slots=True)
class ToldText:
    """A text that was told with the decision; None where it opens no more."""

    name: TextName
    text: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of evidence that was disclosed."""

    number: int
    text: str | None
    sha256: str | None
    address: str | None
    captured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """The measure that the decision took."""

    level: MeasureLevel
    scope: Sequence[str]
    from_at: datetime
    until: datetime | None
    ended_at: datetime | None
    ended_by: EndCause | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """All that a receipt opens."""

    receipt_number: str
    served_at: datetime | None
    party: Party
    case_kind: str
    state_code: str  # of the case, now
    trigger: str
    decided_at: datetime
    decided_by: Role
    staff_number: str | None
    reason_codes: Sequence[str]
    legal_bases: Sequence[str]
    texts: Sequence[ToldText]
    measure: Taken | None
    evidence: Sequence[Shown]
    remedy_until: datetime | None
    open_to_appeal: bool

    @property
    def public_reason(self) -> str | None:
        """The reason told to the party."""
        return self._told(TextName.PUBLIC_REASON)

    @property
    def facts(self) -> str | None:
        """The facts told to the party."""
        return self._told(TextName.FACTS)

    def _told(self, name: TextName) -> str | None:
        return next((text.text for text in self.texts if text.name is name), None)

    def state_told(self, language: Language) -> str:
        """Where the case stands, in words for this party."""
        audience = Audience.PARTY if self.party == Party.HOLDER else Audience.HANDLER
        return WORKFLOWS[self.case_kind].states(self.state_code).told(audience, language)

    def decision_told(self, language: Language) -> str:
        """What was decided, in words."""
        words = words_of_trigger(self.case_kind, self.trigger)
        return words.zh if language == "ZH" else words.en


async def opened(connection: Connection, keys: Keys, number: str, secret: str, now: datetime) -> Opened | None:
    """What a number and its secret open; None for a number that is unknown as for a secret that is wrong."""
    rows = await connection.fetch(_BY_NUMBER, {"number": number.strip().upper()})
    notice = loader(Notice).row(rows[0], connection.dialect) if rows else None
    known = _NOBODYS if notice is None else bytes(notice.secret_hash)
    if not hmac.compare_digest(receipt_hash(secret), known) or notice is None:
        return None
    step = loader(Step).row(rows[0], connection.dialect, loader(Notice).width)
    state = (await connection.fetch(_state(notice.case_kind), {"id": notice.case_id}))[0][0]
    measure = await _measure(connection, step.id)
    until = None if measure is None else measure.remedy_until
    return Opened(
        receipt_number=notice.receipt_number,
        served_at=notice.served_at,
        party=notice.party,
        case_kind=notice.case_kind,
        state_code=state,
        trigger=step.trigger,
        decided_at=step.at,
        decided_by=step.actor_role,
        staff_number=step.actor_number,
        reason_codes=step.reason_codes.split(),
        legal_bases=step.legal_bases.split(),
        texts=await _texts(connection, keys, step.id),
        measure=None if measure is None else _taken(measure, now),
        evidence=await _evidence(connection, keys, notice.case_id),
        remedy_until=until,
        open_to_appeal=until is not None and now < until,
    )


@cache
def _state(noun: str) -> sa.Select[Any]:
    table = table_of(WORKFLOWS[noun].model)
    return sa.select(table.c.state).where(table.c.id == _ID)


async def _texts(connection: Connection, keys: Keys, step_id: str) -> list[ToldText]:
    found = []
    for id_, name, *sealed in await connection.fetch(_TEXTS, {"id": step_id}):
        found.append(ToldText(TextName(name), _words(keys, Place("step_text", "sealed", id_), *sealed)))
    return found


async def _measure(connection: Connection, step_id: str) -> Any:
    rows = await connection.fetch(_MADE, {"id": step_id})
    return loader(Measure).row(rows[0], connection.dialect) if rows else None


def _taken(measure: Any, now: datetime) -> Taken:
    return Taken(
        MeasureLevel(measure.level),
        measure.scope,
        measure.from_at,
        _unless_never(measure.until),
        _unless_never(measure.ended_at),
        measure.ended_by,
        bool(in_force(measure, now)),
    )


def _unless_never(moment: datetime) -> datetime | None:
    return None if moment == NEVER else moment


async def _evidence(connection: Connection, keys: Keys, case_id: str) -> list[Shown]:
    load = loader(Evidence)
    found = []
    for row in await connection.fetch(_DISCLOSED, {"id": case_id}):
        piece = load.row(row, connection.dialect)
        place = Place("evidence", "sealed", piece.id)
        text = _words(keys, place, piece.sealed, piece.identity_id, row[load.width])
        found.append(Shown(piece.number, text, piece.sha256, piece.address, piece.captured_at))
    return found


def _words(keys: Keys, place: Place, sealed: bytes, identity_id: str | None, mask_key: bytes | None) -> str | None:
    """A sealed text; None where the keys of its subject are gone."""
    try:
        if identity_id is None:
            return unpack_text(unseal(keys.derived("deployment-text"), bytes(sealed), place)).text
        if mask_key is None:
            return None
        return unpack_text(unseal(open_mask_key(keys, bytes(mask_key), identity_id), bytes(sealed), place)).text
    except (NotOpened, KeyNotHeld):
        return None
