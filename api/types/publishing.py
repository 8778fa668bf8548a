"""What an account may publish now, what stands in the way, and how long the answer may be kept (Art. 6, 7, 8)."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from api.reading.fields import computed
from api.reading.shapes import plain
from api.types import closed  # noqa: F401 - the enums come before every type
from domain.publishing import Act, Blocker, Content
from domain.state import Language


def _in_words(language: Language, code: Blocker) -> str:
    return code.caption(language)


@plain
class PublishingBlock:
    """One thing in the way."""

    code: Blocker = strawberry.field(description="What it is.")
    caption: str = computed(_in_words, needs=("code",), by_language=True, description="The same in words.")
    until: datetime | None = strawberry.field(
        description="When it ends though nobody does anything; null where somebody must."
    )
    measure: ID | None = strawberry.field(description="The measure that it is, where it is one.")


@plain
class PublishingDecision:
    """Whether an account may do something now. Ask again once `validFor` has passed; Signet keeps no answer."""

    account: ID = strawberry.field(description="The account.")
    handle: str = strawberry.field(description="Its name in addresses.")
    act: Act = strawberry.field(description="What was asked for.")
    content: Content = strawberry.field(description="On what.")
    allowed: bool = strawberry.field(description="Whether nothing stands in the way.")
    blocked_by: list[PublishingBlock] = strawberry.field(description="Everything that stands in the way.")
    decided_at: datetime = strawberry.field(description="The moment it holds for.")
    valid_for: int = strawberry.field(
        description="For so many seconds from then it may be kept: at most 60, fewer where it is about to change."
    )
