"""Article 6 and 7: from a verified holder to a filing accepted by the authority."""

from __future__ import annotations

from tests.world import World


async def test_an_application_is_reviewed_by_the_provider_and_filed_with_the_authority(world: World) -> None:
    provider = await world.provider()

    holder, account_id, filing = await provider.filed()

    shown = await holder.person.ask(
        "query($id: ID!) { account(id: $id) { state filing { state number } journal { nodes { trigger toState } } } }",
        id=account_id,
    )
    assert shown["account"]["state"] == "FILED"
    assert shown["account"]["filing"] == {"state": "ACCEPTED", "number": filing.case["number"]}
    assert [step["trigger"] for step in shown["account"]["journal"]["nodes"]] == ["apply", "approve", "file"]


async def test_everything_that_is_missing_is_told_at_once_and_nothing_is_written(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.consent(["LAWS_AND_REGULATIONS", "SOCIALIST_SYSTEM"])

    answer = await holder.try_to_apply(materials=[])

    assert answer.codes == ["IDENTITY_NOT_VERIFIED", "AGREEMENT_NOT_CONSENTED", "MATERIALS_MISSING"]
    seen = await holder.person.ask("{ accounts { totalCount { value } } }")
    assert seen["accounts"]["totalCount"]["value"] == 0
