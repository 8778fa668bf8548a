"""What every unit of work is handed: the database, the keys, the clock, the calendar, the listed names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.calendar import WorkingDays
from domain.vault.keys import Keys
from workflows.database import Database
from workflows.listed_names import ListedNames

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Office:
    """The collaborators of a deployment, made once at its start."""

    database: Database
    keys: Keys
    clock: Clock
    calendar: WorkingDays = field(default_factory=WorkingDays)
    listed_names: ListedNames = field(default_factory=ListedNames)
    deployment_code: str = "SG"
    public_url: str = "http://127.0.0.1:8000"
    clock_offset: timedelta = timedelta()  # how far the clock is set ahead of the time
    wakers: list[Callable[[], None]] = field(default_factory=list)  # of the workers in this process, from any thread

    def wake(self) -> None:
        """Something that has passed was met before a worker came to it."""
        for each in self.wakers:
            each()
