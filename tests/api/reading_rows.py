"""Rows for the tests of reading: providers under their authorities, each with holders, identities, cases and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, Submission
from domain.authority import Authority
from domain.filing import Filing
from domain.holder import Holder
from domain.identity import FIELDS, Identity
from domain.ids import new_id
from domain.journal import GENESIS, Step, StepText, TextName
from domain.policy.roles import Role
from domain.provider import Provider
from domain.staff import Staff
from domain.table import Table, table_of
from domain.vault.bundle import seal_bundle
from domain.vault.cipher import Place, seal
from domain.vault.forms import forms_of, pack
from domain.vault.keys import KeyRing, new_subject_keys, open_mask_key
from domain.vault.texts import commitment, pack_text
from domain.viewer import Viewer
from workflows.database import Database, Transaction

KEYS: Final = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
NOW: Final = datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC)
STATES: Final = ("APPLIED", "FILED", "REJECTED")
CASE: Final[dict[str, Any]] = {"seq": 1, "head": GENESIS, "clock": "RUNNING"}
# Nobody's: made up for the tests.
PERSON: Final = {"legal_name": "欧阳小明", "resident_id": "11010119900307123X", "mobile": "13800000000"}


@dataclass
class Body:
    """A provider with what hangs on it."""

    authority: str
    provider: str
    staff: str
    holders: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def viewer(self, role: Role, holder: int = 0) -> Viewer:
        """Somebody of this body in that role."""
        if role is Role.HOLDER:
            holder_id = self.holders[holder]
            return Viewer(holder_id, role, provider_id=self.provider, holder_id=holder_id)
        if role in (Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR):
            return Viewer(new_id("staff"), role, authority_id=self.authority)
        if role is Role.PUBLIC:
            return Viewer("", role)
        return Viewer(self.staff, role, provider_id=self.provider)


class Seed:
    """Collects rows and writes them in one transaction, table by table."""

    def __init__(self) -> None:
        self.rows: dict[type[Table], list[dict[str, Any]]] = {}

    def add(self, model: type[Table], **values: Any) -> str:
        """A row whose other columns are null or nothing."""
        row = {column.key: _nothing(column) for column in table_of(model).c}
        row.update(values)
        self.rows.setdefault(model, []).append(row)
        return str(row["id"])

    async def write(self, database: Database) -> None:
        """Insert them all."""

        async def work(transaction: Transaction) -> None:
            for model, rows in self.rows.items():
                await transaction.fetch_each(sa.insert(table_of(model)), rows)

        await database.write(work)


def _nothing(column: sa.Column[Any]) -> Any:
    if column.nullable:
        return None
    nothings: dict[type, Any] = {str: "", int: 0, bool: False, bytes: b"", datetime: NOW, dict: {}, list: []}
    return nothings.get(column.type.python_type, "") if not _is_json(column) else []


def _is_json(column: sa.Column[Any]) -> bool:
    return type(column.type).__name__ == "Json"


def body(seed: Seed, *, holders: int = 2, accounts_each: int = 3) -> Body:
    """A provider of its own authority, with holders, and accounts of each."""
    authority = seed.add(
        Authority, id=new_id("authority"), tier="PROVINCIAL", division=new_id("d"), name_zh="某", name_en="X"
    )
    provider = seed.add(
        Provider,
        id=new_id("provider"),
        state="REGISTERED",
        name="P",
        jurisdiction=authority,
        mode="SANDBOX",
        head=GENESIS,
    )
    staff = seed.add(
        Staff,
        id=new_id("staff"),
        state="ENROLLED",
        issuer="i",
        subject=new_id("s"),
        provider_id=provider,
        role="REVIEWER",
        head=GENESIS,
    )
    made = Body(authority, provider, staff)
    for number in range(holders):
        _holder(seed, made, number, accounts_each)
    return made


def _holder(seed: Seed, made: Body, number: int, accounts: int) -> None:
    whose = {"provider_id": made.provider, "jurisdiction": made.authority}
    holder = seed.add(
        Holder,
        id=new_id("holder"),
        **whose,
        state="ENROLLED",
        subject_type="INDIVIDUAL",
        display_name=f"holder {number}",
        subject=new_id("s"),
        head=GENESIS,
    )
    made.holders.append(holder)
    identity = _identity(seed, made, holder)
    for index in range(accounts):
        place = number * accounts + index
        account = seed.add(
            Account,
            id=new_id("account"),
            **whose,
            **CASE,
            holder_id=holder,
            state=STATES[index % 3],
            handle=f"handle{place}",
            handle_key=new_id("k"),
            display_name=f"name {place}",
            name_key=new_id("n"),
            category="NEWS" if index % 2 else "FINANCE",
            subject_type="INDIVIDUAL",
            priority="NORMAL",
            flags=["NEWS_CATEGORY", "TWIN"] if index % 2 else [],
            is_flagged=bool(index % 2),
            receipt_number=new_id("r"),
            claimed_by=made.staff if index == 0 else None,
            created_at=NOW - timedelta(minutes=place),
            due_at=NOW + timedelta(days=place - 1),
        )
        made.accounts.append(account)
        _below(seed, made, holder, account, identity)


def _identity(seed: Seed, made: Body, holder: str) -> tuple[str, bytes]:
    id_ = new_id("identity")
    keys = new_subject_keys(KEYS, id_)
    packed = pack({name: forms_of(FIELDS[name].kind, value) for name, value in PERSON.items()})
    seed.add(
        Identity,
        id=id_,
        provider_id=made.provider,
        jurisdiction=made.authority,
        state="VERIFIED",
        holder_id=holder,
        mask_key=keys.mask_key,
        clear_key=keys.clear_key,
        verified_at=NOW,
        head=GENESIS,
        bundle=seal_bundle(open_mask_key(KEYS, keys.mask_key, id_), packed, id_),
    )
    made.identities.append(id_)
    return id_, keys.mask_key


def _below(seed: Seed, made: Body, holder: str, account: str, identity: tuple[str, bytes]) -> None:
    whose = {"provider_id": made.provider, "jurisdiction": made.authority, "holder_id": holder}
    seed.add(
        Filing,
        id=new_id("filing"),
        **whose,
        **CASE,
        state="PREPARED",
        account_id=account,
        current_of=account,
        handle="h",
        reviewed_at=NOW,
        due_at=NOW,
    )
    for round_ in (1, 2, 3, 4):
        seed.add(
            Submission,
            id=new_id("submission"),
            **whose,
            account_id=account,
            round=round_,
            kind="NEW",
            handle="h",
            subject_type="INDIVIDUAL",
            created_at=NOW + timedelta(seconds=round_),
        )
    step = seed.add(
        Step,
        id=new_id("step"),
        **whose,
        case_kind="account",
        case_id=account,
        root_id=account,
        seq=1,
        trigger="apply",
        to_state="APPLIED",
        actor_role="HOLDER",
        at=NOW,
        hash=b"\x01" * 32,
        prev_hash=GENESIS,
    )
    for name, subject in ((TextName.FACTS, identity), (TextName.NOTE, identity), (TextName.ITEMS, None)):
        id_ = new_id("step_text")
        seed.add(
            StepText,
            id=id_,
            **whose,
            step_id=step,
            case_id=account,
            identity_id=subject and subject[0],
            name=name,
            audience=name.audience,
            sealed=_sealed(id_, f"words of {name}", subject),
        )
        made.texts.append(id_)


def _sealed(id_: str, text: str, subject: tuple[str, bytes] | None) -> bytes:
    key = KEYS.derived("deployment-text") if subject is None else open_mask_key(KEYS, subject[1], subject[0])
    return seal(key, pack_text(commitment(text).salt, text), Place("step_text", "sealed", id_))
