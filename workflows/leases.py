"""The lease of an application or a change: who examines it, for half an hour (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from workflows.changes import Change, Set
from workflows.engine import On

LEASE_MINUTES: Final = 30
UNCLAIMED: Final = {"claimed_by": None, "claimed_until": None}


def lease(on: On) -> Iterable[Change]:
    yield Set({"claimed_by": on.viewer.id, "claimed_until": on.now + timedelta(minutes=LEASE_MINUTES)})


def give_up_lease(_: On) -> Iterable[Change]:
    yield Set(UNCLAIMED)
