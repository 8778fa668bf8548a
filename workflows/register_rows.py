"""What a record of a published register says: its columns by the listed headers, its values made plain (Art. 7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from domain.characters import category, nfkc
from domain.codes.lists import codes, province_of, rows_of
from domain.identifiers import Malformed
from domain.names import clean_name, name_key
from domain.personal import without_documents
from domain.register import QuarantineReason, RegisterKind
from workflows.register_csv import Record, refuse_line_ends, unreadable

NAME_CHARACTERS_MAX: Final = 200
VALUE_CHARACTERS_MAX: Final = 100
_NAME_LETTERS_MIN: Final = 2
_SHOWN_CHARACTERS_MAX: Final = 200
_YES: Final = frozenset({"1", "true", "yes", "y", "是"})
# After NFKC, which makes full-width brackets plain.
_PAIRS: Final = ("()", "[]", "{}", "【】", "《》", "〈〉", "「」", "『』", "〔〕")
_QUOTATION_MARKS: Final = re.compile('["“”„‟〝〞]')
_DIVISION_CODE: Final = re.compile("[0-9]{4}(?:[0-9]{2}(?:[0-9]{3}){0,2})?")  # to county, township, village


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that is not let in, and why."""

    line: int
    raw: str
    reason: QuarantineReason


class Unfit(Exception):
    """The record is not let in."""

    def __init__(self, reason: QuarantineReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Header:
    """Which column holds what."""

    def __init__(self, kind: RegisterKind, record: Record) -> None:
        """Refused where a required column is missing or two columns claim to be the same one."""
        if record.broken is not None:
            refuse_line_ends(record.raw)
            raise unreadable(f"Its header row, line {record.line}, is broken: {record.broken.en}.")
        refuse_line_ends(record.raw)
        aliases = _aliases(kind)
        fields = [aliases.get(name_key(title)) for title in record.fields]
        _refuse_unfit(kind, fields, record.fields)
        self._columns = MappingProxyType({field: at for at, field in enumerate(fields) if field})
        self._width = len(record.fields)

    def cells(self, record: Record) -> Cells:
        """The values of a record by their fields."""
        if record.broken is not None:
            raise Unfit(record.broken)
        if len(record.fields) != self._width:
            raise Unfit(QuarantineReason.COLUMN_COUNT)
        return Cells(record, self._columns)


class Cells:
    """The values of one record. A field without a column is empty."""

    def __init__(self, record: Record, columns: Mapping[str, int]) -> None:
        self.line = record.line
        self.raw = record.raw
        self._fields = record.fields
        self._columns = columns

    def text(self, field: str, characters_max: int = VALUE_CHARACTERS_MAX) -> str:
        """A value without spaces around it; one that cannot be seen or is too long is not let in."""
        at = self._columns.get(field)
        return "" if at is None else _plain(self._fields[at], characters_max)

    def words(self, field: str, characters_max: int = VALUE_CHARACTERS_MAX) -> str:
        """A value that is shown as it is: one with the number of a person's document is not let in."""
        value = self.text(field, characters_max)
        if value != without_documents(value):
            raise Unfit(QuarantineReason.PERSONAL_DATA)
        return value

    def name(self, field: str) -> str:
        """A name: there, and whole."""
        name = self.words(field, NAME_CHARACTERS_MAX)
        if not name:
            raise Unfit(QuarantineReason.EMPTY_NAME)
        if _is_fragment(name):
            raise Unfit(QuarantineReason.BROKEN_FRAGMENT)
        return name

    def says_yes(self, field: str) -> bool:
        """Whether a flag is set."""
        at = self._columns.get(field)
        return at is not None and self._fields[at].strip().casefold() in _YES

    def province(self, field: str) -> str:
        """The GB/T 2260 code of the province that a value names; empty where it names none."""
        value = nfkc(self.text(field)).replace(" ", "")
        if not value:
            return ""
        found = _provinces().get(value) or province_of(value) or _province_around(value)
        if found is None:
            raise Unfit(QuarantineReason.UNKNOWN_DIVISION)
        return found


@cache
def _aliases(kind: RegisterKind) -> Mapping[str, str]:
    """The field that each listed header names; headers are compared as names are."""
    rows = rows_of("register_headers")
    return MappingProxyType({name_key(row["alias"]): row["field"] for row in rows if row["kind"] == kind})


def _refuse_unfit(kind: RegisterKind, fields: Iterable[str | None], titles: Iterable[str]) -> None:
    counted = Counter(field for field in fields if field)
    listed = [row for row in rows_of("register_headers") if row["kind"] == kind]
    missing = sorted({row["field"] for row in listed if row["is_required"] == "1"} - set(counted))
    if missing:
        shown = ", ".join(titles)[:_SHOWN_CHARACTERS_MAX]
        known = ", ".join(row["alias"] for row in listed if row["field"] == missing[0])
        raise unreadable(f"It has no column for {missing[0]} (any of: {known}); its header row is: {shown}")
    double = [field for field, times in counted.items() if times > 1]
    if double:
        raise unreadable(f"Two of its columns are both {double[0]}.")


def _plain(value: str, characters_max: int) -> str:
    """The value without spaces around it; one that cannot be seen or is too long is not let in."""
    if len(value) > characters_max:
        raise Unfit(QuarantineReason.TOO_LONG)
    if not value or value.isspace():
        return ""
    try:
        return clean_name(value)
    except Malformed as malformed:
        raise Unfit(QuarantineReason.CONTROL_CHARACTERS) from malformed


def _is_fragment(name: str) -> bool:
    """Whether the name is a piece of one: too short, signs only, or with a bracket that stands alone."""
    plain = nfkc(name)
    if sum(category(character)[0] in "LN" for character in plain) < _NAME_LETTERS_MIN:
        return True
    is_open = any(plain.count(opening) != plain.count(closing) for opening, closing in _PAIRS)
    return is_open or len(_QUOTATION_MARKS.findall(plain)) % 2 == 1


def _province_around(value: str) -> str | None:
    """The province of a smaller division: by the first two digits of its code, or by the whole name it begins with."""
    if _DIVISION_CODE.fullmatch(value):
        return _provinces().get(value[:2])
    names = [code.zh for code in codes("divisions").values() if value.startswith(code.zh)]
    return _provinces()[max(names, key=len)] if names else None


@cache
def _provinces() -> Mapping[str, str]:
    """Each way in which registers name a province, with its code."""
    found: dict[str, str] = {}
    for row in rows_of("provinces"):
        code = row["gb2260"]
        found |= dict.fromkeys((row["name_zh"], row["short_zh"], row["iso_3166_2"], code[:2]), code)
    found |= {code.zh: code.more["province"] for code in codes("divisions").values() if code.zh not in found}
    return MappingProxyType(found)
