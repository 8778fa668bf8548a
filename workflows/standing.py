"""Whether badges stand, asked anew each time: from the permission and the licence as they are now (Art. 5, 7).

No step need have been journalled for a badge to have ended: a licence lost takes it at once, also with no worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.calendar import local_day
from domain.licence import Licence
from domain.permission import Badge, Permission, PermissionKind, Standing, last_day, permission_stands
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among, Connection, Database, Row, decoder

_BADGE, _PERMISSION, _LICENCE = table_of(Badge), table_of(Permission), table_of(Licence)
_B, _P, _L = _BADGE.c, _PERMISSION.c, _LICENCE.c
_PLACES_AT_ONCE: Final = 2_000
_AFTER: Final = sa.bindparam("after", type_=sa.Integer, required=False)

_SAID: Final = (_B.id, _B.account_id, _B.licence_number, _B.approval_number)
# What its standing follows from, and nothing else.
_GROUNDS: Final = (
    _B.kind, _B.revoked_at, _P.kind, _P.state, _P.valid_until, _P.renewal_asked_at,
    _L.number, _L.services, _L.valid_from, _L.valid_to,
)  # fmt: skip
_READ: Final = (_B.status_place, *_GROUNDS, *_SAID)
_ALL: Final = sa.select(*_READ).select_from(
    _BADGE.join(_PERMISSION, _P.id == _B.permission_id).outerjoin(_LICENCE, _L.number == _P.licence_number)
)
_BY_ID: Final = _ALL.where(Among(_B.id, "keys"))
_BY_ACCOUNT: Final = _ALL.where(Among(_B.account_id, "keys"), _B.revoked_at.is_(None)).order_by(_B.status_place)
# The page is cut before it is joined: a planner that knows no better would join all badges for each page.
_PAGE: Final = (
    sa.select(_B.status_place, _B.kind, _B.revoked_at, _B.permission_id)
    .where(_B.revoked_at.is_(None), _B.status_place > _AFTER)
    .order_by(_B.status_place)
    .limit(sa.literal_column(str(_PLACES_AT_ONCE)))
    .subquery("page")
)
_BY_PLACE: Final = (
    sa.select(_PAGE.c.status_place, _PAGE.c.kind, _PAGE.c.revoked_at, *_GROUNDS[2:])
    .select_from(
        _PAGE.join(_PERMISSION, _P.id == _PAGE.c.permission_id).outerjoin(_LICENCE, _L.number == _P.licence_number)
    )
    .order_by(_PAGE.c.status_place)
)
_PLACES: Final = sa.select(sa.func.max(_B.status_place))


@dataclass(frozen=True, slots=True)
class BadgeNow:
    """A badge that was not revoked, and whether it stands."""

    id: str
    account_id: str
    kind: PermissionKind
    licence_number: str | None
    approval_number: str | None
    valid_until: date | None
    standing: Standing


class BadgeStandings:
    """Whether each of some badges stands, by id."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, object]:
        rows = await connection.fetch(_BY_ID, {"keys": list(ids)})
        badges = [_badge(row, local_day(now), connection.dialect) for row in rows]
        return {badge.id: badge.standing for badge in badges}


class BadgesOfAccounts:
    """The badge of each of some accounts; an account has one at most that is not revoked."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, object]:
        rows = await connection.fetch(_BY_ACCOUNT, {"keys": list(ids)})
        badges = [_badge(row, local_day(now), connection.dialect) for row in rows]
        return {badge.account_id: badge for badge in badges}


async def status_bits(database: Database, now: datetime) -> bytes:
    """A bit for every badge ever issued, the lowest first in each byte: 0 where it stands, 1 where it does not."""
    last = (await database.read(lambda connection: connection.fetch(_PLACES, {})))[0][0]
    bits, after, today = bytearray(b"\xff" * (1 if last is None else last // 8 + 1)), -1, local_day(now)
    known: dict[tuple[Any, ...], Standing] = {}  # of many badges on one licence one is worked out
    while True:
        rows = await _from_place(database, after)
        for row in rows:
            place, grounds = row[0], tuple(row[1:])
            if (standing := known.get(grounds)) is None:
                standing = known[grounds] = _standing(_decoded(grounds, database.dialect), today)
            if standing != Standing.ENDED:
                bits[place // 8] &= ~(1 << place % 8)
        if len(rows) < _PLACES_AT_ONCE:
            return bytes(bits)
        known, after = (known if len(known) < _PLACES_AT_ONCE else {}), rows[-1][0]


async def _from_place(database: Database, after: int) -> Sequence[Row]:
    return await database.read(lambda connection: connection.fetch(_BY_PLACE, {"after": after}))


def _badge(row: Row, today: date, dialect: sa.Dialect) -> BadgeNow:
    split = 1 + len(_GROUNDS)
    grounds = _decoded(row[1:split], dialect)
    kind, _, _, _, valid_until, *_, valid_to = grounds
    id_, account_id, licence_number, approval_number = row[split:]
    last = last_day(kind, valid_until, valid_to)
    return BadgeNow(id_, account_id, kind, licence_number, approval_number, last, _standing(grounds, today))


def _standing(grounds: Sequence[Any], today: date) -> Standing:
    kind, revoked_at, permitted, state, valid_until, renewal_asked_at, number, services, first, last = grounds
    if revoked_at is not None or kind != permitted:  # a badge that says more than is permitted says nothing
        return Standing.ENDED
    return permission_stands(
        kind, state, valid_until, renewal_asked_at, services, first, last, today, licence_is_listed=number is not None
    )


def _decoded(grounds: Sequence[Any], dialect: sa.Dialect) -> list[Any]:
    pairs = zip(grounds, _decoders(dialect), strict=True)
    return [value if read is None or value is None else read(value) for value, read in pairs]


@cache
def _decoders(dialect: sa.Dialect) -> tuple[Any, ...]:
    return tuple(decoder(column.type, dialect) for column in _GROUNDS)
