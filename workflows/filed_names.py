"""The organisation that a filing bears: name and code as verified when it was submitted, sealed (Art. 7).

A verified name that has changed reaches the register by a filing alone. Whatever is to be submitted takes it along; of
an account whose filing is in force an amendment is made, once nothing else of it is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
import sqlalchemy as sa

from domain.columns import TEXT
from domain.deadline import DeadlineKind, Outcome
from domain.filing import Filing, FilingState
from domain.holder import SubjectType
from domain.identity import Identity
from domain.notice import Party
from domain.permission import RegisterEntry
from domain.policy.masking import Form
from domain.state import Word
from domain.table import table_of
from domain.vault.bundle import open_bundle
from domain.vault.cipher import Place, seal, unseal
from domain.vault.keys import open_mask_key
from workflows.changes import Change, Insert, Pause, Resume, Serve, Settle, Start, Update
from workflows.database import Connection, Transaction, loader
from workflows.engine import Gathered, On
from workflows.hands import Hand, Writing

# Whose name is a person's own: it is never public.
PERSONS: Final = frozenset({SubjectType.INDIVIDUAL, SubjectType.SOLE_TRADER})
_KIND: Final = DeadlineKind.NAME_AMENDMENT
_IDENTITY, _FILING, _ENTRY = table_of(Identity), table_of(Filing), table_of(RegisterEntry)
_ID: Final = sa.bindparam("id", type_=TEXT, required=False)
_SUBJECT: Final = sa.select(_IDENTITY.c.id, _IDENTITY.c.mask_key, _IDENTITY.c.bundle).where(
    _IDENTITY.c.holder_id == _ID
)
_FILINGS: Final = sa.select(*loader(Filing).columns).where(_FILING.c.account_id == _ID)
_SHOWN: Final = sa.select(_ENTRY.c.number, _ENTRY.c.number_version, _ENTRY.c.organisation_name, _ENTRY.c.uscc).where(
    _ENTRY.c.account_id == _ID
)


class Organisation(NamedTuple):
    """What the register says of an organisation; nothing of a person."""

    name: str | None
    code: str | None


NOBODY: Final = Organisation(None, None)


class NameStanding(Word):
    """How the filings of an account stand to the verified name."""

    SETTLED = "SETTLED", "无须变更", "In force, or taken along by what is to be submitted"
    WAITS = "WAITS", "等待在办事项", "Something else of the account is under way"
    BEHIND = "BEHIND", "须变更备案", "The filing in force bears another"


async def verified(office: Any, connection: Connection, holder_id: str, subject_type: SubjectType) -> Organisation:
    """The organisation as it is verified now."""
    rows = () if subject_type in PERSONS else await connection.fetch(_SUBJECT, {"id": holder_id})
    if not rows or rows[0][2] is None:
        return NOBODY
    id_, mask_key, bundle = rows[0]
    forms = open_bundle(office.keys, mask_key, bundle, id_)
    return Organisation(*(forms.get(field, {}).get(Form.CLEAR) for field in ("organisation_name", "uscc")))


async def borne_by(office: Any, connection: Connection, filing: Any) -> Organisation:
    """What a filing was submitted with; of one submitted before that was kept, what the register shows of it."""
    if filing.sealed is not None:
        id_, mask_key, _ = (await connection.fetch(_SUBJECT, {"id": filing.holder_id}))[0]
        key = open_mask_key(office.keys, mask_key, id_)
        return Organisation(*orjson.loads(unseal(key, filing.sealed, _place(filing.id))))
    for number, version, name, code in await connection.fetch(_SHOWN, {"id": filing.account_id}):
        if (number, version) == (filing.number, filing.number_version):
            return Organisation(name, code)
    return await verified(office, connection, filing.holder_id, filing.subject_type)


async def keep_name(office: Any, transaction: Transaction, _: Writing, hand: Hand) -> Iterable[Insert | Update]:
    """What is verified now is what the filing is submitted with."""
    holder_id = hand.value("holder_id")
    found, kept = await verified(office, transaction, holder_id, hand.value("subject_type")), None
    if found is not NOBODY:
        id_, mask_key, _ = (await transaction.fetch(_SUBJECT, {"id": holder_id}))[0]
        kept = seal(open_mask_key(office.keys, mask_key, id_), orjson.dumps(list(found)), _place(hand.id))
    hand.changes["sealed"] = kept
    return ()


def _place(filing_id: str) -> Place:
    return Place("filing", "sealed", filing_id)


async def _standing(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    rows = await transaction.fetch(_FILINGS, {"id": on.id})
    filings = [loader(Filing).row(row, transaction.dialect) for row in rows]
    present = next((row for row in filings if row.current_of is not None), None)
    name = await verified(office, transaction, on.case.holder_id, on.case.subject_type)
    if present is None or name is NOBODY or await borne_by(office, transaction, present) == name:
        return {"name_standing": NameStanding.SETTLED}
    amendments = [row.state for row in filings if row.amends is not None and row.current_of is None]
    return {"name_standing": standing(present.state, amendments, is_changing=on.case.change_state is not None)}


def standing(present: str, amendments: Sequence[str], *, is_changing: bool) -> NameStanding:
    """Of an account whose filing bears another name than the verified one."""
    if present == FilingState.SUBMITTED:
        return NameStanding.WAITS
    if present != FilingState.ACCEPTED:
        return NameStanding.SETTLED
    if is_changing or _UNDER_WAY.intersection(amendments):
        return NameStanding.WAITS
    return NameStanding.SETTLED if FilingState.DECLINED in amendments else NameStanding.BEHIND


_UNDER_WAY: Final = frozenset({FilingState.PREPARED, FilingState.SUBMITTED, FilingState.RETURNED})
NAME_STANDING: Final = Gathered("name_standing", _standing)


# --- in time -------------------------------------------------------------------------------------------------------
def is_behind(on: On) -> bool:
    """Whether the filing in force bears another name, and nothing else is under way."""
    return bool(on.facts.name_standing == NameStanding.BEHIND)


def wait(on: On) -> Iterable[Change]:
    """Until what is under way has ended; of several such rows one is left."""
    if on.facts.name_standing == NameStanding.WAITS:
        yield Settle(_KIND, Outcome.MOOT)
        yield Start(_KIND, on.now)
        yield Pause(_KIND)


def go_on(_: On) -> Iterable[Change]:
    yield Resume(_KIND)


def tell_renamed(_: On) -> Iterable[Change]:
    """The amendment is made beside it; the provider has to submit it."""
    yield Serve(Party.PROVIDER)


def look_again(on: On) -> Iterable[Change]:
    """A filing that came back into force without being submitted may bear a name that is no longer verified."""
    if on.caused_by in ("filing.restore", "filing.reinstate") and on.case.subject_type not in PERSONS:
        yield Settle(_KIND, Outcome.MOOT)  # one row an account: it may have waited for what ended with the filing
        yield Start(_KIND, on.now)
