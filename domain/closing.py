"""What keeps an account from being closed at its holder's asking: only what the holder was told of (Art. 6, 8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from domain.sanction import HEAVY, MeasureLevel

HOLDING: Final = (MeasureLevel.INTERIM, *HEAVY)  # a warning holds nothing, and a stay changes nothing


def closes_at(due_at: datetime, left_seconds: int | None, held_until: datetime | None) -> datetime:
    """When a closing takes place, by its clock and by the last end of what holds it, whoever was late to say so.

    `left_seconds` is what is left of a clock that stands still.
    """
    if held_until is None:
        return due_at
    return max(due_at, held_until) if left_seconds is None else held_until + timedelta(seconds=left_seconds)
