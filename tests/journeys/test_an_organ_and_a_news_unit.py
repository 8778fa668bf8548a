"""Article 7: organs take the fast lane; what speaks of news or of others is read by two; numbers lead nobody astray."""

from __future__ import annotations

from domain.account import Account
from tests.workflows.test_filing import by_two
from tests.world import NEWS_REASON, World, unique


async def test_an_organs_application_goes_first_and_is_approved_by_two(world: World) -> None:
    provider = await world.provider()
    await provider.applied()
    organ = await provider.holder("GOVERNMENT")
    account = await organ.apply(displayName="某市政务发布")

    first = (await provider.reviewer.ask("{ accounts(orderBy: QUEUE, first: 1) { nodes { id flags } } }"))["accounts"]
    await provider.reviewer.must("accountClaim", id=account.id)
    approve = {"id": account.id, "version": 1, "category": "GOVERNMENT_AFFAIRS"}
    await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", **approve)

    (row,) = await world.rows(Account, id=account.id)
    assert [node["id"] for node in first["nodes"]] == [account.id]
    assert {"ORGAN", "NAME_AUTHORITY"} <= set(first["nodes"][0]["flags"])
    assert row.state == "REVIEWED"


async def test_a_news_unit_is_rejected_by_two_who_both_stand_for_it(world: World) -> None:
    provider = await world.provider()
    unit = await provider.holder("NEWS_UNIT")
    kinds = ("CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE")
    materials = [{"kind": kind, "reference": unique("r-"), "sha256": "0" * 64} for kind in kinds]
    account = await unit.apply(category="NEWS", materials=materials)
    await provider.reviewer.must("accountClaim", id=account.id)

    rejected = {"id": account.id, "version": 1, "reasons": NEWS_REASON}
    await by_two(provider.reviewer, provider.second_reviewer, "accountReject", **rejected)

    query = "query($id: ID!) { account(id: $id) { state journal { nodes { trigger actorNumber } } } }"
    shown = (await unit.person.ask(query, id=account.id))["account"]
    assert shown["state"] == "REJECTED"
    assert [step["trigger"] for step in shown["journal"]["nodes"]] == ["apply", "reject"]
