"""Who somebody is: what the rows of Staff or Holder say of the subject that a token proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from domain.holder import Holder
from domain.policy.roles import Role
from domain.provider import Provider
from domain.staff import Recusal, Staff, StaffState
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Connection, Row

_STAFF: Final = table_of(Staff)
_RECUSAL: Final = table_of(Recusal)  # of the person, whichever login recused
_HOLDER: Final = table_of(Holder)
_PROVIDERS: Final = table_of(Provider)
_REGULATORS: Final = frozenset({Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR})
_ISSUER: Final = sa.bindparam("issuer", type_=sa.Text, required=False)
_SUBJECT: Final = sa.bindparam("subject", type_=sa.Text, required=False)
_PROVIDER: Final = sa.bindparam("provider", type_=sa.Text, required=False)
_OF_STAFF: Final = sa.select(
    _STAFF.c.id, _STAFF.c.state, _STAFF.c.role, _STAFF.c.provider_id, _STAFF.c.jurisdiction, _STAFF.c.staff_number,
    _STAFF.c.person, _RECUSAL.c.party_id,
).select_from(
    _STAFF.outerjoin(_RECUSAL, sa.and_(_RECUSAL.c.person == _STAFF.c.person, _RECUSAL.c.lifted_at.is_(None)))
).where(_STAFF.c.issuer == _ISSUER, _STAFF.c.subject == _SUBJECT)  # fmt: skip
# One subject may hold accounts at several providers; which is meant, its issuer or its token says.
_OF_HOLDERS: Final = (
    sa.select(_HOLDER.c.id, _HOLDER.c.provider_id)
    .where(
        _HOLDER.c.issuer == _ISSUER,
        _HOLDER.c.subject == _SUBJECT,
        sa.or_(_PROVIDER.is_(None), _HOLDER.c.provider_id == _PROVIDER),
    )
    .order_by(_HOLDER.c.id)
    .limit(sa.literal_column("1"))
)
_SHOWN: Final = sa.bindparam("shown", type_=sa.Integer, required=False)
_ENROLLED: Final = (
    sa.select(_STAFF.c.subject)
    .where(
        _STAFF.c.issuer == _ISSUER,
        _STAFF.c.role == sa.bindparam("role", type_=_STAFF.c.role.type, required=False),
        _STAFF.c.state == sa.literal_column(f"'{StaffState.ENROLLED}'"),
    )
    .order_by(_STAFF.c.subject)
    .limit(_SHOWN)
)
_HOLDING: Final = (
    sa.select(_HOLDER.c.subject).where(_HOLDER.c.issuer == _ISSUER).distinct().order_by(_HOLDER.c.subject).limit(_SHOWN)
)
_A_PROVIDER: Final = sa.select(_PROVIDERS.c.id).where(_PROVIDERS.c.id == _PROVIDER)


@dataclass(frozen=True, slots=True)
class Proven:
    """What a token proves: a subject, and the only roles and the one body its issuer may speak for.

    Where neither provider nor authority is named, any will do: the issuer of trials, in a sandbox.
    """

    issuer: str
    subject: str
    roles: frozenset[Role]
    provider_id: str | None = None
    authority_id: str | None = None


async def viewer_of(connection: Connection, proven: Proven) -> Viewer | None:
    """The viewer a subject is; None where nobody is known by it, or only somebody the issuer may not speak for."""
    claim = {"issuer": proven.issuer, "subject": proven.subject, "provider": proven.provider_id}
    if found := await connection.fetch(_OF_STAFF, claim):
        return _staff(found[0], proven, frozenset(row[-1] for row in found if row[-1] is not None))
    if Role.HOLDER not in proven.roles or proven.authority_id is not None:
        return None
    if found := await connection.fetch(_OF_HOLDERS, claim):
        id_, provider_id = found[0]
        return _holder(proven, id_, provider_id)
    return _holder(proven, None, proven.provider_id) if proven.provider_id is not None else None


async def subjects_of(connection: Connection, issuer: str, role: Role, most: int) -> list[str]:
    """The first of those whom an issuer's tokens for a role could prove."""
    clause = _HOLDING if role is Role.HOLDER else _ENROLLED
    rows = await connection.fetch(clause, {"issuer": issuer, "role": role, "shown": most})
    return [str(row[0]) for row in rows]


async def is_provider(connection: Connection, provider_id: str) -> bool:
    """Whether there is such a provider."""
    return bool(await connection.fetch(_A_PROVIDER, {"provider": provider_id}))


async def viewer_in(connection: Connection, viewer: Viewer) -> Viewer | None:
    """The viewer as the rows stand in this transaction; None for who was disabled or is now somebody else."""
    proven = Proven(viewer.issuer, viewer.subject, frozenset({viewer.role}), viewer.provider_id, viewer.authority_id)
    found = await viewer_of(connection, proven)
    return viewer if found == viewer else found  # what was worked out of the one holds for the other


def _staff(row: Row, proven: Proven, recused: frozenset[str]) -> Viewer | None:
    id_, state, role, provider_id, authority_id, number, person, _ = row
    if role in _REGULATORS or (role == Role.AUDITOR and provider_id is None):
        provider_id = None
    else:
        authority_id = None
    is_spoken_for = role in proven.roles and (proven.provider_id, proven.authority_id) in (
        (None, None),
        (provider_id, authority_id),
    )
    if state != StaffState.ENROLLED or not is_spoken_for:
        return None
    return Viewer(
        id_,
        Role(role),
        issuer=proven.issuer,
        subject=proven.subject,
        provider_id=provider_id,
        authority_id=authority_id,
        staff_number=number,
        person=bytes(person),
        recused=recused,
    )


def _holder(proven: Proven, id_: str | None, provider_id: str | None) -> Viewer:
    """A holder; without an id one who has yet to enrol."""
    return Viewer(
        id_ or "",
        Role.HOLDER,
        issuer=proven.issuer,
        subject=proven.subject,
        provider_id=provider_id,
        holder_id=id_,
    )
