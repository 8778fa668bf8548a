"""A key stands for one request: repeated it does nothing twice, and another request is not taken for it (Art. 8)."""

from __future__ import annotations

from tests.world import World, unique


async def test_a_key_used_to_propose_does_not_stand_for_carrying_out(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied(category="NEWS")
    await provider.reviewer.must("accountClaim", id=account.id)
    asked = {"id": account.id, "version": 1, "category": "NEWS", "idempotencyKey": unique("key-")}
    proposed = await provider.reviewer.must("accountApprove", **asked)
    await provider.second_reviewer.must("proposalEndorse", **proposed.proposal)

    fired = await provider.reviewer.refused("accountApprove", **asked, proposal=proposed.proposal["id"])

    assert fired.problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]
