"""A document that a step took is in use: it stays, and no other step takes it."""

from __future__ import annotations

from datetime import timedelta

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
