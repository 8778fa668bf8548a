"""Personal values as everybody sees them: one type for all roles, in the form of the viewer's role (Art. 5, 6)."""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

from api.reading.shapes import plain
from api.types.words import word
from domain.policy.masking import Form, Kind

word(Kind, name="PersonalKind")
word(Form, name="MaskedForm")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="masked",
    description="A personal value of this kind: shown in the form that the viewer's role may see.",
)
class MaskedDirective:
    """A personal value of this kind: shown in the form that the viewer's role may see."""

    kind: Kind


def masked_directive(kind: Kind) -> MaskedDirective:
    """`@masked(kind:)` for a field."""
    return MaskedDirective(kind=kind)


@plain
class MaskedText:
    """A personal value in the form that the viewer's role may see; null where it was not provided or is hidden."""

    display: str | None = strawberry.field(description="What may be shown; null where nothing may or nothing is.")
    form: Form = strawberry.field(description="The form it is shown in.")
    revealable: bool = strawberry.field(description="Whether a reveal in clear may be asked for.")
