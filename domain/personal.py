"""Personal data in public texts: resident ids with a right check digit, mobile numbers, e-mail addresses (Art. 5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from domain.policy.masking import Kind

_RESIDENT_ID: Final = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a personal value stands: never the value itself."""

    kind: Kind
    start: int
    length: int

    def __str__(self) -> str:
        return f"{self.kind.en} at character {self.start + 1}"


def personal_data_in(text: str, exempt: frozenset[str] = frozenset()) -> Iterator[Found]:
    """The personal values in a text, apart from numbers of the case itself."""
    plain = "".join(unicodedata.normalize("NFKC", c) if len(unicodedata.normalize("NFKC", c)) == 1 else c for c in text)
    for kind, pattern in ((Kind.RESIDENT_ID, _RESIDENT_ID), (Kind.MOBILE, _MOBILE), (Kind.EMAIL, _EMAIL)):
        for match in pattern.finditer(plain):
            if match.group() not in exempt and (kind is not Kind.RESIDENT_ID or _checks(match.group())):
                yield Found(kind, match.start(), len(match.group()))


def _checks(number: str) -> bool:
    try:
        return ric.calc_check_digit(number) == number[17].upper()
    except ValidationError:
        return False
