"""The authorities that answer for an area (Art. 3)."""

from __future__ import annotations

from strawberry import ID

from api.reading.fields import column, identifier
from api.reading.shapes import shape
from api.types.node import Node
from domain import authority as rows
from domain.authority import Tier


@shape(rows.Authority, prefix="authority")
class Authority(Node):
    """A department that answers for a division 主管部门."""

    id: ID = identifier(rows.Authority.id, "Its id: the same in every deployment.")
    tier: Tier = column(rows.Authority.tier, "National or provincial.")
    division: str = column(rows.Authority.division, "GB/T 2260 code of its area; 000000 is the nation.")
    name_zh: str = column(rows.Authority.name_zh, "Its name in Chinese.")
    name_en: str = column(rows.Authority.name_en, "Its name in English.")
