"""Numbers that identify people and organisations: how each is written, checked and flagged (Art. 5, 6).

A wrong number is refused with a fault that names the rule and never the number; a flag lets it pass and tells the
reviewer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from unicodedata import category, normalize

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from domain.state import Word

ADULT_AGE_YEARS: Final = 18


class Fault(Word):
    """Why a value is refused."""

    LENGTH = "LENGTH", "长度不符", "It has not the right length"
    CHARACTERS = "CHARACTERS", "含有不允许的字符", "It holds a character that does not belong there"
    CHECK_DIGIT = "CHECK_DIGIT", "校验码不符", "Its check digit is wrong"
    DATE = "DATE", "出生日期无效", "Its date of birth is no date"
    FUTURE = "FUTURE", "出生日期晚于今天", "Its date of birth is in the future"
    NUMBERING = "NUMBERING", "不是有效号码", "No such number is given out"
    NOT_MOBILE = "NOT_MOBILE", "不是手机号码", "It is not a mobile number"
    UNDER_AGE = "UNDER_AGE", "未满十八周岁", "It belongs to a person under 18"
    FORM = "FORM", "格式不符", "It is not written as such a value is"


class Malformed(Exception):
    """The value is not one of its kind; `fault` says which rule it breaks, and the value is never in the text."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


class Flag(Word):
    """What a reviewer should look at though the value is accepted."""

    CHECK_DIGIT = "CHECK_DIGIT", "校验码不符", "Its check digit is wrong"
    LEGACY_FORM = "LEGACY_FORM", "旧式编号", "An older way of writing the number"


class PersonDocument(Word):
    """The document a person is known by."""

    RESIDENT_ID = "RESIDENT_ID", "居民身份证", "Resident identity card"
    RESIDENCE_PERMIT = (
        "RESIDENCE_PERMIT",
        "港澳台居民居住证",
        "Residence permit of a Hong Kong, Macao or Taiwan resident",
    )
    TRAVEL_PERMIT_HK_MACAO = (
        "TRAVEL_PERMIT_HK_MACAO",
        "港澳居民来往内地通行证",
        "Travel permit of a Hong Kong or Macao resident",
    )
    TRAVEL_PERMIT_TAIWAN = "TRAVEL_PERMIT_TAIWAN", "台湾居民来往大陆通行证", "Travel permit of a Taiwan resident"


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A checked number of a person's document. A travel permit holds no date of birth."""

    value: str
    document: PersonDocument
    born_on: date | None


@dataclass(frozen=True, slots=True)
class Uscc:
    """A unified social credit code."""

    value: str
    flags: frozenset[Flag]


@dataclass(frozen=True, slots=True)
class LicenceNumber:
    """The number of a licence for internet news services; the parts are None where it is of an older form."""

    value: str
    province: str | None
    licence_class: int | None
    year: int | None
    serial: str | None
    flags: frozenset[Flag]


_PERMIT_PROVINCES: Final = frozenset({"81", "82", "83"})
_TRAVEL_PERMITS: Final = (
    (re.compile(r"[HM][0-9]{8}"), PersonDocument.TRAVEL_PERMIT_HK_MACAO),
    (re.compile(r"[0-9]{8}"), PersonDocument.TRAVEL_PERMIT_TAIWAN),
)


def resident_id(text: str, *, today: date) -> ResidentId:
    """The checked number. Its region is not looked up: numbers of dissolved regions stay with their people."""
    value = compact(text)
    for pattern, document in _TRAVEL_PERMITS:
        if pattern.fullmatch(value):
            return ResidentId(value, document, None)
    if len(value) != 18:
        raise Malformed(Fault.LENGTH)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise Malformed(Fault.CHARACTERS)
    if value[-1] != ric.calc_check_digit(value):
        raise Malformed(Fault.CHECK_DIGIT)
    permit = value[:2] in _PERMIT_PROVINCES
    document = PersonDocument.RESIDENCE_PERMIT if permit else PersonDocument.RESIDENT_ID
    return ResidentId(value, document, _birth_date(value, today))


def _birth_date(value: str, today: date) -> date:
    try:
        born_on: date = ric.get_birth_date(value)
    except InvalidComponent:
        raise Malformed(Fault.DATE) from None
    if born_on > today:
        raise Malformed(Fault.FUTURE)
    return born_on


def is_adult(person: ResidentId, *, today: date) -> bool | None:
    """Whether the person is 18 today; None where the document does not tell. 29 February counts on 1 March."""
    if person.born_on is None:
        return None
    years = today.year - person.born_on.year
    had_birthday = (today.month, today.day) >= (person.born_on.month, person.born_on.day)
    return years - (not had_birthday) >= ADULT_AGE_YEARS


