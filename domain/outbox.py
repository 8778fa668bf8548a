"""What is told to others: an event beside every step, and the keys that make a repeated request do nothing twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from domain.columns import integer, json, moment, text
from domain.table import Table


class Event(Table, table=True):
    """A fact in the outbox: ids and states only."""

    id: str = text(primary_key=True)
    step_id: str = text(foreign_key="step.id", unique=True)
    type: str = text()
    case_id: str = text()
    seq: int = integer()
    state: str = text()
    at: datetime = moment()
    provider_id: str | None = text(nullable=True)
    jurisdiction: str | None = text(nullable=True)
    holder_id: str | None = text(nullable=True)


class IdempotencyKey(Table, table=True):
    """A request that was carried out: the hash of its input and the ids it wrote, never its answer."""

    caller: str = text(primary_key=True)
    key: str = text(primary_key=True)
    input_hash: str = text()
    ids: dict[str, Any] = json()
    created_at: datetime = moment()

    __table_args__ = (Index("ix_idempotency_key_created", "created_at"),)
