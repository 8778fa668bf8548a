"""What may be asked about changing an account's particulars, and about closing it (Art. 6, 7)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from workflows.account_commands import DisplayName, ItemAnswer, MaterialInput, SupplementItem
from workflows.commands import (
    AdverseCommand,
    CaseCommand,
    Category,
    Day,
    Input,
    LeaseCommand,
    Line,
    Paragraph,
    ProposableCommand,
    Sha256,
    ToldParagraph,
)


class ChangedParticulars(Input):
    """What is to be different; what is left out stays. The handle and the subject never change."""

    display_name: DisplayName | None = None
    """The name the public is to see."""
    description: Paragraph | None = None
    """What the account is to be for."""
    category: Category | None = None
    """A code of the list `filing_categories`, of the same authority."""
    materials: Annotated[list[MaterialInput], Field(max_length=30)]
    """What bears the change out; none need be."""


class AccountChange(CaseCommand):
    """Ask for other particulars of an account in use."""

    particulars: ChangedParticulars
    """What is to be different."""

    @model_validator(mode="after")
    def asks_for_something(self) -> Self:
        wanted = self.particulars
        if wanted.display_name is None and wanted.description is None and wanted.category is None:
            raise ValueError("names at least one of displayName, description and category")
        return self


class AccountClaimChange(LeaseCommand):
    """Take the lease of a change for 30 minutes."""


class AccountRequestChangeSupplement(CaseCommand):
    """Ask the holder to supplement a change."""

    items: Annotated[list[SupplementItem], Field(min_length=1, max_length=20)]
    """The complete list of what is wanted."""


class AccountSupplementChange(CaseCommand):
    """Supplement a change."""

    answers: Annotated[list[ItemAnswer], Field(min_length=1, max_length=20)]
    """An answer to each item asked for."""
    particulars: ChangedParticulars
    """What is now to be different; what is left out stays as the change asked for it."""


class AccountWithdrawChange(CaseCommand):
    """Withdraw a change."""


class AccountApproveChange(ProposableCommand):
    """Approve a change."""

    note: Paragraph | None = None
    """An internal note."""


class AccountRejectChange(AdverseCommand):
    """Reject a change."""


class AccountAskClose(CaseCommand):
    """Ask that the account be closed once the cooling-off period is over."""


class AccountCancelClose(CaseCommand):
    """Take back that the account be closed."""


class AccountClose(ProposableCommand):
    """Close an account whose subject has ended."""

    ended_on: Day
    """The day on which the subject ended."""
    facts: ToldParagraph
    """What became of the subject, and how that is known."""
    proof_reference: Line
    """The provider's own reference to the proof it keeps."""
    proof_sha256: Sha256
    """The SHA-256 of that proof."""
