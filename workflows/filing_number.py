"""The number of a filing in force: given once, kept by every version of it (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from stdnum.iso7064 import mod_37_36

from domain.calendar import local_day
from domain.filing import Filing
from domain.table import table_of
from workflows.database import Transaction
from workflows.engine import Gathered, On
from workflows.serials import next_serial

_FILING: Final = table_of(Filing)
_AMENDED: Final = sa.select(_FILING.c.number, _FILING.c.number_version).where(
    _FILING.c.id == sa.bindparam("id", type_=sa.Text, required=False)
)


async def _number(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The filing's number: deployment, division, category, month, serial, check character."""
    if on.case.number is not None:
        return {"number": on.case.number, "number_version": on.case.number_version}
    if on.case.amends is not None:
        number, version = (await transaction.fetch(_AMENDED, {"id": on.case.amends}))[0]
        return {"number": number, "number_version": version + 1}
    whose = {"provider_id": on.case.provider_id, "jurisdiction": on.case.jurisdiction}
    month = local_day(on.now).strftime("%Y%m")
    prefix = f"{office.deployment_code}-{on.case.division}-{on.case.category}-{month}"
    serial = await next_serial(transaction, prefix, {**whose, "created_at": on.now})
    bare = f"{prefix}-{serial:06d}"
    plain = "".join(character for character in bare.upper() if character.isalnum() and character.isascii())
    return {"number": f"{bare}-{mod_37_36.calc_check_digit(plain)}"}


NUMBER: Final = Gathered("number", _number)
