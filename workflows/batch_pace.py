"""How much of a batch goes into one transaction: SQLite has one writer, and nobody else writes until it ends."""

from __future__ import annotations

import asyncio
from typing import Final

HELD_SECONDS: Final = 0.25  # as long may a transaction of a batch keep others waiting
AIMED_AT: Final = 0.5  # of that: what comes next may take longer than what came before
FIRST: Final = 10  # items, before it is known how long they take


def seconds() -> float:
    """Where the time of this process stands."""
    return asyncio.get_running_loop().time()


class Pace:
    """As many items at a time as fit, at the pace of those before them, and never more than so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._began = 0.0
        self.size = min(FIRST, most)

    def begin(self) -> None:
        """A transaction has begun."""
        self._began = seconds()

    @property
    def is_over(self) -> bool:
        """Whether no further item is to be begun in it."""
        return seconds() - self._began >= HELD_SECONDS * AIMED_AT

    def end(self, items: int) -> None:
        """It was committed, with so many items."""
        spent = seconds() - self._began
        fitting = items * HELD_SECONDS * AIMED_AT / spent if spent > 0 else self._most
        self.size = max(1, min(self._most, int(fitting)))
