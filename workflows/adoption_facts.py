"""What is known of many accounts to adopt at once: what all share is read once, the rest in one statement a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, ReservedName
from domain.agreement import AgreementVersion, Baseline, Consent
from domain.calendar import SHANGHAI, local_day
from domain.columns import TEXT
from domain.holder import Holder
from domain.identity import Identity
from domain.names import name_key
from domain.policy.roles import Role
from domain.provider import Provider
from domain.sanction import Ban, BanKind
from domain.table import table_of
from domain.vault.keys import Keys as Ring
from domain.viewer import Viewer
from workflows.account_adopt import AdoptionFacts, AdoptionItem
from workflows.account_counts import CLOSED_BEFORE
from workflows.account_facts import Adoption
from workflows.bans import banned, known_by, standing
from workflows.database import Among, Beside, Connection, Keys, Row, decoder, loader
from workflows.lateness import is_late
from workflows.qualification import qualified
from workflows.sight import in_scope
from workflows.under_measure import under_measure

_ACCOUNT, _RESERVED, _HOLDER = table_of(Account), table_of(ReservedName), table_of(Holder)
_IDENTITY, _PROVIDER = table_of(Identity), table_of(Provider)
_AGREEMENT, _CONSENT, _BAN = table_of(AgreementVersion), table_of(Consent), table_of(Ban)
_OF_PROVIDER: Final = sa.bindparam("provider", type_=TEXT, required=False)
_NOW: Final = sa.bindparam("now", type_=_AGREEMENT.c.valid_from.type, required=False)


def _word(word: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{word}'", TEXT)  # of a closed list: a partial index is used where its words are


# --- what all of them share --------------------------------------------------------------------------------------
_PROVIDER_ROW: Final = sa.select(*loader(Provider).columns).where(_PROVIDER.c.id == _OF_PROVIDER)
_HELD: Final = qualified(_PROVIDER.c.id, _PROVIDER).where(_PROVIDER.c.id == _OF_PROVIDER)
_VERSIONS: Final = (
    sa.select(_AGREEMENT.c.id, _AGREEMENT.c.valid_from)
    .where(_AGREEMENT.c.provider_id == _OF_PROVIDER, _AGREEMENT.c.valid_from <= _NOW)
    .order_by(_AGREEMENT.c.number)
)
# --- of each -----------------------------------------------------------------------------------------------------
_BEHIND: Final = (
    _IDENTITY.c.id, _IDENTITY.c.mask_key, _IDENTITY.c.state, _IDENTITY.c.verified_until, _IDENTITY.c.resident_id_index,
    _IDENTITY.c.uscc_flagged, _IDENTITY.c.twin, _IDENTITY.c.uscc_index,
)  # fmt: skip
_HOLDER_ID: Final = loader(Holder).columns.index(_HOLDER.c.id)
_CONSENTED: Final = (
    sa.select(_CONSENT.c.holder_id, _CONSENT.c.agreement_id)
    .where(Among(_CONSENT.c.holder_id, "holders"))
    .group_by(_CONSENT.c.holder_id, _CONSENT.c.agreement_id)
    .having(sa.func.count() == sa.literal_column(str(len(Baseline))))
)
_LIVE: Final = _ACCOUNT.c.state.in_([_word(state) for state in LIVE])
_TAKEN: Final = sa.union_all(
    sa.select(_word("name"), _ACCOUNT.c.name_key).where(
        _ACCOUNT.c.provider_id == _OF_PROVIDER, _LIVE, Among(_ACCOUNT.c.name_key, "names")
    ),
    sa.select(_word("handle"), _ACCOUNT.c.handle_key).where(
        _ACCOUNT.c.provider_id == _OF_PROVIDER, _LIVE, Among(_ACCOUNT.c.handle_key, "handles")
    ),
    sa.select(_word("name"), _RESERVED.c.name_key).where(
        _RESERVED.c.provider_id == _OF_PROVIDER,
        Among(_RESERVED.c.name_key, "names"),
        sa.or_(_RESERVED.c.until.is_(None), _RESERVED.c.until > _NOW),
    ),
    sa.select(_word("name"), _BAN.c.key).where(
        _BAN.c.provider_id == _OF_PROVIDER, Among(_BAN.c.key, "names"), standing(BanKind.NAME)
    ),
    sa.select(_word("handle"), _BAN.c.key).where(
        _BAN.c.provider_id == _OF_PROVIDER, Among(_BAN.c.key, "handles"), standing(BanKind.HANDLE)
    ),
)
# As workflows/held_names.py holds one: no unique index sees accounts and kept names. In order, so that two batches
# that want the same names wait for each other and not in a circle.
_HELD_NAMES: Final = sa.func.unnest(sa.bindparam("held", type_=Keys(), required=False)).column_valued("held")
_HOLD: Final = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_HELD_NAMES, sa.literal_column("0"))))


@cache
def _holders(role: Role, *, lock: bool) -> sa.Select[Any]:
    found = (
        sa.select(*loader(Holder).columns, *_BEHIND, is_late(_HOLDER.c.id))
        .join(_IDENTITY, _IDENTITY.c.holder_id == _HOLDER.c.id)
        .where(Among(_HOLDER.c.id, "holders"), Beside(_HOLDER.c.provider_id == _OF_PROVIDER))
        .where(Beside(in_scope(_HOLDER, role)))
        .order_by(_HOLDER.c.id)
    )
    return found.with_for_update(key_share=True, of=_HOLDER) if lock else found


@dataclass(frozen=True, slots=True)
class KnownHolder:
    """A holder in sight, and the identity behind."""

    row: Any
    identity_id: str
    mask_key: bytes
    state: str
    verified_until: datetime | None
    person: bytes | None
    credit_code_flagged: bool
    twin: bool
    known_by: tuple[bytes, ...]  # the indexes by which it may be banned


@dataclass
class Known:
    """What is known while some accounts are adopted. A name is taken as soon as an item before has it."""

    provider: Any
    held: Sequence[Row]
    versions: Sequence[tuple[str, datetime]]
    holders: dict[str, KnownHolder]
    consented: dict[str, set[str]]
    dialect: sa.Dialect
    late: Sequence[tuple[str, Any]]  # holders, and whether something has passed under each
    names: set[str] = field(default_factory=set)
    handles: set[str] = field(default_factory=set)
    banned: frozenset[str] = frozenset()
    under_measure: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()  # holders who, or whose like, had an account closed as a measure
    until: datetime | None = None

    def facts(self, item: AdoptionItem, *, persons: frozenset[bytes], batch_id: str, number: int) -> AdoptionFacts:
        """What the guards of one item look at."""
        holder = self.holders[item.holder_id]
        agreement_id, lost_at = self._consent(item.holder_id)
        examined_at = datetime.combine(item.examination.examined_on, time(), SHANGHAI).astimezone(UTC)
        taken = {"name": name_key(item.particulars.display_name) in self.names}
        taken["handle"] = item.particulars.handle.lower() in self.handles
        return AdoptionFacts(
            subject_type=holder.row.subject_type,
            identity_state=holder.state,
            verified_until=holder.verified_until,
            person=holder.person,
            credit_code_flagged=holder.credit_code_flagged,
            twin=holder.twin,
            banned=item.holder_id in self.banned,
            under_measure=item.holder_id in self.under_measure,
            closed=int(item.holder_id in self.closed),
            provider_mode=self.provider.mode,
            provider_division=self.provider.division,
            settings=self.provider.settings,
            held=self.held,
            dialect=self.dialect,
            latest_agreement_id=agreement_id,
            taken=frozenset(name for name, is_so in taken.items() if is_so),
            adoption=Adoption(self.until, examined_at, item.former_number),
            first_day=local_day(self.provider.created_at),
            consent_lost_at=lost_at,
            persons=persons,
            batch_id=batch_id,
            number=number,
        )

    def take(self, item: AdoptionItem) -> None:
        """The names of an item that will be adopted are to be had no more."""
        self.names.add(name_key(item.particulars.display_name))
        self.handles.add(item.particulars.handle.lower())

    def _consent(self, holder_id: str) -> tuple[str | None, datetime | None]:
        """The last version consented to whole, and since when a newer one is in force."""
        whole, newer = self.consented.get(holder_id, set()), None
        for id_, valid_from in reversed(self.versions):
            if id_ in whole:
                return id_, newer
            newer = valid_from
        return None, newer


async def known_of(
    connection: Connection,
    provider_id: str,
    items: Sequence[AdoptionItem],
    viewer: Viewer,
    now: datetime,
    keys: Ring,
    *,
    lock: bool = False,
) -> Known:
    """What is known of these items. With a lock on holders and names, it stays so until the commit."""
    dialect = connection.dialect
    names = sorted({name_key(item.particulars.display_name) for item in items})
    bound = {**viewer.bound, "provider": provider_id, "now": now, "names": names}
    bound |= {"holders": sorted({item.holder_id for item in items})}
    bound |= {"handles": sorted({item.particulars.handle.lower() for item in items})}
    if lock and dialect.name == "postgresql":
        await connection.fetch(_HOLD, {"held": [f"{provider_id} {name}" for name in names]})
    behind = await connection.fetch(_holders(viewer.role, lock=lock), bound)
    provider = loader(Provider).row((await connection.fetch(_PROVIDER_ROW, bound))[0], dialect)
    known = Known(
        provider=provider,
        held=await connection.fetch(_HELD, bound),
        versions=_dated(await connection.fetch(_VERSIONS, bound), dialect),
        holders={holder.row.id: holder for holder in _known_holders(behind, dialect)},
        consented={},
        dialect=dialect,
        late=[(row[_HOLDER_ID], row[-1]) for row in behind],
        until=_moment(provider.settings.get("adoption_until")),
    )
    for holder_id, agreement_id in await connection.fetch(_CONSENTED, bound):
        known.consented.setdefault(holder_id, set()).add(agreement_id)
    for what, key in await connection.fetch(_TAKEN, bound):
        (known.names if what == "name" else known.handles).add(key)
    subjects = {id_: (provider_id, holder.known_by) for id_, holder in known.holders.items()}
    known.banned = await banned(keys, connection, subjects, now, held=lock)
    known.under_measure = await under_measure(keys, connection, subjects, now)
    known.closed = frozenset(row[0] for row in await connection.fetch(CLOSED_BEFORE, {"ids": list(known.holders)}))
    return known


def _known_holders(rows: Sequence[Row], dialect: sa.Dialect) -> Iterator[KnownHolder]:
    load, moment = loader(Holder), decoder(_IDENTITY.c.verified_until.type, dialect)
    for row in rows:
        id_, key, state, until, person, flagged, twin, organisation, _ = row[load.width :]
        holder = load.row(row, dialect)
        until = moment(until) if moment and until is not None else until
        person = None if person is None else bytes(person)
        indexes = known_by(holder.subject_type, person, organisation)
        yield KnownHolder(holder, id_, bytes(key), state, until, person, bool(flagged), bool(twin), indexes)


def _dated(rows: Sequence[Row], dialect: sa.Dialect) -> list[tuple[str, datetime]]:
    moment = decoder(_AGREEMENT.c.valid_from.type, dialect)
    return [(row[0], moment(row[1]) if moment else row[1]) for row in rows]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
