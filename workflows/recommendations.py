"""What the published table proposes for the cases of a page, as they stand now (Art. 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.policy.roles import Role
from domain.recommended import recommended, recurrence_of
from domain.sanction import Sanction, SanctionLevel
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among, Beside, Connection, loader
from workflows.facts import read_facts
from workflows.loading import in_scope
from workflows.sanction_facts import MEASURES

_SANCTION = table_of(Sanction)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A rung, its days, and how many earlier cases count."""

    level: SanctionLevel
    days: int | None
    recurrence: int


_NOTHING: Final = Recommendation(SanctionLevel.NONE, None, 0)  # of what is out of sight


@cache
def _cases(role: Role) -> sa.Select[Any]:
    chosen = sa.select(*loader(Sanction).columns)
    return chosen.where(Among(_SANCTION.c.id, "ids"), Beside(in_scope(_SANCTION, role)))


class Recommendations:
    """Works out what the table proposes for a page of cases: the cases, their accounts' measures, and no more."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, Recommendation]:
        """What is proposed, by case."""
        bound = {**viewer.bound, "now": now, "ids": list(ids)}
        rows = await connection.fetch(_cases(viewer.role), bound)
        known = [loader(Sanction).row(row, connection.dialect) for row in rows]
        facts = await read_facts((MEASURES,), [row.id for row in known], bound, connection)
        proposed = {row.id: _proposed(row, facts[row.id]["measures"], now) for row in known}
        return {**dict.fromkeys(ids, _NOTHING), **proposed}


def _proposed(case: Sanction, measures: Sequence[Any], now: datetime) -> Recommendation:
    recurrence = recurrence_of(measures, case.id, now)
    found = recommended(case.ground, case.gravity, recurrence)
    return Recommendation(found.level, found.days, recurrence)