# First two characters of a code → the subject types it may belong to.
USCC_PREFIXES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "11": frozenset({"GOVERNMENT", "NEWS_UNIT"}),
        "12": frozenset({"PUBLIC_INSTITUTION", "NEWS_UNIT", "NEWS_WEBSITE"}),
        "13": frozenset({"PEOPLES_ORGANISATION"}),
        "19": frozenset({"OTHER"}),
        "51": frozenset({"SOCIAL_ORGANISATION"}),
        "52": frozenset({"SOCIAL_ORGANISATION"}),
        "53": frozenset({"SOCIAL_ORGANISATION"}),
        "59": frozenset({"OTHER"}),
        "91": frozenset({"ENTERPRISE", "NEWS_UNIT", "NEWS_WEBSITE"}),
        "92": frozenset({"SOLE_TRADER"}),
        "93": frozenset({"ENTERPRISE"}),
        "Y1": frozenset({"OTHER"}),
    }
)
# Registering department, kind of body, six digits of a region, nine characters of the body's own code, check character.
_USCC: Final = re.compile(r"[0-9NY][0-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


def unified_social_credit_code(text: str) -> Uscc:
    """The code; a wrong check character is a flag, for such codes were given out."""
    value = compact(text)
    if len(value) != 18:
        raise Malformed(Fault.LENGTH)
    if not _USCC.fullmatch(value):
        raise Malformed(Fault.CHARACTERS)
    checked = value[-1] == uscc.calc_check_digit(value)
    return Uscc(value, frozenset() if checked else frozenset({Flag.CHECK_DIGIT}))


def uscc_prefix_fits(code: str, subject_type: str) -> bool:
    """Whether a body with this code can be of that subject type; if not, the reviewer is told."""
    return subject_type in USCC_PREFIXES.get(code[:2], frozenset())


_MOBILE_TYPES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def mobile(text: str) -> str:
    """The number as E.164 (`+8613800138000`); without a country code it is one of the mainland."""
    written = normalize("NFKC", text).strip()
    if any(character.isalpha() for character in written):
        raise Malformed(Fault.CHARACTERS)
    try:
        number = phonenumbers.parse(written, "CN")
    except NumberParseException:
        raise Malformed(Fault.FORM) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise Malformed(Fault.NUMBERING)
    if phonenumbers.number_type(number) not in _MOBILE_TYPES:
        raise Malformed(Fault.NOT_MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


_EMAIL_LOCAL_CHARACTERS_MAX: Final = 64
_EMAIL_CHARACTERS_MAX: Final = 254
_DOMAIN: Final = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


def email(text: str) -> str:
    """The address with its domain in small letters. Whether it can be reached is for a message to find out."""
    value = normalize("NFKC", text).strip()
    local, at, domain = value.partition("@")
    if not at or "@" in domain:
        raise Malformed(Fault.FORM)
    if any(category(character)[0] in "CZ" for character in value):
        raise Malformed(Fault.CHARACTERS)
    if not 1 <= len(local) <= _EMAIL_LOCAL_CHARACTERS_MAX or len(value) > _EMAIL_CHARACTERS_MAX:
        raise Malformed(Fault.LENGTH)
    if ".." in value or local[0] == "." or local[-1] == "." or not _DOMAIN.fullmatch(domain):
        raise Malformed(Fault.FORM)
    return f"{local}@{domain.lower()}"


# 10 is the national one.
_PROVINCES: Final = frozenset(
    f"{tens}{ones}"
    for tens, all_ones in {1: "012345", 2: "123", 3: "1234567", 4: "123456", 5: "01234", 6: "12345"}.items()
    for ones in all_ones
)
_LICENCE: Final = re.compile(r"([0-9]{2})([123])((?:19|20)[0-9]{2})([0-9]{3,4})")
# Older numbers carry letters, and some the short name of a province: `沪新备A2006012`.
_LEGACY_LICENCE: Final = re.compile(r"(?=.*[A-Z])(?=(?:.*[0-9]){4})[0-9A-Z㐀-鿿()\-.]{5,30}")


def licence_number(text: str) -> LicenceNumber:
    """The parts of the number: 10 is a national licence, else two digits of GB/T 2260."""
    value = compact(text)
    parts = _LICENCE.fullmatch(value)
    if parts and parts[1] in _PROVINCES:
        return LicenceNumber(value, parts[1], int(parts[2]), int(parts[3]), parts[4], frozenset())
    if _LEGACY_LICENCE.fullmatch(value):
        return LicenceNumber(value, None, None, None, None, frozenset({Flag.LEGACY_FORM}))
    raise Malformed(Fault.FORM)


def compact(text: str) -> str:
    """A number as it is stored and compared: NFKC, capital letters, no space and no hyphen."""
    return re.sub(r"[\s\-‐‑‒–—]", "", normalize("NFKC", text)).upper()
