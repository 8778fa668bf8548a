"""Nobody comes back unmarked: a subject under a told case or a measure is flagged for reviewers, and read by two."""

from __future__ import annotations

from typing import Any, Final

import pytest

from domain.account import Account
from domain.identity import Identity
from tests.cases import test_w2_closing as w2
from tests.cases.test_w2_closing import alone
from tests.sanctions import Case, opened
from tests.workflows import test_adopt as adoption
from tests.workflows.test_adopt import filled, item, told
from tests.world import Answer, Holder, Provider, World, by_two, resident_id, unique

__all__ = ["alone"]
SEEN: Final = """query($id: ID!) { account(id: $id) { flags isFlagged
    availableSteps { trigger allowed needsEndorsement problems { code } } }
    some: accounts(where: { flag: UNDER_MEASURE }) { totalCount { value } } }"""
APPROVE: Final[dict[str, Any]] = {"version": 1, "category": "LIFESTYLE"}
CODE: Final = "91330100M0001000XA"


async def begun(provider: Provider, how: str, holder: Holder) -> Case:
    """A case on a filed account of the holder, brought on so far."""
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    mutation, select = "accountApprove", "filing { id version }"
    given = {"id": account.id, **APPROVE}
    approved = await provider.reviewer.must(mutation, select=select, **given)
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    case = await opened(provider, account.id, holder, ground="FRAUD")
    await getattr(w2, how)(case)
    return case


async def applied(holder: Holder) -> Answer:
    """Another application, past the quota where there is one."""
    more = {"exceptionReason": "示例", "idempotencyKey": unique("key-")}
    return await holder.person.must("accountApply", particulars=holder.particulars(), **more)


async def flags(world: World, id_: str) -> list[str]:
    (row,) = await world.rows(Account, id=id_)
    return list(row.flags)


HELD: Final = ("notified", "interim", "restricted", "suspended")


@pytest.mark.parametrize("how", HELD)
@pytest.mark.parametrize("again", ["same holder", "another login"])
async def test_w2_who_has_a_told_case_or_a_measure_is_read_by_two(world: World, how: str, again: str) -> None:
    provider, number = await world.provider(), resident_id()
    holder = await provider.holder(residentId=number)
    await begun(provider, how, holder)
    other = holder if again == "same holder" else await provider.holder(residentId=number)

    fresh = await applied(other)
    await provider.reviewer.must("accountClaim", id=fresh.id)
    seen = await provider.reviewer.ask(SEEN, id=fresh.id)
    answer = await provider.reviewer.must("accountApprove", id=fresh.id, **APPROVE)

    assert "UNDER_MEASURE" in await flags(world, fresh.id)
    assert "UNDER_MEASURE" in seen["account"]["flags"]
    assert answer.proposal["id"] is not None
    for person in (other.person, provider.integration):
        theirs = await person.ask(SEEN, id=fresh.id)
        assert "UNDER_MEASURE" not in str(theirs["account"])
        assert theirs["some"] == {"totalCount": {"value": 0}}


@pytest.mark.parametrize("how", ["untold", "warned", "dismissed", "lifted"])
async def test_w2_nothing_else_marks_a_subject(world: World, how: str) -> None:
    provider, number = await world.provider(), resident_id()
    await begun(provider, how, await provider.holder(residentId=number))

    fresh = await (await provider.holder(residentId=number)).apply()

    assert "UNDER_MEASURE" not in await flags(world, fresh.id)


async def test_w2_what_is_told_after_the_application_is_found_at_the_approval(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    case = await begun(provider, "untold", await provider.holder(residentId=number))
    other = await provider.holder(residentId=number)
    fresh = await other.apply()
    await provider.reviewer.must("accountClaim", id=fresh.id)
    before = await flags(world, fresh.id)

    await case.notify()
    given = {"id": fresh.id, **APPROVE}
    await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", **given)

    assert "UNDER_MEASURE" not in before
    assert "UNDER_MEASURE" in await flags(world, fresh.id)


async def test_w2_a_case_that_is_overdue_marks_its_subject_still(alone: World) -> None:
    provider, number = await alone.provider(), resident_id()
    case = await begun(provider, "notified", await provider.holder(residentId=number))
    alone.clock.now = (await w2.decision(case)).due_at
    await w2.sweep(alone, days=1)

    fresh = await (await provider.holder(residentId=number)).apply()

    assert "UNDER_MEASURE" in await flags(alone, fresh.id)


async def test_w2_another_provider_learns_nothing(world: World) -> None:
    number = resident_id()
    one, two = await world.provider(), await world.provider()
    await begun(one, "suspended", await one.holder(residentId=number))

    fresh = await (await two.holder(residentId=number)).apply()

    assert await flags(world, fresh.id) == []


async def test_w2_an_organisation_is_known_by_its_code_and_its_operator_is_not(world: World) -> None:
    provider, operator = await world.provider(), resident_id()
    await begun(provider, "restricted", await provider.holder("ENTERPRISE", residentId=operator))

    same = await applied(await provider.holder("ENTERPRISE", residentId=resident_id()))
    person = await (await provider.holder(residentId=operator)).apply()

    assert "UNDER_MEASURE" in await flags(world, same.id)
    assert "UNDER_MEASURE" not in await flags(world, person.id)


async def test_w2_who_was_behind_the_account_at_the_opening_is_known_by_that(alone: World) -> None:
    """The account is closed under a case its holder was not told of; then another submits for the same login."""
    provider, number = await alone.provider(), resident_id()
    holder = await provider.holder(residentId=number)
    case = await begun(provider, "untold", holder)
    await w2.ask(case)
    await w2.sweep(alone, days=8)
    (identity,) = await alone.rows(Identity, id=holder.identity_id)
    await holder.submit_identity(version=identity.seq, residentId=resident_id())
    await provider.reviewer.must(
        "identityVerify", id=holder.identity_id, version=identity.seq + 1, method="DOCUMENT_CHECK"
    )
    await case.notify()

    fresh = await (await provider.holder(residentId=number)).apply()

    assert "UNDER_MEASURE" in await flags(alone, fresh.id)


async def test_w2_who_is_under_a_measure_is_not_adopted(world: World) -> None:
    provider, number = await adoption.opened(world), resident_id()
    await begun(provider, "suspended", await provider.holder(residentId=number))
    again, other = await provider.holder(residentId=number), await provider.holder()

    answer = await (await (await filled(provider, [item(again), item(other)])).endorsed()).adopt()

    assert told(answer) == [(0, ["REVIEW_NEEDED"]), (1, [])]
