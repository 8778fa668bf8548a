"""Opening a sanction, or taking it up again: account, open conducts, the evidence that comes with it (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from domain.account import IN_USE, Account, AccountState, ClosedCause
from domain.calendar import local_day
from domain.circumstances import Detection
from domain.codes.lists import is_listed
from domain.identity import Identity
from domain.ids import new_id
from domain.permission import Permission, PermissionState
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.sanction import OPEN, Evidence, Sanction
from domain.table import table_of
from domain.vault.cipher import Place, seal, unseal
from domain.vault.keys import open_mask_key
from domain.vault.texts import commitment, pack_text, unpack_text
from workflows.database import Among, Row, Transaction, decoder
from workflows.engine import Fact, Gathered, On, Rests, guard
from workflows.own_matter import is_of_another
from workflows.sanction_facts import SUBJECT, Sealed

YEARS_BACK, YEARS_BACK_OF_HARM = 2, 5

_SANCTION, _ACCOUNT, _IDENTITY, _PERMISSION = (table_of(model) for model in (Sanction, Account, Identity, Permission))
_EVIDENCE = table_of(Evidence)


_KNOWN: Final = sa.select(_EVIDENCE.c.id, _EVIDENCE.c.sealed).where(
    _EVIDENCE.c.sanction_id == sa.bindparam("id", type_=sa.Text, required=False)
)


async def _sealed(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The evidence sealed under the mask key of the holder that it is about, and the words that the case has."""
    whose = on.case if on.case is not None else on.cause
    identity_id, mask_key, *_ = (await transaction.fetch(SUBJECT, {"id": whose.holder_id}))[0]
    key, kept, known = open_mask_key(office.keys, bytes(mask_key), identity_id), [], []
    for id_, sealed in () if on.case is None else await transaction.fetch(_KNOWN, {"id": on.id}):
        known.append(unpack_text(unseal(key, bytes(sealed), Place("evidence", "sealed", id_))).text)
    for piece in on.input.evidence:
        id_ = new_id("evidence")
        body = pack_text(commitment(piece.text).salt, piece.text)
        kept.append(Sealed(id_, identity_id, seal(key, body, Place("evidence", "sealed", id_))))
    return {"sealed": tuple(kept), "known_words": frozenset(known)}


SEALED: Final = Gathered("sealed", _sealed)


# --- of an account that a case is opened on ----------------------------------------------------------------------
OPENING: Final = Fact(
    "opening",
    sa.select(_ACCOUNT.c.id, _IDENTITY.c.resident_id_index, _PERMISSION.c.licence_number)
    .select_from(
        _ACCOUNT.join(_IDENTITY, _IDENTITY.c.holder_id == _ACCOUNT.c.holder_id).outerjoin(
            _PERMISSION,
            sa.and_(
                _PERMISSION.c.account_id == _ACCOUNT.c.id,
                _PERMISSION.c.state.in_(
                    [sa.literal_column(f"'{s}'") for s in (PermissionState.GRANTED, PermissionState.SUSPENDED)]
                ),
            ),
        )
    )
    .where(Among(_ACCOUNT.c.id, "ids")),
    lambda rows, _: {"person": rows[0][1], "licence_number": next((row[2] for row in rows if row[2]), None)},
)


def _conducts(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    day = decoder(_SANCTION.c.conduct_on.type, dialect)
    return {"open_conducts": frozenset((row[1], day(row[2]) if day else row[2]) for row in rows)}


def _conducts_of(key: sa.ColumnElement[Any], source: sa.FromClause, *, in_steps: bool) -> Fact:
    """The conducts of the account that another case is open on."""
    other = _SANCTION.alias("open")
    joined = source.join(other, sa.and_(other.c.account_id == _ACCOUNT.c.id, other.c.id != key))
    chosen = sa.select(key, other.c.ground, other.c.conduct_on).select_from(joined)
    states: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'{state}'") for state in OPEN]
    return Fact("conducts", chosen.where(Among(key, "ids"), other.c.state.in_(states)), _conducts, in_steps=in_steps)


CONDUCTS: Final = _conducts_of(_ACCOUNT.c.id, _ACCOUNT, in_steps=False)
CONDUCTS_BESIDE: Final = _conducts_of(
    _SANCTION.c.id, _SANCTION.join(_ACCOUNT, _ACCOUNT.c.id == _SANCTION.c.account_id), in_steps=True
)


# --- its conditions, each a sentence -----------------------------------------------------------------------------
@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("accountId",))
def is_not_ones_own_account(on: On) -> bool:
    return is_of_another(on)


@guard(ProblemCode.ACCOUNT_NOT_IN_USE, rests=Rests.LOCKED, path=("accountId",))
def account_is_in_use_or_closed_by_its_holder(on: On) -> bool:
    account = on.cause
    left = account.state == AccountState.CLOSED and account.closed_cause == ClosedCause.HOLDER
    return left or account.state in IN_USE


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def ground_was_valid_at_the_conduct(on: On) -> Sequence[Problem]:
    is_valid = is_listed("sanction_grounds", on.input.ground, on.input.conduct_on)
    return [] if is_valid else [Problem(ProblemCode.CODE_UNKNOWN, ("ground",), "(sanction_grounds)")]


@guard(ProblemCode.CONDUCT_OUT_OF_TIME, rests=Rests.DERIVED, on_input=True, path=("conductOn",))
def conduct_is_past_and_not_too_long_ago(on: On) -> bool:
    today, years = local_day(on.now), YEARS_BACK_OF_HARM if on.input.harms_life_or_property else YEARS_BACK
    return bool(_years_before(today, years) <= on.input.conduct_on <= today)


def _years_before(day: date, years: int) -> date:
    """The same day so many years before; of the 29th of February the day before."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


@guard(ProblemCode.CONDUCT_OPEN, rests=Rests.UNIQUE, on_input=True, path=("conductOn",))
def no_case_of_the_same_conduct_is_open(on: On) -> bool:
    return (on.input.ground, on.input.conduct_on) not in on.facts.open_conducts


@guard(ProblemCode.CONDUCT_OPEN, rests=Rests.UNIQUE, path=("id",))
def no_other_case_of_its_conduct_is_open(on: On) -> bool:
    return (on.case.ground, on.case.conduct_on) not in on.facts.open_conducts


@guard(ProblemCode.DETECTION_INVALID, rests=Rests.DERIVED, on_input=True, path=("detection",))
def machines_find_by_automated_means(on: On) -> bool:
    return on.viewer.role is not Role.INTEGRATION or bool(on.input.detection is Detection.AUTOMATED)


@guard(ProblemCode.EVIDENCE_UNDISCLOSABLE, rests=Rests.DERIVED, on_input=True, path=("evidence",))
def some_evidence_can_be_disclosed(on: On) -> bool:
    """A decision rests on disclosed pieces only: without one there could be none."""
    return any(piece.is_disclosable for piece in on.input.evidence)


@guard(ProblemCode.EVIDENCE_NOT_NEW, rests=Rests.LOCKED, on_input=True, path=("evidence",))
def evidence_is_new(on: On) -> bool:
    """Not the same facts twice."""
    known = {piece.sha256 for piece in on.facts.evidence if piece.sha256 is not None}
    said = on.facts.known_words
    return any(p.text not in said if p.sha256 is None else p.sha256 not in known for p in on.input.evidence)
