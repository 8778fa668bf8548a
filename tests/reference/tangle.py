"""Rows that no mutation makes: of each table some whose owner, authority, holder and neighbours are drawn at random.

So every relation has, for every viewer, neighbours in sight and out of sight, which is what a forgotten scope shows by.
They are written through the port and are cases of nobody's: only reading looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import sqlalchemy as sa

from domain.account import AccountFlag
from domain.authorities import NATION, authority_id
from domain.identity import FIELDS
from domain.ids import new_id
from domain.table import METADATA
from domain.vault.bundle import seal_bundle
from domain.vault.cipher import Place, seal
from domain.vault.forms import forms_of, pack
from domain.vault.keys import Keys, new_subject_keys, open_mask_key
from domain.vault.texts import commitment, pack_text
from tests.reference import public, sanctions
from tests.reference.rows import Rows
from tests.reference.values import NEVER, STATES
from workflows.database import Database, Transaction

EACH: Final = 40
MORE: Final = {"step": 200, "step_text": 120, "notice": 80, "proposal": 80}  # what hangs on cases of every kind
DRAWN: Final = (
    "staff", "agreement_version", "qualification", "holder", "identity", "account", "filing", "permission", "transfer",
    "submission",
    "material", "candidate", "consent", "batch", "sanction", "measure", "evidence", "authority_report",
    "step", "step_text", "batch_item", "notice", "proposal", "access_log",
    "source_unit", "register_import", "quarantined_row", "licence", "licence_doubt", "register_entry", "badge",
)  # fmt: skip
_PREFIX: Final = {"agreement_version": "agreement", "access_log": "access"}
_CASES: Final = (
    "account", "filing", "permission", "holder", "identity", "provider", "qualification", "agreement_version", "staff",
    "batch", "sanction", "authority_report",
)  # fmt: skip
# Nobody's: made up for the tests.
_PERSON: Final = {
    "legal_name": "欧阳示例",
    "resident_id": "11010119900307123X",
    "mobile": "13800000000",
    "email": "someone@qq.com",
    "address": "浙江省杭州市示例路1号",
    "organisation_name": "示例单位",
    "uscc": "91350100M000100Y43",
    "mandate": "mandate-1",
}
# Columns that name a row of another table without a foreign key.
_NAMING: Final = {
    "actor_id": ("staff",), "cause": ("step",), "identity_id": ("identity",), "case_id": _CASES, "step_id": ("step",),
    "measure_id": ("measure",),
}  # fmt: skip


@dataclass
class Tangle:
    """Draws rows; those of the viewers' own holders come up more often, or hardly anybody would see them."""

    rows: Rows
    keys: Keys
    now: datetime
    focal: frozenset[str]
    random: Random = field(default_factory=lambda: Random(7))
    made: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def pool(self, table: str) -> Sequence[Mapping[str, Any]]:
        """The rows there are, drawn ones too."""
        return [row.values for row in self.rows.tables[table]] + self.made.get(table, [])

    def pick(self, *tables: str) -> str:
        """The id of a row of one of these tables."""
        rows = self.pool(self.random.choice(tables))
        near = [row for row in rows if row.get("holder_id") in self.focal or row["id"] in self.focal]
        return str(self.random.choice(near if near and self.random.random() < 0.6 else rows)["id"])

    def draw(self) -> None:
        """All rows, table by table."""
        self.made["document"] = [self._document()]
        for name in DRAWN:
            table = METADATA.tables[name]
            models = self.pool(name)
            for number in range(MORE.get(name, EACH)):
                row = {**self.random.choice(models), "id": new_id(_PREFIX.get(name, name))}
                self._relate(table, row)
                _OWN.get(name, _as_it_is)(self, row, number)
                self.made.setdefault(name, []).append(row)

    def _document(self) -> dict[str, Any]:
        """One for the materials: no GraphQL type shows more of it than its id."""
        row = dict.fromkeys(METADATA.tables["document"].c.keys())
        told = {"uploaded_by": "", "content_type": "PDF", "size": 1, "sha256": "0" * 64, "created_at": self.now}
        return {**row, **told, "id": new_id("document")}

    def _relate(self, table: sa.Table, row: dict[str, Any]) -> None:
        """Whose it is and what it names: each drawn by itself."""
        for column in table.c:
            if column.key == "jurisdiction":
                row["jurisdiction"] = self.authority()
            elif column.key == "holder_id":
                row["holder_id"] = self.pick("holder")
            elif column.foreign_keys:
                [key] = column.foreign_keys
                row[column.key] = self.pick(key.column.table.name)
            elif column.key in _NAMING:
                row[column.key] = self.pick(*_NAMING[column.key])
            if column.nullable and column.key in row and self.random.random() < 0.15:
                row[column.key] = None
            if column.key in ("created_at", "at", "consented_at", "applied_at"):
                row[column.key] = self._moment()
        if "state" in row and table.name in STATES:
            row["state"] = str(self.random.choice(list(STATES[table.name])))

    def authority(self) -> str:
        """One of a few, so that each viewer's own comes up."""
        return authority_id(self.random.choice(("330000", "310000", "330000", "310000", NATION)))

    def _moment(self) -> datetime:
        """One of few, so that some are the same."""
        return self.now - timedelta(hours=self.random.randrange(6), microseconds=self.random.choice((0, 250_000)))

    def sealed(self, table: str, row: dict[str, Any], words: str) -> bytes:
        """Words under the key of the subject they are about, or of the deployment."""
        key = self.keys.derived("deployment-text")
        if row["identity_id"] is not None:
            [subject] = [each for each in self.pool("identity") if each["id"] == row["identity_id"]]
            key = open_mask_key(self.keys, subject["mask_key"], subject["id"])
        return seal(key, pack_text(commitment(words).salt, words), Place(table, "sealed", row["id"]))

    def sandboxes(self) -> list[dict[str, Any]]:
        """Providers that came from one another, within a province and across."""
        model = self.rows.tables["provider"][0].values
        drawn = [{**model, "id": new_id("provider"), "sandbox_of": None} for _ in range(4)]
        for number, row in enumerate(drawn):
            row["jurisdiction"] = authority_id(("330000", "330000", "310000", "310000")[number])
        drawn[1]["sandbox_of"], drawn[3]["sandbox_of"] = drawn[0]["id"], drawn[1]["id"]
        return drawn

    async def write(self, database: Database) -> None:
        """Insert them all."""

        providers, drawn = self.rows.tables["provider"], self.sandboxes()
        grown = [{"b_id": providers[i]["id"], "b_of": drawn[2 + i]["id"]} for i in (0, 1)]

        async def work(transaction: Transaction) -> None:
            await transaction.fetch_each(sa.insert(METADATA.tables["provider"]), drawn)
            await transaction.fetch_each(_GROWN, grown)
            for name, rows in self.made.items():
                await transaction.fetch_each(sa.insert(METADATA.tables[name]), rows)

        await database.write(work)


