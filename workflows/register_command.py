"""Importing a register that a regulator uploaded: the mutation's work, in the importer's own transactions (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import sqlalchemy as sa

from domain.document import ContentType, Document
from domain.policy.roles import Grant
from domain.problems import Problem, ProblemCode, Refused
from domain.register import RegisterKind
from domain.table import table_of
from domain.viewer import Viewer
from workflows.commands import Command, Id
from workflows.database import Transaction
from workflows.documents import read_document
from workflows.office import Office
from workflows.register_import import import_register
from workflows.unit_of_work import Outcome
from workflows.viewers import viewer_in

_DOCUMENT: Final = table_of(Document)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)
_UPLOADED: Final = sa.select(_DOCUMENT.c.id).where(
    _DOCUMENT.c.id == _ID,
    _DOCUMENT.c.jurisdiction == sa.bindparam("viewer_authority_id", type_=sa.Text, required=False),
    _DOCUMENT.c.holder_id.is_(None),
    _DOCUMENT.c.content_type == sa.literal_column(f"'{ContentType.CSV}'"),
)
_USED: Final = (
    sa.update(_DOCUMENT)
    .where(_DOCUMENT.c.id == _ID, _DOCUMENT.c.used_at.is_(None))
    .values(used_at=sa.bindparam("now", type_=_DOCUMENT.c.used_at.type, required=False))
)


class RegisterImportRun(Command):
    """Import a register that was uploaded with POST /documents. Repeating it is harmless."""

    document_id: Id
    """The uploaded CSV."""
    kind: RegisterKind
    """Which register it holds."""


async def run_import(office: Office, viewer: Viewer, command: RegisterImportRun) -> Outcome:
    """Import the file. Its rows are written in batches, each in a transaction: a kill in between is resumed."""

    async def keep(transaction: Transaction) -> None:
        present = await viewer_in(transaction, viewer)
        if present is None or not present.may(Grant.REGISTER_IMPORT):
            raise Refused(Problem(ProblemCode.NOT_ALLOWED))
        values: dict[str, Any] = {**present.bound, "id": command.document_id, "now": office.clock()}
        if not await transaction.fetch(_UPLOADED, values):
            raise Refused(Problem(ProblemCode.NOT_FOUND, ("documentId",)))
        await transaction.fetch(_USED, values)  # in use: no longer swept away

    def source() -> AsyncIterator[bytes]:
        return read_document(office.database, office.keys, command.document_id)

    try:
        await office.database.write(keep)
        report = await import_register(office.database, office.clock, command.kind, source, viewer.id, _silent)
    except Refused as refused:
        return Outcome(refused.problems)
    return Outcome(ids={"case": report.import_id})


def _silent(_rows: int, _bytes: int) -> None:
    """Over HTTP nobody watches a bar: the import's own row says how far it is."""
