"""Article 7: an application is supplemented, rejected, made again, approved, filed, revoked, put back on file."""

from __future__ import annotations

from typing import Any

from domain.journal import Step
from domain.notice import Notice
from tests.workflows.test_account import ANSWERS, ITEMS
from tests.workflows.test_filing import DEFECT, by_two, wrong_item
from tests.world import NEWS_REASON, REVOCATION, World


async def test_an_application_goes_the_long_way(world: World) -> None:
    provider = await world.provider()
    reviewer, officer, regulator = provider.reviewer, provider.officer, provider.regulator
    holder, account = await provider.applied()
    id_ = account.id

    await reviewer.must("accountClaim", id=id_)
    await reviewer.must("accountRequestSupplement", id=id_, version=1, items=ITEMS)
    world.clock.advance(days=3)
    given: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=2, **given)
    await reviewer.must("accountClaim", id=id_)
    await reviewer.must("accountReject", id=id_, version=3, reasons=NEWS_REASON)
    world.clock.advance(days=1)
    await holder.person.must("accountReapply", id=id_, version=4, particulars=holder.particulars())
    await provider.second_reviewer.must("accountClaim", id=id_)
    approved = await provider.second_reviewer.must(
        "accountApprove", select="filing { id }", id=id_, version=5, category="LIFESTYLE"
    )
    filing = approved.case["filing"]["id"]
    await officer.must("filingSubmit", id=filing, version=1)
    await regulator.must("filingReturn", id=filing, version=2, reasons=wrong_item(), defects=[DEFECT])
    await officer.must("filingSubmit", id=filing, version=3)
    await regulator.must("filingAccept", id=filing, version=4)
    colleague = await world.regulator()
    await by_two(regulator, colleague, "filingRevoke", id=filing, version=5, **REVOCATION)
    await by_two(regulator, colleague, "filingReinstate", id=filing, version=6, grounds="撤销依据不成立")

    shape = "state round filing { state round } submissions { totalCount { value } }"
    query = f"query($id: ID!) {{ account(id: $id) {{ {shape} }} }}"
    shown = (await holder.person.ask(query, id=id_))["account"]
    triggers = [step.trigger for step in await world.rows(Step, case_id=id_, order_by="seq")]
    served = [notice.party for notice in await world.rows(Notice, holder_id=holder.id, order_by="id")]
    assert shown["state"] == "FILED"
    assert (shown["round"], shown["submissions"]["totalCount"]["value"]) == (3, 3)
    assert shown["filing"] == {"state": "ACCEPTED", "round": 2}
    assert triggers == [
        "apply", "request_supplement", "supplement", "reject", "reapply", "approve", "file", "unfile", "file",
    ]  # fmt: skip
    assert served == ["HOLDER", "HOLDER", "HOLDER", "PROVIDER", "PROVIDER", "HOLDER", "PROVIDER"]
