"""The viewer's scope as a condition of a statement: a row outside it is absent."""

from __future__ import annotations

import sqlalchemy as sa

from domain.policy.roles import Role
from domain.policy.scopes import ALL, NONE, scope


def in_scope(table: sa.Table, role: Role, alias: sa.FromClause | None = None) -> sa.ColumnElement[bool]:
    """The viewer's scope on a table, or on an alias of it, as a condition."""
    found = scope(table, role)
    if found == ALL:
        return sa.true()
    return sa.false() if found == NONE or isinstance(found, str) else found(table if alias is None else alias)
