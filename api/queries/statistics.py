"""How many accounts, filings and permissions there are, by division and category, in the viewer's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
import strawberry

from api.reading.shapes import plain
from domain.account import ON_FILE, Account
from domain.filing import Filing, FilingState
from domain.permission import Permission, PermissionState
from domain.policy.roles import Role
from domain.policy.scopes import BODY
from domain.provider import Mode, Provider
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.loading import in_scope

GROUPS_MAX: Final = 5_000
_ACCOUNT, _FILING, _PERMISSION = table_of(Account), table_of(Filing), table_of(Permission)
_PROVIDER: Final = table_of(Provider)
Key = tuple[str, str, str]  # mode, division, category; empty where they are not told apart


@strawberry.enum(description="By what numbers are told apart.")
class StatisticsBy(Enum):
    """By what numbers are told apart."""

    DIVISION = "division"
    CATEGORY = "category"
    BOTH = "both"


@plain
class FilingCount:
    """How many filings stand so."""

    state: FilingState = strawberry.field(description="Where they stand.")
    count: int = strawberry.field(description="How many.")


@plain
class PermissionCount:
    """How many permissions stand so."""

    state: PermissionState = strawberry.field(description="Where they stand.")
    count: int = strawberry.field(description="How many.")


@plain
class CaseStatistic:
    """Numbers of one division, one category, or of one category in one division."""

    mode: Mode = strawberry.field(description="SANDBOX: trials.")
    division: str | None = strawberry.field(description="GB/T 2260 code of the place; null: of all.")
    category: str | None = strawberry.field(description="A code of the list `filing_categories`; null: of all.")
    accounts_on_file: int = strawberry.field(description="Accounts on file, with a badge or without.")
    filings: list[FilingCount] = strawberry.field(description="Filings by state; states without one are left out.")
    permissions: list[PermissionCount] = strawberry.field(description="Permissions by state, likewise.")


def _seen(table: sa.Table, role: Role) -> sa.ColumnElement[bool]:
    """What counts: an auditor counts what is out of sight, and sees no row of it (design: statistics of one body)."""
    return BODY(table) if role is Role.AUDITOR else in_scope(table, role)


def _answered_for(table: sa.Table, role: Role) -> sa.ColumnElement[bool]:
    """A filing that an authority is merely asked to take over is not among its numbers."""
    own = table.c.jurisdiction == sa.bindparam("viewer_authority_id", type_=sa.Text, required=False)
    return sa.and_(_seen(table, role), own) if role is Role.PROVINCIAL_REGULATOR else _seen(table, role)


def _keys(by: StatisticsBy, of: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    nothing: sa.ColumnElement[Any] = sa.literal_column("''")
    division = nothing if by is StatisticsBy.CATEGORY else of.c.division
    category = nothing if by is StatisticsBy.DIVISION else of.c.category
    return _PROVIDER.c.mode, division, category


def _grouped(by: StatisticsBy, of: sa.Table, state: sa.ColumnElement[Any], source: sa.FromClause) -> sa.Select[Any]:
    keys = _keys(by, of)
    selected = sa.select(*keys, state, sa.func.count()).select_from(source)
    columns = [key for key in (*keys, state) if isinstance(key, sa.Column)]
    return selected.group_by(*columns).order_by(*columns).limit(sa.literal_column(str(GROUPS_MAX)))


@cache
def _accounts(by: StatisticsBy, role: Role) -> sa.Select[Any]:
    source = _ACCOUNT.join(_PROVIDER, _PROVIDER.c.id == _ACCOUNT.c.provider_id)
    found = _grouped(by, _ACCOUNT, _ACCOUNT.c.state, source)
    return found.where(_ACCOUNT.c.state.in_([str(state) for state in ON_FILE]), _seen(_ACCOUNT, role))


@cache
def _filings(by: StatisticsBy, role: Role) -> sa.Select[Any]:
    source = _FILING.join(_PROVIDER, _PROVIDER.c.id == _FILING.c.provider_id)
    return _grouped(by, _FILING, _FILING.c.state, source).where(_answered_for(_FILING, role))


@cache
def _permissions(by: StatisticsBy, role: Role) -> sa.Select[Any]:
    source = _PERMISSION.join(_ACCOUNT, _ACCOUNT.c.id == _PERMISSION.c.account_id)
    source = source.join(_PROVIDER, _PROVIDER.c.id == _PERMISSION.c.provider_id)
    return _grouped(by, _ACCOUNT, _PERMISSION.c.state, source).where(_seen(_PERMISSION, role))


async def case_statistics(
    connection: Connection, viewer: Viewer, _: datetime, *, by: StatisticsBy
) -> list[CaseStatistic]:
    """Accounts on file, filings and permissions of the viewer's scope, by division and category.

    What anybody may know is in `registerStatistics`.
    """
    asked: tuple[Callable[[StatisticsBy, Role], sa.Select[Any]], ...] = (_accounts, _filings, _permissions)
    found: list[dict[Key, dict[str, int]]] = []
    for statement in asked:
        counts: dict[Key, dict[str, int]] = defaultdict(dict)
        for mode, division, category, state, count in await connection.fetch(statement(by, viewer.role), viewer.bound):
            counts[mode, division, category][state] = count
        found.append(counts)
    accounts, filings, permissions = found
    return [
        CaseStatistic(
            mode=Mode(key[0]),
            division=key[1] or None,
            category=key[2] or None,
            accounts_on_file=sum(accounts.get(key, {}).values()),
            filings=[FilingCount(state=FilingState(s), count=n) for s, n in filings.get(key, {}).items()],
            permissions=[
                PermissionCount(state=PermissionState(s), count=n) for s, n in permissions.get(key, {}).items()
            ],
        )
        for key in sorted({*accounts, *filings, *permissions})
    ]
