"""Documents handed in: sealed while they arrive, under the clear key of the subject they are about (Art. 5).

Nothing of one lies anywhere in clear, not even while it is received: what is not yet stored is at most one piece in
memory. A document that concerns no data subject (a licence, a register) is sealed under a key of the deployment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final

import sqlalchemy as sa

from domain.content import Recogniser
from domain.document import ContentType, Document, DocumentChunk
from domain.identity import Identity
from domain.ids import new_id
from domain.policy.roles import Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from domain.vault.cipher import Place
from domain.vault.keys import Keys, derive, open_clear_key
from domain.vault.streams import ChunkSealer, unseal_chunks
from domain.viewer import Viewer
from workflows.database import Among, Database, Transaction
from workflows.document_quotas import QuotaExceeded, Quotas, check_quotas

PIECE_BYTES: Final = 1 << 20  # sealed bytes of one row
UNUSED_KEPT: Final = timedelta(hours=24)
REMOVED_AT_ONCE: Final = 100

_DOCUMENT, _CHUNK, _IDENTITY = table_of(Document), table_of(DocumentChunk), table_of(Identity)
_ID: Final = sa.bindparam("document", type_=sa.Text, required=False)
_SUBJECT: Final = sa.select(
    _IDENTITY.c.id, _IDENTITY.c.clear_key, _IDENTITY.c.provider_id, _IDENTITY.c.jurisdiction
).where(
    _IDENTITY.c.holder_id == sa.bindparam("holder", type_=sa.Text, required=False),
    _IDENTITY.c.provider_id == sa.bindparam("provider", type_=sa.Text, required=False),
)
_ADD: Final = sa.insert(_DOCUMENT)
_ADD_CHUNK: Final = sa.insert(_CHUNK)
_FINISH: Final = (
    sa.update(_DOCUMENT)
    .where(_DOCUMENT.c.id == _ID)
    .values(
        {name: sa.bindparam(f"its_{name}", type_=_DOCUMENT.c[name].type) for name in ("content_type", "size", "sha256")}
    )
)
_READ: Final = (
    sa.select(_IDENTITY.c.id, _IDENTITY.c.clear_key)
    .select_from(_DOCUMENT.outerjoin(_IDENTITY, _IDENTITY.c.id == _DOCUMENT.c.identity_id))
    .where(_DOCUMENT.c.id == _ID, _DOCUMENT.c.sha256 != sa.literal_column("''"))
)
_READ_CHUNK: Final = sa.select(_CHUNK.c.sealed).where(
    _CHUNK.c.document_id == _ID, _CHUNK.c.number == sa.bindparam("number", type_=sa.Integer, required=False)
)
# For a step that takes documents: those named that the holder's side uploaded and nobody used yet.
UNUSED_OF_HOLDER: Final = sa.select(_DOCUMENT.c.id, _DOCUMENT.c.sha256).where(
    Among(_DOCUMENT.c.id, "document_ids"),
    _DOCUMENT.c.holder_id == sa.bindparam("b_holder_id", type_=sa.Text, required=False),
    _DOCUMENT.c.used_at.is_(None),
)
_UNUSED: Final = (
    sa.select(_DOCUMENT.c.id)
    .where(
        _DOCUMENT.c.used_at.is_(None),
        _DOCUMENT.c.created_at < sa.bindparam("before", type_=_DOCUMENT.c.created_at.type, required=False),
    )
    .order_by(_DOCUMENT.c.created_at)
    .limit(sa.literal_column(str(REMOVED_AT_ONCE)))
    .with_for_update(skip_locked=True)  # one that is being used right now stays
)
_REMOVE: Final = (
    sa.delete(_CHUNK).where(Among(_CHUNK.c.document_id, "documents")),
    sa.delete(_DOCUMENT).where(Among(_DOCUMENT.c.id, "documents")),
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a document is, and the key it is sealed under."""

    key: bytes
    provider_id: str | None = None
    jurisdiction: str | None = None
    holder_id: str | None = None
    identity_id: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A document that was stored."""

    id: str
    content_type: ContentType
    size: int
    sha256: str


async def owner_of(database: Database, keys: Keys, viewer: Viewer, holder_id: str | None) -> Owner:
    """Whose a document of this viewer would be. Only INTEGRATION names a holder, one of its own provider. Refused."""
    if viewer.role is Role.INTEGRATION or viewer.role is Role.HOLDER:
        wanted = holder_id if viewer.role is Role.INTEGRATION else viewer.holder_id
        if wanted is None or holder_id not in (None, wanted):
            raise Refused(Problem(ProblemCode.NOT_FOUND, ("holderId",)))
        values = {"holder": wanted, "provider": viewer.provider_id}
        rows = await database.read(lambda connection: connection.fetch(_SUBJECT, values))
        if not rows:
            raise Refused(Problem(ProblemCode.NOT_FOUND, ("holderId",)))
        identity_id, clear_key, provider_id, jurisdiction = rows[0]
        key = open_clear_key(keys, bytes(clear_key), identity_id)
        return Owner(key, provider_id, jurisdiction, wanted, identity_id)
    if holder_id is not None:
        raise Refused(Problem(ProblemCode.NOT_FOUND, ("holderId",)))
    return Owner(_deployment_key(keys), viewer.provider_id, viewer.authority_id)


def takes_registers(viewer: Viewer) -> bool:
    """Whether a table from this viewer is a register to import."""
    return viewer.may(Grant.REGISTER_IMPORT)


class Incoming:
    """A document on its way in. Unless it is closed it was never there: discard what was not."""

    def __init__(self, database: Database, owner: Owner, viewer: Viewer, now: datetime, recogniser: Recogniser) -> None:
        self.id = new_id("document")
        self.size = 0
        self._database, self._owner, self._viewer, self._now = database, owner, viewer, now
        self._is_there = False
        self._recogniser = recogniser
        self._sealer = ChunkSealer(owner.key, place_of(self.id))
        self._hash = sha256()
        self._sealed = bytearray()
        self._pieces = 0

    async def reserve(self, quotas: Quotas, size: int) -> None:
        """Take the place of as much as it may become. QuotaExceeded."""
        owner = self._owner

        async def work(transaction: Transaction) -> None:
            await check_quotas(
                transaction, quotas, owner.holder_id, owner.provider_id, owner.jurisdiction, size, self._now
            )
            await transaction.fetch_each(_ADD, [self._row(size)])

        self._is_there = True  # also where the answer to the COMMIT is lost
        try:
            await self._database.write(work)
        except QuotaExceeded:
            self._is_there = False
            raise

    async def feed(self, piece: bytes) -> None:
        """Take the next piece. NotRecognised."""
        self._recogniser.feed(piece)
        self.size += len(piece)
        self._hash.update(piece)
        self._sealed += self._sealer.feed(piece)
        if len(self._sealed) >= PIECE_BYTES:
            await self._database.write(self._store)
            self._stored()

    async def close(self) -> Received:
        """Store the rest: from now on the document is there. NotRecognised."""
        content_type = self._recogniser.close()
        self._sealed += self._sealer.close()
        received = Received(self.id, content_type, self.size, self._hash.hexdigest())
        finished = {"document": self.id, "its_content_type": content_type, "its_size": self.size}
        finished["its_sha256"] = received.sha256

        async def work(transaction: Transaction) -> None:
            await self._store(transaction)
            await transaction.fetch_each(_FINISH, [finished])

        await self._database.write(work)
        self._stored()
        return received

    async def discard(self) -> None:
        """Leave nothing of it."""
        if self._is_there:
            await self._database.write(lambda transaction: _remove(transaction, [self.id]))

    async def _store(self, transaction: Transaction) -> None:
        chunk = {"document_id": self.id, "number": self._pieces, "sealed": bytes(self._sealed)}
        await transaction.fetch_each(_ADD_CHUNK, [chunk])

    def _stored(self) -> None:
        self._pieces += 1
        self._sealed.clear()

    def _row(self, size: int) -> dict[str, Any]:
        """The row of a document that is not whole yet: it has no hash, and nobody knows its id."""
        owner = self._owner
        return {
            "id": self.id,
            "created_at": self._now,
            "provider_id": owner.provider_id,
            "jurisdiction": owner.jurisdiction,
            "holder_id": owner.holder_id,
            "identity_id": owner.identity_id,
            "uploaded_by": self._viewer.id,
            "content_type": ContentType.TXT,
            "size": size,
            "sha256": "",
            "used_at": None,
        }


async def read_document(database: Database, keys: Keys, document_id: str) -> AsyncIterator[bytes]:
    """A stored document in pieces, in constant memory. Refused (DOCUMENT_UNUSABLE) if it is not there; NotOpened.

    Whether the viewer may have it is for the caller to decide.
    """
    rows = await database.read(lambda connection: connection.fetch(_READ, {"document": document_id}))
    if not rows:
        raise Refused(Problem(ProblemCode.DOCUMENT_UNUSABLE, ("documentId",)))
    identity_id, clear_key = rows[0]
    key = _deployment_key(keys) if identity_id is None else open_clear_key(keys, bytes(clear_key), identity_id)
    loop = asyncio.get_running_loop()

    def sealed() -> Iterator[bytes]:
        for number in count():
            found = asyncio.run_coroutine_threadsafe(_piece(database, document_id, number), loop).result()
            if found is None:
                return
            yield found

    # In a thread: opening is work for the processor, and the generator asks for its next piece by itself.
    opened = unseal_chunks(key, sealed(), place_of(document_id))
    while (piece := await asyncio.to_thread(next, opened, None)) is not None:
        yield piece


async def remove_unused(database: Database, now: datetime) -> int:
    """Remove documents that nobody used within a day; how many they were."""
    removed = 0

    async def work(transaction: Transaction) -> int:
        rows = await transaction.fetch(_UNUSED, {"before": now - UNUSED_KEPT})
        return await _remove(transaction, [row[0] for row in rows])

    while number := await database.write(work):
        removed += number
    return removed


def place_of(document_id: str) -> Place:
    """What the sealed chunks of a document are bound to."""
    return Place("document_chunk", "sealed", document_id)


async def _piece(database: Database, document_id: str, number: int) -> bytes | None:
    values = {"document": document_id, "number": number}
    rows = await database.read(lambda connection: connection.fetch(_READ_CHUNK, values))
    return bytes(rows[0][0]) if rows else None


async def _remove(transaction: Transaction, ids: list[str]) -> int:
    if ids:
        for statement in _REMOVE:
            await transaction.fetch(statement, {"documents": ids})
    return len(ids)


def _deployment_key(keys: Keys) -> bytes:
    return derive(keys.derived("deployment-text"), b"signet/document")
