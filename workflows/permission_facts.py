"""What the guards of a permission look at: its licence in the register, its kin, who suspended it (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.holder import Holder
from domain.identity import Identity
from domain.journal import Step
from domain.licence import Licence, LicenceDoubt
from domain.names import name_key
from domain.permission import Permission, PermissionState
from domain.policy.masking import Form
from domain.provider import Provider
from domain.sanction import HEAVY, Measure, in_force
from domain.table import table_of
from domain.vault.bundle import open_bundle
from workflows.database import Among, Row, Transaction, decoder
from workflows.documents import UNUSED_OF_HOLDER
from workflows.engine import Fact, Gathered, On
from workflows.qualification import qualified

_PERMISSION, _LICENCE, _DOUBT = table_of(Permission), table_of(Licence), table_of(LicenceDoubt)
_ACCOUNT, _HOLDER, _IDENTITY = table_of(Account), table_of(Holder), table_of(Identity)
_PROVIDER, _STEP, _MEASURE = table_of(Provider), table_of(Step), table_of(Measure)
OPEN: Final = (PermissionState.REQUESTED, PermissionState.GRANTED, PermissionState.SUSPENDED)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """A licence as the imported register lists it now."""

    holder_key: str
    services: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class PermissionFacts:
    """What is known of a permission, or of an account that asks for one."""

    licence: Listed | None = None
    doubts: int = 0
    person: bytes | None = None
    account_state: str = ""
    suspended_by: str | None = None  # the role that did, while it is suspended
    kin_suspended_by: frozenset[str] = frozenset()  # the same of the account's other permissions
    news_sanctioned: bool = False  # a measure on a news ground, from a restriction up, is in force on the account
    open_kinds: frozenset[str] = frozenset()
    provider_mode: str = ""
    held: Sequence[Row] = ()
    dialect: Any = None
    subject_key: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)


def _listed(row: Sequence[Any], dialect: sa.Dialect) -> Listed:
    day = decoder(_LICENCE.c.valid_from.type, dialect)
    begins, ends = (day(value) if day and value is not None else value for value in (row[2], row[3]))
    return Listed(row[0], row[1], begins, ends)


_SAID: Final = (_LICENCE.c.holder_name_key, _LICENCE.c.services, _LICENCE.c.valid_from, _LICENCE.c.valid_to)


def _standing(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    if not rows:
        return {}
    row = rows[0]
    licence = None if row[3] is None else _listed(row[3:7], dialect)
    return {"person": row[1], "doubts": row[2], "licence": licence, "account_state": row[7]}


# Doubts raised since somebody last looked into them.
_LOOKED_INTO: Final = sa.func.coalesce(
    sa.select(sa.func.max(_STEP.c.at))
    .where(_STEP.c.case_id == _PERMISSION.c.id, _STEP.c.trigger.in_(["settle_doubt", "renewed"]))
    .scalar_subquery(),
    _PERMISSION.c.created_at,
)
STANDING: Final = Fact(
    "standing",
    sa.select(
        _PERMISSION.c.id,
        _IDENTITY.c.resident_id_index,
        sa.select(sa.func.count())
        .select_from(_DOUBT)
        .where(_DOUBT.c.licence_id == _LICENCE.c.id, _DOUBT.c.created_at > _LOOKED_INTO)
        .scalar_subquery(),
        *_SAID,
        _ACCOUNT.c.state,
    )
    .select_from(
        _PERMISSION.join(_IDENTITY, _IDENTITY.c.holder_id == _PERMISSION.c.holder_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == _PERMISSION.c.account_id)
        .outerjoin(_LICENCE, _LICENCE.c.number == _PERMISSION.c.licence_number)
    )
    .where(Among(_PERMISSION.c.id, "ids")),
    _standing,
)
_KIN: Final = _PERMISSION.alias("kin")


def _suspenders(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    last = {id_: role for _, id_, role in rows}  # the last step of each comes last
    own = rows[0][0] if rows else ""
    return {
        "suspended_by": last.pop(own, None),
        "kin_suspended_by": frozenset(last.values()),
    }


SUSPENDERS: Final = Fact(
    "suspenders",
    sa.select(_PERMISSION.c.id, _KIN.c.id, _STEP.c.actor_role)
    .join(_KIN, _KIN.c.account_id == _PERMISSION.c.account_id)
    .join(_STEP, sa.and_(_STEP.c.case_id == _KIN.c.id, _STEP.c.trigger == sa.literal_column("'suspend'")))
    .where(Among(_PERMISSION.c.id, "ids"), _KIN.c.state == sa.literal_column(f"'{PermissionState.SUSPENDED}'"))
    .order_by(_STEP.c.seq),
    _suspenders,
)
NEWS_SANCTIONED: Final = Fact(
    "news_sanctioned",
    sa.select(_PERMISSION.c.id)
    .join(_MEASURE, _MEASURE.c.account_id == _PERMISSION.c.account_id)
    .where(
        Among(_PERMISSION.c.id, "ids"),
        _MEASURE.c.is_news,
        _MEASURE.c.level.in_([sa.literal_column(f"'{level}'") for level in HEAVY]),
        in_force(_MEASURE.c, sa.bindparam("now", type_=_MEASURE.c.until.type, required=False)),
    ),
    lambda rows, _: {"news_sanctioned": bool(rows)},
)
OTHERS: Final = Fact(
    "others",
    sa.select(_PERMISSION.c.account_id, _PERMISSION.c.kind).where(
        Among(_PERMISSION.c.account_id, "ids"), _PERMISSION.c.state.in_([str(state) for state in OPEN])
    ),
    lambda rows, _: {"open_kinds": frozenset(row[1] for row in rows)},
)
HELD: Final = Fact(
    "held",
    qualified(_ACCOUNT.c.id, _PROVIDER)
    .select_from(_ACCOUNT.join(_PROVIDER, _PROVIDER.c.id == _ACCOUNT.c.provider_id))
    .where(Among(_ACCOUNT.c.id, "ids")),
    lambda rows, dialect: {"held": rows, "dialect": dialect},
)
_BY_NUMBER: Final = sa.select(*_SAID).where(_LICENCE.c.number == sa.bindparam("number", type_=sa.Text, required=False))
_SUBJECT: Final = (
    sa.select(_IDENTITY.c.id, _IDENTITY.c.mask_key, _IDENTITY.c.bundle, _PROVIDER.c.mode)
    .select_from(_IDENTITY.join(_PROVIDER, _PROVIDER.c.id == _IDENTITY.c.provider_id))
    .where(_IDENTITY.c.holder_id == _ID)
)


async def _asked(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The licence that is named, who the subject is, and the letter, if one is handed in."""
    found: dict[str, Any] = {}
    if on.input.licence_number is not None:
        rows = await transaction.fetch(_BY_NUMBER, {"number": on.input.licence_number})
        found["licence"] = _listed(rows[0], transaction.dialect) if rows else None
    id_, key, bundle, mode = (await transaction.fetch(_SUBJECT, {"id": on.cause.holder_id}))[0]
    forms = open_bundle(office.keys, key, bundle, id_) if bundle is not None else {}
    name = forms.get("organisation_name", {}).get(Form.CLEAR)
    found |= {"provider_mode": mode, "subject_key": None if name is None else name_key(name)}
    if on.input.letter_id is not None:
        values = {"document_ids": [on.input.letter_id], "b_holder_id": on.cause.holder_id}
        found["documents"] = {row[0]: row[1] for row in await transaction.fetch(UNUSED_OF_HOLDER, values)}
    return found


ASKED: Final = Gathered("asked", _asked)