_PROVIDER: Final = METADATA.tables["provider"]
_GROWN: Final = (
    sa.update(_PROVIDER)
    .where(_PROVIDER.c.id == sa.bindparam("b_id", type_=sa.Text))
    .values(sandbox_of=sa.bindparam("b_of", type_=sa.Text))
)
Own = Callable[[Tangle, dict[str, Any], int], None]


def _as_it_is(_: Tangle, __: dict[str, Any], ___: int) -> None:
    """Nothing of this table must be its own."""


def _timed(tangle: Tangle, row: dict[str, Any]) -> None:
    row["clock"] = tangle.random.choice(("RUNNING", "RUNNING", "PAUSED", "NONE"))
    late = tangle.now + timedelta(days=tangle.random.randrange(-3, 4))
    row["due_at"] = NEVER if row["clock"] == "NONE" else late


def _account(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    _timed(tangle, row)
    unique = f"drawn{number}-{row['id'][-6:]}"
    row |= {"handle_key": unique, "name_key": unique, "receipt_number": unique, "display_name": f"画 {number % 5}"}
    flags = tangle.random.sample(["TWIN", "QUOTA_BY_INDEX", *AccountFlag], 3)
    row |= {"flags": sorted({str(flag) for flag in flags}), "is_flagged": tangle.random.random() < 0.5}
    row["change_flags"] = sorted({str(flag) for flag in tangle.random.sample(["TWIN", *AccountFlag], 2)})
    row["change_state"] = tangle.random.choice((None, "ASKED", "SUPPLEMENT_REQUESTED"))
    row["closed_cause"] = tangle.random.choice((None, "HOLDER", "SUBJECT_ENDED"))
    row["rank"] = tangle.random.randrange(3)
    row["priority"] = ("URGENT", "HIGH", "NORMAL")[row["rank"]]
    row["items_asked"] = tangle.random.choice(([], ["DESCRIPTION"]))
    row["category"] = tangle.random.choice(("NEWS", "LIFESTYLE", "LAW"))


def _filing(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    _timed(tangle, row)
    row["account_id"] = tangle.made["account"][number]["id"]
    row["current_of"] = row["account_id"] if number % 3 else None
    row["number"] = f"drawn-{row['id'][-8:]}" if number % 2 else None
    row["transfer_to"] = tangle.authority() if number % 3 else None
    row["defects"] = [{"code": "ITEM_WRONG", "item": "OPERATOR_ID"}] * (number % 3)


def _transfer(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    """Never from a provider of Shanghai to Zhejiang: to that province such a provider stays out of sight."""
    row["from_authority"], row["to_authority"] = tangle.authority(), tangle.authority()
    homes = {each["id"]: each["jurisdiction"] for each in tangle.pool("provider")}
    [account] = [each for each in tangle.pool("account") if each["id"] == row["account_id"]]
    if homes[account["provider_id"]] == authority_id("310000"):
        row["to_authority"] = authority_id("310000")
    row["is_designated"] = number % 2 == 0


def _step(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    """Of an account that was handed over, or not, or of a holder."""
    row["seq"] = 5_000 + number
    table, column = (("transfer", "account_id"), ("account", "id"), ("holder", "id"))[number % 3]
    row["root_id"] = tangle.random.choice(tangle.pool(table))[column]
    row["actor_role"] = tangle.random.choice(("REVIEWER", "PROVINCIAL_REGULATOR", "SYSTEM"))


def _sanction(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    _timed(tangle, row)
    sanctions.draw_sanction(tangle, row, number)


def _permission(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    _timed(tangle, row)
    row["kind"] = ("PUBLISH_AND_REPRINT", "REPRINT_ONLY", "SPECIAL_APPROVAL")[number % 3]
    licences = [licence["number"] for licence in tangle.pool("licence")]
    row["licence_number"] = tangle.random.choice((None, "99999999999", *licences))


def _identity(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["holder_id"] = tangle.made["holder"][number]["id"]
    kept = new_subject_keys(tangle.keys, row["id"])
    row |= {"mask_key": kept.mask_key, "clear_key": kept.clear_key, "bundle": None}
    if number % 4:
        names = [name for name in _PERSON if tangle.random.random() < 0.8]
        packed = pack({name: forms_of(FIELDS[name].kind, _PERSON[name]) for name in names})
        row["bundle"] = seal_bundle(open_mask_key(tangle.keys, kept.mask_key, row["id"]), packed, row["id"])


def _step_text(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["audience"] = ("PARTY", "HANDLER")[number % 3 == 0]
    [row["case_id"]] = [step["case_id"] for step in tangle.pool("step") if step["id"] == row["step_id"]]
    row["sealed"] = tangle.sealed("step_text", row, f"words {number}")


def _proposal(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["expires_at"] = tangle.now + timedelta(days=number % 3 - 1)
    row["endorsed_at"] = tangle.now if number % 2 else None
    row["withdrawn_at"] = tangle.now if number % 5 == 0 else None
    row["used_by"] = row["case_id"] if number % 7 == 0 else None
    systems = [staff for staff in tangle.rows.tables["staff"] if staff["role"] == "INTEGRATION"]
    if number % 4 == 0:  # a provider's own system sees the proposals that it made, about whatever case
        system = tangle.random.choice(systems)
        row |= {"proposer_id": system["id"], "provider_id": system["provider_id"]}
    row["sealed"] = tangle.sealed("proposal", row, f'{{"asked":{number}}}')


def _batch(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["filled_by"] = tangle.pick("staff")
    row |= {"items": 9, "done": number % 4, "refused": number % 3}


def _batch_item(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row |= {
        "number": 5_000 + number,
        "kind": ("ADOPT", "DECIDE")[number // 2 % 2],  # whatever it is about: whoever may see it sees that too
        "case_id": tangle.pick(("account", "sanction")[number % 2]),
        "step_id": tangle.pick("step"),
    }
    row["state"] = ("WAITING", "DONE", "REFUSED")[number % 3]
    row["sealed"] = tangle.sealed("batch_item", row, f"item {number}") if number % 4 else None
    row["problems"] = [{"code": "NAME_UNAVAILABLE", "path": ["particulars"], "detail": "!"}] * (number % 3)


def _submission(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["round"] = 1_000 + number
    row["display_name"] = f"画 {number % 3}"
    if number % 3:  # of the same account as the one before, so that the two differ
        row["account_id"] = tangle.made["submission"][-1]["account_id"]


def _consent(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    """Nobody has consented to the drawn agreements yet, and to no clause twice."""
    row["agreement_id"] = tangle.made["agreement_version"][number]["id"]


def _named(column: str, of: str = "drawn") -> Own:
    def own(_: Tangle, row: dict[str, Any], number: int) -> None:
        row[column] = f"{of}-{row['id'][-8:]}-{number}"

    return own


def _numbered(column: str) -> Own:
    def own(_: Tangle, row: dict[str, Any], number: int) -> None:
        row[column] = 5_000 + number

    return own


def _licence_doubt(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    """Two of each second licence: an import doubts one at most once for each cause."""
    row["licence_id"] = tangle.made["licence"][number - number % 2]["id"]
    row["cause"] = ("CHANGED", "MISSING")[number % 2]
    row["told_at"] = tangle.now  # or what runs beside the server would tell of it while it is read


def _notice(tangle: Tangle, row: dict[str, Any], number: int) -> None:
    row["party"] = ("HOLDER", "PROVIDER", "AUTHORITY")[number % 3]
    row["receipt_number"] = f"N-{row['id'][-10:]}"
    row["seen_at"] = tangle.now if number % 2 == 0 else None


_OWN: Final[Mapping[str, Own]] = {
    "account": _account,
    "authority_report": sanctions.draw_report,
    "evidence": sanctions.draw_evidence,
    "measure": sanctions.draw_measure,
    "sanction": _sanction,
    "badge": public.draw_badge,
    "agreement_version": _numbered("number"),
    "batch": _batch,
    "batch_item": _batch_item,
    "consent": _consent,
    "filing": _filing,
    "holder": _named("subject"),
    "identity": _identity,
    "licence": _named("number"),
    "licence_doubt": _licence_doubt,
    "notice": _notice,
    "permission": _permission,
    "proposal": _proposal,
    "register_entry": public.draw_entry,
    "source_unit": _named("name"),
    "staff": _named("subject"),
    "step": _step,
    "step_text": _step_text,
    "submission": _submission,
    "transfer": _transfer,
}
