"""Everything that has an id."""

from __future__ import annotations

from strawberry import ID

from api.reading.shapes import shape
from api.types import closed  # noqa: F401 - the enums come before every type


@shape(interface=True)
class Node:
    """Anything with an id of its own."""

    id: ID
