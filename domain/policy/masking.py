"""How each kind of personal data is shown to each role: one literal table (Art. 5, 6). Complete, or no start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domain.policy.roles import Role
from domain.state import Word


class Kind(Word):
    """A kind of personal data."""

    LEGAL_NAME = "LEGAL_NAME", "姓名", "Name of a person or sole trader"
    RESIDENT_ID = "RESIDENT_ID", "公民身份号码", "Number of the identity document"
    MOBILE = "MOBILE", "手机号码", "Mobile number"
    EMAIL = "EMAIL", "电子邮箱", "E-mail address"
    ADDRESS = "ADDRESS", "住址", "Postal address"
    DOCUMENT = "DOCUMENT", "证件材料", "Scan of a document"
    ORGANISATION = "ORGANISATION", "单位名称与信用代码", "Name and credit code of an organisation before its filing"
    COMPLAINANT = "COMPLAINANT", "举报人", "Name and contact of a complainant"
    FREE_TEXT = "FREE_TEXT", "文字内容", "Words written in a case: reason, answer, note"


class Form(Word):
    """A way to show a personal value."""

    PARTIAL = "PARTIAL", "部分显示", "Partly shown"
    LAST_FOUR = "LAST_FOUR", "末四位", "The last four characters"
    PSEUDONYM = "PSEUDONYM", "化名", "A stand-in, equal for equal subjects within one body"
    PRESENCE = "PRESENCE", "已提供", "Whether it was provided"
    HIDDEN = "HIDDEN", "不显示", "Not shown"
    CLEAR = "CLEAR", "完整显示", "Shown as it is"


class Door(Word):
    """What a reveal in clear asks for, where this cell allows one."""

    SHUT = "SHUT", "不可揭示", "No reveal"
    ALONE = "ALONE", "经说明目的", "A purpose"
    SECOND = "SECOND", "另需第二人", "A purpose and a second person"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: the form shown, and the door to the value in clear."""

    form: Form
    door: Door = Door.SHUT


_FORMS: Final = {
    "PART": Form.PARTIAL,
    "LAST": Form.LAST_FOUR,
    "PSEU": Form.PSEUDONYM,
    "PRES": Form.PRESENCE,
    "HIDE": Form.HIDDEN,
    "CLEA": Form.CLEAR,
}
_DOORS: Final = {"": Door.SHUT, "1": Door.ALONE, "2": Door.SECOND}
_COLUMNS: Final = (
    Role.PUBLIC,
    Role.HOLDER,
    Role.REVIEWER,
    Role.COMPLIANCE_OFFICER,
    Role.APPEAL_REVIEWER,
    Role.INTEGRATION,
    Role.PROVINCIAL_REGULATOR,
    Role.NATIONAL_REGULATOR,
    Role.AUDITOR,
    Role.OPERATOR,
    Role.SYSTEM,
)
# 1: may be revealed with a purpose; 2: also needs a second person.
#                      PUBLIC HOLDER REVIEW COMPLI APPEAL INTEGR PROVIN NATION AUDIT OPER SYSTEM
_ROWS: Final = {
    Kind.LEGAL_NAME:   "HIDE  PART1  PART1  PART1  PART1  PRES   PART1  PART1  PSEU  HIDE HIDE",
    Kind.RESIDENT_ID:  "HIDE  LAST1  LAST2  LAST2  HIDE   PRES   PSEU2  PSEU2  PSEU  HIDE HIDE",
    Kind.MOBILE:       "HIDE  PART1  PRES   PART1  HIDE   PRES   PART2  PART2  PSEU  HIDE HIDE",
    Kind.EMAIL:        "HIDE  PART1  PRES   PART1  HIDE   PRES   PART2  PART2  PSEU  HIDE HIDE",
    Kind.ADDRESS:      "HIDE  PART1  PART   PART1  HIDE   PRES   PART1  PART1  HIDE  HIDE HIDE",
    Kind.DOCUMENT:     "HIDE  PRES1  PRES1  PRES1  PRES1  PRES   HIDE2  HIDE2  HIDE  HIDE HIDE",
    Kind.ORGANISATION: "HIDE  CLEA   CLEA   CLEA   CLEA   CLEA   CLEA   CLEA   CLEA  HIDE HIDE",
    Kind.COMPLAINANT:  "HIDE  HIDE   PSEU   PSEU1  HIDE   HIDE   HIDE2  HIDE2  PSEU  HIDE HIDE",
    Kind.FREE_TEXT:    "HIDE  CLEA   CLEA   CLEA   CLEA   CLEA   CLEA   CLEA   HIDE  HIDE HIDE",
}  # fmt: skip


class MaskMissing(Exception):
    """A kind has no form for some role: add the cell in domain/policy/masking.py."""


def _table() -> Mapping[tuple[Kind, Role], Cell]:
    cells: dict[tuple[Kind, Role], Cell] = {}
    for kind, row in _ROWS.items():
        for role, word in zip(_COLUMNS, row.split(), strict=True):
            cells[kind, role] = Cell(_FORMS[word[:4]], _DOORS[word[4:]])
    if missing := [f"{kind} × {role}" for kind in Kind for role in Role if (kind, role) not in cells]:
        raise MaskMissing(f"domain/policy/masking.py lacks a form for {', '.join(missing)}")
    return MappingProxyType(cells)


MASKS: Final = _table()
