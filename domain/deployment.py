"""The deployment itself: its two characters in filing numbers, and the keys its vault was sealed with."""

from __future__ import annotations

from domain.columns import integer, text
from domain.table import Table


class Deployment(Table, table=True):
    """One row. A key file with another id stops the start."""

    number: int = integer(primary_key=True)
    code: str = text()
    key_id: str | None = text(nullable=True)
