"""A document that a step took is in use: it stays, and no other step takes it (Art. 7)."""

from __future__ import annotations

from asyncio import gather
from datetime import timedelta
from typing import Any

from tests.world import Holder, World, unique
from workflows.documents import remove_unused

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


async def uploaded(holder: Holder) -> str:
    headers = {"authorization": f"Bearer {holder.person.token}"}
    files = {"file": ("mandate.pdf", PDF, "application/pdf")}
    response = await holder.provider.world.client.post("/documents", files=files, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def test_a_mandate_handed_in_as_a_document_is_kept(world: World) -> None:
    holder = await (await world.provider()).newcomer("ENTERPRISE")
    document_id = await uploaded(holder)

    await holder.submit_identity(mandate=document_id)

    world.clock.advance(days=2)
    await remove_unused(world.office.database, world.clock() + timedelta(days=2))
    again = await holder.person.do(
        "accountApply",
        particulars=holder.particulars(materials=[{"kind": "OPERATOR_ID", "documentId": document_id}]),
        idempotencyKey=unique("key-"),
    )
    assert ("DOCUMENT_UNUSABLE", "particulars.materials.0.documentId") in again.problems


async def test_a_document_of_somebody_else_cannot_be_a_mandate(world: World) -> None:
    provider = await world.provider()
    mine, theirs = await provider.newcomer("ENTERPRISE"), await provider.newcomer("ENTERPRISE")
    document_id = await uploaded(theirs)

    answer = await mine.person.do(
        "identitySubmit",
        id=mine.identity_id,
        version=0,
        legalName="示例",
        residentId="000000199001010018",
        mobile="13900000000",
        mandate=document_id,
    )

    assert answer.problems == [("DOCUMENT_UNUSABLE", "mandate")]


async def test_of_two_supplements_at_once_one_takes_the_document(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("ENTERPRISE")
    asked = [{"code": "OFFICIAL_LETTER", "text": "请重新上传"}]
    ids = [(await holder.apply()).id for _ in range(2)]
    for id_ in ids:
        await provider.reviewer.must("accountClaim", id=id_)
        await provider.reviewer.must("accountRequestSupplement", id=id_, version=1, items=asked)
    document_id = await uploaded(holder)

    answers = await gather(
        *(
            holder.person.do(
                "accountSupplement",
                id=id_,
                version=2,
                answers=[{"code": "OFFICIAL_LETTER", "answer": "已上传"}],
                particulars=with_letter(holder, document_id),
            )
            for id_ in ids
        )
    )

    assert sorted(answer.codes for answer in answers) == [[], ["DOCUMENT_UNUSABLE"]]


def with_letter(holder: Holder, document_id: str) -> dict[str, Any]:
    """Particulars whose official letter is an uploaded document."""
    given = holder.particulars()
    others = [piece for piece in given["materials"] if piece["kind"] != "OFFICIAL_LETTER"]
    return {**given, "materials": [*others, {"kind": "OFFICIAL_LETTER", "documentId": document_id}]}
