"""What opening a sanction looks at: the account, its open conducts, the evidence that comes with it (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account
from domain.identity import Identity
from domain.ids import new_id
from domain.permission import Permission, PermissionState
from domain.sanction import OPEN, Sanction
from domain.table import table_of
from domain.vault.cipher import Place, seal
from domain.vault.keys import open_mask_key
from domain.vault.texts import commitment, pack_text
from workflows.database import Among, Row, Transaction, decoder
from workflows.engine import Fact, Gathered, On
from workflows.sanction_facts import SUBJECT, Sealed

_SANCTION, _ACCOUNT, _IDENTITY, _PERMISSION = (table_of(model) for model in (Sanction, Account, Identity, Permission))


async def _sealed(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The evidence sealed under the mask key of the holder that it is about."""
    whose = on.case if on.case is not None else on.cause
    identity_id, mask_key, *_ = (await transaction.fetch(SUBJECT, {"id": whose.holder_id}))[0]
    key, kept = open_mask_key(office.keys, bytes(mask_key), identity_id), []
    for piece in on.input.evidence:
        id_ = new_id("evidence")
        body = pack_text(commitment(piece.text).salt, piece.text)
        kept.append(Sealed(id_, identity_id, seal(key, body, Place("evidence", "sealed", id_))))
    return {"sealed": tuple(kept)}


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
