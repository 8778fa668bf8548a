"""Whose subject has a case that they were told of, or a measure that is not over: told to reviewers alone (Art. 8, 9).

Found blind, at one provider: by who is behind the account now, and by who was behind it when its case was opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from domain.closing import HOLDING
from domain.columns import TEXT
from domain.holder import Holder, SubjectType
from domain.identity import Identity
from domain.sanction import UNDECIDED, HasTerm, Measure, Sanction, is_not_over
from domain.table import table_of
from domain.vault.blind_index import ban_index
from domain.vault.keys import Keys
from workflows.blind import AmongDigests
from workflows.database import Among, Connection
from workflows.identity import PERSONS

_SANCTION, _MEASURE, _HOLDER, _IDENTITY = (table_of(model) for model in (Sanction, Measure, Holder, Identity))
_NOW: Final = sa.bindparam("now", type_=_MEASURE.c.until.type, required=False)


def _words(words: Sequence[str]) -> list[sa.ColumnElement[Any]]:
    return [sa.literal_column(f"'{word}'", TEXT) for word in words]


# Whether the time to decide has passed or not: a subject is not clean because its provider is late.
_TOLD: Final = sa.and_(_SANCTION.c.told_at.is_not(None), _SANCTION.c.state.in_(_words(UNDECIDED)))
_MEASURED: Final = sa.exists().where(
    _MEASURE.c.sanction_id == _SANCTION.c.id,
    _MEASURE.c.level.in_(_words(HOLDING)),
    is_not_over(cast("HasTerm", _MEASURE.c), _NOW),
)
_BEHIND: Final = sa.or_(
    AmongDigests(_IDENTITY.c.uscc_index),
    sa.and_(_HOLDER.c.subject_type.in_(_words(sorted(PERSONS))), AmongDigests(_IDENTITY.c.resident_id_index)),
    AmongDigests(_SANCTION.c.subject_index),
)
_STANDING: Final = (
    sa.select(_IDENTITY.c.resident_id_index, _IDENTITY.c.uscc_index, _SANCTION.c.subject_index, _HOLDER.c.subject_type)
    .select_from(
        _SANCTION.join(_HOLDER, _HOLDER.c.id == _SANCTION.c.holder_id).join(
            _IDENTITY, _IDENTITY.c.holder_id == _SANCTION.c.holder_id
        )
    )
    .where(Among(_SANCTION.c.provider_id, "providers"), sa.or_(_TOLD, _MEASURED), _BEHIND)
)


async def under_measure(
    keys: Keys, connection: Connection, subjects: Mapping[str, tuple[str, Sequence[bytes]]], now: datetime
) -> frozenset[str]:
    """Which of these have one; each is a provider's id and what a subject is known by."""
    known = {
        id_: {*indexes, *(ban_index(keys, whose, index) for index in indexes)}
        for id_, (whose, indexes) in subjects.items()
    }
    digests = frozenset[bytes]().union(*known.values())
    if not digests:
        return frozenset()
    providers = sorted({whose for whose, _ in subjects.values()})
    rows = await connection.fetch(_STANDING, {"providers": providers, "digests": sorted(digests), "now": now})
    found = {bytes(index) for row in rows for index in _shown(*row) if index is not None}
    return frozenset(id_ for id_, mine in known.items() if mine & found)


def _shown(person: bytes | None, organisation: bytes | None, subject: bytes | None, subject_type: str) -> Sequence[Any]:
    """By what the subject of a case is known: an organisation not by who operates it."""
    return (organisation, subject, person if SubjectType(subject_type) in PERSONS else None)
