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

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from domain.characters import category, nfkc
from domain.codes.lists import rows_of
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
    PERMANENT_RESIDENCE_CARD = (
        "PERMANENT_RESIDENCE_CARD",
        "外国人永久居留身份证",
        "Card of a foreign permanent resident",
    )


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A checked number of a person's document. A travel permit holds no birth date, a card of 2017 no century."""

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
_CARDS_SINCE_2023: Final = "9"  # where the number of a resident begins with a province, that of such a card has a 9
# Each keeps what is in the group: two more digits of an older permit count how often it was renewed.
_WITHOUT_BIRTH_DATE: Final = (
    (re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?"), PersonDocument.TRAVEL_PERMIT_HK_MACAO),
    (re.compile(r"([0-9]{8})"), PersonDocument.TRAVEL_PERMIT_TAIWAN),
    (re.compile(r"([A-Z]{3}[0-9]{12})"), PersonDocument.PERMANENT_RESIDENCE_CARD),
)


def resident_id(text: str, *, today: date) -> ResidentId:
    """The checked number. Its region is not looked up: numbers of dissolved regions stay with their people."""
    value = compact(text)
    for pattern, document in _WITHOUT_BIRTH_DATE:
        if found := pattern.fullmatch(value):
            return ResidentId(found[1], document, None)
    if len(value) != 18:
        raise Malformed(Fault.LENGTH)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise Malformed(Fault.CHARACTERS)
    if value[-1] != ric.calc_check_digit(value):
        raise Malformed(Fault.CHECK_DIGIT)
    return ResidentId(value, _document(value), _birth_date(value, today))


def _document(value: str) -> PersonDocument:
    if value[:2] in _PERMIT_PROVINCES:
        return PersonDocument.RESIDENCE_PERMIT
    is_card = value.startswith(_CARDS_SINCE_2023)
    return PersonDocument.PERMANENT_RESIDENCE_CARD if is_card else PersonDocument.RESIDENT_ID


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
    {row["prefix"]: frozenset(row["subject_types"].split()) for row in rows_of("uscc_prefixes")}
)
# Registering department, kind of body, six digits of a region, nine characters of the body's own code, check character.
_USCC: Final = re.compile(r"[0-9ANY][0-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


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
    written = nfkc(text).strip()
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
    value = nfkc(text).strip()
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
_PROVINCE_NAMES: Final = "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁新]"
_OLDER_LICENCES: Final = tuple(
    re.compile(row["form"].replace("PROVINCE", _PROVINCE_NAMES)) for row in rows_of("licence_forms")
)
_BRACKETS_AND_ORDINALS: Final = re.compile(r"[()\[\]〔〕【】第]")


def licence_number(text: str) -> LicenceNumber:
    """The parts of the number: 10 is a national licence, else two digits of GB/T 2260. Older forms have no parts."""
    value = compact(text)
    parts = _LICENCE.fullmatch(value)
    if parts and parts[1] in _PROVINCES:
        return LicenceNumber(value, parts[1], int(parts[2]), int(parts[3]), parts[4], frozenset())
    value = _BRACKETS_AND_ORDINALS.sub("", value)
    if any(form.fullmatch(value) for form in _OLDER_LICENCES):
        return LicenceNumber(value, None, None, None, None, frozenset({Flag.LEGACY_FORM}))
    raise Malformed(Fault.FORM)


def compact(text: str) -> str:
    """A number as it is stored and compared: NFKC, capital letters, no space and no hyphen."""
    return re.sub(r"[\s\-‐‑‒–—]", "", nfkc(text)).upper()
