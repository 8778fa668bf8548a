"""What a plan may cost and what it asks for, known before anything runs.

Cost = Σ rows × (fields + what is below). Working it out reads the arguments of every list, so that a bad page, filter
or cursor is refused before any SQL, and before any step is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.errors import ErrorCode, refused
from api.reading import cursors, statements
from api.reading.levels import Level, Mode
from api.reading.look import Look
from api.reading.pages import Asked, Window, page_asked
from api.reading.plan import Kind, Plan, Root
from api.reading.variables import Variables
from workflows.database import Statement

_LISTS = (Mode.PAGE, Mode.LIST)
IDS_MAX = 100


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page ready to be read."""

    window: Window
    limit: int
    bound: dict[str, Any]
    parent: str | None  # whose page the cursor resumes
    page: Statement
    count: Statement | None
    cursor: Callable[[Any], str]
    is_plain: bool  # nothing is asked for but the rows themselves, in their order


class Preparation:
    """Everything that a plan's lists ask for, and what it costs."""

    __slots__ = ("_dialect", "_look", "_variables", "cost", "pages")

    def __init__(self, plan: Plan, variables: Variables, look: Look, dialect: sa.Dialect) -> None:
        self._variables, self._look, self._dialect = variables, look, dialect
        self.pages: dict[Level, Prepared] = {}
        self.cost = sum(map(self._root, plan.roots))

    def _root(self, root: Root) -> int:
        rows = 1
        if root.kind is Kind.ANY_EACH:
            rows = len(root.arguments.read(self._variables)["ids"])
            if rows > IDS_MAX:
                raise refused(ErrorCode.ARGUMENT_INVALID, f"At most {IDS_MAX} ids at once.")
        return 1 + root.weight + sum(map(self._root, root.roots)) + rows * self._below(root)

    def _below(self, root: Root) -> int:
        under = self._one_of(root.levels)
        for child in root.children:
            under += self._one_of(child.levels)
        return under

    def _one_of(self, levels: Mapping[str | None, Level]) -> int:
        """An id names a row of one type only."""
        return max(map(self._level, levels.values()), default=0)

    def _level(self, level: Level) -> int:
        rows = self._page(level) if level.mode in _LISTS else 1
        under = 0
        for child in level.children:
            under += self._one_of(child.levels)
        return rows * (level.body.weight + under)

    def _page(self, level: Level) -> int:
        asked: Asked | None = level.asked
        if asked is None:
            asked = page_asked(level, level.arguments.read(self._variables))
            if level.arguments.fixed:
                level.asked = asked
        self.pages[level] = self._prepared(level, asked)
        return asked.limit

    def _prepared(self, level: Level, asked: Asked) -> Prepared:
        window, dialect = asked.window, self._dialect
        parent, bound = None, asked.bound
        if asked.place is not None:
            parent, resumed = cursors.read(asked.place, level, asked, self._look)
            bound = {**bound, **resumed}
        page = level.statement(window, lambda: statements.page(level, window, dialect))
        count = None
        if level.counts:
            count = level.statement(window.comparisons, lambda: statements.count(level, window, dialect))
        write = cursors.writer(level, asked, self._look, dialect) if level.writes_cursors else _no_cursor
        is_plain = not (level.looks_ahead or level.writes_cursors or level.counts or window.is_backward)
        return Prepared(window, asked.limit, bound, parent, page, count, write, is_plain)


def _no_cursor(_: Any) -> str:
    raise AssertionError("this plan selects no cursor")
