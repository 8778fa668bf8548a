"""Whose matter a case is, asked of a person who acts by another's hand: who endorses has no part in it (Art. 8)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.staff import Recusal
from domain.table import table_of
from workflows.database import Transaction
from workflows.registry import workflow_of

_RECUSAL: Final = table_of(Recusal)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)
_PERSON: Final = sa.bindparam("person", type_=_RECUSAL.c.person.type, required=False)

_PARTIES: Final = sa.select(_RECUSAL.c.party_id).where(_RECUSAL.c.person == _PERSON, _RECUSAL.c.lifted_at.is_(None))


async def recused_from(person: bytes | None, transaction: Transaction) -> frozenset[str]:
    """The parties whose matters a person does not handle."""
    rows = () if person is None else await transaction.fetch(_PARTIES, {"person": person})
    return frozenset(row[0] for row in rows)


async def is_own_matter(noun: str, case_id: str, person: bytes | None, transaction: Transaction) -> bool:
    """Whether a person is the one behind the case, or recused from a party of it."""
    if person is None:
        return False
    values = {"id": case_id, "person": person}
    if await transaction.fetch(_recused(noun), values):
        return True
    persons = _person_behind(noun)
    rows = () if persons is None else await transaction.fetch(persons, {"id": case_id})
    return bool(rows) and person in [bytes(found) for found in rows[0] if found is not None]


@cache
def _recused(noun: str) -> sa.Select[Any]:
    """The recusals that stand from the parties of a case."""
    case = table_of(workflow_of(noun).model)
    parties = [case.c[name] for name in ("holder_id", "provider_id") if name in case.c]
    own = sa.or_(sa.false(), *(_RECUSAL.c.party_id == party for party in parties))
    stands = sa.and_(_RECUSAL.c.person == _PERSON, _RECUSAL.c.lifted_at.is_(None))
    return sa.select(_RECUSAL.c.id).join(case, own).where(case.c.id == _ID, stands)


@cache
def _person_behind(noun: str) -> sa.Select[Any] | None:
    case, identity = table_of(workflow_of(noun).model), table_of(workflow_of("identity").model)
    if noun == "staff":
        return sa.select(case.c.person).where(case.c.id == _ID)
    if "holder_id" not in case.c:
        return None
    if case is identity:
        return sa.select(identity.c.resident_id_index, identity.c.pending_resident_id_index).where(identity.c.id == _ID)
    joined = sa.select(identity.c.resident_id_index).join(case, case.c.holder_id == identity.c.holder_id)
    return joined.where(case.c.id == _ID)
