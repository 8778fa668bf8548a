"""Lists written again: orders, filters, windows, cursors, counts (design/graphql.md)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from domain.names import name_key
from tests.reference.publishing import is_in_force
from tests.reference.rows import Row
from tests.reference.rules import APPLICANTS, BLIND_FLAGS, Looker
from tests.reference.sanctions import was_heard

# A cursor is a tag of 12 bytes and what it says, as text. The oracle's has a tag of zeros: only the rest is compared;
# that the tag holds for this list and viewer alone is tested where cursors are.
TAG: Final = "A" * 16
DEFAULT_PAGE, NESTED_PAGE, INNER_PAGE, COUNTED_MAX = 20, 10, 2, 10_000


@dataclass(frozen=True)
class Order:
    """Columns all in one direction."""

    columns: tuple[str, ...]
    descending: bool = False


Orders = Mapping[str | None, Order]


@dataclass(frozen=True)
class Listed:
    """A list: the table, the column that points at the parent, its orders by name."""

    table: str
    parent: str | None
    orders: Orders
    filters: str = ""
    local: str = "id"  # the column of the parent that it points at


_NEWEST: Final[Orders] = {None: Order(("created_at", "id"), descending=True)}
_ACCOUNTS: Final[Orders] = {
    "NEWEST": Order(("created_at", "id"), descending=True),
    "OLDEST": Order(("created_at", "id")),
    "QUEUE": Order(("rank", "due_at", "id")),
}
_FILINGS: Final[Orders] = {"DESK": Order(("due_at", "id")), "NEWEST": Order(("created_at", "id"), descending=True)}
_ENTRIES: Final[Orders] = {
    "NAME": Order(("name_key", "id")),
    "NEWEST": Order(("created_at", "id"), descending=True),
}
_JOURNAL: Final[Orders] = {None: Order(("seq", "id"))}
_MEASURES: Final[Orders] = {
    "ENDING": Order(("until", "id")),
    "NEWEST": Order(("created_at", "id"), descending=True),
}
_SANCTIONS: Final[Orders] = {
    "DESK": Order(("rank", "due_at", "id")),
    "NEWEST": Order(("created_at", "id"), descending=True),
}
_STAFF: Final[Orders] = {None: Order(("created_at", "id"))}
PAGED: Final[Mapping[str, Listed]] = {
    "Query.accounts": Listed("account", None, _ACCOUNTS, "account"),
    "Query.batches": Listed("batch", None, _NEWEST, "batch"),
    "Batch.items": Listed("batch_item", "batch_id", {None: Order(("number", "id"))}, "batch_item"),
    "Query.filings": Listed("filing", None, _FILINGS, "filing"),
    "Query.transfers": Listed("transfer", None, _NEWEST, "transfer"),
    "Transfer.steps": Listed("step", "root_id", {None: Order(("id",))}, local="account_id"),
    "Query.permissions": Listed("permission", None, _FILINGS, "permission"),
    "Query.sanctions": Listed("sanction", None, _SANCTIONS, "sanction"),
    "Query.measures": Listed("measure", None, _MEASURES, "measure"),
    "Query.authorityReports": Listed("authority_report", None, _NEWEST, "authority_report"),
    "Query.holders": Listed("holder", None, _NEWEST),
    "Query.providers": Listed("provider", None, _NEWEST),
    "Query.qualifications": Listed("qualification", None, _NEWEST, "qualification"),
    "Query.staff": Listed("staff", None, _STAFF, "staff"),
    "Query.steps": Listed("step", None, {None: Order(("id",), descending=True)}),
    "Query.authorities": Listed("authority", None, {None: Order(("division", "id"))}),
    "Query.sourceUnits": Listed("source_unit", None, _NEWEST, "source_unit"),
    "Query.licences": Listed("licence", None, _NEWEST, "licence"),
    "Query.registerEntries": Listed("register_entry", None, _ENTRIES, "register_entry"),
    "Query.registerImports": Listed("register_import", None, _NEWEST),
    "Query.accessLog": Listed("access_log", None, {None: Order(("at", "id"), descending=True)}),
    "Viewer.notices": Listed("notice", None, _NEWEST, "notice"),
    "Viewer.proposals": Listed("proposal", None, _NEWEST, "proposal"),
    "Account.filings": Listed("filing", "account_id", _FILINGS, "filing"),
    "Account.permissions": Listed("permission", "account_id", _FILINGS, "permission"),
    "Account.sanctions": Listed("sanction", "account_id", _SANCTIONS, "sanction"),
    "Account.submissions": Listed("submission", "account_id", _NEWEST),
    "Holder.accounts": Listed("account", "holder_id", _ACCOUNTS, "account"),
    "Holder.consents": Listed("consent", "holder_id", {None: Order(("consented_at", "id"))}),
    "Provider.qualifications": Listed("qualification", "provider_id", _NEWEST, "qualification"),
    "Provider.agreements": Listed("agreement_version", "provider_id", _NEWEST),
    "Provider.staff": Listed("staff", "provider_id", _STAFF, "staff"),
    "Sanction.measures": Listed("measure", "sanction_id", _MEASURES, "measure"),
    "Sanction.evidence": Listed("evidence", "sanction_id", {None: Order(("number", "id"))}),
    "Sanction.authorityReports": Listed("authority_report", "sanction_id", _NEWEST, "authority_report"),
    "Licence.doubts": Listed("licence_doubt", "licence_id", _NEWEST),
    "RegisterImport.quarantined": Listed("quarantined_row", "import_id", {None: Order(("line", "id"))}),
}
JOURNAL: Final = Listed("step", "case_id", _JOURNAL)
FIRST: Final[Mapping[str, Listed]] = {
    "Account.latestSubmissions": Listed("submission", "account_id", _NEWEST),
    "Account.candidates": Listed("candidate", "account_id", {None: Order(("id",))}),
    "Submission.materials": Listed("material", "submission_id", {None: Order(("id",))}),
    "Step.texts": Listed("step_text", "step_id", {None: Order(("id",))}),
}


# --- filters --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Asking:
    """What a filter may depend on besides the row."""

    who: Looker
    now: datetime


Test = Callable[[Asking, Row, Any], bool]


def _among(column: str) -> Test:
    return lambda _, row, value: row[column] in value


def _is(column: str) -> Test:
    return lambda _, row, value: row[column] is not None and row[column] == value


def _has(column: str) -> Test:
    return lambda _, row, value: (row[column] is not None) is value


def _begins(column: str) -> Test:
    return lambda _, row, value: row[column] is not None and row[column].startswith(name_key(value))


def _is_me(column: str) -> Test:
    return lambda asking, row, value: (row[column] == asking.who.id) is value


def _since(asking: Asking, row: Row, value: str) -> bool:
    return bool(row["applied_at"] >= datetime.fromisoformat(value))


def _before(asking: Asking, row: Row, value: str) -> bool:
    return bool(row["applied_at"] < datetime.fromisoformat(value))


def _earlier(column: str) -> Test:
    return lambda _, row, value: bool(row[column] < datetime.fromisoformat(value))


def _by_then(column: str) -> Test:
    return lambda _, row, value: bool(row[column] <= datetime.fromisoformat(value))


def clock_of(row: Row, now: datetime) -> str:
    """A running clock past its due date is overdue."""
    return "OVERDUE" if row["clock"] == "RUNNING" and row["due_at"] < now else str(row["clock"])


def _clock(asking: Asking, row: Row, value: str) -> bool:
    return clock_of(row, asking.now) == value


def _flag(asking: Asking, row: Row, value: str) -> bool:
    return value in row["flags"] and not (asking.who.role in APPLICANTS and value in BLIND_FLAGS)


TESTS: Final[Mapping[str, Mapping[str, Test]]] = {
    "account": {
        "state": _among("state"),
        "changeState": _among("change_state"),
        "category": _among("category"),
        "subjectType": _among("subject_type"),
        "division": _is("division"),
        "priority": _among("priority"),
        "clock": _clock,
        "flag": _flag,
        "isFlagged": _is("is_flagged"),
        "claimedByMe": _is_me("claimed_by"),
        "appliedSince": _since,
        "appliedBefore": _before,
    },
    "batch": {"state": _among("state")},
    "batch_item": {"state": _among("state")},
    "filing": {
        "state": _among("state"),
        "category": _among("category"),
        "number": _is("number"),
        "division": _is("division"),
        "dueBefore": _earlier("due_at"),
        "transferAsked": _has("transfer_to"),
        "clock": _clock,
    },
    "transfer": {
        "fromAuthority": _is("from_authority"),
        "toAuthority": _is("to_authority"),
        "isDesignated": _is("is_designated"),
    },
    "permission": {
        "state": _among("state"),
        "kind": _among("kind"),
        "licenceNumber": _is("licence_number"),
        "clock": _clock,
    },
    "sanction": {
        "state": _among("state"),
        "ground": _is("ground"),
        "detection": _among("detection"),
        "gravity": _among("gravity"),
        "answered": _has("answered_at"),
        "heard": lambda asking, row, value: was_heard(row.values, asking.now) is value,
        "clock": _clock,
    },
    "measure": {
        "level": _among("level"),
        "ended": _has("ended_by"),
        "inForce": lambda asking, row, value: is_in_force(row.values, asking.now) is value,
        "endsBy": _by_then("until"),
    },
    "authority_report": {"state": _among("state"), "kind": _among("kind"), "clock": _clock},
    "qualification": {"state": _among("state"), "kind": _among("kind")},
    "staff": {"state": _among("state"), "role": _among("role")},
    "source_unit": {"name": _is("name"), "division": _is("division")},
    "licence": {"number": _is("number"), "province": _is("province"), "isLegacy": _is("is_legacy")},
    "register_entry": {
        "number": lambda _, row, value: row["number"] == value.strip().upper(),
        "licence": lambda _, row, value: row["licence_number"] == value.replace(" ", "").replace("-", "").upper(),
        "handle": lambda _, row, value: row["handle_key"] == value.strip().lower(),
        "name": _begins("name_key"),
        "organisation": _begins("organisation_key"),
        "category": _among("category"),
        "division": _among("division"),
        "ended": _has("ended_on"),
    },
    "notice": {"seen": _has("seen_at")},
    "proposal": {
        "mine": _is_me("proposer_id"),
        "used": _has("used_by"),
        "endorsed": _has("endorsed_at"),
        "withdrawn": _has("withdrawn_at"),
    },
}


def kept(listed: Listed, rows: Sequence[Row], where: Mapping[str, Any] | None, asking: Asking) -> list[Row]:
    """The rows that pass all filters given; one that is null is not given."""
    tests = [(TESTS[listed.filters][name], value) for name, value in (where or {}).items() if value is not None]
    return [row for row in rows if all(test(asking, row, value) for test, value in tests)]


# --- windows --------------------------------------------------------------------------------------------------
def key_of(row: Row, order: Order) -> tuple[Any, ...]:
    return tuple(row[column] for column in order.columns)


def sorted_by(rows: Sequence[Row], order: Order) -> list[Row]:
    """Text by its code points, moments by time."""
    return sorted(rows, key=lambda row: key_of(row, order), reverse=order.descending)


def connection(
    rows: Sequence[Row], parent: str | None, order: Order, asked: Mapping[str, Any], path: Sequence[str | int]
) -> dict[str, Any]:
    """A page of rows in the manner of Relay. `path`: where it stands in the answer; ids are asked for at its start."""
    nested = INNER_PAGE if any(isinstance(key, int) for key in path[2:]) else NESTED_PAGE
    default = DEFAULT_PAGE if parent is None else nested
    everything = sorted_by(rows, order)
    first, last, after, before = (asked.get(name) for name in ("first", "last", "after", "before"))
    start, end = 0, len(everything)
    if after is not None:
        start = _place(everything, order, after, parent) + 1
    if before is not None:
        end = _place(everything, order, before, parent)
    inside = everything[start:end]
    size = last if last is not None else default if first is None else first
    shown = inside[:size] if last is None else inside[-size:]
    more = len(inside) > size
    cursors = [cursor(row, parent, order) for row in shown]
    return {
        "nodes": shown,
        "edges": [{"cursor": c, "node": row} for c, row in zip(cursors, shown, strict=True)],
        "pageInfo": {
            "hasNextPage": more if last is None else before is not None,
            "hasPreviousPage": more if last is not None else after is not None,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
        "totalCount": {
            "value": min(len(everything), COUNTED_MAX),
            "isCapped": len(everything) > COUNTED_MAX,
        },
    }


def cursor(row: Row, parent: str | None, order: Order) -> str:
    """What the product's cursor says of this row, under the tag of zeros."""
    said = orjson.dumps([parent, *map(_plain, key_of(row, order))])
    return urlsafe_b64encode(bytes(12) + said).rstrip(b"=").decode()


def moment(value: datetime) -> str:
    """UTC with Z; microseconds where there are some."""
    at = value.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}" + (f".{at:%f}" if at.microsecond else "") + "Z"


def _plain(value: Any) -> Any:
    return moment(value) if isinstance(value, datetime) else value


def _place(rows: Sequence[Row], order: Order, text: str, parent: str | None) -> int:
    """Where the row stands that a cursor of the product names."""
    said = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))[12:])
    assert said[0] == parent, "a cursor fed to another parent"
    [place] = [i for i, row in enumerate(rows) if row["id"] == said[-1]]
    return place
