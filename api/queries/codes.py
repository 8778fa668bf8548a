"""Code lists: what a deployment may replace, with labels and validity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import strawberry

from api.errors import ErrorCode, refused
from api.reading.fields import computed
from api.reading.shapes import plain
from domain.calendar import local_day
from domain.codes.lists import LISTS, codes
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


@plain
class CodeList:
    """A list of codes."""

    list: str = strawberry.field(description="The name that `codes` takes.")
    label: str = computed(label, needs=("zh", "en"), by_language=True, description="What it is of.")


@dataclass(frozen=True, slots=True)
class Named:
    """A list by its name."""

    list: str
    zh: str
    en: str


async def lists(_: Connection, __: Viewer, ___: datetime) -> list[CodeList]:
    """The lists of codes that there are."""
    return [cast("CodeList", Named(name, *words)) for name, words in LISTS.items()]


async def listed(_: Connection, __: Viewer, now: datetime, **asked: Any) -> list[Code]:
    """The codes of a list that are valid on a day; today where none is named. See `codeLists` for the lists."""
    if asked["list"] not in LISTS:
        raise refused(ErrorCode.ARGUMENT_INVALID, "list names no list of codes: see codeLists.")
    day: date = asked["at"] or local_day(now)
    return [cast("Code", code) for code in codes(asked["list"]).values() if code.is_valid_on(day)]
