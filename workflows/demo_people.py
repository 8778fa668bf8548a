"""Who is in the demo data: two providers in two provinces, their staff, their holders, their authorities. All invented.

Resident ids lie in region 000000, which is assigned to nobody; names begin with 示例 (example).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stdnum.cn import ric, uscc

from domain.authorities import NATION
from domain.holder import SubjectType
from domain.policy.roles import Role

ISSUER: Final = "signet-dev"
ZHEJIANG: Final = "330000"
SHANGHAI: Final = "310000"

# The person that a token of each role is for, unless another subject is named.
SUBJECTS: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.HOLDER: "demo-holder",
        Role.REVIEWER: "demo-reviewer",
        Role.COMPLIANCE_OFFICER: "demo-officer",
        Role.APPEAL_REVIEWER: "demo-appeal-reviewer",
        Role.INTEGRATION: "demo-integration",
        Role.PROVINCIAL_REGULATOR: "demo-regulator-zhejiang",
        Role.NATIONAL_REGULATOR: "demo-regulator-national",
        Role.AUDITOR: "demo-auditor",
    }
)
_STAFF: Final = (
    ("demo-officer", Role.COMPLIANCE_OFFICER, "C-01"),
    ("demo-reviewer", Role.REVIEWER, "R-01"),
    ("demo-reviewer-2", Role.REVIEWER, "R-02"),
    ("demo-appeal-reviewer", Role.APPEAL_REVIEWER, "P-01"),
    ("demo-officer-2", Role.COMPLIANCE_OFFICER, "C-02"),
    ("demo-integration", Role.INTEGRATION, "I-01"),
    ("demo-auditor", Role.AUDITOR, "A-01"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who acts for a provider or an authority. `number` makes their resident id."""

    subject: str
    role: Role
    staff_number: str
    number: int


@dataclass(frozen=True, slots=True)
class Applicant:
    """A holder, and what they apply for. `number` makes their resident id and mobile number."""

    subject: str
    subject_type: SubjectType
    name: str
    person: str
    number: int
    handle: str
    account: str
    description: str
    category: str


@dataclass(frozen=True, slots=True)
class Company:
    """A provider, with its people."""

    key: str
    name: str
    division: str
    authority: str
    staff: tuple[Member, ...]
    applicants: tuple[Applicant, ...]


def resident_id(number: int) -> str:
    """A well-formed number that is nobody's."""
    bare = f"00000019900101{number:03d}"
    return bare + str(ric.calc_check_digit(bare + "0"))


def mobile(number: int) -> str:
    """A well-formed number."""
    return f"1390000{number:04d}"


def credit_code(prefix: str, number: int) -> str:
    """A well-formed code of a region that is nobody's."""
    bare = f"{prefix}000000DEM{number:06d}"
    return bare + str(uscc.calc_check_digit(bare + "0"))


def _members(suffix: str, first: int) -> tuple[Member, ...]:
    return tuple(
        Member(f"{subject}{suffix}", role, staff_number, first + at)
        for at, (subject, role, staff_number) in enumerate(_STAFF)
    )


def _officials(name: str, role: Role, first: int) -> tuple[Member, ...]:
    subject = f"demo-regulator-{name}"
    return (Member(subject, role, f"{name}-01", first), Member(f"{subject}-2", role, f"{name}-02", first + 1))


REGULATORS: Final[Mapping[str, tuple[Member, ...]]] = MappingProxyType(
    {
        NATION: _officials("national", Role.NATIONAL_REGULATOR, 1),
        ZHEJIANG: _officials("zhejiang", Role.PROVINCIAL_REGULATOR, 3),
        SHANGHAI: _officials("shanghai", Role.PROVINCIAL_REGULATOR, 5),
    }
)

T = SubjectType
WAITING: Final = Applicant(
    "demo-holder", T.INDIVIDUAL, "示例读书人", "欧阳示例", 101,
    "shili-dushu", "示例读书笔记", "每周一本书的读后感", "CULTURE",
)  # fmt: skip
FLAGGED: Final = Applicant(
    "demo-holder-organ", T.GOVERNMENT, "示例园林处", "示例一", 102,
    "shili-yuanlin", "示例园林处公告", "园林绿化的通知与公告", "GOVERNMENT_AFFAIRS",
)  # fmt: skip
IN_SUPPLEMENT: Final = Applicant(
    "demo-holder-supplement", T.INDIVIDUAL, "示例摄影人", "示例二", 103,
    "shili-sheying", "示例街头摄影", "街头摄影作品", "LIFESTYLE",
)  # fmt: skip
SUBMITTED: Final = Applicant(
    "demo-holder-enterprise", T.ENTERPRISE, "示例茶业有限公司", "示例三", 104,
    "shili-chaye", "示例茶话", "茶叶的品类与冲泡", "LIFESTYLE",
)  # fmt: skip
FILED: Final = Applicant(
    "demo-holder-filed", T.ENTERPRISE, "示例科普有限公司", "示例四", 105,
    "shili-kepu", "示例科普小站", "面向儿童的科普", "TECHNOLOGY",
)  # fmt: skip
BADGED: Final = Applicant(
    "demo-holder-news", T.NEWS_UNIT, "示例晨报社", "示例七", 108,
    "shili-chenbao", "示例晨报", "本地要闻与评论", "NEWS",
)  # fmt: skip
UNVERIFIED: Final = Applicant(
    "demo-holder-unverified", T.INDIVIDUAL, "示例新来者", "示例五", 106, "", "", "", "",
)  # fmt: skip
ELSEWHERE: Final = Applicant(
    "demo-holder-shanghai", T.INDIVIDUAL, "示例骑行者", "示例六", 107,
    "shili-qixing", "示例骑行日记", "骑行路线与见闻", "SPORTS",
)  # fmt: skip

COMPANIES: Final = (
    Company(
        "zhejiang", "示例即时通信有限公司", "330100", ZHEJIANG, _members("", 11),
        (WAITING, FLAGGED, IN_SUPPLEMENT, SUBMITTED, FILED, BADGED, UNVERIFIED),
    ),
    Company("shanghai", "示例掌上通信有限公司", SHANGHAI, SHANGHAI, _members("-shanghai", 21), (ELSEWHERE,)),
)  # fmt: skip
