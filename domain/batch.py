"""Batches: many like requests, proposed and endorsed as one (Art. 8, 10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from domain.case import Journalled, Tenant
from domain.columns import blob, integer, json, moment, text, word
from domain.state import State, Word


class BatchState(State):
    """Where a batch stands."""

    FILLING = "FILLING", "填报中", "Takes items"
    CARRIED_OUT = "CARRIED_OUT", "已执行", "Carried out, each item with its verdict"
    DISCARDED = "DISCARDED", "已放弃", "Discarded; nothing of it was carried out"


class BatchKind(Word):
    """What a batch does."""

    ADOPT = "ADOPT", "接纳存量账号", "Adopts accounts that the provider examined before its first day here"
    DECIDE = "DECIDE", "批量处置", "Decides sanctions, each of them a case of its own"


class Batch(Tenant, Journalled, table=True):
    """A case of its own: `digest` covers every item, so that endorsing it endorses each."""

    state: BatchState = word(BatchState)
    kind: BatchKind = word(BatchKind)
    items: int = integer()
    done: int = integer()
    refused: int = integer()
    digest: str = text()
    filled_by: str = text()  # who made it

    __table_args__ = (
        Index("ix_batch_provider", "provider_id", "created_at", "id"),
        Index("ix_batch_jurisdiction", "jurisdiction", "created_at", "id"),
        Index("ix_batch_created", "created_at", "id"),
    )


class ItemState(Word):
    """What became of an item."""

    WAITING = "WAITING", "待执行", "Not carried out yet"
    DONE = "DONE", "已完成", "Carried out"
    REFUSED = "REFUSED", "未通过", "Refused, with its problems"


class BatchItem(Tenant, table=True):
    """One item: its input sealed, its verdict in the open."""

    batch_id: str = text(foreign_key="batch.id")
    kind: BatchKind = word(BatchKind)  # as its batch: what is thought of deciding is not for all who may adopt
    number: int = integer()  # its place in the batch, from 0
    holder_id: str | None = text(nullable=True)
    identity_id: str | None = text(nullable=True)  # under whose mask key it is sealed
    state: ItemState = word(ItemState)
    sealed: bytes | None = blob(nullable=True)  # gone once it is carried out
    case_id: str | None = text(nullable=True)
    step_id: str | None = text(nullable=True)
    problems: list[Any] = json()
    carried_out_at: datetime | None = moment(nullable=True)

    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        Index("ix_batch_item_batch", "batch_id", "state", "number"),
        Index("ix_batch_item_case", "case_id"),
    )
