"""The log of uses of the vault, for those who check (Art. 5)."""

from __future__ import annotations

from datetime import datetime

from strawberry import ID

from api.reading.fields import column, identifier, newest
from api.reading.shapes import shape
from api.types.node import Node
from domain import journal as rows
from domain.policy.roles import Role


@shape(rows.AccessLog, prefix="access")
class Access(Node):
    """One use of the vault: that it was, by whom, and why; never a value."""

    id: ID = identifier(rows.AccessLog.id, "Its id.")
    at: datetime = column(rows.AccessLog.at, "When.")
    viewer_id: ID = identifier(rows.AccessLog.viewer_id, "Who.")
    viewer_role: Role = column(rows.AccessLog.viewer_role, "As what.")
    what: str = column(rows.AccessLog.what, "What was done, such as BLIND_INDEX_LOOKUP.")
    purpose: str = column(rows.AccessLog.purpose, "Why.")
    case_id: ID = identifier(rows.AccessLog.case_id, "At which case.")
    hits: int = column(rows.AccessLog.hits, "How many it found.")


ACCESSES = newest(rows.AccessLog.at, rows.AccessLog.id)
