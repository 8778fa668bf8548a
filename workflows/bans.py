"""Who may not come back: a closure keeps names, handles and subjects out of one provider until a date (Art. 8, 9).

A subject is known by an index of its own, which outlives the erasure of the closed account's data: only the keys find
it, made from the identity of whoever asks. Whoever bans a subject, and whoever lets one in, holds that index until the
commit: no account is approved beside a ban that is under way. SQLite has one writer, there nobody else is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.columns import TEXT
from domain.holder import SubjectType
from domain.sanction import Ban, BanKind
from domain.table import table_of
from domain.vault.blind_index import ban_index
from domain.vault.keys import Keys
from workflows.blind import AmongDigests
from workflows.database import Among, Connection, Transaction
from workflows.database import Keys as Texts
from workflows.engine import Gathered, On, Sought
from workflows.identity import PERSONS
from workflows.under_measure import under_measure

_BAN = table_of(Ban)
NOW: Final = sa.bindparam("now", type_=_BAN.c.until.type, required=False)
Fields = Mapping[str, Mapping[str, Any]]


def standing(kind: BanKind) -> sa.ColumnElement[bool]:
    """Bans of a kind that keep somebody or something out at the moment bound as `now`."""
    of_kind = _BAN.c.kind == sa.literal_column(f"'{kind}'", TEXT)
    return sa.and_(of_kind, _BAN.c.until > NOW, _BAN.c.lifted_at.is_(None))


def subject_of(subject_type: SubjectType, resident_id_index: bytes | None, uscc_index: bytes | None) -> bytes | None:
    """By which of its blind indexes a subject is banned: a person by their own, an organisation by its credit code."""
    found = resident_id_index if subject_type in PERSONS else uscc_index
    return None if found is None else bytes(found)


def known_by(subject_type: SubjectType, resident_id_index: bytes | None, uscc_index: bytes | None) -> tuple[bytes, ...]:
    """By what a subject may stand under a ban: a sole trader also as the trader that they were known as then."""
    every = (resident_id_index, uscc_index) if subject_type in PERSONS else (uscc_index,)
    return tuple(bytes(index) for index in every if index is not None)


_OF_SUBJECTS: Final = sa.select(_BAN.c.subject_index).where(
    Among(_BAN.c.provider_id, "providers"), AmongDigests(_BAN.c.subject_index), standing(BanKind.SUBJECT)
)


_HELD: Final = sa.func.unnest(sa.bindparam("held", type_=Texts(), required=False)).column_valued("held")
_HOLD: Final = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_HELD, sa.literal_column("0"))))


async def hold(connection: Connection, digests: Iterable[bytes]) -> None:
    """Let nobody else ban these subjects or let them in until the commit."""
    if connection.dialect.name == "postgresql":
        await connection.fetch(_HOLD, {"held": sorted(digest.hex() for digest in digests)})


async def banned(
    keys: Keys,
    connection: Connection,
    subjects: Mapping[str, tuple[str, Sequence[bytes]]],
    now: datetime,
    *,
    held: bool = False,
) -> frozenset[str]:
    """Which of these stand under a ban; each is a provider's id and what a subject is known by."""
    known = {id_: {ban_index(keys, whose, index) for index in indexes} for id_, (whose, indexes) in subjects.items()}
    digests = frozenset[bytes]().union(*known.values())
    if not digests:
        return frozenset()
    if held:
        await hold(connection, digests)
    providers = sorted({whose for whose, _ in subjects.values()})
    rows = await connection.fetch(_OF_SUBJECTS, {"providers": providers, "digests": sorted(digests), "now": now})
    found = {bytes(row[0]) for row in rows}
    return frozenset(id_ for id_, mine in known.items() if mine & found)


async def _sought(keys: Keys, connection: Connection, fields: Fields, now: datetime) -> Fields:
    subjects = {
        id_: (one["provider_id"], known_by(one["subject_type"], one["person"], one["organisation"]))
        for id_, one in fields.items()
        if "person" in one
    }
    found, measured = (
        await banned(keys, connection, subjects, now),
        await under_measure(keys, connection, subjects, now),
    )
    return {id_: {"banned": id_ in found, "under_measure": id_ in measured} for id_ in subjects}


async def _asked_again(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """Hold the subject, then look again: what the facts said may be older than what another has just committed."""
    if transaction.dialect.name != "postgresql":
        return {}
    facts = on.facts
    subject = facts.provider_id, known_by(facts.subject_type, facts.person, facts.organisation)
    is_banned = await banned(office.keys, transaction, {on.id: subject}, on.now, held=True)
    is_measured = await under_measure(office.keys, transaction, {on.id: subject}, on.now)
    return {"banned": bool(is_banned), "under_measure": bool(is_measured)}


BANNED: Final = Sought("banned", _sought, in_steps=True)
STILL_BANNED: Final = Gathered("still_banned", _asked_again)
