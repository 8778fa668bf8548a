"""Articles 4 to 7: an application that lacks something is refused with everything it lacks, and nothing is written."""

from __future__ import annotations

from domain.agreement import Baseline
from tests.world import Holder, Provider, World

SIX_OF_SEVEN = [baseline.value for baseline in Baseline][:6]
VERIFIED_UNTIL_MAY = {"validTo": "2026-05-31"}


async def with_an_account(provider: Provider) -> Holder:
    """A holder whose quota is used up."""
    holder = await provider.holder()
    await holder.apply()
    return holder


async def test_a_holder_who_lacks_everything_is_told_all_of_it(world: World) -> None:
    provider = await (await world.provider()).live(**VERIFIED_UNTIL_MAY)
    taken = (await (await provider.holder()).apply(displayName="晨光笔记", handle="morninglight")).id
    holder = await with_an_account(provider)
    provider.agreement_id = await provider.publish_agreement()
    await holder.consent(SIX_OF_SEVEN)
    world.clock.advance(days=91)
    await world.sweep()

    async with world.untouched(taken):
        answer = await holder.try_to_apply(
            displayName="晨光笔记", handle="MorningLight", materials=[], category="NO_SUCH", division="999999"
        )

    assert answer.problems == [
        ("AGREEMENT_NOT_CONSENTED", ""),
        ("PROVIDER_NOT_QUALIFIED", ""),
        ("QUOTA_EXCEEDED", "exceptionReason"),
        ("CODE_UNKNOWN", "particulars.category"),
        ("CODE_UNKNOWN", "particulars.division"),
        ("NAME_UNAVAILABLE", "particulars.displayName"),
        ("HANDLE_UNAVAILABLE", "particulars.handle"),
        ("MATERIALS_MISSING", "particulars.materials"),
    ]
    assert all(problem["message"] and problem["fix"] for problem in answer.payload["problems"])


async def test_a_newcomer_at_an_unqualified_provider_is_told_all_of_it(world: World) -> None:
    provider = await (await world.provider()).live(**VERIFIED_UNTIL_MAY)
    world.clock.advance(days=91)
    await world.sweep()
    holder = await provider.newcomer()
    await holder.consent(SIX_OF_SEVEN)

    async with world.untouched():
        answer = await holder.try_to_apply(materials=[])

    assert answer.codes == [
        "IDENTITY_NOT_VERIFIED",
        "AGREEMENT_NOT_CONSENTED",
        "PROVIDER_NOT_QUALIFIED",
        "MATERIALS_MISSING",
    ]


async def test_an_identity_that_ran_out_is_told_from_one_that_never_was(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    world.clock.advance(days=396)
    await world.sweep()

    async with world.untouched():
        answer = await holder.try_to_apply(materials=[])

    assert answer.codes == ["IDENTITY_NOT_CURRENT", "MATERIALS_MISSING"]


async def test_a_document_of_nobody_and_an_unknown_material_are_named_by_their_place(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    materials = [
        {"kind": "OPERATOR_ID", "documentId": "document_00000000000000000000000000"},
        {"kind": "NO_SUCH", "reference": "r", "sha256": "0" * 64},
    ]

    async with world.untouched():
        answer = await holder.try_to_apply(materials=materials)

    assert answer.problems == [
        ("CODE_UNKNOWN", "particulars.materials.1.kind"),
        ("DOCUMENT_UNUSABLE", "particulars.materials.0.documentId"),
    ]
