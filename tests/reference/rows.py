"""All rows of a database in memory: what the slow oracle answers from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from domain import tables  # noqa: F401 - declares every table
from domain.table import METADATA
from tests.reference.rules import Looker, Values, sees
from workflows.database import Connection, Database

NOBODY: Final = Looker(role="")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row and the table it lies in."""

    table: str
    values: Values

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass
class Rows:
    """Every table, with the rows that each viewer sees found once."""

    tables: Mapping[str, Sequence[Row]]
    _seen: dict[tuple[Looker, str], list[Row]] = field(default_factory=dict)
    _by: dict[tuple[Looker, str, str], dict[Any, list[Row]]] = field(default_factory=dict)

    def seen(self, who: Looker, table: str) -> list[Row]:
        """The rows of a table in a viewer's sight."""
        key = (who, table)
        if key not in self._seen:
            self._seen[key] = [row for row in self.tables[table] if sees(who, table, row.values)]
        return self._seen[key]

    def where(self, who: Looker, table: str, column: str, value: Any) -> list[Row]:
        """The rows in sight whose column has the value; null equals nothing."""
        key = (who, table, column)
        if key not in self._by:
            grouped = self._by[key] = defaultdict(list)
            for row in self.seen(who, table):
                grouped[row[column]].append(row)
        return [] if value is None else self._by[key].get(value, [])

    def there(self, table: str, column: str, value: Any) -> int:
        """How many rows there are with the value, in anybody's sight or not."""
        key = (NOBODY, table, column)
        if key not in self._by:
            grouped = self._by[key] = defaultdict(list)
            for row in self.tables[table]:
                grouped[row[column]].append(row)
        return 0 if value is None else len(self._by[key].get(value, []))

    def one(self, who: Looker, table: str, column: str, value: Any) -> Row | None:
        """The one row in sight with that value."""
        found = self.where(who, table, column, value)
        assert len(found) <= 1, (table, column, value)
        return found[0] if found else None


async def all_rows(database: Database) -> Rows:
    """Read every table, in one go."""

    async def work(connection: Connection) -> dict[str, list[Row]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for table in METADATA.sorted_tables:
            records = await connection.fetch(sa.select(*table.c), {})
            found[table.name] = [_values(table, record) for record in records]
        _know_hands(found)
        _know_secrets(found)
        return {name: [Row(name, values) for values in rows] for name, rows in found.items()}

    return Rows(await database.read(work))


def _know_hands(read: Mapping[str, list[dict[str, Any]]]) -> None:
    """Say of each step to whom its account was handed over and is with, and who handed it on; of each text its step."""
    homes = {row["id"]: row["jurisdiction"] for row in read["account"]}
    came = {(row["account_id"], row["to_authority"]) for row in read["transfer"]}
    went = {(row["account_id"], row["from_authority"]) for row in read["transfer"]}
    for step in read["step"]:
        home = homes.get(step["root_id"])
        step["handed_to"] = {home} if (step["root_id"], home) in came else set()
        step["handed_on_by"] = {authority for account, authority in went if account == step["root_id"]}
    _know_who_answers(read, came)
    _know_hands_of_persons(read, came)
    steps = {step["id"]: step for step in read["step"]}
    for text in read["step_text"]:
        text["of_step"] = steps[text["step_id"]]


def _know_hands_of_persons(read: Mapping[str, list[dict[str, Any]]], came: set[tuple[str, str]]) -> None:
    """The steps of a holder and their identity go where the holder's accounts went."""
    cases: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for account in read["account"]:
        cases[account["holder_id"]].add((account["id"], account["jurisdiction"]))
    for step in read["step"]:
        theirs = cases.get(step["root_id"], set())
        step["handed_to"] |= {home for id_, home in theirs if (id_, home) in came}
        if theirs and step["jurisdiction"] not in {home for _, home in theirs}:
            step["handed_on_by"] = step["handed_on_by"] | {step["jurisdiction"]}


def _know_who_answers(read: Mapping[str, list[dict[str, Any]]], came: set[tuple[str, str]]) -> None:
    """Say of each holder and provider, and of what hangs on them, which authorities have a case of theirs now."""
    for table, link, cases in (
        ("holder", "id", "holder_id"),
        ("identity", "holder_id", "holder_id"),
        ("consent", "holder_id", "holder_id"),
        ("provider", "id", "provider_id"),
        ("agreement_version", "provider_id", "provider_id"),
    ):
        accounts: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for account in read["account"]:
            accounts[account[cases]].add((account["id"], account["jurisdiction"]))
        for row in read[table]:
            theirs, area = accounts[row[link]], row["jurisdiction"]
            row["answering"] = {home for id_, home in theirs if (id_, home) in came}
            lies_here = area in {home for _, home in theirs}
            if cases == "provider_id" or lies_here or not theirs:
                row["answering"].add(area)


def _know_secrets(read: Mapping[str, list[dict[str, Any]]]) -> None:
    """Say of each step whether it is of what its holder is not told of."""
    told = {row["id"] for row in read["sanction"] if row["told_at"] is not None}
    for step in read["step"]:
        kind = step["case_id"].rpartition("_")[0]
        untold = kind == "sanction" and step["case_id"] not in told
        step["is_kept_from_holder"] = untold or kind == "authority_report"


def _values(table: sa.Table, record: Sequence[Any]) -> dict[str, Any]:
    return {column.key: _value(column, value) for column, value in zip(table.c, record, strict=True)}


def _value(column: sa.Column[Any], value: Any) -> Any:
    """What a stored value means: written again, so that no decoder is believed."""
    kind = type(column.type).__name__
    if value is None or (kind in ("UtcTime", "Day") and not isinstance(value, str)):
        return value
    meant = _MEANT.get(kind)
    return value if meant is None else meant(value)


_MEANT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "UtcTime": datetime.fromisoformat,
    "Day": date.fromisoformat,
    "Json": orjson.loads,
    "Boolean": bool,
    "LargeBinary": bytes,
}
