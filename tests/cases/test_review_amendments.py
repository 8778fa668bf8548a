"""Whose amendment is lost on its way is told so: by a closure that is taken back or not, and by a revocation."""

from __future__ import annotations

from typing import Any

import pytest

from domain.filing import Filing
from domain.journal import Step
from domain.notice import Notice, Party
from tests.api.test_notices import served
from tests.workflows.test_account_change import approved_change
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.workflows.test_sanction_follow_ups import closed
from tests.world import NEWS_REASON, REVOCATION, Holder, Provider, World, by_two

ON_ITS_WAY = ("PREPARED", "SUBMITTED", "RETURNED")


async def amending(provider: Provider, state: str) -> tuple[Holder, str, str]:
    """An account whose amendment stands so: holder, account, amendment."""
    holder, account_id, _ = await provider.filed()
    await approved_change(provider, account_id, holder, displayName="晨间来信")
    (row,) = await provider.world.rows(Filing, account_id=account_id, state="PREPARED")
    asked: dict[str, Any] = {"id": row.id}
    if state != "PREPARED":
        await provider.officer.must("filingSubmit", **asked, version=row.seq)
    if state == "RETURNED":
        await provider.regulator.must(
            "filingReturn", **asked, version=row.seq + 1, reasons=wrong_item(), defects=[DEFECT]
        )
    if state == "DECLINED":
        against = {**NEWS_REASON, "reasonCodes": ["OTHER"]}
        await provider.regulator.must("filingDecline", **asked, version=row.seq + 1, reasons=against)
    return holder, account_id, row.id


async def told(world: World, filing_id: str) -> list[str]:
    """Who was told that it was cancelled."""
    (step,) = await world.rows(Step, case_id=filing_id, trigger="cancel")
    return [str(notice.party) for notice in await world.rows(Notice, step_id=step.id)]


@pytest.mark.parametrize("state", ON_ITS_WAY)
async def test_review_a_closure_as_a_measure_tells_whose_amendment_is_lost(world: World, state: str) -> None:
    provider = await world.provider()
    holder, account_id, amendment = await amending(provider, state)

    case = await closed(provider, account_id, holder)
    await case.rescind()

    (row,) = await world.rows(Filing, id=amendment)
    assert row.state == "CANCELLED"
    assert await told(world, amendment) == [str(Party.HOLDER)]
    assert len(await served(holder.person, "cancel")) == 1
    await approved_change(provider, account_id, holder, displayName="晨间来信")  # to be asked for again


@pytest.mark.parametrize("state", ON_ITS_WAY)
async def test_review_a_revocation_tells_whose_amendment_is_lost(world: World, state: str) -> None:
    provider = await world.provider()
    _, account_id, amendment = await amending(provider, state)
    (filing,) = await world.rows(Filing, account_id=account_id, state="ACCEPTED")

    given: dict[str, Any] = {"id": filing.id, "version": filing.seq, **REVOCATION}
    await by_two(provider.regulator, await world.regulator(), "filingRevoke", **given)

    assert await told(world, amendment) == [str(Party.HOLDER)]


async def test_review_what_was_declined_was_told_of_then_and_the_filing_itself_comes_back(world: World) -> None:
    provider = await world.provider()
    holder, account_id, amendment = await amending(provider, "DECLINED")
    (filing,) = await world.rows(Filing, account_id=account_id, state="ACCEPTED")

    await closed(provider, account_id, holder)

    assert await told(world, amendment) == []
    assert await told(world, filing.id) == []
