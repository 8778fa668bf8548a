"""The authorities every deployment knows: the national office and those of the provinces (Art. 3)."""

from __future__ import annotations

from functools import cache
from typing import Final
from uuid import UUID, uuid5

import uuid_utils
from typeid import TypeID

from domain.authority import Tier
from domain.codes.lists import codes, province_of, rows_of

NATION: Final = "000000"
_NAMESPACE: Final = UUID("6f2c0f5e-2b0e-5d0a-9d0c-2014080700a7")


def authority_id(division: str) -> str:
    """The id of a division's authority: the same in every deployment."""
    return str(TypeID.from_uuid(uuid_utils.UUID(uuid5(_NAMESPACE, division).hex), prefix="authority"))


def seeds() -> list[dict[str, str]]:
    """The rows of the authority table."""
    nation = {
        "id": authority_id(NATION),
        "tier": Tier.NATIONAL.value,
        "division": NATION,
        "name_zh": "国家互联网信息办公室",
        "name_en": "Cyberspace Administration of China",
    }
    provinces = [
        {
            "id": authority_id(row["gb2260"]),
            "tier": Tier.PROVINCIAL.value,
            "division": row["gb2260"],
            "name_zh": row["authority_name_zh"],
            "name_en": f"Cyberspace Administration of {row['name_latin']}",
        }
        for row in rows_of("provinces")
        if row["authority_name_zh"]
    ]
    return [nation, *provinces]


def answering(category: str, division: str) -> str | None:
    """The id of the authority that answers for a category at a provider of a division; None where there is none."""
    listed = codes("filing_categories").get(category)
    if listed is not None and listed.more["authority_tier"] == Tier.NATIONAL:
        return authority_id(NATION)
    return of_province(division)


def next_level(id_: str) -> str | None:
    """The authority above one; None above the nation."""
    nation = authority_id(NATION)
    return None if id_ == nation else nation


def of_province(division: str) -> str | None:
    """The id of the authority of the province that a division lies in; None where there is none."""
    return _by_division().get(province_of(division) or "")


@cache
def _by_division() -> dict[str, str]:
    return {row["division"]: row["id"] for row in seeds()}
