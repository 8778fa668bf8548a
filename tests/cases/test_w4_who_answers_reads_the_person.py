"""W4: who answers for a case reads the person behind it, who does not, does not (Art. 3, 5, 7)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from domain.authorities import authority_id
from domain.journal import Step
from domain.policy.roles import Role
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.workflows.test_transfer import HERE, Dispute, dispute
from tests.world import NEWS_REASON, SHANGHAI, ZHEJIANG, Person, World, mobile, unique

BEHIND: Final = """
query($account: ID!, $holder: ID!, $identity: ID!, $filing: ID!) {
  account(id: $account) {
    holder {
      id identity { legalName { display } mobile { display } residentId { display form } } consents { nodes { id } }
    }
    provider { id name }
  }
  filing(id: $filing) { holder { id } identity { mobile { display } } provider { id } agreement { id body } }
  holder(id: $holder) { id displayName identity { mobile { display } } }
  nodes(ids: [$holder, $identity]) { id }
}
"""
HOLDERS: Final = "{ holders(first: 100) { nodes { id } } }"
TEXTS: Final = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Step { trigger texts { text { display } } } } }"
NOTHING: Final = {"account": None, "filing": None, "holder": None, "nodes": [None, None]}


async def behind(one: Dispute, person: Person) -> dict[str, Any]:
    asked = {"account": one.account_id, "holder": one.holder.id, "identity": one.holder.identity_id}
    return await person.ask(BEHIND, **asked, filing=one.filing_id)


def reads_the_person(found: dict[str, Any], one: Dispute) -> bool:
    holder = found["account"]["holder"]
    return bool(
        holder["id"] == one.holder.id
        and holder["identity"]["legalName"]["display"] == "欧阳**"
        and holder["identity"]["residentId"]["form"] == "PSEUDONYM"
        and len(holder["consents"]["nodes"]) == 7
        and found["account"]["provider"]["id"] == one.provider.id
        and found["filing"]["identity"]["mobile"] == holder["identity"]["mobile"]
        and found["filing"]["agreement"]["id"] == one.provider.agreement_id
        and found["nodes"] == [{"id": one.holder.id}, {"id": one.holder.identity_id}]
    )


@pytest.mark.parametrize("accepted", [False, True])
async def test_w4_the_person_goes_with_the_filing(world: World, *, accepted: bool) -> None:
    one = await dispute(world, accepted=accepted)
    before = await behind(one, one.here)

    await one.transferred()

    assert reads_the_person(before, one)
    assert reads_the_person(await behind(one, one.there), one)
    assert await behind(one, one.here) == NOTHING


async def test_w4_the_person_goes_where_the_nation_designates(world: World) -> None:
    one = await dispute(world)

    await one.designate()

    assert reads_the_person(await behind(one, one.there), one)
    assert await behind(one, one.here) == NOTHING
    assert reads_the_person(await behind(one, one.nation), one)


async def test_w4_who_is_asked_and_who_refuses_reads_nobody(world: World) -> None:
    one = await dispute(world)
    await one.ask()
    asked = await behind(one, one.there)
    await one.there.must("filingRefuseTransfer", id=one.filing_id, version=await one.version())

    assert (asked["account"], asked["holder"], asked["nodes"]) == (None, None, [None, None])
    assert (asked["filing"]["holder"], asked["filing"]["identity"], asked["filing"]["provider"]) == (None, None, None)
    assert await behind(one, one.there) == NOTHING
    assert reads_the_person(await behind(one, one.here), one)


async def test_w4_what_went_on_or_came_back_is_read_where_it_lies(world: World) -> None:
    one = await dispute(world)
    third = authority_id("110000")
    beijing = await world.regulator("110000")
    await one.transferred()
    await one.designate(third)
    onward = [await behind(one, person) for person in (one.here, one.there)]
    read = await behind(one, beijing)
    await one.designate(HERE)

    assert onward == [NOTHING, NOTHING]
    assert reads_the_person(read, one)
    assert reads_the_person(await behind(one, one.here), one)
    assert [await behind(one, person) for person in (one.there, beijing)] == [NOTHING, NOTHING]


async def test_w4_lists_and_counts_agree(world: World) -> None:
    one = await dispute(world)
    await one.transferred()

    here, there = [
        {node["id"] for node in (await person.ask(HOLDERS))["holders"]["nodes"]} for person in (one.here, one.there)
    ]

    assert one.holder.id not in here
    assert one.holder.id in there


async def test_w4_with_one_of_two_accounts_the_person_is_read_by_both(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("GOVERNMENT")
    made = []
    for _ in range(2):
        account = await holder.apply(category="GOVERNMENT_AFFAIRS")
        await provider.reviewer.must("accountClaim", id=account.id)
        given: dict[str, Any] = {"id": account.id, "version": 1, "category": "GOVERNMENT_AFFAIRS"}
        proposed = await provider.reviewer.must("accountApprove", **given)
        await provider.second_reviewer.must("proposalEndorse", **proposed.proposal)
        done = await provider.reviewer.must(
            "accountApprove", **given, proposal=proposed.proposal["id"], select="filing { id version }"
        )
        filing = done.case["filing"]
        await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
        there, nation = await world.regulator(SHANGHAI), await world.regulator("000000")
        made.append(Dispute(world, provider, holder, account.id, filing["id"], provider.regulator, there, nation))

    await made[0].transferred()
    query = "query($id: ID!) { holder(id: $id) { id } }"
    shared = [await person.ask(query, id=holder.id) for person in (made[0].here, made[0].there)]
    await made[1].transferred()

    assert shared == [{"holder": {"id": holder.id}}] * 2
    assert await made[0].here.ask(query, id=holder.id) == {"holder": None}


async def test_w4_the_words_of_the_case_open_where_it_lies(world: World) -> None:
    one = await dispute(world)
    await one.here.must("filingReturn", id=one.filing_id, version=2, reasons=wrong_item(), defects=[DEFECT])
    await one.provider.officer.must("filingSubmit", id=one.filing_id, version=3)
    await one.transferred()
    steps = [step.id for step in await world.rows(Step, case_id=one.filing_id, trigger="return")]

    here, there = [(await person.ask(TEXTS, ids=steps))["nodes"][0] for person in (one.here, one.there)]

    assert {text["text"]["display"] for text in here["texts"]} == {None}
    assert NEWS_REASON["publicReason"] in {text["text"]["display"] for text in there["texts"]}


async def test_w4_the_journal_of_a_person_goes_with_them(world: World) -> None:
    one = await dispute(world)
    steps = [step.id for step in await world.rows(Step, case_id=one.holder.identity_id, order_by="seq")]
    before = (await one.here.ask(TEXTS, ids=steps))["nodes"]

    await one.transferred()

    assert [step["trigger"] for step in before] == ["submit", "verify"]
    assert (await one.here.ask(TEXTS, ids=steps))["nodes"] == [None, None]
    assert [step["trigger"] for step in (await one.there.ask(TEXTS, ids=steps))["nodes"]] == ["submit", "verify"]


async def test_w4_what_the_person_does_afterwards_is_read_where_the_case_lies(world: World) -> None:
    one = await dispute(world, accepted=True)
    await one.transferred()
    number = mobile()
    await one.holder.submit_identity(2, mobile=number)
    case = await opened(one.provider, one.account_id, one.holder)
    await case.restrict(circumstances=CIRCUMSTANCES)
    pending = await world.rows(Step, case_id=one.holder.identity_id, trigger="submit", order_by="seq")

    found = [(await person.ask(TEXTS, ids=[pending[-1].id]))["nodes"] for person in (one.here, one.there)]
    shown = [
        await person.ask("query($id: ID!) { sanction(id: $id) { account { holder { id } } } }", id=case.id)
        for person in (one.here, one.there)
    ]

    assert found[0] == [None]
    assert found[1][0]["trigger"] == "submit"
    assert shown[0] == {"sanction": None}
    assert shown[1] == {"sanction": {"account": {"holder": {"id": one.holder.id}}}}


async def test_w4_of_a_holder_without_an_account_their_providers_authority_reads(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    elsewhere = await world.regulator(SHANGHAI)
    query = "query($id: ID!) { holder(id: $id) { identity { legalName { display } } } }"

    here, there = [await person.ask(query, id=holder.id) for person in (provider.regulator, elsewhere)]

    assert here == {"holder": {"identity": {"legalName": {"display": "欧阳**"}}}}
    assert there == {"holder": None}


async def test_w4_an_auditor_of_the_former_authority_reads_the_person_no_more(world: World) -> None:
    one = await dispute(world)
    here, there = [await world.enrol(Role.AUDITOR, division=place) for place in (ZHEJIANG, SHANGHAI)]
    query = "query($id: ID!) { holder(id: $id) { id } }"
    before = [await person.ask(query, id=one.holder.id) for person in (here, there)]

    await one.transferred()

    after = [await person.ask(query, id=one.holder.id) for person in (here, there)]
    assert before == [{"holder": {"id": one.holder.id}}, {"holder": None}]
    assert after == [{"holder": None}, {"holder": {"id": one.holder.id}}]


async def test_w4_the_new_authority_writes_nothing_of_the_provider(world: World) -> None:
    one = await dispute(world)
    await one.transferred()
    version = (await one.there.ask("query($id: ID!) { provider(id: $id) { version } }", id=one.provider.id))["provider"]

    answer = await one.there.refused(
        "providerConfigure", id=one.provider.id, version=version["version"], publishBeforeFiling=True
    )
    sandbox = await one.there.refused(
        "providerGoLive", id=one.provider.id, version=version["version"], idempotencyKey=unique("key-")
    )

    assert (answer.codes, sandbox.codes) == (["NOT_COMPETENT"], ["NOT_COMPETENT"])
