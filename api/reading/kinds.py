"""What a field of a declared type can be: the vocabulary that the planner knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from domain.policy.masking import Kind
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.office import Office


class Loader(Protocol):
    """Works out one value for each row of a page, with a number of statements that does not grow with the page."""

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime
    ) -> Mapping[str, object]:
        """The values by id; an id without one is null."""
        ...


class OfficeLoader(Protocol):
    """A loader that looks for something blind, or at what time will leave: it is handed the office as well."""

    takes_office: Literal[True]

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime, office: Office
    ) -> Mapping[str, object]:
        """The values by id; an id without one is null."""
        ...


AnyLoader = Loader | OfficeLoader


@dataclass(frozen=True)
class Column:
    """One column of the row's table, as it is. A bare name is looked up in whichever table the type has."""

    of: sa.Column[Any] | str


@dataclass(frozen=True)
class Masked:
    """A personal value of an identity, in the form that the viewer's role may see."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class MaskedWords:
    """A sealed text of a case, opened with its subject's mask key where the viewer's role may read it."""

    kind: Kind
    of: sa.Column[Any]


@dataclass(frozen=True)
class ToOne:
    """One row of another table, joined into this statement."""

    local: sa.Column[Any] | str
    remote: sa.Column[Any]


@dataclass(frozen=True)
class AnyOf:
    """One row of one of several tables: the prefix of the id says which. Without a column: by argument."""

    local: sa.Column[Any] | str | None


@dataclass(frozen=True, eq=False)
class Order:
    """A way to sort: columns all in one direction, the last one the id."""

    columns: tuple[sa.Column[Any], ...]
    descending: bool


@dataclass(frozen=True)
class ToMany:
    """The first rows that point back at this row, as a plain list."""

    foreign: sa.Column[Any]
    order: Order
    limit: int


@dataclass(frozen=True)
class Paged:
    """A connection: at the root over the whole table, elsewhere over the rows that point back."""

    foreign: sa.Column[Any] | None
    orders: Mapping[Enum | None, Order]
    filters: type | None
    local: sa.Column[Any] | str = "id"  # of the parent: what `foreign` equals


@dataclass(frozen=True)
class ById:
    """One row by its one argument: its id, or the value of a unique column."""

    of: sa.Column[Any] | None = None


@dataclass(frozen=True)
class Computed:
    """A pure function of this row's columns, and of role, clock, language and arguments where it asks for them."""

    function: Callable[..., Any]
    needs: tuple[sa.Column[Any] | str, ...]
    by_role: bool = False
    by_now: bool = False
    by_language: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FromViewer:
    """Something about who asks."""

    function: Callable[[Viewer], Any]


@dataclass(frozen=True)
class OfViewer:
    """The row that who asks is themselves."""

    function: Callable[[Viewer], str | None]


@dataclass(frozen=True)
class Group:
    """Root fields gathered under one name."""


@dataclass(frozen=True)
class Value:
    """What a function reads for itself: values that are no rows of a scoped table."""

    function: Callable[..., Awaitable[Any]]
    arguments: Mapping[str, Any]
    takes_keys: bool = False  # it opens what is sealed for whoever asks: see the function for whom


@dataclass(frozen=True)
class Batched:
    """A value for each row, worked out for a page at once."""

    loader: AnyLoader
    key: sa.Column[Any] | str


@dataclass(frozen=True)
class Reread:
    """In a payload: an attribute of the mutation's outcome; an id is read anew as the row it names."""

    attribute: str


What = (
    Column
    | Masked
    | MaskedWords
    | ToOne
    | AnyOf
    | ToMany
    | Paged
    | ById
    | Computed
    | FromViewer
    | OfViewer
    | Group
    | Value
    | Batched
    | Reread
)
