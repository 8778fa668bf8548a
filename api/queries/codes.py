"""Code lists: what a deployment may replace, with labels and validity."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

import strawberry

from api.reading.fields import computed
from api.reading.shapes import plain
from domain.calendar import local_day
from domain.codes.lists import codes
from domain.state import Language
from domain.viewer import Viewer
from workflows.database import Connection


def label(language: Language, zh: str, en: str) -> str:
    """The label."""
    return zh if language == "ZH" else en


@plain
class Code:
    """An entry of a code list."""

    list: str = strawberry.field(description="The list.")
    code: str = strawberry.field(description="The code: stable, and what inputs take.")
    label: str = computed(label, needs=("zh", "en"), by_language=True)
    valid_from: date = strawberry.field(description="First day it may be used.")
    valid_to: date | None = strawberry.field(description="Day from which it may be used no more.")


async def listed(_: Connection, __: Viewer, now: datetime, **asked: Any) -> list[Code]:
    """The codes of a list that are valid on a day; today where none is named. An unknown list is empty."""
    day: date = asked["at"] or local_day(now)
    return [cast("Code", code) for code in codes(asked["list"]).values() if code.is_valid_on(day)]
