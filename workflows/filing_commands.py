"""What may be asked of a filing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workflows.commands import (
    AdverseCommand,
    CaseCommand,
    CodeName,
    Day,
    Input,
    Listed,
    Paragraph,
    ProposableCommand,
    ToldParagraph,
)


class FilingStep(CaseCommand):
    """Act on a filing."""


class Defect(Input):
    """One defect of a filing."""

    code: Annotated[CodeName, Listed("return_reasons")]
    """A code of the list `return_reasons`."""
    item: CodeName
    """The item of the filing, such as displayName."""
    text: ToldParagraph
    """What is wrong with it."""


class FilingReturn(AdverseCommand):
    """Return a filing with all its defects at once."""

    defects: Annotated[list[Defect], Field(min_length=1, max_length=30)]
    """Every defect found."""


class FilingAgainst(AdverseCommand):
    """Decide against a filing."""


class FilingRevoke(AdverseCommand):
    """Revoke a filing that rests on false material, once the provider was heard."""

    notified_on: Day
    """The day on which the provider was given notice of what was intended."""
    answer: Paragraph
    """What the provider answered, or that it did not."""


class FilingReinstate(ProposableCommand):
    """Annul the revocation of a filing."""

    grounds: ToldParagraph
    """Why the revocation falls."""
