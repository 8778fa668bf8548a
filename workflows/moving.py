"""Moving an account to another authority: one statement a table, in the transaction of the step that decided it.

Steps and their texts are append-only and stay as they were written: see `JOURNAL` in domain/policy/scopes.py.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, Candidate, Material, ReservedName, Submission
from domain.authority_report import AuthorityReport
from domain.batch import BatchItem
from domain.columns import TEXT
from domain.deadline import Deadline
from domain.document import Document
from domain.filing import Filing
from domain.notice import Notice, Party
from domain.permission import Permission
from domain.sanction import Evidence, Measure, Sanction
from domain.table import Table, table_of
from workflows.database import Transaction

_ACCOUNT: Final = sa.bindparam("moved_account", type_=TEXT, required=False)
_AUTHORITY: Final = sa.bindparam("moved_to", type_=TEXT, required=False)


def _ids(model: type[Table]) -> sa.Select[Any]:
    table = table_of(model)
    return sa.select(table.c.id).where(table.c.account_id == _ACCOUNT)


def _of_account(model: type[Table]) -> sa.ColumnElement[bool]:
    return table_of(model).c.account_id == _ACCOUNT


def _of_a_case(model: type[Table]) -> sa.ColumnElement[bool]:
    """A row of the account itself, or of a case that hangs on it."""
    hanging: tuple[type[Table], ...] = (Filing, Permission, Sanction, AuthorityReport)
    cases = sa.union_all(sa.select(_ACCOUNT), *map(_ids, hanging))
    return table_of(model).c.case_id.in_(cases)


def _of_a_submission() -> sa.ColumnElement[bool]:
    return table_of(Material).c.submission_id.in_(_ids(Submission))


def _handed_in() -> sa.ColumnElement[bool]:
    """The documents of its materials, and the letters of its permissions."""
    material, permission = table_of(Material), table_of(Permission)
    pieces = sa.select(material.c.document_id).where(_of_a_submission(), material.c.document_id.is_not(None))
    letters = sa.select(permission.c.letter_id).where(_of_account(Permission), permission.c.letter_id.is_not(None))
    return table_of(Document).c.id.in_(sa.union_all(pieces, letters))


def _holder() -> sa.ScalarSelect[Any]:
    account = table_of(Account)
    return sa.select(account.c.holder_id).where(account.c.id == _ACCOUNT).scalar_subquery()


def _not_addressed_to_one() -> sa.ColumnElement[bool]:
    """What an authority was told stays with it."""
    return table_of(Notice).c.party != sa.literal_column(f"'{Party.AUTHORITY}'")


# The cases first: whoever adds a row to one of them meanwhile holds a lock on it, and is waited for.
_ROWS: Final[tuple[tuple[type[Table], sa.ColumnElement[bool]], ...]] = (
    (Account, table_of(Account).c.id == _ACCOUNT),
    (Filing, _of_account(Filing)),
    (Permission, _of_account(Permission)),
    (Sanction, _of_account(Sanction)),
    (Measure, _of_account(Measure)),
    (Evidence, _of_account(Evidence)),
    (AuthorityReport, _of_account(AuthorityReport)),
    (Submission, _of_account(Submission)),
    (Material, _of_a_submission()),
    (Document, _handed_in()),
    (Candidate, _of_account(Candidate)),
    (ReservedName, _of_account(ReservedName)),
    (Deadline, _of_a_case(Deadline)),
    (Notice, sa.and_(table_of(Notice).c.holder_id == _holder(), _of_a_case(Notice), _not_addressed_to_one())),
    (BatchItem, _of_a_case(BatchItem)),
)
MOVED: Final = tuple(model for model, _ in _ROWS)
_MOVE: Final = tuple(sa.update(table_of(model)).where(which).values(jurisdiction=_AUTHORITY) for model, which in _ROWS)


async def move_account(account_id: str, authority_id: str, transaction: Transaction) -> None:
    """Let another authority answer for an account and all that is kept of it. Its root is locked."""
    for statement in _MOVE:
        await transaction.fetch(statement, {"moved_account": account_id, "moved_to": authority_id})
