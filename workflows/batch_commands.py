"""What may be asked of a batch: filled, given up, carried out; each kind has items of its own (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field

from domain.batch import BatchKind
from workflows.account_adopt import AdoptionItem
from workflows.commands import CaseCommand, Command, Id, Input, ProposableCommand, Sha256
from workflows.decision_item import DecisionItem

ITEMS_MAX: Final = 10_000
CALL_MAX: Final = 500
ROOM: Final = {BatchKind.ADOPT: ITEMS_MAX, BatchKind.DECIDE: CALL_MAX}  # how many items a batch holds

# No is what it means to leave it out: one hash for both.
Choice = Annotated[bool | None, AfterValidator(bool), Field(validate_default=True)]


class Fill(Command):
    """Fill a batch."""

    kind: ClassVar[BatchKind]
    batch_id: Id | None = None
    """The batch; a new one is begun where it is left out."""
    items: Sequence[Input]
    """What comes into it."""

    @property
    def id(self) -> str | None:
        """The case, where there is one already."""
        return self.batch_id


class BatchFill(Fill):
    """Fill a batch with accounts to adopt."""

    kind: ClassVar[BatchKind] = BatchKind.ADOPT
    items: Annotated[list[AdoptionItem], Field(min_length=1, max_length=CALL_MAX)]
    """At most 500 items. They are numbered from 0 on, in the order in which they come."""


class SanctionBatchFill(Fill):
    """Fill a batch with decisions on sanctions."""

    kind: ClassVar[BatchKind] = BatchKind.DECIDE
    items: Annotated[list[DecisionItem], Field(min_length=1, max_length=CALL_MAX)]
    """At most 500 items in all. They are numbered from 0 on, in the order in which they come."""


class BatchDiscard(CaseCommand):
    """Give a batch up: nothing of it is carried out."""


class CarryOut(ProposableCommand):
    """Carry a batch out. The case is the batch."""

    digest: Sha256
    """The digest of the batch as it was seen: it covers every item."""
    atomic: Choice = None
    """Whether one refused item stops all. For at most 500 items."""
    dry_run: Choice = None
    """Only tell what would become of the items, at most 500 of them; nothing is written."""
    start_at: Annotated[int, Field(ge=0, le=ITEMS_MAX)] | None = None
    """For a dry run: the number of the item to begin with."""


class AccountAdopt(CarryOut):
    """Adopt the accounts of a batch. The case is the batch."""


class SanctionDecide(CarryOut):
    """Decide the sanctions of a batch. The case is the batch."""
