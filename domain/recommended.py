"""Which rung a course of conduct calls for: a published table, as data. It proposes, it never acts (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

from domain.codes.lists import rows_of
from domain.sanction import EndCause, Measure, MeasureLevel, SanctionLevel

WARNING_COUNTS_DAYS: Final = 90  # calendar days that a warning counts for recurrence
MEASURE_COUNTS_DAYS: Final = 365  # and every higher measure
RECURRENCE_MAX: Final = 2  # the table knows no more: two or more


@dataclass(frozen=True, slots=True)
class Recommended:
    """A rung, and for how many calendar days where it has a term."""

    level: SanctionLevel
    days: int | None


@cache
def _table() -> Mapping[tuple[str, str, int], Recommended]:
    return MappingProxyType(
        {
            (row["ground"], row["gravity"], int(row["recurrence"])): Recommended(
                SanctionLevel(row["level"]), int(row["days"]) if row["days"] else None
            )
            for row in rows_of("recommended_rungs")
        }
    )


def recommended(ground: str, gravity: str, recurrence: int) -> Recommended:
    """The rung for a ground, its gravity and how often such things were dealt with before."""
    return _table()[ground, gravity, min(recurrence, RECURRENCE_MAX)]


def recurrence_of(measures: Iterable[Measure], sanction_id: str, now: datetime) -> int:
    """How many other cases had a measure that counts still; none that should not have been."""
    counted = {m.sanction_id for m in measures if m.sanction_id != sanction_id and _counts(m, now)}
    return len(counted)


def _counts(measure: Measure, now: datetime) -> bool:
    if measure.level == MeasureLevel.INTERIM or measure.ended_by == EndCause.OVERTURNED:
        return False
    days = WARNING_COUNTS_DAYS if measure.level == MeasureLevel.WARNING else MEASURE_COUNTS_DAYS
    return measure.from_at > now - timedelta(days=days)
