"""Viewers kept for reading: a row of Staff or Holder may have changed for at most ten seconds before a read sees it.

Mutations never look here: they load the viewer in their own transaction.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from domain.viewer import Viewer
from workflows.database import Database
from workflows.viewers import Proven, viewer_of

SECONDS_KEPT_MAX: Final = 10.0
VIEWERS_KEPT_MAX: Final = 10_000


class Viewers:
    """Finds the viewer that a token proves. `elapsed` gives seconds that only ever grow."""

    def __init__(self, database: Database, elapsed: Callable[[], float]) -> None:
        self._database = database
        self._elapsed = elapsed
        self._kept: OrderedDict[Proven, tuple[float, Viewer]] = OrderedDict()

    async def viewer(self, proven: Proven) -> Viewer | None:
        """The viewer, at most ten seconds old."""
        asked_at = self._elapsed()
        if (kept := self._kept.get(proven)) is not None and asked_at - kept[0] < SECONDS_KEPT_MAX:
            self._kept.move_to_end(proven)
            return kept[1]
        self._kept.pop(proven, None)
        viewer = await self._database.read(lambda connection: viewer_of(connection, proven))
        if viewer is not None and viewer.id:  # who has yet to enrol is looked for again: it may be done by then
            self._keep(proven, asked_at, viewer)
        return viewer

    def _keep(self, proven: Proven, asked_at: float, viewer: Viewer) -> None:
        self._kept[proven] = asked_at, viewer
        if len(self._kept) > VIEWERS_KEPT_MAX:
            self._kept.popitem(last=False)
