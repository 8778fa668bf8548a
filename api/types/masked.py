"""Personal values as everybody sees them: one type for all roles, in the form of the viewer's role (Art. 5, 6)."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema_directive import Location

from api.reading.shapes import plain
from api.types.words import word
from domain.policy.masking import MASKS, Form, Kind
from domain.policy.roles import Role

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


def where_a_document_is_seen(role: Role, told: str | None) -> Any:
    """What tells which document it is; null for a role from whom documents are hidden."""
    return None if MASKS[Kind.DOCUMENT, role].form is Form.HIDDEN else told
