"""The authorities that answer for an area: the national office and the provincial ones (Art. 3)."""

from __future__ import annotations

from sqlmodel import Field

from domain.case import Row
from domain.columns import TEXT, text, word
from domain.state import Word


class Tier(Word):
    """The level of an authority."""

    NATIONAL = "NATIONAL", "国家", "National"
    PROVINCIAL = "PROVINCIAL", "省级", "Provincial"


class Authority(Row, table=True):
    """A department that answers for a division."""

    tier: Tier = word(Tier)
    division: str = Field(sa_type=TEXT, unique=True)  # GB/T 2260; 000000 for the nation
    name_zh: str = text()
    name_en: str = text()
