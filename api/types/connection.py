"""Connections: pages of rows in the Relay manner."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

from api.reading.planned import COMMON
from api.reading.shapes import plain

T = TypeVar("T")


@plain
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether rows follow the page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede the page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the page's first row.")
    end_cursor: str | None = strawberry.field(description="Cursor of the page's last row.")


@plain
class TotalCount:
    """How many rows there are in all, counted up to 10,000."""

    value: int = strawberry.field(description="The number of rows, at most 10,000.")
    is_capped: bool = strawberry.field(description="Whether there are more than that.")


@strawberry.type
class Edge(Generic[T]):
    """A row and its cursor."""

    cursor: str = strawberry.field(description="Opaque and signed; good for this list and viewer only.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of rows.")
class Connection(Generic[T]):
    """A page of rows."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: TotalCount = strawberry.field(description="Counted only when asked for.")


COMMON.update({"Connection": Connection, "Edge": Edge, "ID": strawberry.ID})
