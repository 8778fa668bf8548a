"""Relations and where they lead: for each viewer which rows have a neighbour in sight, and which one out of sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.reference.lists import FIRST, JOURNAL, PAGED
from tests.reference.oracle import PREFIXES, TABLES, TO_ONE, TO_ONE_OF_ANY
from tests.reference.rows import Row, Rows
from tests.reference.rules import SIGHT, Looker, Rule, area, everybody, held, itself, oneself, own


@dataclass(frozen=True)
class Relation:
    """A column of this row equals a column of the other; no table: whichever the id names."""

    label: str
    local: str
    table: str
    remote: str

    def there(self, rows: Rows, row: Row) -> int:
        """How many rows it names, in anybody's sight or not."""
        return rows.there(self.table or _table(row[self.local]), self.remote, row[self.local])

    def seen(self, rows: Rows, who: Looker, row: Row) -> int:
        """How many of them the viewer sees."""
        return len(rows.where(who, self.table or _table(row[self.local]), self.remote, row[self.local]))


def _table(id_: str) -> str:
    prefix = id_.rpartition("_")[0]
    return PREFIXES.get(prefix, prefix)


def relation(label: str) -> Relation | None:
    """The relation that a field is; None for what is none."""
    owner, _, name = label.partition(".")
    if owner not in TABLES:
        return None
    listed = PAGED.get(label) or FIRST.get(label) or (JOURNAL if name == "journal" else None)
    if listed is not None:
        return Relation(label, listed.local, listed.table, str(listed.parent))
    if name == "case":
        return Relation(label, "case_id", "", "id")
    found = TO_ONE.get(label) or TO_ONE_OF_ANY.get(name)
    return Relation(label, *found) if found else None


def neighbours(rows: Rows, who: Looker, related: Relation) -> tuple[list[str], list[str]]:
    """Ids of rows in sight: those with a neighbour in sight, those with one out of sight."""
    inside, outside = [], []
    for row in rows.seen(who, TABLES[related.label.partition(".")[0]]):
        seen = related.seen(rows, who, row)
        if seen:
            inside.append(row["id"])
        if seen < related.there(rows, row):
            outside.append(row["id"])
    return inside, outside


# --- what cannot be ---------------------------------------------------------------------------------------------
# Who sees a row for its provider, its authority or its holder sees what that very column names.
_SAME: Final[dict[Rule, tuple[str, ...]]] = {
    own: ("provider_id", "provider"),
    itself: ("provider_id", "provider"),
    held: ("holder_id", "holder"),
    oneself: ("holder_id", "holder"),
    area: (),
}


# Nobody but the two themselves sees both ends.
NEVER_SEEN: Final = frozenset(
    ("Provider.sandbox", role)
    for role in ("APPEAL_REVIEWER", "COMPLIANCE_OFFICER", "HOLDER", "INTEGRATION", "REVIEWER")
) | {
    # Of staff they read their own row alone: a machine endorses nothing, an auditor takes no step.
    ("Proposal.endorser", "INTEGRATION"),
    ("Staff.jurisdiction", "APPEAL_REVIEWER"),
    ("Staff.jurisdiction", "INTEGRATION"),
    ("Step.actor", "AUDITOR"),
}
# Who asks is bound to the provider of their own row, and to themselves.
NEVER_HIDDEN: Final = frozenset(
    {
        ("Holder.provider", "HOLDER"),
        ("Sanction.holder", "HOLDER"),
        ("Proposal.proposer", "INTEGRATION"),
        ("Staff.journal", "AUDITOR"),
        ("Staff.journal", "INTEGRATION"),
        ("Provider.agreements", "PROVINCIAL_REGULATOR"),  # who reads a provider reads its agreements
    }
)


def is_partial(related: Relation, role: str) -> bool:
    """Whether some row in the role's sight could have a neighbour out of it."""
    sight, owner = SIGHT[role], TABLES[related.label.partition(".")[0]]
    far = sight.get(related.table)
    if related.table == "" or far is everybody:
        return related.table == "" and role != "NATIONAL_REGULATOR"
    near = sight[owner]
    if far is None:
        return True
    same = {_named(owner, near), _named(related.table, far)}
    return not (len(same) == 1 and None not in same and _bound(owner, related.local) in same)


def _named(table: str, rule: Rule) -> str | None:
    names = _SAME.get(rule, ())
    return names[0] if names else None


def _bound(table: str, column: str) -> str:
    return {"provider": "provider_id", "holder": "holder_id"}.get(table, column) if column == "id" else column
