"""Closed lists as GraphQL enums: every member is described by its captions."""

from __future__ import annotations

from typing import Any, TypeVar

import strawberry

from domain.state import Word

W = TypeVar("W", bound=type[Word])


def word(members: W, *, name: str | None = None) -> W:
    """Declare a closed list as an enum. Its members are its GraphQL names, its captions their descriptions."""
    made = strawberry.enum(members, name=name, description=members.__doc__)
    definition: Any = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        member = members(value.name)
        value.description = f"{member.zh} · {member.en}"
    return made
