"""A notice by its receipt: for anybody who holds its number and its secret, with or without a login (Art. 8).

It has no rate of its own: a secret has 128 bits, and nobody comes nearer to it by asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from api.types.receipt import ReceiptView
from domain.vault.keys import Keys
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.receipts import opened

RECEIPT: Final[Mapping[str, Any]] = {"number": str, "secret": str}


async def notice_by_receipt(
    connection: Connection, _: Viewer, now: datetime, *, number: str, secret: str, keys: Keys
) -> ReceiptView | None:
    """What a receipt opens, without a login. Null for an unknown number and for a wrong secret alike."""
    return cast("ReceiptView | None", await opened(connection, keys, number, secret, now))
