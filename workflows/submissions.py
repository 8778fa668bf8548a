"""How a submission differs from the one before it: what a reviewer looks at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Submission
from domain.policy.roles import Role
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among, Connection
from workflows.loading import in_scope

COMPARED: Final = ("handle", "display_name", "description", "category", "division")
_NOW: Final = table_of(Submission)


@dataclass(frozen=True, slots=True)
class Difference:
    """A particular that differs: its name, what it was, what it is now."""

    field: str
    before: str
    after: str


class Differences:
    """Works out the differences of a page of submissions in one statement."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, list[Difference]]:
        """The differences by submission; none where no round before is in sight."""
        found: dict[str, list[Difference]] = {id_: [] for id_ in ids}
        for row in await connection.fetch(_pairs(viewer.role), {**viewer.bound, "ids": list(ids)}):
            pairs = zip(COMPARED, row[1 : 1 + len(COMPARED)], row[1 + len(COMPARED) :], strict=True)
            found[row[0]] = [Difference(name, before, after) for name, before, after in pairs if before != after]
        return found


@cache
def _pairs(role: Role) -> sa.Select[Any]:
    before = _NOW.alias("before")
    one_earlier = before.c.round == _NOW.c.round - sa.literal_column("1")
    same = sa.and_(before.c.account_id == _NOW.c.account_id, one_earlier, in_scope(_NOW, role, before))
    columns = [*(before.c[name] for name in COMPARED), *(_NOW.c[name] for name in COMPARED)]
    chosen = sa.select(_NOW.c.id, *columns).select_from(_NOW.join(before, same))
    return chosen.where(Among(_NOW.c.id, "ids"), in_scope(_NOW, role))
