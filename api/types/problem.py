"""Refusals as payloads carry them: data, never errors."""

from __future__ import annotations

import strawberry

from api.reading.fields import computed
from api.reading.shapes import plain
from api.types import closed  # noqa: F401 - the enums come before every type
from domain.problems import ProblemCode
from domain.state import Language


def _in_words(language: Language, code: ProblemCode, detail: str) -> str:
    said = code.zh if language == "ZH" else code.en
    return f"{said} {detail}".rstrip()


@plain
class Problem:
    """Why something was refused, where in the input, and what to do about it."""

    code: ProblemCode = strawberry.field(description="Which rule.")
    path: list[str] = strawberry.field(description="Where in the input; empty where it is no part of it.")
    message: str = computed(_in_words, needs=("code", "detail"), by_language=True, description="The rule in words.")
    fix: str = strawberry.field(description="What to do about it.")
