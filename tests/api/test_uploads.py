"""Documents: told by their content, sealed as they arrive, refused in plain words and never with 5xx (Art. 5)."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route

from api.errors import NotAuthenticated
from api.limits import Buckets
from api.uploads import BYTES_MAX, UploadEndpoint
from domain.authority import Authority
from domain.case import NO_DUE_DATE, ClockState
from domain.document import Document, DocumentChunk
from domain.holder import Holder, HolderState, SubjectType
from domain.identity import Identity, IdentityState
from domain.ids import new_id
from domain.policy.roles import Role
from domain.problems import Refused
from domain.provider import Mode, Provider, ProviderState
from domain.table import table_of
from domain.vault.keys import KeyRing, new_subject_keys
from domain.viewer import ANONYMOUS, Viewer
from workflows.database import Database, Transaction
from workflows.document_quotas import Quota, Quotas
from workflows.documents import read_document, remove_unused
from workflows.migrations import open_database
from workflows.office import Office

MANY = Quotas(Quota(1_000, 1_000_000_000), Quota(1_000_000, 10**12))
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEYS = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
JPEG = b"\xff\xd8\xff\xe0" + b"\x00\x10JFIF" * 400
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" * 40
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 40
NAMED = b'--X\r\nContent-Disposition: form-data; name="%s"'
WORDS = "营业执照 复印件\r\n第二行\n".encode()
AUTHORITIES, DOCUMENTS, CHUNKS = table_of(Authority), table_of(Document), table_of(DocumentChunk)


@dataclass
class Counter:
    """The counter where documents are handed in, and who stands before it."""

    client: httpx2.AsyncClient
    database: Database
    viewers: dict[str, Viewer]

    async def send(self, who: str = "holder", content: Any = JPEG, **given: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {who}", **given.pop("headers", {})}
        return await self.client.post("/documents", content=content, headers=headers, **given)

    async def form(self, who: str, *parts: tuple[str, bytes]) -> httpx2.Response:
        lines = b"".join(
            b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
            for name, data in parts
        )
        return await self.send(who, lines + b"--X--\r\n", headers={"content-type": "multipart/form-data; boundary=X"})

    async def stored(self, document_id: str) -> bytes:
        return b"".join([piece async for piece in read_document(self.database, KEYS, document_id)])

    async def count(self, who: str = "holder") -> int:
        mine = sa.select(sa.func.count()).where(DOCUMENTS.c.uploaded_by == self.viewers[who].id)
        return int((await self.database.read(lambda connection: connection.fetch(mine, {})))[0][0])


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    database = await open_database(database_url)
    try:
        viewers = await people(database)

        async def viewer_of(authorization: str | None) -> Viewer:
            if authorization is None:
                return ANONYMOUS
            if authorization not in viewers:
                raise NotAuthenticated
            return viewers[authorization]

        office = Office(database, KEYS, lambda: NOW)
        viewers |= {f"Bearer {name}": viewer for name, viewer in viewers.items()}
        app = Starlette(routes=[Route("/documents", UploadEndpoint(office, viewer_of, Buckets(), MANY))])
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://signet") as client:
            yield Counter(client, database, viewers)
    finally:
        await database.close()


async def people(database: Database) -> dict[str, Viewer]:
    """A provider with a holder, and one of each who may and may not hand in documents."""
    ((authority_id,),) = await database.read(
        lambda connection: connection.fetch(sa.select(AUTHORITIES.c.id).order_by(AUTHORITIES.c.id).limit(1), {})
    )
    provider_id, holder_id, identity_id = new_id("provider"), new_id("holder"), new_id("identity")
    case = {"created_at": NOW, "stepped_at": NOW, "seq": 0, "head": bytes(32)}
    keys = new_subject_keys(KEYS, identity_id)
    tenant = {"provider_id": provider_id, "jurisdiction": authority_id}
    rows: list[tuple[Any, dict[str, Any]]] = [
        (Provider, {"id": provider_id, "state": ProviderState.REGISTERED, "name": "试用", "uscc": "",
                    "division": "310000", "jurisdiction": authority_id, "mode": Mode.SANDBOX, "sandbox_of": None,
                    "settings": {}}),
        (Holder, {"id": holder_id, **tenant, "state": HolderState.ENROLLED, "issuer": None, "subject": None,
                  "subject_type": SubjectType.INDIVIDUAL, "display_name": "小河", "division": "310000"}),
        (Identity, {**{column.key: None for column in table_of(Identity).c}, "id": identity_id, **tenant,
                    "state": IdentityState.UNVERIFIED, "holder_id": holder_id, "mask_key": keys.mask_key,
                    "clear_key": keys.clear_key, "uscc_flagged": False, "twin": False, "pending_uscc_flagged": False,
                    "due_at": NO_DUE_DATE, "clock": ClockState.NONE}),
    ]  # fmt: skip

    async def work(transaction: Transaction) -> None:
        for model, row in rows:
            await transaction.fetch_each(sa.insert(table_of(model)), [{**row, **case}])

    await database.write(work)

    def staff(role: Role, **given: Any) -> Viewer:
        return Viewer(new_id("staff"), role, issuer="i", subject="s", **given)

    return {
        "holder": Viewer(holder_id, Role.HOLDER, provider_id=provider_id, holder_id=holder_id),
        "newcomer": Viewer("", Role.HOLDER, provider_id=provider_id),
        "integration": staff(Role.INTEGRATION, provider_id=provider_id),
        "stranger": staff(Role.INTEGRATION, provider_id=new_id("provider")),
        "officer": staff(Role.COMPLIANCE_OFFICER, provider_id=provider_id),
        "reviewer": staff(Role.REVIEWER, provider_id=provider_id),
        "province": staff(Role.PROVINCIAL_REGULATOR, authority_id=authority_id),
        "nation": staff(Role.NATIONAL_REGULATOR, authority_id=authority_id),
    }


def problem(response: httpx2.Response) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"code", "message", "fix", "path"}
    return response.status_code, body["code"]


@pytest.mark.parametrize(
    ("content", "expected"), [(JPEG, "JPEG"), (PNG, "PNG"), (PDF, "PDF"), (WORDS, "TXT"), ("\ufeff好".encode(), "TXT")]
)
async def test_a_document_is_what_its_content_says(counter: Counter, content: bytes, expected: str) -> None:
    response = await counter.send(content=content, headers={"content-type": "application/x-anything"})

    assert response.status_code == 201
    body = response.json()
    assert body == {
        "id": body["id"], "contentType": expected, "size": len(content), "sha256": sha256(content).hexdigest(),
    }  # fmt: skip
    assert response.headers["cache-control"] == "no-store"
    assert await counter.stored(body["id"]) == content


async def test_nothing_of_a_document_lies_in_clear(counter: Counter) -> None:
    id_ = (await counter.send(content=WORDS * 100)).json()["id"]

    chunks = sa.select(CHUNKS.c.sealed).where(CHUNKS.c.document_id == id_)
    rows = await counter.database.read(lambda connection: connection.fetch(chunks, {}))

    assert rows
    assert all("营业".encode() not in bytes(row[0]) for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a\x01\x00%PDF-1.7", b"\x00" + JPEG, b" " + PNG, b"PK\x03\x04" + b"\x00" * 20, b"MZ\x90\x00",
        b"\x7fELF\x01",
        "好".encode("gb18030"), "好".encode()[:-1], b"text\x00text", b"text\x1b[31m", "a\u0085b".encode(), b"\xff\xd8",
        "x".encode("utf-16"), gzip.compress(WORDS, mtime=0), b"\xed\xa0\x80", WORDS + b"\xff",
    ],
)  # fmt: skip
async def test_what_is_nothing_that_is_taken_is_refused_and_leaves_nothing(counter: Counter, content: bytes) -> None:
    response = await counter.send(content=content, headers={"content-type": "image/jpeg"})

    assert problem(response) == (415, "TYPE_UNSUPPORTED")
    assert await counter.count() == 0


async def test_a_compressed_body_is_not_unpacked(counter: Counter) -> None:
    response = await counter.send(content=gzip.compress(WORDS), headers={"content-encoding": "gzip"})

    assert problem(response) == (415, "TYPE_UNSUPPORTED")


async def test_a_large_document_is_stored_in_pieces_and_read_back_whole(counter: Counter) -> None:
    content = JPEG + bytes(range(256)) * 15_000

    async def streamed() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    id_ = (await counter.send(content=streamed())).json()["id"]

    pieces = sa.select(sa.func.count()).where(CHUNKS.c.document_id == id_)
    assert (await counter.database.read(lambda connection: connection.fetch(pieces, {})))[0][0] == 4
    assert await counter.stored(id_) == content


async def test_a_document_may_have_five_megabytes_and_no_more(counter: Counter) -> None:
    async def streamed(size: int) -> AsyncIterator[bytes]:
        yield JPEG
        for start in range(len(JPEG), size, 60_000):
            yield b"\x00" * min(60_000, size - start)

    right = await counter.send(content=streamed(BYTES_MAX))
    large = await counter.send(content=streamed(BYTES_MAX + 1))
    announced = await counter.send(content=b"", headers={"content-length": "9" * 30})

    assert right.status_code == 201
    assert problem(large) == (413, "TOO_LARGE")
    assert problem(announced) == (413, "TOO_LARGE")
    assert await counter.count() == 1


async def test_an_empty_document_is_refused(counter: Counter) -> None:
    assert problem(await counter.send(content=b"")) == (422, "EMPTY")
    assert problem(await counter.form("holder", ("file", b""))) == (422, "EMPTY")


async def test_who_may_not_upload_is_told_so_before_anything_is_read(counter: Counter) -> None:
    async def unread() -> AsyncIterator[bytes]:
        for _ in range(1):
            raise AssertionError("the body was read")
        yield b""

    assert problem(await counter.send("reviewer", unread())) == (403, "NOT_ALLOWED")
    refused = await counter.send("nobody", unread())
    assert problem(refused) == (401, "UNAUTHENTICATED")
    assert refused.headers["www-authenticate"] == 'Bearer realm="signet", error="invalid_token"'
    assert problem(await counter.client.post("/documents", content=unread())) == (401, "UNAUTHENTICATED")


async def test_documents_are_sent_by_post(counter: Counter) -> None:
    response = await counter.client.get("/documents")

    assert problem(response) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"


async def test_integration_names_a_holder_of_its_own_provider(counter: Counter) -> None:
    holder_id = counter.viewers["holder"].id

    by_form = await counter.form("integration", ("holderId", holder_id.encode()), ("file", PDF))
    by_query = await counter.send("integration", PDF, params={"holderId": holder_id})

    assert (by_form.status_code, by_query.status_code) == (201, 201)
    assert await counter.stored(by_form.json()["id"]) == PDF


async def test_a_holder_elsewhere_and_one_that_never_was_are_the_same(counter: Counter) -> None:
    holder_id = counter.viewers["holder"].id
    foreign = await counter.send("stranger", PDF, params={"holderId": holder_id})
    absent = await counter.send("stranger", PDF, params={"holderId": new_id("holder")})

    assert problem(foreign) == (422, "NOT_FOUND")
    assert foreign.content == absent.content


@pytest.mark.parametrize("holder_id", ["", "x", "holder_\0", "a" * 5_000, "holder_%00", "' OR 1=1 --"])
async def test_a_holder_that_cannot_be_is_not_found(counter: Counter, holder_id: str) -> None:
    assert problem(await counter.send("integration", PDF, params={"holderId": holder_id})) == (422, "NOT_FOUND")


async def test_who_has_no_holder_to_name_may_not_name_one(counter: Counter) -> None:
    named = {"holderId": counter.viewers["holder"].id}

    assert problem(await counter.send("officer", PDF, params=named)) == (422, "NOT_FOUND")
    assert problem(await counter.send("integration", PDF)) == (422, "NOT_FOUND")
    assert problem(await counter.send("newcomer", PDF)) == (422, "NOT_FOUND")


async def test_a_providers_licence_is_sealed_under_the_deployments_key(counter: Counter) -> None:
    response = await counter.send("officer", PDF)

    assert response.status_code == 201
    assert await counter.stored(response.json()["id"]) == PDF


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_register_may_be_in_either_encoding(counter: Counter, encoding: str) -> None:
    content = "名称,类别\n新华社,新闻单位\n".encode(encoding)

    response = await counter.send("nation", content, headers={"content-type": "text/csv; charset=x"})

    assert (response.status_code, response.json()["contentType"]) == (201, "CSV")
    assert await counter.stored(response.json()["id"]) == content


async def test_only_who_imports_registers_may_send_a_large_one(counter: Counter) -> None:
    content = "名称,类别\n".encode() + "新华社,新闻单位\n".encode() * 250_000

    taken = await counter.send("nation", content, headers={"content-type": "text/csv"})
    others = [await counter.send(who, content, headers={"content-type": "text/csv"}) for who in ("province", "officer")]

    assert (taken.status_code, taken.json()["size"]) == (201, len(content))
    assert [problem(other) for other in others] == [(413, "TOO_LARGE")] * 2
    assert problem(await counter.send("nation", JPEG, headers={"content-type": "text/csv"})) == (
        415,
        "TYPE_UNSUPPORTED",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--X",
        b"--X--\r\n",
        b"--X\r\n\r\nx\r\n--X--\r\n",
        b"no form at all",
        NAMED % b"file" + b"\r\n\r\nhello",
        NAMED % b"other" + b"\r\n\r\nhello\r\n--X--\r\n",
        b"--X\r\nContent-Disposition: attachment\r\n\r\nhello\r\n--X--\r\n",
        NAMED % b"file" + b"\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--X--\r\n",
        b"--X\r\n" + b"A: b\r\n" * 50 + b"\r\nhello\r\n--X--\r\n",
        NAMED % b"file" + b"\r\n\r\na\r\n" + NAMED % b"file" + b"\r\n\r\nb\r\n--X--\r\n",
        b"--X\r\n\xff\xfe: \x00\r\n\r\nhello\r\n--X--\r\n",
    ],
)  # fmt: skip
async def test_a_form_that_is_not_as_it_should_be_is_refused(counter: Counter, body: bytes) -> None:
    response = await counter.send(content=body, headers={"content-type": "multipart/form-data; boundary=X"})

    assert problem(response) == (422, "FORM_INVALID")
    assert await counter.count() == 0


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "b" * 300])
async def test_a_form_without_a_boundary_is_refused(counter: Counter, content_type: str) -> None:
    assert problem(await counter.send(content=b"--X--", headers={"content-type": content_type})) == (
        422,
        "FORM_INVALID",
    )


async def test_a_holder_named_after_the_file_comes_too_late(counter: Counter) -> None:
    holder_id = counter.viewers["holder"].id.encode()

    response = await counter.form("holder", ("file", PDF), ("holderId", holder_id))

    assert problem(response) == (422, "FORM_INVALID")
    assert await counter.count() == 0


async def test_what_nobody_used_is_gone_after_a_day(counter: Counter) -> None:
    id_ = (await counter.send()).json()["id"]
    used = (await counter.send()).json()["id"]
    mark = sa.update(DOCUMENTS).where(DOCUMENTS.c.id == sa.bindparam("which"))
    mark = mark.values(used_at=sa.bindparam("at", type_=DOCUMENTS.c.used_at.type))
    await counter.database.write(lambda transaction: transaction.fetch_each(mark, [{"which": used, "at": NOW}]))

    await remove_unused(counter.database, NOW + timedelta(hours=23))
    assert await counter.stored(id_) == JPEG
    late = await remove_unused(counter.database, NOW + timedelta(hours=25))

    assert late >= 1
    with pytest.raises(Refused):
        await counter.stored(id_)
    assert await counter.stored(used) == JPEG
