"""What a plan may cost and what it asks for, known before anything runs.

Cost = Σ rows × (fields + what is below). Working it out reads the arguments of every list, so that a bad page, filter
or cursor is refused before any SQL, and before any step is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from api.errors import ErrorCode, refused
from api.reading import cursors, statements
from api.reading.levels import Level, Mode
from api.reading.look import Look
from api.reading.pages import Asked, Window, page_asked
from api.reading.plan import Kind, Plan, Root
from api.reading.variables import Variables, check_values
from workflows.database import Statement

_LISTS = (Mode.PAGE, Mode.LIST)
IDS_MAX = 100


class Prepared(NamedTuple):
    """A page ready to be read."""

    window: Window
    limit: int
    bound: dict[str, Any]
    parent: str | None  # whose page the cursor resumes
    page: Statement
    counting: Statement | None
    cursor: Callable[[Any], str]
    is_plain: bool  # nothing is asked for but the rows themselves, in their order


class Preparation(NamedTuple):
    """What an operation costs, and the pages it asks for."""

    cost: int
    pages: Mapping[Level, Prepared]


def prepare(plan: Plan, variables: Variables, look: Look, dialect: sa.Dialect) -> Preparation:
    """What the plan's lists ask for. Where no variable and no cursor comes in, it is worked out once."""
    for late in plan.late:  # one that is null where no null may be is not found after the first step
        late.read(variables)
    if plan.prepared is not None:
        known: Preparation = plan.prepared
        return known
    pricing = _Pricing(variables, look, dialect, takes_steps=plan.steps)
    made = Preparation(sum(map(pricing.root, plan.roots)), pricing.pages)
    if pricing.is_fixed:
        plan.prepared = made
    return made


class _Pricing:
    """Walks a plan with the arguments of one request."""

    __slots__ = ("_dialect", "_lists", "_look", "_takes_steps", "_variables", "is_fixed", "pages")

    def __init__(self, variables: Variables, look: Look, dialect: sa.Dialect, *, takes_steps: bool) -> None:
        self._variables, self._look, self._dialect, self._takes_steps = variables, look, dialect, takes_steps
        self._lists = 0  # how many the level at hand lies in
        self.pages: dict[Level, Prepared] = {}
        self.is_fixed = True  # as good for any other viewer of this sight

    def root(self, root: Root) -> int:
        rows = 1
        if root.kind is Kind.VALUE:
            check_values(root.arguments.read(self._variables))
            self.is_fixed = self.is_fixed and root.arguments.fixed
        if root.kind is Kind.ANY_EACH:
            rows = len(root.arguments.read(self._variables)["ids"])
            self.is_fixed = False
            if rows > IDS_MAX:
                raise refused(ErrorCode.ARGUMENT_INVALID, f"At most {IDS_MAX} ids at once.")
        return 1 + root.weight + sum(map(self.root, root.roots)) + rows * self._below(root)

    def _below(self, root: Root) -> int:
        under = self._one_of(root.levels)
        for child in root.children:
            under += self._one_of(child.levels)
        return under

    def _one_of(self, levels: Mapping[str | None, Level]) -> int:
        """An id names a row of one type only."""
        only = levels.get(None)
        if only is not None:
            return self._level(only)
        return max(map(self._level, levels.values()), default=0)

    def _level(self, level: Level) -> int:
        """What a level costs with all below it; worked out once where nothing of the request comes in."""
        if level.priced is not None:
            cost, pages = level.priced
            self.pages.update(pages)
            return cost
        beside, self.pages = self.pages, {}
        is_fixed, self.is_fixed = self.is_fixed, True
        is_list = level.mode in _LISTS
        rows = self._page(level) if is_list else 1
        under = 0
        self._lists += is_list
        for child in level.children:
            under += self._one_of(child.levels)
        self._lists -= is_list
        cost = rows * (level.body.weight + under)
        if self.is_fixed:
            level.priced = cost, self.pages
        self.is_fixed = self.is_fixed and is_fixed
        self.pages = {**beside, **self.pages}
        return cost

    def _page(self, level: Level) -> int:
        values = level.arguments.read(self._variables)
        check_values(values)
        asked = page_asked(level, values, is_inner=self._lists > 0)
        if not level.arguments.fixed:
            self.is_fixed = False
        self.pages[level] = self._prepared(level, asked)
        return asked.limit

    def _prepared(self, level: Level, asked: Asked) -> Prepared:
        window, dialect = asked.window, self._dialect
        parent, bound = None, asked.bound
        if asked.place is not None:
            if self._takes_steps:  # whose page it resumes is known only when the step is taken
                raise refused(
                    ErrorCode.CURSOR_INVALID, "The answer of a step has first pages only: ask for more after it."
                )
            parent, resumed = cursors.read(asked.place, level, asked, self._look)
            bound = {**bound, **resumed}
        page = level.statement(window, lambda: statements.page(level, window, dialect))
        count = None
        if level.counts:
            count = level.statement(window.comparisons, lambda: statements.count(level, window, dialect))
        if asked.place is not None or level.writes_cursors:
            self.is_fixed = False  # a cursor is this viewer's own
        write = cursors.writer(level, asked, self._look, dialect) if level.writes_cursors else _no_cursor
        is_plain = not (level.looks_ahead or level.writes_cursors or level.counts or window.is_backward)
        return Prepared(window, asked.limit, bound, parent, page, count, write, is_plain)


def _no_cursor(_: Any) -> str:
    raise AssertionError("this plan selects no cursor")
