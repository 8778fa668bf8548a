"""What a receipt opens for whoever holds its secret: the decision and what it rests on, and nobody's identity (Art. 8).

Its texts are words of the case told to the party. Who presents number and secret has standing by them: there is no
viewer whose role could say which form is shown, so they are plain values and no MaskedText.
"""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.reading.fields import computed
from api.reading.shapes import plain
from api.types import sanction  # noqa: F401 - its words come before every type that shows them
from domain.journal import TextName
from domain.notice import Party
from domain.policy.roles import Role
from domain.sanction import EndCause, MeasureLevel


@plain
class ReceiptText:
    """A text told with the decision."""

    name: TextName = strawberry.field(description="What it is.")
    text: str | None = strawberry.field(description="The words; null once their subject's data were erased.")


@plain
class ReceiptEvidence:
    """A piece of evidence that was disclosed."""

    number: int = strawberry.field(description="Its number in the case.")
    text: str | None = strawberry.field(description="Its words; null once their subject's data were erased.")
    sha256: str | None = strawberry.field(description="SHA-256 of the original that the provider keeps.")
    address: str | None = strawberry.field(description="Where it was public.")
    captured_at: datetime | None = strawberry.field(description="When it was captured.")


@plain
class ReceiptMeasure:
    """The measure that the decision took, as it stands now."""

    level: MeasureLevel = strawberry.field(description="What it is.")
    scope: list[str] = strawberry.field(description="Codes of `restriction_scopes`; empty: all that its level reaches.")
    from_at: datetime = strawberry.field(description="From when on.")
    until: datetime | None = strawberry.field(description="Until when; null: for good.")
    ended_at: datetime | None = strawberry.field(description="When somebody ended it; null where nobody did.")
    ended_by: EndCause | None = strawberry.field(description="Why it ended.")
    in_force: bool = strawberry.field(description="Whether it is in force now.")


@plain
class ReceiptView:
    """What was decided against a party, as the receipt of its notice opens it 回执."""

    receipt_number: str = strawberry.field(description="The number of the receipt.")
    served_at: datetime | None = strawberry.field(description="When it was served: windows run from then.")
    party: Party = strawberry.field(description="On whom it was served.")
    case_kind: str = strawberry.field(description="The kind of the case.")
    state_code: str = strawberry.field(description="Where the case stands now, as a code.")
    state_caption: str = computed(
        lambda language, told: told(language),
        needs=("state_told",),
        by_language=True,
        description="Where the case stands now, in words.",
    )
    trigger: str = strawberry.field(description="What was decided, as the workflow's table names it.")
    caption: str = computed(
        lambda language, told: told(language),
        needs=("decision_told",),
        by_language=True,
        description="What was decided, in words.",
    )
    decided_at: datetime = strawberry.field(description="When it was decided.")
    decided_by: Role = strawberry.field(description="As what somebody decided; SYSTEM where a step ordered it.")
    staff_number: str | None = strawberry.field(description="Staff number of who decided.")
    reason_codes: list[str] = strawberry.field(description="Codes of the reasons.")
    legal_bases: list[str] = strawberry.field(description="Codes of the legal bases.")
    public_reason: str | None = strawberry.field(description="The reason told to the party; it states the remedy.")
    facts: str | None = strawberry.field(description="The facts told to the party.")
    texts: list[ReceiptText] = strawberry.field(description="All texts told with it, those two too.")
    measure: ReceiptMeasure | None = strawberry.field(description="The measure that it took.")
    evidence: list[ReceiptEvidence] = strawberry.field(description="The evidence disclosed in this case.")
    remedy_until: datetime | None = strawberry.field(description="Until when the measure may be appealed.")
    open_to_appeal: bool = strawberry.field(description="Whether that time still runs.")
