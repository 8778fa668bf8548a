"""Batches of like requests, and what became of each item (Art. 7, 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry import ID

from api.reading.fields import by, column, computed, identifier, masked_text, newest, paged, related
from api.reading.filters import one_of
from api.reading.shapes import plain, shape
from api.types.account import Account
from api.types.case import Case, case
from api.types.connection import Connection
from api.types.holder import Holder
from api.types.masked import MaskedText
from api.types.node import Node
from api.types.problem import Problem
from api.types.provider import Provider
from api.types.sanction import Sanction
from api.types.staff import Staff
from domain import account as account_rows
from domain import batch as rows
from domain import holder as holder_rows
from domain import journal as journal_rows
from domain import provider as provider_rows
from domain import sanction as sanction_rows
from domain import staff as staff_rows
from domain.batch import BatchKind, BatchState, ItemState
from domain.policy.masking import Kind
from workflows.batch import BATCH
from workflows.batch_items import problems_of


def verdict_of(problems: list[dict[str, Any]]) -> list[Problem]:
    """Why it was refused; while it waits, why it would have been when the batch was filled."""
    found: list[Any] = list(problems_of(problems))
    return found


def waiting_of(items: int, done: int, refused: int) -> int:
    """How many of its items wait to be carried out."""
    return items - done - refused


@strawberry.input(description="Which items. All that are given must hold.")
class BatchItemFilter:
    """Which items."""

    state: list[ItemState] | None = one_of(rows.BatchItem.state, "Its state is among these.")


@strawberry.input(description="Which batches. All that are given must hold.")
class BatchFilter:
    """Which batches."""

    state: list[BatchState] | None = one_of(rows.Batch.state, "Its state is among these.")


@shape(rows.BatchItem, prefix="batch_item")
class BatchItem(Node):
    """One item of a batch 批次条目: its input is kept, sealed, until it is carried out."""

    id: ID = identifier(rows.BatchItem.id, "Its id.")
    number: int = column(rows.BatchItem.number, "Its place in the batch, from 0.")
    state: ItemState = column(rows.BatchItem.state, "What became of it.")
    input: MaskedText = masked_text(Kind.FREE_TEXT, rows.BatchItem.sealed, "What it asks for, as JSON.")
    problems: list[Problem] = computed(verdict_of, (rows.BatchItem.problems,))
    carried_out_at: datetime | None = column(rows.BatchItem.carried_out_at, "When it was decided.")
    holder: Holder | None = related(rows.BatchItem.holder_id, holder_rows.Holder.id, "Whose account it is about.")
    account: Account | None = related(rows.BatchItem.case_id, account_rows.Account.id, "The account adopted.")
    sanction: Sanction | None = related(rows.BatchItem.case_id, sanction_rows.Sanction.id, "The sanction to decide.")
    step: Step | None = related(rows.BatchItem.step_id, journal_rows.Step.id, "The step that was taken.")  # type: ignore[name-defined] # noqa: F821


ITEMS = by(rows.BatchItem.number, rows.BatchItem.id)
BATCHES = newest(rows.Batch.created_at, rows.Batch.id)


@case(BATCH)
class Batch(Case):
    """Many like requests, endorsed as one 批次."""

    state: BatchState = column(rows.Batch.state, "Where it stands.")
    kind: BatchKind = column(rows.Batch.kind, "What it does.")
    size: int = column(rows.Batch.items, "How many items it has.")
    done: int = column(rows.Batch.done, "How many of them were carried out.")
    refused: int = column(rows.Batch.refused, "How many of them were refused.")
    waiting: int = computed(waiting_of, (rows.Batch.items, rows.Batch.done, rows.Batch.refused))
    digest: str = column(rows.Batch.digest, "Covers every item: what a proposal names.")
    filled_by: Staff | None = related(rows.Batch.filled_by, staff_rows.Staff.id, "Who began it.")
    provider: Provider | None = related(rows.Batch.provider_id, provider_rows.Provider.id, "Whose it is.")
    items: Connection[BatchItem] = paged(
        rows.BatchItem.batch_id, order=ITEMS, filters=BatchItemFilter, description="Its items, in their order."
    )


@plain
class BatchResult:
    """What became of one item, or would become of it."""

    index: int = strawberry.field(description="The number of the item.")
    id: ID | None = strawberry.field(description="The account adopted, or the sanction.")
    step: ID | None = strawberry.field(description="The step that was taken.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was not.")
