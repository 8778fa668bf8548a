"""Who recused from the matters of a party decides none of them, by whichever login, until two lift it (Art. 8)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account import Account
from domain.filing import Filing
from domain.policy.roles import Role
from domain.staff import Recusal, Staff
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows import test_adopt as adoption
from tests.workflows.test_filing import submitted
from tests.world import NEWS_REASON, REVOCATION, Answer, Person, Provider, World, by_two, resident_id

REASON = "A cousin works there."


async def version(person: Person) -> int:
    (row,) = await person.world.rows(Staff, id=person.id)
    return row.seq


async def recuse(by: Person, whom: Person, party: str) -> Answer:
    return await by.must("staffRecuse", id=whom.id, version=await version(whom), partyId=party, reason=REASON)


async def lifting(whom: Person, party: str) -> dict[str, Any]:
    return {"id": whom.id, "version": await version(whom), "partyId": party, "reason": "They left."}


@pytest.mark.parametrize("who", ["oneself", "officer"])
async def test_recusal_keeps_a_reviewer_from_claiming_and_deciding(world: World, who: str) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    other, free = await provider.applied()
    by = provider.reviewer if who == "oneself" else provider.officer

    await recuse(by, provider.reviewer, holder.id)
    claimed = await provider.reviewer.refused("accountClaim", id=account.id)
    await provider.reviewer.must("accountClaim", id=free.id)
    await provider.second_reviewer.must("accountClaim", id=account.id)

    assert claimed.problems == [("OWN_MATTER", "id")]
    assert other.id != holder.id


async def test_recusal_comes_after_the_lease_and_ends_it_all_the_same(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    await provider.reviewer.must("accountClaim", id=account.id)
    await recuse(provider.reviewer, provider.reviewer, holder.id)

    approve = await provider.reviewer.refused("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    renew = await provider.reviewer.refused("accountRenewLease", id=account.id)
    assert (approve.codes, renew.codes) == (["OWN_MATTER"], ["OWN_MATTER"])


async def test_recusal_is_told_among_the_steps_that_are_open(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    await recuse(provider.officer, provider.second_reviewer, holder.id)

    steps = """query($id: ID!) { account(id: $id) { availableSteps { trigger allowed problems { code } } } }"""
    seen = (await provider.second_reviewer.ask(steps, id=account.id))["account"]["availableSteps"]

    (step,) = [one for one in seen if one["trigger"] == "claim"]
    assert (step["allowed"], step["problems"]) == (False, [{"code": "OWN_MATTER"}])


async def test_recusal_holds_of_every_login_of_the_person(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    first = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)
    officer = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder)

    await recuse(first, first, holder.id)
    given = await case.input(days=10, scope=["PUBLISH"], circumstances=CIRCUMSTANCES)
    answer = await officer.refused("sanctionRestrict", **given)

    assert "OWN_MATTER" in answer.codes


async def test_recusal_keeps_an_officer_from_endorsing_and_voids_what_they_endorsed(world: World) -> None:
    provider = await world.provider()
    second = await provider.second_officer()
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder)
    given = await case.input(days=10, scope=["PUBLISH"], circumstances=CIRCUMSTANCES)
    proposal = (await provider.officer.must("sanctionRestrict", **given)).proposal
    await second.must("proposalEndorse", **proposal)
    await recuse(second, second, holder.id)

    used = await provider.officer.refused("sanctionRestrict", **given, proposal=proposal["id"])
    again = (await provider.officer.must("sanctionRestrict", **given)).proposal
    endorsed = await second.refused("proposalEndorse", **again)

    assert used.problems == [("OWN_MATTER", "proposal")]
    assert endorsed.problems == [("OWN_MATTER", "id")]


async def test_recusal_from_a_provider_keeps_an_officer_of_its_authority_from_its_matters(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    given = {"id": permission.id, "version": permission.version}
    reasons = {"reasonCodes": ["LICENCE_DOUBTFUL"], "facts": "示例", "legalBases": ["IM_2014_ART_7"]}
    reasons["publicReason"] = "示例理由。可在收到通知后补正并重新提出。"
    await recuse(provider.regulator, provider.regulator, provider.id)

    answer = await provider.regulator.refused("permissionSuspend", **given, reasons=reasons)

    assert answer.codes == ["OWN_MATTER"]
    assert account_id


async def test_recusal_is_lifted_by_two_of_whom_neither_is_the_person(world: World) -> None:
    provider = await world.provider()
    second, third = await provider.second_officer(), await provider.second_officer()
    holder, account = await provider.applied()
    await recuse(second, second, holder.id)
    (row,) = await world.rows(Recusal, party_id=holder.id)

    own = await second.refused("staffLiftRecusal", **await lifting(second, holder.id))
    proposal = (await provider.officer.must("staffLiftRecusal", **await lifting(second, holder.id))).proposal
    endorsed = await second.refused("proposalEndorse", **proposal)
    await third.must("proposalEndorse", **proposal)
    asked = await lifting(second, holder.id)
    await provider.officer.must("staffLiftRecusal", **asked, proposal=proposal["id"])
    (after,) = await world.rows(Recusal, id=row.id)
    again = await provider.officer.refused("staffLiftRecusal", **await lifting(second, holder.id))

    assert own.problems == [("OWN_MATTER", "id")]
    assert endorsed.problems == [("OWN_MATTER", "id")]
    assert (row.lifted_at, after.lifted_at) == (None, world.clock())
    assert again.problems == [("NOT_FOUND", "partyId")]
    assert account.id


async def test_recusal_is_for_oneself_or_for_whom_one_answers_and_of_a_party_in_sight(world: World) -> None:
    provider, elsewhere = await world.provider(), await world.provider()
    holder, _ = await provider.applied()
    foreign, _ = await elsewhere.applied()
    given: dict[str, Any] = {"version": 1, "reason": REASON}

    another = await provider.reviewer.refused("staffRecuse", id=provider.second_reviewer.id, partyId=holder.id, **given)
    unseen = await provider.reviewer.refused("staffRecuse", id=provider.reviewer.id, partyId=foreign.id, **given)
    nobody = await provider.reviewer.refused("staffRecuse", id=provider.reviewer.id, partyId="holder_x", **given)
    hidden = await elsewhere.officer.refused("staffRecuse", id=provider.reviewer.id, partyId=foreign.id, **given)
    await recuse(provider.reviewer, provider.reviewer, holder.id)
    twice = await provider.officer.refused(
        "staffRecuse", id=provider.reviewer.id, partyId=holder.id, version=2, reason=REASON
    )

    assert another.problems == [("NOT_COMPETENT", "id")]
    assert unseen.problems == nobody.problems == [("NOT_FOUND", "partyId")]
    assert hidden.problems == [("NOT_FOUND", "id")]
    assert twice.problems == [("ALREADY_IN_STATE", "partyId")]


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.AUDITOR, Role.APPEAL_REVIEWER])
async def test_recusal_is_no_matter_of_machines_and_auditors(world: World, role: Role) -> None:
    provider: Provider = await world.provider()
    holder, _ = await provider.applied()

    answer = await provider.staff[role].refused(
        "staffRecuse", id=provider.reviewer.id, version=1, partyId=holder.id, reason=REASON
    )

    assert answer.codes == ["NOT_ALLOWED"]


async def test_recusal_lifted_lets_decide_again(world: World) -> None:
    provider = await world.provider()
    second = await provider.second_officer()
    holder, account = await provider.applied()
    await recuse(provider.reviewer, provider.reviewer, holder.id)
    await by_two(provider.officer, second, "staffLiftRecusal", **await lifting(provider.reviewer, holder.id))

    await provider.reviewer.must("accountClaim", id=account.id)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("who", ["proposer", "endorser"])
async def test_recusal_keeps_whoever_has_a_part_in_a_batch_of_adoptions_from_that_holder(
    world: World, who: str, when: str
) -> None:
    provider = await adoption.opened(world)
    second = await provider.second_officer()
    holder, other = await provider.holder(), await provider.holder()
    items = [adoption.item(holder), adoption.item(other)]
    batch = await adoption.filled(provider, items, proposer=second)
    person = second if who == "proposer" else provider.officer
    if when == "before":
        await recuse(person, person, holder.id)
    await batch.endorsed()
    if when == "after":
        await recuse(person, person, holder.id)

    answer = await batch.adopt()

    assert adoption.told(answer) == [(0, ["OWN_MATTER"]), (1, [])]
    assert await world.rows(Account, holder_id=holder.id) == []
    assert len(await world.rows(Account, holder_id=other.id)) == 1


@pytest.mark.parametrize("party", ["holder", "provider"])
@pytest.mark.parametrize(
    ("trigger", "more"),
    [
        ("filingAccept", {}),
        ("filingReturn", {"defects": [{"code": "ITEM_WRONG", "item": "displayName", "text": "名称不妥"}]}),
        ("filingDecline", {}),
    ],
)
async def test_recusal_keeps_an_authority_from_deciding_a_filing(
    world: World, trigger: str, more: dict[str, Any], party: str
) -> None:
    provider = await world.provider()
    holder, _, filing_id = await submitted(provider)
    await recuse(provider.regulator, provider.regulator, holder.id if party == "holder" else provider.id)

    given = more if trigger == "filingAccept" else {**more, "reasons": {**NEWS_REASON, "reasonCodes": ["ITEM_WRONG"]}}
    answer = await provider.regulator.refused(trigger, id=filing_id, version=2, **given)

    assert ("OWN_MATTER", "id") in answer.problems
    assert [row.state for row in await world.rows(Filing, id=filing_id)] == ["SUBMITTED"]


async def test_recusal_keeps_an_authority_from_taking_a_filing_back(world: World) -> None:
    provider = await world.provider()
    one, another = [await world.enrol(Role.PROVINCIAL_REGULATOR, division="330000") for _ in range(2)]
    holder, _, _ = await provider.filed()
    (filing,) = await world.rows(Filing, holder_id=holder.id)
    given = {"id": filing.id, "version": filing.seq, **REVOCATION}
    await recuse(provider.regulator, provider.regulator, holder.id)

    answer = await provider.regulator.refused("filingRevoke", **given)
    await by_two(one, another, "filingRevoke", **given)

    assert answer.problems == [("OWN_MATTER", "id")]


async def test_recusal_from_a_provider_keeps_an_officer_of_its_authority_from_its_qualifications(world: World) -> None:
    provider = await world.provider()
    made = await provider.submit_qualification()
    await recuse(provider.regulator, provider.regulator, provider.id)

    verify = await provider.regulator.refused("qualificationVerify", id=made.id, version=1)
    reasons = {**NEWS_REASON, "reasonCodes": ["QUALIFICATION_BREACH"]}
    refuse = await provider.regulator.refused("qualificationRefuse", id=made.id, version=1, reasons=reasons)

    assert verify.problems == refuse.problems == [("OWN_MATTER", "id")]
