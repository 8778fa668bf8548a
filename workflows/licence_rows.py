"""What the columns of a register of licences say, and where they contradict the licence's number (Art. 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from domain.authorities import NATION
from domain.characters import nfkc
from domain.identifiers import LicenceNumber, Malformed, licence_number
from domain.licence import SERVICES
from domain.names import name_key
from domain.reckoning import is_reckoned
from domain.register import QuarantineReason
from workflows.register_rows import Cells, Unfit

_NATIONAL_DIGITS: Final = "10"
_NATION_WORDS: Final = frozenset({"10", "000000", "100000", "全国", "国家", "中央"})
_CLASS_WORDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("1", "一类", "第一类", "采编发布服务", "采编发布", "采编发布服务、转载服务"), 1),
        **dict.fromkeys(("互联网新闻信息采编发布服务", "互联网新闻信息采编发布服务、转载服务"), 1),
        **dict.fromkeys(("2", "二类", "第二类", "转载服务", "转载", "互联网新闻信息转载服务"), 2),
        **dict.fromkeys(("3", "三类", "第三类", "传播平台服务", "传播平台", "互联网新闻信息传播平台服务"), 3),
        **{str(services): licence_class for licence_class, services in SERVICES.items()},
    }
)
_CLASSES: Final[Mapping[str, int]] = MappingProxyType({name_key(word): found for word, found in _CLASS_WORDS.items()})
_DAY: Final = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})[日号]?|([0-9]{2})([0-9]{2}))")
_TIME_OF_DAY: Final = re.compile(
    r"(?:[T ]+|(?<=[日号]))(?:[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?|[0-9]{6})"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?$"
)
_WRITTEN_NUMBER: Final = re.compile("[〇零一二三四五六七八九十]+")
_WRITTEN_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
_WITHOUT_DAY: Final = frozenset({"", "-", "—", "无", "长期", "长期有效", "无固定期限", "long-term", "none"})


def number_of(cells: Cells) -> LicenceNumber:
    """The number of the licence."""
    try:
        return licence_number(cells.text("number"))
    except Malformed as malformed:
        raise Unfit(QuarantineReason.MALFORMED_NUMBER) from malformed


def province_of_licence(cells: Cells, number: LicenceNumber) -> str:
    """Its province: that of the number, else of the column. A national licence is held in any province."""
    is_national = cells.text("province") in _NATION_WORDS
    told = NATION if is_national else cells.province("province")
    if number.province is None:
        return told
    if number.province == _NATIONAL_DIGITS:
        return NATION
    numbered = f"{number.province}0000"
    if told not in ("", numbered):
        raise Unfit(QuarantineReason.CONTRADICTS_NUMBER)
    return numbered


def class_of(cells: Cells, number: LicenceNumber) -> int | None:
    """Its class: that of the number, and of the columns for the class and for the services where they are filled."""
    told = {_class(cells.text(field)) for field in ("licence_class", "services")} - {None}
    if number.licence_class is not None:
        told.add(number.licence_class)
    if len(told) > 1:
        raise Unfit(QuarantineReason.CONTRADICTS_NUMBER)
    return told.pop() if told else None


def _class(value: str) -> int | None:
    if not value:
        return None
    if (found := _CLASSES.get(name_key(value))) is None:
        raise Unfit(QuarantineReason.UNKNOWN_SERVICES)
    return found


def days_of(cells: Cells) -> tuple[date | None, date | None]:
    """Its first and its last day."""
    first, last = _day(cells.text("valid_from")), _day(cells.text("valid_to"))
    if first is not None and last is not None and last < first:
        raise Unfit(QuarantineReason.INVALID_DATE)
    return first, last


def _day(value: str) -> date | None:
    """A day, however it is written; a time of day says nothing more."""
    if value.casefold() in _WITHOUT_DAY:
        return None
    written = re.sub(r"\s", "", _TIME_OF_DAY.sub("", nfkc(value)))
    try:
        found = _DAY.fullmatch(_WRITTEN_NUMBER.sub(_in_digits, written))
        if found is None:
            raise Unfit(QuarantineReason.INVALID_DATE)
        year, *rest = (int(part) for part in found.groups() if part)
        day = date(year, *rest)
    except ValueError as impossible:
        raise Unfit(QuarantineReason.INVALID_DATE) from impossible
    if not is_reckoned(day):
        raise Unfit(QuarantineReason.INVALID_DATE)
    return day


def _in_digits(found: re.Match[str]) -> str:
    """A number in 中文 in digits: a year is written digit by digit, a month and a day with 十."""
    tens, ten, ones = found[0].translate(_WRITTEN_DIGITS).partition("十")
    return str(int(tens or 1) * 10 + int(ones or 0)) if ten else tens
