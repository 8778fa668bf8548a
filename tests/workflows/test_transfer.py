"""A filing that goes to another authority, with its account and all its cases (Art. 3, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from domain.account import Account, Material, Submission
from domain.authorities import NATION, authority_id
from domain.deadline import Deadline
from domain.document import Document
from domain.filing import Filing, Transfer
from domain.journal import Step
from domain.notice import Notice
from domain.table import METADATA
from tests.workflows.test_filing import DEFECT, submitted, wrong_item
from tests.world import NEWS_REASON, REVOCATION, SHANGHAI, ZHEJIANG, Answer, Holder, Person, Provider, World, unique
from workflows.moving import MOVED

HERE, THERE = authority_id(ZHEJIANG), authority_id(SHANGHAI)
GROUNDS = "账号主体所在地在上海"
# Rows of a case's table that no transfer moves, each with why.
STAY = {
    "step": "append-only: who may read it is asked of the transfers",
    "step_text": "append-only, as its step",
    "transfer": "says itself whose it was and whose it is",
    "proposal": "its own body's, whose members alone may endorse it",
    "access_log": "append-only: says where the case lay when it was looked at",
    "event": "told once, to whom it concerned then",
}


@dataclass(eq=False)
class Dispute:
    """A filing that lies with one authority, and the people of two and of the nation."""

    world: World
    provider: Provider
    holder: Holder
    account_id: str
    filing_id: str
    here: Person
    there: Person
    nation: Person

    async def version(self) -> int:
        return (await self.filing()).seq

    async def filing(self) -> Filing:
        (found,) = await self.world.rows(Filing, id=self.filing_id)
        return found

    async def ask(self, **given: Any) -> Answer:
        """Ask Shanghai to take it over."""
        asked = {"authorityId": THERE, "grounds": GROUNDS, **given}
        return await self.here.must("filingAskTransfer", id=self.filing_id, version=await self.version(), **asked)

    async def take_over(self) -> Answer:
        return await self.there.must("filingTransfer", id=self.filing_id, version=await self.version())

    async def transferred(self) -> Answer:
        await self.ask()
        return await self.take_over()

    async def designate(self, to: str = THERE) -> Answer:
        return await self.nation.must(
            "filingDesignate", id=self.filing_id, version=await self.version(), authorityId=to, grounds=GROUNDS
        )

    async def authorities(self) -> dict[str, set[str]]:
        """Who answers for the rows of the account, by table."""
        found = {}
        ids = [self.account_id, self.filing_id]
        for model, where in (
            (Account, {"id": self.account_id}),
            (Filing, {"account_id": self.account_id}),
            (Submission, {"account_id": self.account_id}),
            (Material, {"account_id": self.account_id}),
        ):
            rows: list[Any] = await self.world.rows(model, **where)
            found[model.__name__] = {row.jurisdiction for row in rows}
        for kept in (Deadline, Notice):
            hanging: list[Any] = [row for id_ in ids for row in await self.world.rows(kept, case_id=id_)]
            found[kept.__name__] = {row.jurisdiction for row in hanging}
        return found


async def dispute(world: World, *, accepted: bool = False) -> Dispute:
    """A submitted filing, or one that was accepted."""
    provider = await world.provider()
    if accepted:
        holder, account_id, filing = await provider.filed()
        filing_id = filing.id
    else:
        holder, account_id, filing_id = await submitted(provider)
    there, nation = await world.regulator(SHANGHAI), await world.regulator(NATION)
    return Dispute(world, provider, holder, account_id, filing_id, provider.regulator, there, nation)


LEFT = """
query($ids: [ID!]!, $steps: [ID!]!, $filing: ID!) {
  nodes(ids: $ids) { id }
  filing(id: $filing) { id }
  steps: nodes(ids: $steps) { ... on Step { trigger texts { name } case { id } } }
}
"""
SEEN = """
query($filing: ID!, $account: ID!) {
  filing(id: $filing) { id transferTo { id } transferAskedAt submittedAt jurisdiction { id } account { id } }
  account(id: $account) { id jurisdiction { id } submissions { nodes { id } } journal { nodes { id } } }
  node(id: $account) { id }
}
"""


async def seen(dispute: Dispute, person: Person) -> dict[str, Any]:
    return await person.ask(SEEN, filing=dispute.filing_id, account=dispute.account_id)


async def test_the_asked_authority_sees_the_filing_and_nothing_else(world: World) -> None:
    one = await dispute(world)
    before = await seen(one, one.there)

    answer = await one.ask()

    found = await seen(one, one.there)
    assert before == {"filing": None, "account": None, "node": None}
    assert (found["account"], found["node"], found["filing"]["account"]) == (None, None, None)
    assert found["filing"]["transferTo"] == {"id": THERE}
    assert found["filing"]["jurisdiction"] == {"id": HERE}
    assert answer.state == "SUBMITTED"


@pytest.mark.parametrize("accepted", [False, True])
async def test_an_accepted_question_takes_the_account_and_all_its_cases_along(world: World, *, accepted: bool) -> None:
    one = await dispute(world, accepted=accepted)
    before = await one.filing()
    await one.ask()

    answer = await one.take_over()

    after = await one.filing()
    (transfer,) = await world.rows(Transfer, account_id=one.account_id)
    assert answer.state == before.state
    assert all(found in ({THERE}, set()) for found in (await one.authorities()).values())
    assert (after.submitted_at, after.number, after.due_at) == (before.submitted_at, before.number, before.due_at)
    assert (after.transfer_to, after.transfer_asked_at) == (None, None)
    assert (transfer.from_authority, transfer.to_authority, transfer.jurisdiction) == (HERE, THERE, THERE)
    assert (transfer.received_at, transfer.is_designated) == (before.submitted_at, False)


async def test_the_new_authority_decides_and_sees_the_whole_journal(world: World) -> None:
    one = await dispute(world)
    await one.transferred()

    accepted = await one.there.must("filingAccept", select="number", id=one.filing_id, version=await one.version())

    found = await seen(one, one.there)
    steps = await world.rows(Step, case_id=one.account_id)
    assert accepted.state == "ACCEPTED"
    assert {step["id"] for step in found["account"]["journal"]["nodes"]} == {step.id for step in steps}
    assert {step.jurisdiction for step in steps} == {
        HERE,
        THERE,
    }  # the filing of the account was ordered by the new one
    assert len(found["account"]["submissions"]["nodes"]) == 1


async def test_for_the_former_authority_the_account_never_was_save_what_it_decided(world: World) -> None:
    one = await dispute(world)
    await one.here.must("filingReturn", id=one.filing_id, version=2, reasons=wrong_item(), defects=[DEFECT])
    await one.provider.officer.must("filingSubmit", id=one.filing_id, version=3)
    await one.transferred()
    steps = await world.rows(Step, order_by="id", root_id=one.account_id)
    (submission,) = await world.rows(Submission, account_id=one.account_id)
    ids = [one.filing_id, one.account_id, submission.id]

    found = await one.here.ask(LEFT, ids=ids, steps=[step.id for step in steps], filing=one.filing_id)
    transfers = await one.here.ask(
        "{ transfers(first: 100) { nodes { id account { id } filing { id } provider { id }"
        " fromAuthority { id } toAuthority { id } steps { nodes { trigger } } } } }"
    )

    assert (found["nodes"], found["filing"]) == ([None, None, None], None)
    kept = [step for step in found["steps"] if step is not None]
    assert [step["trigger"] for step in kept] == ["return", "ask_transfer"]
    assert [step["case"] for step in kept] == [None, None]
    assert {text["name"] for text in kept[0]["texts"]} == {"PUBLIC_REASON", "FACTS", "ITEMS"}
    [transfer] = [node for node in transfers["transfers"]["nodes"] if node["provider"]["id"] == one.provider.id]
    assert (transfer["account"], transfer["filing"]) == (None, None)
    assert (transfer["fromAuthority"]["id"], transfer["toAuthority"]["id"]) == (HERE, THERE)
    assert transfer["steps"]["nodes"] == [{"trigger": "return"}, {"trigger": "ask_transfer"}]


@pytest.mark.parametrize(
    "mutation", ["filingAccept", "filingReturn", "filingDecline", "filingWithdrawTransfer", "filingAskTransfer"]
)
async def test_what_is_refused_of_a_moved_filing_reads_as_of_one_that_never_was(world: World, mutation: str) -> None:
    one = await dispute(world)
    await one.transferred()
    inputs: dict[str, dict[str, Any]] = {
        "filingReturn": {"reasons": wrong_item(), "defects": [DEFECT]},
        "filingDecline": {"reasons": NEWS_REASON},
        "filingAskTransfer": {"authorityId": THERE, "grounds": GROUNDS},
    }
    more = inputs.get(mutation, {})

    of_this = await one.here.refused(mutation, id=one.filing_id, version=3, **more)
    of_none = await one.here.refused(mutation, id="filing_01h455vb4pex5vsknk084sn02q", version=3, **more)

    assert of_this.payload == of_none.payload
    assert of_this.problems == [("NOT_FOUND", "id")]


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("filingAccept", {}),
        ("filingReturn", {"reasons": wrong_item(), "defects": [DEFECT]}),
        ("filingDecline", {"reasons": NEWS_REASON}),
        ("filingAskTransfer", {"authorityId": authority_id("110000"), "grounds": GROUNDS}),
        ("filingWithdrawTransfer", {}),
    ],
)
async def test_who_is_asked_may_answer_and_nothing_else(world: World, mutation: str, more: dict[str, Any]) -> None:
    one = await dispute(world)
    await one.ask()

    answer = await one.there.refused(mutation, id=one.filing_id, version=3, **more)

    assert answer.problems == [("NOT_COMPETENT", "id")]


async def test_an_asked_authority_may_not_revoke_either(world: World) -> None:
    one = await dispute(world, accepted=True)
    await one.ask()

    answer = await one.there.refused("filingRevoke", id=one.filing_id, version=4, **REVOCATION)

    assert answer.problems == [("NOT_COMPETENT", "id")]


@pytest.mark.parametrize("mutation", ["filingTransfer", "filingRefuseTransfer"])
async def test_only_who_is_asked_answers(world: World, mutation: str) -> None:
    one = await dispute(world)
    await one.ask()
    elsewhere = await world.regulator("110000")

    own = await one.here.refused(mutation, id=one.filing_id, version=3)
    national = await one.nation.refused(mutation, id=one.filing_id, version=3)
    foreign = await elsewhere.refused(mutation, id=one.filing_id, version=3)
    provider = await one.provider.officer.refused(mutation, id=one.filing_id, version=3)

    assert (own.codes, national.codes) == (["NOT_COMPETENT"], ["NOT_COMPETENT"])
    assert (foreign.codes, provider.codes) == (["NOT_FOUND"], ["NOT_ALLOWED"])


async def test_a_refused_question_leaves_all_as_it_was(world: World) -> None:
    one = await dispute(world)
    await one.ask()

    await one.there.must("filingRefuseTransfer", id=one.filing_id, version=3, grounds="不属本机关管辖")

    filing = await one.filing()
    assert (filing.transfer_to, filing.jurisdiction) == (None, HERE)
    assert await seen(one, one.there) == {"filing": None, "account": None, "node": None}
    assert await world.rows(Transfer, account_id=one.account_id) == []


async def test_a_question_is_taken_back_and_asked_anew(world: World) -> None:
    one = await dispute(world)
    await one.ask()
    beijing = authority_id("110000")

    twice = await one.here.refused(
        "filingAskTransfer", id=one.filing_id, version=3, authorityId=beijing, grounds="示例"
    )
    await one.here.must("filingWithdrawTransfer", id=one.filing_id, version=3)
    gone = await seen(one, one.there)
    await one.ask(authorityId=beijing)

    assert twice.problems == [("TRANSFER_ASKED", "id")]
    assert gone["filing"] is None
    assert (await one.filing()).transfer_to == beijing


@pytest.mark.parametrize(
    ("authority", "problem"),
    [
        (HERE, ("SAME_AUTHORITY", "authorityId")),
        ("authority_01h455vb4pex5vsknk084sn02q", ("NOT_FOUND", "authorityId")),
        ("account_01h455vb4pex5vsknk084sn02q", ("NOT_FOUND", "authorityId")),
    ],
)
async def test_another_authority_is_asked_and_one_there_is(
    world: World, authority: str, problem: tuple[str, str]
) -> None:
    one = await dispute(world)

    answer = await one.here.refused(
        "filingAskTransfer", id=one.filing_id, version=2, authorityId=authority, grounds=GROUNDS
    )

    assert answer.problems == [problem]


async def test_nothing_is_answered_that_was_not_asked(world: World) -> None:
    one = await dispute(world)

    answer = await one.here.refused("filingWithdrawTransfer", id=one.filing_id, version=2)

    assert answer.problems == [("TRANSFER_NOT_ASKED", "id")]


@pytest.mark.parametrize("step", ["filingReturn", "filingDecline", "filingPullBack"])
async def test_what_leaves_the_authoritys_hands_is_asked_of_nobody(world: World, step: str) -> None:
    one = await dispute(world)
    await one.ask()
    inputs: dict[str, dict[str, Any]] = {
        "filingReturn": {"reasons": wrong_item(), "defects": [DEFECT]},
        "filingDecline": {"reasons": NEWS_REASON},
    }
    more = inputs.get(step, {})
    person = one.provider.officer if step == "filingPullBack" else one.here

    await person.must(step, id=one.filing_id, version=3, **more)

    assert (await one.filing()).transfer_to is None
    assert (await seen(one, one.there))["filing"] is None


async def test_a_question_outlives_the_acceptance(world: World) -> None:
    one = await dispute(world)
    await one.ask()
    await one.here.must("filingAccept", id=one.filing_id, version=3)

    await one.take_over()

    assert (await one.filing()).jurisdiction == THERE


async def test_the_nation_designates_where_it_does_not_answer_itself(world: World) -> None:
    one = await dispute(world)
    await one.ask()
    await one.there.must("filingRefuseTransfer", id=one.filing_id, version=3)

    answer = await one.designate()

    (transfer,) = await world.rows(Transfer, account_id=one.account_id)
    assert (answer.state, (await one.filing()).jurisdiction) == ("SUBMITTED", THERE)
    assert transfer.is_designated is True
    assert all(found in ({THERE}, set()) for found in (await one.authorities()).values())


async def test_to_designate_the_present_authority_ends_the_question(world: World) -> None:
    one = await dispute(world)
    of_nothing = await one.nation.refused(
        "filingDesignate", id=one.filing_id, version=2, authorityId=HERE, grounds=GROUNDS
    )
    await one.ask()

    await one.designate(HERE)

    filing = await one.filing()
    assert of_nothing.problems == [("SAME_AUTHORITY", "authorityId")]
    assert (filing.transfer_to, filing.jurisdiction) == (None, HERE)
    assert await world.rows(Transfer, account_id=one.account_id) == []


async def test_a_province_designates_nothing(world: World) -> None:
    one = await dispute(world)

    answer = await one.here.refused("filingDesignate", id=one.filing_id, version=2, authorityId=THERE, grounds=GROUNDS)

    assert answer.problems == [("NOT_ALLOWED", "")]


async def test_what_comes_back_is_seen_whole_again(world: World) -> None:
    one = await dispute(world)
    await one.transferred()
    await one.there.must(
        "filingAskTransfer", id=one.filing_id, version=await one.version(), authorityId=HERE, grounds=GROUNDS
    )
    await one.here.must("filingTransfer", id=one.filing_id, version=await one.version())

    again, gone = await seen(one, one.here), await seen(one, one.there)

    steps = await world.rows(Step, case_id=one.account_id)
    assert {step["id"] for step in again["account"]["journal"]["nodes"]} == {step.id for step in steps}
    assert (gone["filing"], gone["account"]) == (None, None)
    triggers = "query { steps { nodes { trigger caseKind } } }"
    kept = [s["trigger"] for s in (await one.there.ask(triggers))["steps"]["nodes"] if s["caseKind"] == "filing"]
    assert {"transfer", "ask_transfer"} <= set(kept)


async def test_provider_and_holder_see_the_same_before_and_after_but_the_authority(world: World) -> None:
    one = await dispute(world)
    people = (one.provider.officer, one.provider.reviewer, one.provider.integration, one.holder.person)
    before = [await seen(one, person) for person in people]

    await one.transferred()

    for person, earlier in zip(people, before, strict=True):
        after = await seen(one, person)
        assert after["account"] == {**earlier["account"], "jurisdiction": {"id": THERE}}
        assert after["filing"] == {**earlier["filing"], "jurisdiction": {"id": THERE}}


async def test_available_steps_tell_each_authority_what_is_its_own(world: World) -> None:
    one = await dispute(world)
    await one.ask()
    query = "query($id: ID!) { filing(id: $id) { availableSteps { trigger allowed problems { code } } } }"

    found = {}
    for person in (one.here, one.there, one.nation):
        steps = (await person.ask(query, id=one.filing_id))["filing"]["availableSteps"]
        found[person] = {step["trigger"] for step in steps if step["allowed"]}

    assert found[one.here] == {"accept", "return", "decline", "withdraw_transfer"}
    assert found[one.there] == {"transfer", "refuse_transfer"}
    assert found[one.nation] == {"designate"}


async def test_a_document_of_the_account_goes_along(world: World) -> None:
    one = await dispute(world)
    (material,) = await world.rows(Material, account_id=one.account_id)
    row = {"id": unique("document_"), "created_at": world.clock(), "provider_id": one.provider.id, "jurisdiction": HERE}
    row |= {"holder_id": one.holder.id, "identity_id": None, "uploaded_by": one.holder.id, "content_type": "PDF"}
    row |= {"size": 1, "sha256": "0" * 64, "used_at": world.clock()}
    tables = METADATA.tables

    async def keep(transaction: Any) -> None:
        await transaction.fetch(sa.insert(tables["document"]), row)
        named = sa.update(tables["material"]).where(tables["material"].c.id == material.id)
        await transaction.fetch(named.values(document_id=row["id"]), {})

    await world.office.database.write(keep)

    await one.transferred()

    (document,) = await world.rows(Document, id=row["id"])
    assert document.jurisdiction == THERE


def test_every_table_that_hangs_on_an_account_moves_or_says_why_not() -> None:
    moved = {model.__tablename__ for model in MOVED}
    hanging = {
        table.name
        for table in METADATA.sorted_tables
        if "jurisdiction" in table.c and ({"account_id", "case_id"} & set(table.c.keys()))
    }

    assert hanging - moved == STAY.keys() & hanging, (
        "say in MOVED of workflows/moving.py that it moves, or here why not"
    )
