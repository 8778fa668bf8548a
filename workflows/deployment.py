"""The deployment's own row: its two characters, its vault's keys, its worker's last pass. Other keys stop the start.

DeploymentUnusable
├── NotMigrated      the tables are not those of this version
├── OtherKeys        the vault was sealed with other keys
└── OtherCode        filing numbers were given under another code
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from inspect import cleandoc
from typing import Final

import asyncpg
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from domain.deployment import Deployment
from domain.outbox import IdempotencyKey
from domain.table import table_of
from domain.vault.keys import Keys
from workflows.database import Connection, Database, Transaction
from workflows.migrations import configuration

_ONLY: Final = 1
_TABLE: Final = table_of(Deployment)
_READ: Final = sa.select(_TABLE.c.code, _TABLE.c.key_id).where(_TABLE.c.number == sa.literal_column(str(_ONLY)))
_ADD: Final = sa.insert(_TABLE)
_NOTHING_YET: Final = dict.fromkeys(("worker_passed_at", "look_at")) | dict.fromkeys(
    ("sequenced_after", "looked_after", "counted_by"), ""
)
_TAKE_KEYS: Final = (
    sa.update(_TABLE).where(_TABLE.c.key_id.is_(None)).values(key_id=sa.bindparam("its_key_id", type_=sa.Text))
)
_NOTE_PASS: Final = sa.update(_TABLE).values(
    worker_passed_at=sa.bindparam("passed_at", type_=_TABLE.c.worker_passed_at.type)
)
_KEY: Final = table_of(IdempotencyKey)
_TRY: Final = sa.insert(_KEY)
_UNDO_TRY: Final = sa.delete(_KEY).where(
    _KEY.c.caller == sa.bindparam("its_caller", type_=sa.Text), _KEY.c.key == sa.bindparam("its_key", type_=sa.Text)
)
_TRIED_BYTES: Final = 16_384  # more than lies free in pages that are there already
_REVISION: Final = sa.text("SELECT version_num FROM alembic_version")


class DeploymentUnusable(Exception):
    """The deployment cannot start."""

    def __str__(self) -> str:
        return " ".join([cleandoc(type(self).__doc__ or "").replace("\n", " "), *map(str, self.args)])


class NotMigrated(DeploymentUnusable):
    """The tables are not those of this version: run `signet migrate`."""


class OtherKeys(DeploymentUnusable):
    """The data were sealed with other keys, without which they cannot be read: give the key file or the SIGNET_KEYS__…
    of their deployment. (For a fresh trial use another database file.)"""


class OtherCode(DeploymentUnusable):
    """Filing numbers bear another code: set SIGNET_DEPLOYMENT_CODE to that of the first start."""


async def settle(database: Database, keys: Keys, code: str) -> None:
    """At the first start, note the keys and the code; at every later one refuse others. DeploymentUnusable."""
    if not await is_migrated(database):
        raise NotMigrated

    async def work(transaction: Transaction) -> None:
        if not await transaction.fetch(_READ, {}):
            first = {"number": _ONLY, "code": code, "key_id": keys.id}
            await transaction.fetch_each(_ADD, [first | _NOTHING_YET])
        await transaction.fetch_each(_TAKE_KEYS, [{"its_key_id": keys.id}])

    known = await database.read(_known)
    if known is None or known[1] is None:
        await database.write(work)  # of two that start together, one collides and then finds the other's row
        known = await database.read(_known)
    check(known, keys.id, code)


def check(known: tuple[str, str | None] | None, key_id: str, code: str) -> None:
    """Refuse keys or a code other than those of the first start. OtherKeys, OtherCode."""
    if known is not None and known[1] not in (None, key_id):
        raise OtherKeys(f"Theirs have the id {known[1]}, these {key_id}.")
    if known is not None and known[0] != code:
        raise OtherCode(f"It was {known[0]}.")


async def known_deployment(database: Database) -> tuple[str, str | None] | None:
    """The code and the key id of the first start; None before it."""
    return await database.read(_known)


async def note_pass(database: Database, at: datetime) -> None:
    """Remember when a worker last looked for work."""
    await database.write(lambda transaction: transaction.fetch_each(_NOTE_PASS, [{"passed_at": at}]))


async def try_writing(database: Database, now: datetime) -> None:
    """Write as much as a step does, and commit: a row that nobody ever sees, for it goes with it. Unavailable."""
    name, ballast = os.urandom(16).hex(), os.urandom(_TRIED_BYTES // 2).hex()
    row = {"caller": "health", "key": name, "input_hash": ballast, "ids": {}, "created_at": now}

    async def work(transaction: Transaction) -> None:
        await transaction.fetch_each(_TRY, [row])
        await transaction.fetch_each(_UNDO_TRY, [{"its_caller": "health", "its_key": name}])

    await database.write(work)


async def is_migrated(database: Database) -> bool:
    """Whether the tables are those of this version."""
    return await revision(database) == newest_revision()


async def revision(database: Database) -> str | None:
    """The revision of the tables; None where there are none."""
    try:
        rows = await database.read(lambda connection: connection.fetch(_REVISION, {}))
    except asyncpg.UndefinedTableError:
        return None
    except Exception as error:
        if "no such table" in str(error):
            return None
        raise
    return str(rows[0][0]) if rows else None


@lru_cache(maxsize=1)
def newest_revision() -> str | None:
    """The revision this version was made for."""
    return ScriptDirectory.from_config(configuration("sqlite:///")).get_current_head()


async def _known(connection: Connection) -> tuple[str, str | None] | None:
    rows = await connection.fetch(_READ, {})
    return (rows[0][0], rows[0][1]) if rows else None
