"""Seeing a notice: the party it was served on is shown the secret of its receipt, as often as they ask (Art. 8).

No case moves, so nothing is journalled. The secret is derived when it is shown: it is in the answer and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.ids import prefix_of
from domain.notice import Notice
from domain.policy.roles import Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from domain.vault.receipts import receipt
from domain.viewer import Viewer
from workflows.commands import Command, Id
from workflows.database import Transaction
from workflows.hands import Writing
from workflows.office import Office
from workflows.sight import in_scope
from workflows.unit_of_work import Outcome, frame
from workflows.writing import write

_NOTICE = table_of(Notice)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)


class NoticeSee(Command):
    """See a notice that was served on you, and take its receipt."""

    id: Id
    """The notice."""


async def see(office: Office, viewer: Viewer, command: NoticeSee) -> Outcome:
    """Note when it was first seen; the secret is made of what was read, after the commit."""

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        step_id = await _look(writing, command.id, transaction)
        await write(writing, transaction)
        return {"notice": command.id, "of_step": step_id}

    done = await frame(office, viewer, Grant.NOTICE_SEE, "notice.see", command, act, creates=False)
    if done.problems:
        return done
    return replace(done, receipt_secret=receipt(office.keys, command.id, done.ids["of_step"]).secret)


async def _look(writing: Writing, id_: str, transaction: Transaction) -> str:
    """The step that the notice tells of. The first look is kept."""
    rows = await transaction.fetch(_mine(writing.viewer.role), {**writing.viewer.bound, "id": id_})
    if not rows or prefix_of(id_) != "notice":
        raise Refused(Problem(ProblemCode.NOT_FOUND, ("id",)))
    step_id, seen_at = rows[0]
    if seen_at is None:
        writing.updates.append((Notice, id_, {"seen_at": writing.now}))
    return str(step_id)


@cache
def _mine(role: Role) -> sa.Select[Any]:
    chosen = sa.select(_NOTICE.c.step_id, _NOTICE.c.seen_at).where(_NOTICE.c.id == _ID, in_scope(_NOTICE, role))
    return chosen.with_for_update(key_share=True)
