"""Seeding: many accounts with holders, really sealed identities, submissions, filings and journals, in bulk."""

from __future__ import annotations

import asyncio
import random
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import asyncpg
import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import rows as row_of
from bench.profile import Profile
from bench.rows import CASE, FROM, ISSUER, NO_CLOCK
from domain.account import Account, Submission
from domain.agreement import AgreementVersion, Baseline, Consent
from domain.authorities import authority_id
from domain.deadline import Deadline
from domain.filing import Filing
from domain.holder import Holder
from domain.identity import Identity
from domain.ids import new_id
from domain.journal import GENESIS, Step
from domain.provider import Provider
from domain.staff import Staff
from domain.table import Table, table_of
from domain.vault.bundle import seal_bundle
from domain.vault.cipher import Place, seal
from domain.vault.forms import forms_of, pack
from domain.vault.keys import Keys, new_subject_keys, open_clear_key, open_mask_key
from workflows.migrations import migrate

BATCH: Final = 2_000
_ORDER: Final = (
    Provider, Staff, AgreementVersion, Holder, Identity, Consent, Account, Submission, Filing, Deadline, Step,
)  # fmt: skip
REGULATOR: Final = "regulator"
_DIVISION: Final = "330000"
# Numbers that come from the steps: positions and events are made of them by the database itself.
_FROM_STEPS: Final = (
    "INSERT INTO position (position, step_id) SELECT row_number() OVER (ORDER BY id), id FROM step",
    (
        "INSERT INTO event (id, step_id, type, case_id, seq, state, at, provider_id, jurisdiction, holder_id) "
        "SELECT replace(id, 'step_', 'event_'), id, case_kind || '.' || trigger, case_id, seq, to_state, at, "
        "provider_id, jurisdiction, holder_id FROM step"
    ),
)


async def seeded(url: str, keys: Keys, profile: Profile, accounts: int) -> None:
    """A database with that many accounts; one that has them already is left as it is."""
    await asyncio.to_thread(migrate, url)
    connection = await asyncpg.connect(url)
    there = await connection.fetchval("SELECT count(*) FROM account")
    await connection.close()
    if there == 0:
        await Seeder(keys, profile, accounts).seed(url)
    elif there != accounts:
        raise OtherSize(f"{there} accounts are there: name another folder, or --accounts {there}")


class OtherSize(Exception):
    """The folder holds a database of another size."""


Rows = dict[type[Table], list[dict[str, Any]]]


@dataclass
class Body:
    """A provider and the login of its compliance officer."""

    id: str = field(default_factory=lambda: new_id("provider"))
    agreement_id: str = field(default_factory=lambda: new_id("agreement"))
    subject: str = field(default_factory=lambda: new_id("officer"))
    jurisdiction: str = field(default_factory=lambda: authority_id(_DIVISION))


