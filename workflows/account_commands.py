"""What may be asked for an account: the inputs of its triggers (Art. 6, 7)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.identifiers import Malformed
from domain.names import clean_name
from workflows.commands import (
    AdverseCommand,
    CaseCommand,
    Category,
    CodeName,
    Command,
    Division,
    Id,
    Input,
    LeaseCommand,
    Line,
    Listed,
    Paragraph,
    ProposableCommand,
    Sha256,
    ToldParagraph,
)

Handle = Annotated[str, Field(min_length=4, max_length=30, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


def _visible(name: str) -> str:
    try:
        return clean_name(name)
    except Malformed as malformed:
        raise ValueError(malformed.fault.en) from malformed


DisplayName = Annotated[Line, Field(max_length=30), AfterValidator(_visible)]


class MaterialInput(Input):
    """A piece handed in: a document uploaded here, or the provider's reference to one it keeps."""

    kind: Annotated[CodeName, Listed("materials", is_dated=False)]
    """A code of the list `materials`."""
    document_id: Id | None = None
    """A document uploaded with POST /documents."""
    reference: Line | None = None
    """The provider's own reference, where it keeps the document."""
    sha256: Sha256 | None = None
    """The SHA-256 of the document the reference names."""

    @model_validator(mode="after")
    def names_one_document(self) -> Self:
        if (self.document_id is None) == (self.reference is None):
            raise ValueError("names either a documentId or a reference")
        if (self.reference is None) != (self.sha256 is None):
            raise ValueError("a reference comes with its sha256, a documentId without")
        return self


class Particulars(Input):
    """What the account is to be."""

    handle: Handle
    """The account's name in addresses: a letter, then letters, digits, _ or -."""
    display_name: DisplayName
    """The name the public sees."""
    description: Paragraph
    """What the account is for."""
    category: Category
    """A code of the list `filing_categories`."""
    division: Division
    """GB/T 2260 code of the account's place."""
    materials: Annotated[list[MaterialInput], Field(max_length=30)]
    """The materials that the subject type asks for."""


class AccountApply(Command):
    """Apply for a public account."""

    holder_id: Id | None = None
    """The holder; yourself where it is left out."""
    particulars: Particulars
    """What is asked for."""
    exception_reason: Paragraph | None = None
    """Why the quota should not stand in the way, if it does."""


class AccountLease(LeaseCommand):
    """Take, prolong or give up the lease of an application."""


class SupplementItem(Input):
    """One item that is to be supplied."""

    code: CodeName
    """Of the list `materials`, or a name of one's own such as DESCRIPTION."""
    text: ToldParagraph
    """What exactly is wanted."""


class AccountRequestSupplement(CaseCommand):
    """Ask the holder to supplement the application."""

    items: Annotated[list[SupplementItem], Field(min_length=1, max_length=20)]
    """The complete list of what is wanted."""


class ItemAnswer(Input):
    """The answer to one item."""

    code: CodeName
    """The item's code."""
    answer: Paragraph
    """The answer."""


class AccountSupplement(CaseCommand):
    """Supplement an application."""

    answers: Annotated[list[ItemAnswer], Field(min_length=1, max_length=20)]
    """An answer to each item asked for."""
    particulars: Particulars
    """The application as it now is."""


class AccountWithdraw(CaseCommand):
    """Withdraw an application."""


class AccountApprove(ProposableCommand):
    """Approve an application under a category."""

    category: Category
    """The filing category; a code of the list `filing_categories`."""
    note: Paragraph | None = None
    """An internal note."""


class AccountReject(AdverseCommand):
    """Reject an application."""


class AccountReapply(CaseCommand):
    """Apply again after a rejection."""

    particulars: Particulars
    """What is asked for now."""
    exception_reason: Paragraph | None = None
    """Why the quota should not stand in the way, if it does."""
