"""Personal data in texts that others read: numbers of documents, mobile numbers, e-mail addresses (Art. 5).

A number is found as the submission of an identity would read it, however it is written: in groups, with full-width
digits, with dots or spaces between. Groups of digits that stand beside each other are tried together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate, takewhile
from string import ascii_letters, ascii_uppercase
from typing import Final, NamedTuple

from domain.characters import category, nfkc
from domain.identifiers import Malformed, compact, mobile, resident_id
from domain.policy.masking import Kind

_LATEST: Final = date.max  # whether a date of birth lies ahead changes nothing here
_MOBILE_DIGITS: Final = range(8, 16)
_GROUP: Final = re.compile(r"(?:(?<![0-9A-Za-z])[A-Za-z]{1,3}[ -]?)?[0-9]+(?:[Xx](?![0-9A-Za-z]))?")
_MAY_HOLD_ONE: Final = re.compile(r"(?:\d\D{0,3}){8}")
_CHARACTERS_MIN: Final = 8
_CHARACTERS_MAX: Final = 22  # 18 of a number, and letters before it
_BETWEEN: Final = re.compile(r"[\s\-‐-―−.·•・,、，;；|+=/\\_*~:()\[\]]{1,3}")
_WORD_REACH: Final = 24  # characters before a number in which a word says that it is one
# What has the form of a document's number at all: the rest is not looked at more closely.
_FORMED: Final = re.compile(r"[0-9]{8}|[HM][0-9]{8}(?:[0-9]{2})?|[A-Z]{3}[0-9]{12}|[0-9]{17}[0-9X]")
_PERMIT_WORDS: Final = re.compile(r"(?:通行证|台胞证|证件|证号|permit)[^0-9]{0,12}$", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a personal value stands: never the value itself."""

    kind: Kind
    start: int
    length: int

    def __str__(self) -> str:
        return f"{self.kind.en} at character {self.start + 1}"


class _Plain(NamedTuple):
    """A text as it is read, and where each of its characters stands in the text as it is written."""

    text: str
    at: tuple[int, ...]


def personal_data_in(text: str, exempt: frozenset[str] = frozenset()) -> Iterator[Found]:
    """The personal values in a text, apart from numbers of the case itself."""
    plain = _plain(text)
    numbers = frozenset(compact(number) for number in exempt)
    for kind, start, end in (*_numbers(plain.text, numbers), *_emails(plain.text)):
        yield Found(kind, plain.at[start], plain.at[end - 1] + 1 - plain.at[start])


def without_documents(text: str) -> str:
    """The text with a dot for each character of a document's number, as a row put aside is kept."""
    if not _MAY_HOLD_ONE.search(text):
        return text
    shown = list(text)
    for found in personal_data_in(text):
        if found.kind is Kind.RESIDENT_ID:
            shown[found.start : found.start + found.length] = "•" * found.length
    return "".join(shown)


def _plain(text: str) -> _Plain:
    """NFKC, plain digits, nothing that cannot be seen."""
    read = [(each, i) for i, character in enumerate(text) for each in _read(character)]
    return _Plain("".join(each for each, _ in read), tuple(i for _, i in read))


@lru_cache(maxsize=10_000)
def _read(character: str) -> str:
    return "".join(_digit(each) for each in nfkc(character) if category(each) != "Cf")


def _digit(character: str) -> str:
    return str(int(character)) if category(character) == "Nd" else character


def _emails(text: str) -> Iterator[tuple[Kind, int, int]]:
    return ((Kind.EMAIL, match.start(), match.end()) for match in _EMAIL.finditer(text))


def _numbers(text: str, exempt: frozenset[str]) -> Iterator[tuple[Kind, int, int]]:
    """The numbers, each once: what one is made of makes no other."""
    for row in _rows(text):
        first = 0
        while first < len(row):
            found = next(_of_some(text, row[first : first + _CHARACTERS_MAX], exempt), None)
            if found is None:
                first += 1
                continue
            kind, start, taken = found
            yield kind, start, row[first + taken - 1].end()
            first += taken


def _rows(text: str) -> Iterator[list[re.Match[str]]]:
    """Groups of digits with nothing but what may stand inside a number between them."""
    row: list[re.Match[str]] = []
    for group in _GROUP.finditer(text):
        if row and not _BETWEEN.fullmatch(text, row[-1].end(), group.start()):
            yield row
            row = []
        row.append(group)
    yield row


def _of_some(text: str, row: list[re.Match[str]], exempt: frozenset[str]) -> Iterator[tuple[Kind, int, int]]:
    """What the first groups of a row are together: the longest first, where it begins and how many groups it takes."""
    start = row[0].start()
    bare_start = start + len(row[0][0]) - len(row[0][0].lstrip(ascii_letters + " -"))
    before, has_plus = text[max(0, start - _WORD_REACH) : start], text.endswith("+", 0, bare_start)
    ends = accumulate(len(group[0]) for group in row)
    most = sum(1 for _ in takewhile(lambda characters: characters <= _CHARACTERS_MAX, ends))
    numbers = list(accumulate(group[0].upper().replace(" ", "").replace("-", "") for group in row[:most]))
    while numbers and len(number := numbers.pop()) >= _CHARACTERS_MIN:
        taken, bare = len(numbers) + 1, number.lstrip(ascii_uppercase)
        if exempt.intersection((number, bare)):
            continue
        if _is_document(number, before):
            yield Kind.RESIDENT_ID, start, taken
        elif bare != number and _is_document(bare, before):
            yield Kind.RESIDENT_ID, bare_start, taken
        elif _is_mobile(bare.rstrip("X"), has_plus=has_plus):
            yield Kind.MOBILE, bare_start, taken


def _is_document(number: str, before: str) -> bool:
    """Whether it is the number of a document. Eight bare digits are one only beside a word that says so."""
    if not _FORMED.fullmatch(number) or (len(number) == 8 and not _PERMIT_WORDS.search(before)):
        return False
    try:
        resident_id(number, today=_LATEST)
    except Malformed:
        return False
    return True


def _is_mobile(number: str, *, has_plus: bool) -> bool:
    if len(number) not in _MOBILE_DIGITS or not number.isdigit():
        return False
    if not has_plus and not re.fullmatch(r"(?:(?:00)?86)?1[3-9][0-9]{9}", number):
        return False
    try:
        mobile(f"+{number}" if has_plus else number)
    except Malformed:
        return False
    return True
