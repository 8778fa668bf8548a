"""Running a plan: statements from the top down, values from the bottom up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from api.errors import ErrorCode, refused
from api.reading import statements
from api.reading.cost import Preparation, Prepared
from api.reading.kinds import AnyLoader, Loader, OfficeLoader
from api.reading.levels import Child, Level, Mode
from api.reading.look import Look
from api.reading.pages import Page
from api.reading.plan import Kind, Root
from api.reading.variables import Arguments, Variables
from domain.ids import prefix_of
from workflows.database import Connection, Row


def _no_cursor(_: Any) -> str:
    raise AssertionError("a list without pages has no cursor")


_NO_PAGE: Final = Page(_no_cursor)


@dataclass(slots=True)
class Run:
    """One execution: the connection, the coerced variables, who looks, and what the lists ask for."""

    connection: Connection
    variables: Variables
    look: Look
    prepared: Preparation

    async def root(self, root: Root) -> Any:
        """The value of a root field that reads."""
        match root.kind:
            case Kind.ROW:
                own, [*named] = root.function, root.arguments.read(self.variables).values()
                id_ = own(self.look.viewer) if own is not None else named[0]
                return None if id_ is None else await self._row(root.level, id_)
            case Kind.PAGE:
                return await self._page(root.level, self.prepared.pages[root.level])
            case Kind.ANY:
                id_ = root.arguments.read(self.variables)["id"]
                return (await self._by_prefix(root.levels, [id_])).get(id_)
            case Kind.ANY_EACH:
                ids = root.arguments.read(self.variables)["ids"]
                found = await self._by_prefix(root.levels, ids)
                return [found.get(id_) for id_ in ids]
            case Kind.GROUP:
                return {inner.key: await self.root(inner) for inner in root.roots}
            case _:
                return await self._given(root)

    async def payload(self, root: Root, outcome: Any) -> Any:
        """What a mutation answers: values of its outcome, and rows read anew."""
        below = []
        for child in root.children:
            named = getattr(outcome, child.attribute)
            ids = named if child.is_list else [named]
            below.append(await self._found(child.levels, [id_ for id_ in ids if id_ is not None]))
        return root.make(outcome, self.look, *self._late(root.late), *below)

    async def _given(self, root: Root) -> Any:
        """Values that are no rows."""
        if root.function is None:
            return root.make()
        if root.kind is Kind.VIEWER:
            given = root.function(self.look.viewer)
        else:
            values = root.arguments.read(self.variables)
            more = {"keys": self.look.keys} if root.takes_keys else {}
            given = await root.function(self.connection, self.look.viewer, self.look.now, **values, **more)
        return root.make(given, self.look, *self._late(root.late))

    def _late(self, late: Sequence[Arguments]) -> list[Mapping[str, Any]]:
        return [arguments.read(self.variables) for arguments in late]

    async def _row(self, level: Level, id_: str) -> Any:
        if "\0" in id_:
            return None  # no id has one, and PostgreSQL has no such text
        statement = level.statement(Mode.ID, lambda: statements.by_id(level, self.connection.dialect))
        rows = await self.connection.fetch(statement, {**self.look.bound, "id": id_})
        if not rows:
            return None
        if not level.body.late and not level.children:
            return level.make(rows[0], self.look)
        return level.make(rows[0], self.look, *self._late(level.body.late), *await self._below(level, rows))

    async def _below(self, level: Level, rows: Sequence[Row]) -> list[Mapping[Any, Any]]:
        """What the levels below hold for these rows, by key."""
        return [await self._child(child, {row[child.key] for row in rows}) for child in level.children]

    async def _child(self, child: Child, keys: set[Any]) -> Mapping[Any, Any]:
        keys.discard(None)
        if not keys:
            return {}
        if child.loader is not None:
            return await self._loaded(child.loader, sorted(keys))
        return await self._found(child.levels, keys)

    async def _loaded(self, loader: AnyLoader, ids: Sequence[str]) -> Mapping[Any, Any]:
        look = self.look
        if getattr(loader, "takes_office", False):
            return await cast("OfficeLoader", loader).load(self.connection, ids, look.viewer, look.now, look.office)
        return await cast("Loader", loader).load(self.connection, ids, look.viewer, look.now)

    async def _found(self, levels: Mapping[str | None, Level], keys: Collection[str]) -> Mapping[Any, Any]:
        level = levels.get(None)
        if level is None:
            return await self._by_prefix(levels, keys)
        if level.mode is Mode.KEYS:
            return await self._by_keys(level, keys)
        return await self._pages(level, self.prepared.pages[level], keys)

    async def _by_prefix(self, levels: Mapping[str | None, Level], keys: Collection[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for prefix, level in levels.items():
            mine = [key for key in keys if prefix_of(key) == prefix and "\0" not in key]
            if mine:
                found.update(await self._by_keys(level, mine))
        return found

    async def _by_keys(self, level: Level, keys: Collection[str]) -> dict[str, Any]:
        if not keys:
            return {}
        statement = level.statement(Mode.KEYS, lambda: statements.by_keys(level, self.connection.dialect))
        rows = await self.connection.fetch(statement, {**self.look.bound, "keys": list(keys)})
        late, below = self._late(level.body.late), await self._below(level, rows)
        make, key = level.make, level.key
        return {row[key]: make(row, self.look, *late, *below) for row in rows}

    async def _page(self, level: Level, asked: Prepared) -> Any:
        """A page of all rows in sight."""
        parameters = {**self.look.bound, **asked.bound}
        rows = await self.connection.fetch(asked.page, parameters)
        total = 0 if asked.counting is None else (await self.connection.fetch(asked.counting, parameters))[0][0]
        shown, page = _cut(rows, asked, total)
        return level.make(shown, page, self.look, *self._late(level.body.late), *await self._below(level, shown))

    async def _pages(self, level: Level, asked: Prepared, keys: Collection[str]) -> dict[Any, Any]:
        """One page per parent."""
        if asked.parent is not None and set(keys) != {asked.parent}:
            raise refused(ErrorCode.CURSOR_INVALID, "It belongs to another parent.")
        parameters = {**self.look.bound, **asked.bound, "keys": list(keys)}
        rows = await self.connection.fetch(asked.page, parameters)
        groups: dict[Any, list[Any]] = {key: [] for key in keys}
        late, make, look = self._late(level.body.late), level.make, self.look
        if level.mode is Mode.LIST:
            level.make_each(rows, groups, look, *late, *await self._below(level, rows))
            return groups
        key_index = level.key
        for row in rows:
            groups[row[key_index]].append(row)
        if asked.is_plain:
            below = await self._below(level, rows)
            return {key: make(group, _NO_PAGE, look, *late, *below) for key, group in groups.items()}
        totals: dict[Any, int] = (
            {}
            if asked.counting is None
            else {row[0]: row[1] for row in await self.connection.fetch(asked.counting, parameters)}
        )
        cut = {key: _cut(group, asked, totals.get(key, 0)) for key, group in groups.items()}
        below = await self._below(level, [row for shown, _ in cut.values() for row in shown])
        return {key: make(shown, page, look, *late, *below) for key, (shown, page) in cut.items()}


def _cut(rows: Sequence[Row], asked: Prepared, total: int) -> tuple[Sequence[Row], Page]:
    """The rows shown, without the one that only says whether there are more."""
    has_more = len(rows) > asked.limit
    if has_more:
        rows = rows[: asked.limit]
    counted = min(total, statements.COUNT_MAX)
    is_capped = total > statements.COUNT_MAX
    is_resumed = asked.window.is_resumed
    if asked.window.is_backward:
        return rows[::-1], Page(asked.cursor, next_=is_resumed, previous=has_more, total=counted, is_capped=is_capped)
    return rows, Page(asked.cursor, next_=has_more, previous=is_resumed, total=counted, is_capped=is_capped)