class Seeder:
    """Makes the rows of one database."""

    def __init__(self, keys: Keys, profile: Profile, accounts: int) -> None:
        self._keys, self._profile, self._accounts = keys, profile, accounts
        self._random = random.Random(2014)
        self._shares = profile.shares()
        self.bodies = [Body() for _ in self._shares]

    async def seed(self, url: str) -> None:
        """Fill the database, showing how far it is."""
        connection = await asyncpg.connect(url)
        # The order of the rows is right; checking every foreign key would only take time.
        await connection.execute("SET session_replication_role = replica")
        try:
            await _copy(connection, self._first())
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with Progress(*columns) as progress:
                task = progress.add_task("seeding accounts", total=self._accounts)
                for rows, count in self._batches():
                    await _copy(connection, rows)
                    progress.advance(task, count)
                for sql in _FROM_STEPS:
                    await connection.execute(sql)
                progress.update(task, description="vacuuming")
                await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()

    def _first(self) -> Rows:
        rows: Rows = defaultdict(list)
        for number, body in enumerate(self.bodies):
            rows[Provider].append(
                {
                    **CASE, "id": body.id, "state": "REGISTERED", "head": GENESIS, "name": f"示例即时通信{number}",
                    "uscc": "91350100M000100Y43", "division": _DIVISION, "jurisdiction": body.jurisdiction,
                    "mode": "SANDBOX", "sandbox_of": None, "settings": "{}",
                }
            )  # fmt: skip
            rows[AgreementVersion].append(
                {
                    **CASE, "id": body.agreement_id, "state": "PUBLISHED", "head": GENESIS, "provider_id": body.id,
                    "jurisdiction": body.jurisdiction, "number": 1, "body": "示例协议", "body_hash": "0" * 64,
                    "clauses": orjson.dumps({str(one): one.zh for one in Baseline}).decode(), "valid_from": FROM,
                }
            )  # fmt: skip
            rows[Staff].append(
                row_of.member(body.subject, "COMPLIANCE_OFFICER", f"N{number}", body.jurisdiction, body.id)
            )
        rows[Staff].append(row_of.member(REGULATOR, "PROVINCIAL_REGULATOR", "G1", authority_id(_DIVISION)))
        return rows

    def _batches(self) -> Iterator[tuple[Rows, int]]:
        for first in range(0, self._accounts, BATCH):
            rows: Rows = defaultdict(list)
            numbers = range(first, min(first + BATCH, self._accounts))
            for number in numbers:
                self._add(rows, number)
            yield rows, len(numbers)

    def _add(self, rows: Rows, number: int) -> None:
        body = self._random.choices(self.bodies, self._shares)[0]
        at = FROM + timedelta(seconds=number)
        tenant = {"provider_id": body.id, "jurisdiction": body.jurisdiction, "created_at": at}
        holder_id, state = new_id("holder"), self._profile.state(number)
        holder = {
            **CASE, **tenant, "id": holder_id, "state": "ENROLLED", "head": GENESIS, "issuer": ISSUER,
            "subject": f"holder-{number}", "subject_type": "INDIVIDUAL", "display_name": f"示例使用者{number}",
            "division": "330100",
        }  # fmt: skip
        rows[Holder].append(holder)
        rows[Identity].append(self._identity(number, holder_id, tenant))
        account = row_of.account(number, holder_id, state, tenant, at)
        rows[Consent].extend(row_of.consent(holder_id, body.agreement_id, clause, tenant) for clause in Baseline)
        rows[Step].extend(row_of.way_of(account))
        rows[Account].append(account)
        rounds = 3 if number % 20 == 0 else 2 if number % 6 == 0 else 1
        rows[Submission].extend(row_of.submission(account, round_, tenant) for round_ in range(1, rounds + 1))
        if state != "APPLIED":
            filing = row_of.filing(account, body.agreement_id, at)
            rows[Step].append(row_of.step("filing", "prepare", filing, account["id"]))
            rows[Filing].append(filing)
            if state == "REVIEWED":
                rows[Deadline].append(row_of.deadline(filing, at))

    def _identity(self, number: int, holder_id: str, tenant: dict[str, Any]) -> dict[str, Any]:
        id_, keys = new_id("identity"), self._keys
        wrapped = new_subject_keys(keys, id_)
        values = {
            "legal_name": "欧阳示例", "resident_id": row_of.resident_id(number), "mobile": f"139{number % 10**8:08d}",
            "email": f"somebody{number}@qq.com",
        }  # fmt: skip
        forms = {name: forms_of(row_of.kind(name), value) for name, value in values.items()}
        clear = open_clear_key(keys, wrapped.clear_key, id_)
        sealed = {
            name: b64encode(seal(clear, value.encode(), Place("identity", name, id_))).decode()
            for name, value in values.items()
        }
        bundle = seal_bundle(open_mask_key(keys, wrapped.mask_key, id_), pack(forms), id_)
        return {
            **dict.fromkeys(table_of(Identity).c.keys()), **CASE, **tenant, **NO_CLOCK, "id": id_, "state": "VERIFIED",
            "head": GENESIS, "holder_id": holder_id, "verified_at": FROM,
            "verified_until": FROM + timedelta(days=365), "method": "DOCUMENT_CHECK", "mask_key": wrapped.mask_key,
            "clear_key": wrapped.clear_key, "bundle": bundle, "sealed": orjson.dumps(sealed).decode(),
            "resident_id_index": self._random.randbytes(32), "mobile_index": self._random.randbytes(32),
            "uscc_flagged": False, "twin": False, "pending_uscc_flagged": False,
        }  # fmt: skip


async def _copy(connection: asyncpg.Connection, rows: Rows) -> None:
    for model in _ORDER:
        if model in rows:
            names = [column.key for column in table_of(model).c]
            records = [[row[name] for name in names] for row in rows[model]]
            await connection.copy_records_to_table(table_of(model).name, records=records, columns=names)
