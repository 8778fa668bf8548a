"""Which days and moments are reckoned with: what lies outside is no date of a case, and overruns calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

FIRST_DAY: Final = date(1900, 1, 1)
FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)  # later ones have no day of their own in Shanghai
BOUNDS: Final = "lies outside the years 1900 to 9999"


def is_reckoned(value: date) -> bool:
    """Whether a day, or a moment with its offset, may be the date of anything."""
    return FIRST <= value <= LAST if isinstance(value, datetime) else value >= FIRST_DAY
