"""Submissions are snapshots; a reviewer sees what changed between two rounds (Art. 7)."""

from __future__ import annotations

from tests.world import World, unique

ASKED = """query($id: ID!) { account(id: $id) { submissions { nodes {
  round displayName differences { field before after } materials { kind } } } } }"""


async def test_a_reviewer_sees_the_difference_between_two_rounds(world: World) -> None:
    provider = await world.provider()
    before = unique("甲")
    holder, account = await provider.applied(displayName=before)
    await provider.reviewer.must("accountClaim", id=account.id)
    items = [{"code": "DESCRIPTION", "text": "请说明用途"}]
    await provider.reviewer.must("accountRequestSupplement", id=account.id, version=1, items=items)
    after = unique("乙")
    particulars = holder.particulars(displayName=after)

    await holder.person.must(
        "accountSupplement",
        id=account.id,
        version=2,
        answers=[{"code": "DESCRIPTION", "answer": "日常分享"}],
        particulars=particulars,
    )

    shown = (await provider.reviewer.ask(ASKED, id=account.id))["account"]["submissions"]["nodes"]
    assert [submission["round"] for submission in shown] == [2, 1]
    assert {"field": "display_name", "before": before, "after": after} in shown[0]["differences"]
    assert shown[1]["differences"] == []
