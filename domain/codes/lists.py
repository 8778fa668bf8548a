"""Code lists: what a deployment may replace, as data beside this file, with labels and validity (Art. 1, 7, 10)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

# What each list is of: in 中文 and English.
LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "filing_categories": ("备案类别", "Categories of accounts"),
    "rejection_reasons": ("审核驳回理由", "Reasons to reject an application or an identity"),
    "return_reasons": ("备案退回理由", "Reasons to return, decline or revoke a filing"),
    "permission_reasons": ("许可决定理由", "Reasons of decisions on permissions"),
    "legal_bases": ("法律依据", "Legal bases"),
    "materials": ("材料种类", "Kinds of materials"),
    "verification_methods": ("身份核验方式", "Ways to verify an identity"),
    "sanction_grounds": ("处置事由", "Grounds of sanctions"),
    "sanction_reasons": ("处置理由", "Reasons of sanctions"),
    "dismissal_reasons": ("不予处置理由", "Reasons to dismiss a case"),
    "restriction_scopes": ("限制范围", "Scopes of restrictions"),
    "divisions": ("行政区划", "Administrative divisions"),
}
FILES: Final = tuple(name for name in LISTS if name != "divisions")
EARLIEST: Final = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of a list."""

    list: str
    code: str
    zh: str
    en: str
    valid_from: date
    valid_to: date | None
    more: Mapping[str, str]

    def is_valid_on(self, day: date) -> bool:
        """Whether the code may be used on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def rows_of(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a data file of this folder."""
    text = (resources.files("domain.codes") / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def codes(name: str) -> Mapping[str, Code]:
    """A list by code; empty where there is no such list."""
    if name == "divisions":
        return MappingProxyType(_divisions())
    if name not in FILES:
        return MappingProxyType({})
    return MappingProxyType({row["code"]: _code(name, row) for row in rows_of(name)})


def _code(name: str, row: Mapping[str, str]) -> Code:
    known = ("code", "zh", "en", "valid_from", "valid_to")
    return Code(
        name,
        row["code"],
        row["zh"],
        row["en"],
        date.fromisoformat(row["valid_from"]),
        date.fromisoformat(row["valid_to"]) if row.get("valid_to") else None,
        MappingProxyType({key: value for key, value in row.items() if key not in known}),
    )


def _divisions() -> dict[str, Code]:
    """GB/T 2260: provinces with their ISO 3166-2 code, and their prefectures."""
    found = {}
    for row in rows_of("provinces"):
        more = MappingProxyType(
            {"iso_3166_2": row["iso_3166_2"], "province": row["gb2260"], "short_zh": row["short_zh"]}
        )
        found[row["gb2260"]] = Code("divisions", row["gb2260"], row["name_zh"], row["name_latin"], EARLIEST, None, more)
    for row in rows_of("prefectures"):
        more = MappingProxyType({"iso_3166_2": "", "province": row["province_gb2260"], "short_zh": row["name_zh"]})
        found[row["gb2260"]] = Code("divisions", row["gb2260"], row["name_zh"], row["name_zh"], EARLIEST, None, more)
    return found


def province_of(division: str) -> str | None:
    """The province that a division lies in; None where there is no such division."""
    found = codes("divisions").get(division)
    return None if found is None else found.more["province"]


def is_listed(name: str, code: str, day: date) -> bool:
    """Whether a list has a code that may be used on a day."""
    found = codes(name).get(code)
    return found is not None and found.is_valid_on(day)


def is_news(category: str | None) -> bool:
    """Whether a filing category is one of current-affairs news."""
    found = codes("filing_categories").get(category or "")
    return found is not None and found.more["is_news"] == "yes"


def materials_for(subject_type: str, on: date) -> frozenset[str]:
    """The materials that a subject type must hand in."""
    listed = codes("materials").values()
    return frozenset(c.code for c in listed if c.is_valid_on(on) and subject_type in c.more["subject_types"].split())


@cache
def ruleset_on(day: date) -> int:
    """The number of the ruleset in force on a day; a case keeps the one it began under."""
    return max(int(row["number"]) for row in rows_of("rulesets") if date.fromisoformat(row["valid_from"]) <= day)
