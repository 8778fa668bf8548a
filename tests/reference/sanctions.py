"""What is worked out of sanctions, written again from the design; and sanctions drawn for the tangle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from domain.codes.lists import rows_of
from tests.reference.measures import FOREVER
from tests.reference.rows import Row
from tests.reference.rules import Values

# For how long after it began a measure counts against the next case, in days.
COUNTS: Final = {"WARNING": 90, "RESTRICTED": 365, "SUSPENDED": 365, "CLOSED": 365}


def was_heard(case: Values, now: datetime) -> bool:
    """Told, and has answered, waived, or let the time pass."""
    if case["notified_at"] is None:
        return False
    spoke = any(case[name] is not None for name in ("answered_at", "waived_at"))
    return spoke or (case["answer_until"] is not None and now >= case["answer_until"])


def recommended(look: Any, row: Row, _: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the published table for this ground, gravity, and how many other cases of the account count."""
    others = {
        measure["sanction_id"]
        for measure in look.rows.tables["measure"]
        if measure["account_id"] == row["account_id"] and _counts(measure.values, look.now)
    } - {row["id"]}
    said = {"ground": row["ground"], "gravity": row["gravity"], "recurrence": str(min(len(others), 2))}
    [found] = [each for each in rows_of("recommended_rungs") if all(each[name] == said[name] for name in said)]
    days = int(found["days"]) if found["days"] else None
    return {"level": found["level"], "days": days, "recurrence": len(others)}


def _counts(measure: Values, now: datetime) -> bool:
    if measure["level"] not in COUNTS or measure["ended_by"] == "OVERTURNED":
        return False
    return bool(now - measure["from_at"] < timedelta(days=COUNTS[measure["level"]]))


# --- drawn -------------------------------------------------------------------------------------------------------
LEVELS: Final = ("INTERIM", *COUNTS)
DAY: Final = timedelta(days=1)


def draw_sanction(tangle: Any, row: dict[str, Any], number: int) -> None:
    """Told to its holder or not, answered or not; each of another day, so that none is of the same conduct."""
    row["conduct_on"] = date(2025, 1, 1) + number * DAY
    row |= {"gravity": ("MINOR", "SERIOUS", "GRAVE")[number % 3], "detection": ("MANUAL", "AUTOMATED")[number % 2]}
    row["rank"] = tangle.random.randrange(3)
    row["priority"] = ("URGENT", "HIGH", "NORMAL")[row["rank"]]
    row["told_at"] = None if number % 3 == 0 else tangle.now
    row["notified_at"] = None if number % 4 == 0 else tangle.now - DAY
    row["answer_until"] = tangle.random.choice((None, tangle.now - DAY, tangle.now, tangle.now + DAY))
    for name in ("answered_at", "waived_at", "acknowledged_at"):
        row[name] = tangle.random.choice((None, None, tangle.now))
    row["proposed_level"] = tangle.random.choice((None, *COUNTS))


def draw_measure(tangle: Any, row: dict[str, Any], number: int) -> None:
    """In force, over, to come, stayed; some counting no more."""
    random, now = tangle.random, tangle.now
    row |= {"level": LEVELS[number % 5], "gravity": random.choice(("MINOR", "SERIOUS", "GRAVE"))}
    row["from_at"] = now + random.choice((-400, -91, -90, -30, -1, 0, 1)) * DAY
    row["until"] = random.choice((now - DAY, now, now + 3 * DAY, FOREVER))
    row["ended_at"] = random.choice((FOREVER, FOREVER, FOREVER, now - DAY, now))
    row["ended_by"] = None if row["ended_at"] == FOREVER else random.choice(("LIFTED", "OVERTURNED", "REPLACED"))
    row["stayed_from"] = random.choice((FOREVER, FOREVER, FOREVER, now - DAY))
    row["stayed_until"] = random.choice((FOREVER, now - DAY / 2))
    named = ("gravity", "intent", "harm", "spread", "cooperation")
    found = dict(zip(named, ("GRAVE", "INTENDED", "LIMITED", "WIDE", "FULL"), strict=True))
    row |= {"circumstances": found if number % 2 else None, "is_skip": number % 2 == 1}
    row["baseline"] = random.choice((None, "PUBLIC_ORDER"))


def draw_evidence(tangle: Any, row: dict[str, Any], number: int) -> None:
    """Shown to its holder or not."""
    row |= {"number": 50 + number, "is_disclosable": number % 4 > 0}
    row["disclosed_at"] = tangle.now if number % 2 else None
    row["sealed"] = tangle.sealed("evidence", row, f"piece {number}")


def draw_report(tangle: Any, row: dict[str, Any], number: int) -> None:
    """Due, or long due."""
    row |= {"kind": ("MEASURE", "CORRECTION")[number % 2], "clock": "RUNNING" if number % 4 else "NONE"}
    row["due_at"] = tangle.now + tangle.random.randrange(-3, 4) * DAY if number % 4 else FOREVER
