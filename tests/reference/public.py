"""The public register written again (design/workflows.md, graphql.md), and what is drawn of it for the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.reference.lists import moment
from tests.reference.rows import Row
from tests.reference.values import Look, plain


def as_of(look: Look, _: Row, __: Mapping[str, Any]) -> str:
    return moment(look.now)


def badge_standing(look: Look, badge: Row, _: Mapping[str, Any]) -> str:
    """Not taken back, of a permission in force and of the same kind, whose last day has not passed."""
    [permission] = [row for row in look.rows.tables["permission"] if row["id"] == badge["permission_id"]]
    if badge["revoked_at"] is not None or permission["state"] != "GRANTED" or permission["kind"] != badge["kind"]:
        return "ENDED"
    today = (look.now + timedelta(hours=8)).date()
    if permission["kind"] != "SPECIAL_APPROVAL":
        listed = _listed(look, permission)
        if listed is None or not _covers(listed, permission["kind"], today):
            return "ENDED"
    last = _last_day(look, permission)
    if last is None or today <= last:
        return "STANDS"
    asked_at = permission["renewal_asked_at"]
    in_time = asked_at is not None and (asked_at + timedelta(hours=8)).date() + timedelta(days=30) <= last
    return "EXTENDED" if in_time and today <= last + timedelta(days=90) else "ENDED"


def _listed(look: Look, permission: Row) -> Row | None:
    """The licence as the register has it."""
    rows = look.rows.tables["licence"]
    return next((row for row in rows if row["number"] == permission["licence_number"]), None)


def _last_day(look: Look, permission: Row) -> date | None:
    """The earlier of the permission's last day and its licence's."""
    licence = None if permission["kind"] == "SPECIAL_APPROVAL" else _listed(look, permission)
    days: list[date | None] = [permission["valid_until"], None if licence is None else licence["valid_to"]]
    return min((day for day in days if day is not None), default=None)


def _covers(licence: Row, kind: str, today: date) -> bool:
    """Begun, and for what is permitted: of a licence of which the register does not say what it is for, nothing is."""
    both, one = ("PUBLISH_AND_REPRINT", "REPRINT_ONLY")
    covered = {both: (both, one), one: (one,)}.get(licence["services"], ())
    return kind in covered and (licence["valid_from"] is None or licence["valid_from"] <= today)


def entry_badge(look: Look, entry: Row, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The account's badge that was not taken back."""
    badges = look.rows.tables["badge"]
    mine = [row for row in badges if row["account_id"] == entry["account_id"] and row["revoked_at"] is None]
    if not mine:
        return None
    [badge] = mine
    [permission] = [row for row in look.rows.tables["permission"] if row["id"] == badge["permission_id"]]
    return {
        "id": badge["id"],
        "kind": badge["kind"],
        "licenceNumber": badge["licence_number"],
        "approvalNumber": badge["approval_number"],
        "validUntil": plain(_last_day(look, permission)),
        "standing": badge_standing(look, badge, asked),
    }


def register_statistics(look: Look) -> list[dict[str, Any]]:
    """Groups of those on file; fewer than five are not counted."""
    on_file = [row for row in look.rows.tables["register_entry"] if row["ended_on"] is None]
    groups = Counter((row["division"], row["category"], row["mode"]) for row in on_file)
    return [
        {"division": division, "category": category, "mode": mode, "count": count if count >= 5 else None}
        for (division, category, mode), count in sorted(groups.items())
    ]


# --- drawn -------------------------------------------------------------------------------------------------------
def draw_entry(tangle: Any, row: dict[str, Any], number: int) -> None:
    """Of accounts of any state: what is on the register is read as it stands there."""
    account = tangle.made["account"][number]
    row |= {"account_id": account["id"], "number": f"DRAWN-{row['id'][-8:].upper()}"}
    row |= {
        "display_name": f"画 {number % 5}",
        "name_key": f"画{number % 5}",
        "category": "LAW" if number % 3 else "NEWS",
    }
    row["organisation_key"] = row["organisation_name"] = None if number % 3 else f"示例单位{number % 4}"
    row["ended_on"] = None if number % 4 else tangle.now.date()


def draw_badge(tangle: Any, row: dict[str, Any], number: int) -> None:
    """On permissions of any state and licence; not two of an account that were not taken back."""
    permission = tangle.made["permission"][number]
    row |= {"permission_id": permission["id"], "account_id": tangle.made["account"][number]["id"]}
    row |= {
        "status_place": 5_000 + number,
        "kind": permission["kind"],
        "revoked_at": None if number % 4 else tangle.now,
    }
    if number % 7 == 0 and permission["kind"] != "SPECIAL_APPROVAL":  # narrowed since it was issued
        row["kind"] = "REPRINT_ONLY"
