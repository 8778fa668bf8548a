"""The items of a batch: each input sealed, each under one running digest, so that endorsing that endorses them all."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

import orjson
import sqlalchemy as sa

from domain.batch import BatchItem, ItemState
from domain.columns import TEXT
from domain.identity import Identity
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from domain.vault.cipher import NotOpened, Place, seal, unseal
from domain.vault.keys import Keys, open_mask_key
from domain.vault.texts import commitment, pack_text, unpack_text
from workflows.commands import Input
from workflows.database import Connection

T = TypeVar("T", bound=Input)
BEGINNING: Final = "0" * 64  # the digest of no items
_ITEM, _IDENTITY = table_of(BatchItem), table_of(Identity)
_BATCH: Final = sa.bindparam("batch", type_=TEXT, required=False)
_FROM: Final = sa.bindparam("from_number", type_=sa.Integer, required=False)
_LIMIT: Final = sa.bindparam("up_to", type_=sa.Integer, required=False)
_SEALED: Final = (
    sa.select(_ITEM.c.id, _ITEM.c.number, _ITEM.c.sealed, _ITEM.c.identity_id, _IDENTITY.c.mask_key)
    .join(_IDENTITY, _IDENTITY.c.id == _ITEM.c.identity_id)
    .where(_ITEM.c.batch_id == _BATCH, _ITEM.c.number >= _FROM)
    .order_by(_ITEM.c.number)
)
_WAITING: Final = _SEALED.where(_ITEM.c.state == sa.literal_column(f"'{ItemState.WAITING}'")).limit(_LIMIT)
_RESULTS: Final = (
    sa.select(_ITEM.c.number, _ITEM.c.case_id, _ITEM.c.step_id, _ITEM.c.problems)
    .where(_ITEM.c.batch_id == _BATCH, _ITEM.c.number >= _FROM)
    .order_by(_ITEM.c.number)
    .limit(_LIMIT)
)
_FORGET: Final = sa.update(_ITEM).where(_ITEM.c.batch_id == _BATCH).values(sealed=sa.null())


@dataclass(frozen=True, slots=True)
class Item:
    """An item that waits, opened."""

    id: str
    number: int
    body: bytes

    def read(self, kind: type[T]) -> T:
        """What it asks for, read as an item of its kind."""
        return kind.model_validate_json(self.body)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item, or would."""

    index: int
    id: str | None
    step: str | None
    problems: tuple[Problem, ...]


def body_of(item: Input) -> bytes:
    """The canonical form of an input: what is sealed, and what the digest covers."""
    return orjson.dumps(item.model_dump(mode="json", exclude_none=True), option=orjson.OPT_SORT_KEYS)


def digest_after(keys: Keys, before: str, number: int, body: bytes) -> str:
    """The digest over one item more. Keyed: a plain one of a short personal value would give it back."""
    return hmac.new(keys.derived("proposal"), f"{before} {number} ".encode() + body, sha256).hexdigest()


def sealed_body(keys: Keys, id_: str, subject: tuple[str, bytes], body: bytes) -> bytes:
    """The input sealed under its holder's mask key: it goes with everything else that is known of them."""
    text = body.decode()
    return seal(open_mask_key(keys, subject[1], subject[0]), pack_text(commitment(text).salt, text), _place(id_))


async def waiting(connection: Connection, keys: Keys, batch_id: str, limit: int, start: int = 0) -> list[Item]:
    """The next items that wait."""
    rows = await connection.fetch(_WAITING, {"batch": batch_id, "from_number": start, "up_to": limit})
    return [Item(row[0], row[1], _opened(keys, row)) for row in rows]


async def digest_now(connection: Connection, keys: Keys, batch_id: str) -> str:
    """The digest of the items as they are stored now; nothing that was endorsed where one of them was touched."""
    digest = BEGINNING
    for row in await connection.fetch(_SEALED, {"batch": batch_id, "from_number": 0}):
        if row[2] is None:
            return ""
        try:
            digest = digest_after(keys, digest, row[1], _opened(keys, row))
        except NotOpened:
            return ""
    return digest


async def results(connection: Connection, batch_id: str, start: int, limit: int) -> tuple[Result, ...]:
    """What became of some items, as it is written."""
    rows = await connection.fetch(_RESULTS, {"batch": batch_id, "from_number": start, "up_to": limit})
    return tuple(Result(row[0], row[1], row[2], problems_of(orjson.loads(row[3]))) for row in rows)


async def forget(connection: Connection, batch_id: str) -> None:
    """Drop what the items asked for."""
    await connection.fetch(_FORGET, {"batch": batch_id})


def told(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as they are stored."""
    return [{"code": problem.code.value, "path": list(problem.path), "detail": problem.detail} for problem in problems]


def problems_of(stored: Sequence[dict[str, Any]]) -> tuple[Problem, ...]:
    """Problems as they were stored."""
    return tuple(Problem(ProblemCode(one["code"]), tuple(one["path"]), one["detail"]) for one in stored)


def _opened(keys: Keys, row: Sequence[Any]) -> bytes:
    id_, _, sealed, identity_id, mask_key = row
    key = open_mask_key(keys, bytes(mask_key), identity_id)
    return unpack_text(unseal(key, bytes(sealed), _place(id_))).text.encode()


def _place(id_: str) -> Place:
    return Place("batch_item", "sealed", id_)
