"""Characters as one version of Unicode has them, whatever version the interpreter knows.

A name key must be the same on every Python that reads the database, and a name may hold an ideograph that was assigned
after the interpreter was built.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import unicodedata2

from domain.codes.lists import rows_of


def category(character: str) -> str:
    """The general category of a character, such as `Lo`; `Cn` where nothing is assigned."""
    found: str = unicodedata2.category(character)
    return found


def nfc(text: str) -> str:
    """The text in the normal form C."""
    found: str = unicodedata2.normalize("NFC", text)
    return found


def nfkc(text: str) -> str:
    """The text in the normal form KC: full-width letters, ligatures and compatibility ideographs made plain."""
    if text.isascii():
        return text
    found: str = unicodedata2.normalize("NFKC", text)
    return found


@cache
def radicals() -> Mapping[int, int]:
    """Each radical and stroke that looks like an ideograph, with that ideograph, for `str.translate`."""
    return {int(row["radical"], 16): int(row["ideograph"], 16) for row in rows_of("radicals")}


@cache
def gb18030_2022() -> Mapping[int, int]:
    """Private characters that the interpreter's GB18030 gives, with what the bytes mean since 2022."""
    return {int(row["python"], 16): int(row["character"], 16) for row in rows_of("gb18030_2022")}
