"""Lateness decides nothing: what has passed under a root is carried out before a step of it (Art. 6, 7).

Whoever locks a root learns in the same statement whether a deadline under it has passed that nobody has carried out.
Then the work is given up, the worker's part is done, and the work begins anew with the same clock reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.columns import UtcTime
from domain.deadline import Deadline, DeadlineKind
from domain.policy.roles import Role
from domain.table import table_of
from workflows.hands import Writing

_DEADLINE: Final = table_of(Deadline)
_NOW: Final = sa.bindparam("now", type_=UtcTime(), required=False)
_COOLING_OFF: Final[sa.ColumnElement[str]] = sa.literal_column(f"'{DeadlineKind.COOLING_OFF}'")
# Neither settled, paused nor told; put aside or not.
PASSED: Final = (
    _DEADLINE.c.settled_at.is_(None),
    _DEADLINE.c.paused_at.is_(None),
    _DEADLINE.c.outcome.is_(None),
    _DEADLINE.c.due_at < _NOW,
)


def was_closed(account: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether time has closed an account whose holder asked for it, though no worker came."""
    of_account = (_DEADLINE.c.case_id == account.c.id, _DEADLINE.c.kind == _COOLING_OFF, *PASSED)
    passed = sa.exists().where(*of_account).correlate_except(_DEADLINE)
    return sa.case((account.c.closing_at < _NOW, passed), else_=sa.false())


def has_passed(deadline: Deadline, now: datetime) -> bool:
    """The same of a deadline in memory."""
    waits = deadline.settled_at is None and deadline.paused_at is None and deadline.outcome is None
    return waits and deadline.due_at < now


class Late(Exception):
    """What has passed under these roots is to be carried out first."""

    def __init__(self, roots: Iterable[str]) -> None:
        self.roots = frozenset(roots)


def is_late(root: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether something under a root has passed and waits to be carried out."""
    return sa.exists().where(_DEADLINE.c.root_id == root, *PASSED).correlate_except(_DEADLINE)


def begin_anew_if_late(roots: Iterable[Sequence[Any]], writing: Writing) -> None:
    """Give the work up where something has passed under one of these, and was not tried before it began."""
    late = {root for root, is_so in roots if is_so}.difference(writing.caught_up)
    if late and writing.viewer.role is not Role.SYSTEM:  # time itself carries out what has passed
        raise Late(late)
