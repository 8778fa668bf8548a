"""The languages of captions and labels."""

from __future__ import annotations

from typing import Final

from api.types.words import word
from domain.state import Word


@word
class Language(Word):
    """A language of captions and labels."""

    ZH = "ZH", "中文", "Chinese"
    EN = "EN", "英文", "English"


DEFAULT: Final = Language.ZH


def preferred(accept_language: str | None) -> Language:
    """The language of an Accept-Language header: the first that is one of ours, by weight."""
    best, heaviest = DEFAULT, 0.0
    for item in (accept_language or "").split(",")[:16]:
        tag, _, weight = item.strip().partition(";q=")
        found = Language.__members__.get(tag[:2].upper())
        try:
            heavy = float(weight or 1)
        except ValueError:
            continue
        if found is not None and heavy > heaviest:
            best, heaviest = found, heavy
    return best
