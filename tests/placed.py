"""Rows placed straight through the port, where a test needs one and nothing about how it came to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, AccountState, ClosedCause
from domain.case import NO_DUE_DATE, ClockState, Priority, Row, Tenant
from domain.circumstances import Detection, Gravity
from domain.columns import WordText
from domain.identity import Identity
from domain.ids import new_id
from domain.sanction import NEVER, Ban, BanKind, Sanction, SanctionState
from domain.table import table_of
from domain.vault.blind_index import ban_index
from tests.world import World
from workflows.bans import subject_of
from workflows.database import compile_once
from workflows.writing import insertion

LATER: Final = datetime(2030, 1, 1, tzinfo=UTC)
_EMPTY: Final[Mapping[type, Any]] = {str: "", int: 0, bool: False, list: [], dict: {}, bytes: b""}


async def place(world: World, model: type[Row], **values: Any) -> str:
    """A row with these values, and nothing where it may have nothing; its id."""
    table = table_of(model)
    made = {"id": new_id(table.name), "created_at": world.clock(), **values}
    for column in table.c:
        if column.key not in made:
            made[column.key] = None if column.nullable else _nothing(column)
    await world.office.database.write(lambda transaction: transaction.fetch(insertion(table), made))
    return str(made["id"])


def _nothing(column: sa.Column[Any]) -> Any:
    assert not isinstance(column.type, WordText), f"{column} is one of a list of words: name it"
    return _EMPTY[column.type.python_type]


async def overwrite(world: World, clause: sa.Update | sa.Delete) -> None:
    """Change what is stored."""
    statement = compile_once(clause, world.office.database.dialect)
    await world.office.database.write(lambda transaction: transaction.fetch(statement, {}))


async def whose(world: World, account_id: str) -> dict[str, Any]:
    """Whose a row that hangs on an account is."""
    (account,) = await world.rows(Account, id=account_id)
    return {**{name: getattr(account, name) for name in Tenant.model_fields if name in ("provider_id", "jurisdiction")},
            "account_id": account_id, "holder_id": account.holder_id}  # fmt: skip


async def sanctioned(world: World, account_id: str, state: SanctionState = SanctionState.CLOSED) -> str:
    """A sanction of an account that has come to this state."""
    return await place(
        world,
        Sanction,
        **await whose(world, account_id),
        state=state,
        ground="OTHER",
        gravity=Gravity.GRAVE,
        detection=Detection.MANUAL,
        conduct_on=date(2026, 2, 1),
        priority=Priority.NORMAL,
        told_at=world.clock(),
        stepped_at=world.clock(),
        due_at=NO_DUE_DATE,
        clock=ClockState.NONE,
    )


async def closed(world: World, account_id: str, cause: ClosedCause = ClosedCause.SANCTION) -> None:
    """The account is closed, for this cause."""
    table = table_of(Account)
    values = {"state": AccountState.CLOSED, "closed_cause": cause}
    await overwrite(world, sa.update(table).where(table.c.id == account_id).values(values))


async def ban(
    world: World,
    account_id: str,
    *kinds: BanKind,
    until: datetime = NEVER,
    lifted_at: datetime | None = None,
) -> None:
    """What a closure of this account keeps out."""
    (account,) = await world.rows(Account, id=account_id)
    (identity,) = await world.rows(Identity, holder_id=account.holder_id)
    sanction_id = await sanctioned(world, account_id)
    index = subject_of(account.subject_type, identity.resident_id_index, identity.uscc_index)
    assert index is not None
    known: dict[BanKind, dict[str, Any]] = {
        BanKind.NAME: {"key": account.name_key},
        BanKind.HANDLE: {"key": account.handle_key},
        BanKind.SUBJECT: {"subject_index": ban_index(world.keys, account.provider_id, index)},
    }
    for kind in kinds or BanKind:
        values = {"kind": kind, "until": until, "lifted_at": lifted_at, "measure_id": "", **known[kind]}
        shared = {"provider_id": account.provider_id, "account_id": account_id, "sanction_id": sanction_id}
        await place(world, Ban, **shared, **values)
