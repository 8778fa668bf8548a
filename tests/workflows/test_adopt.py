"""Adopting accounts that were examined before the provider came here: filled in batches, endorsed once (Art. 7, 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from api.dev_issuer import ISSUER
from domain.account import Account, AccountState, Submission
from domain.batch import Batch, BatchItem, BatchKind
from domain.deadline import Deadline
from domain.filing import Filing
from domain.journal import Step, StepText
from domain.policy.roles import Role
from domain.proposal import Involvement, Proposal
from domain.table import table_of
from domain.viewer import Viewer
from tests.world import Answer, Holder, Person, Provider, World, document, resident_id, unique
from workflows import adoption_facts, batch_pace, batch_run
from workflows.account import ACCOUNT
from workflows.account_adopt import AccountAdoption
from workflows.batch_chunk import Chunk
from workflows.batch_commands import ROOM
from workflows.database import compile_once
from workflows.soundness import verify_chains
from workflows.unit_of_work import carry_out

UNTIL: Final = datetime(2026, 9, 1, tzinfo=UTC)
EXAMINED: Final = {"examinedOn": "2025-06-01", "examiner": "示例审核员甲", "reference": "示例审核单-88"}


def item(holder: Holder, *, examination: Mapping[str, str] = EXAMINED, **changed: Any) -> dict[str, Any]:
    """An account of a holder to adopt."""
    particulars = {
        "handle": unique("h"),
        "displayName": unique("旧号"),
        "description": "早已开设的账号",
        "category": "LIFESTYLE",
        "division": "330100",
    }
    more: dict[str, Any] = {name: changed.pop(name) for name in ("formerNumber", "holderId") if name in changed}
    return {
        "holderId": holder.id,
        "particulars": {**particulars, **changed},
        "examination": dict(examination),
        **more,
    }


async def opened(world: World, **settings: Any) -> Provider:
    """A provider whose authority lets it adopt accounts."""
    provider = await world.provider()
    given = {"adoptionUntil": UNTIL.isoformat(), **settings}
    await provider.regulator.must("providerConfigure", id=provider.id, version=1, **given)
    return provider


@dataclass
class Filled:
    """A batch, and who proposes and endorses it."""

    provider: Provider
    id: str
    version: int
    digest: str
    proposer: Person
    endorser: Person
    proposal: Mapping[str, str] | None = None

    @property
    def asked(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "digest": self.digest}

    async def propose(self, **more: Any) -> Filled:
        answer = await self.proposer.must("accountAdopt", idempotencyKey=unique("key-"), **self.asked, **more)
        self.proposal = answer.proposal
        return self

    async def endorsed(self, **more: Any) -> Filled:
        """Proposed and endorsed."""
        await self.propose(**more)
        await self.endorser.must("proposalEndorse", **(self.proposal or {}))
        return self

    async def adopt(self, **more: Any) -> Answer:
        """Carry it out, or on."""
        named = {"proposal": (self.proposal or {})["id"], "idempotencyKey": unique("key-")}
        return await self.proposer.do("accountAdopt", **{**self.asked, **named, **more})


async def filled(provider: Provider, items: Sequence[Any], *, proposer: Person | None = None) -> Filled:
    """A batch of these items."""
    by = proposer or provider.integration
    answer = await by.must("batchFill", select="digest", items=list(items), idempotencyKey=unique("key-"))
    return Filled(provider, answer.id, answer.version, answer.case["digest"], by, provider.officer)


def told(answer: Answer) -> list[tuple[int, list[str]]]:
    """The verdicts: index and codes."""
    return [(one["index"], [problem["code"] for problem in one["problems"]]) for one in answer.payload["results"]]


async def counts(world: World, batch_id: str) -> tuple[int, int, int]:
    (row,) = await world.rows(Batch, id=batch_id)
    return row.items, row.done, row.refused


async def overwrite(world: World, clause: sa.Update) -> None:
    """What somebody does who has the database and not the application."""
    statement = compile_once(clause, world.office.database.dialect)
    await world.office.database.write(lambda transaction: transaction.fetch(statement, {}))


# --- the whole way -----------------------------------------------------------------------------------------------
async def test_an_endorsed_batch_brings_its_accounts_under_review_done_with_a_filing_to_make(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    wanted = item(holder, formerNumber="旧-330000-17")
    batch = await (await filled(provider, [wanted])).endorsed()

    answer = await batch.adopt()

    (result,) = answer.payload["results"]
    (account,) = await world.rows(Account, id=result["id"])
    (filing,) = await world.rows(Filing, account_id=account.id)
    (due,) = await world.rows(Deadline, case_id=filing.id)
    (step,) = await world.rows(Step, id=result["step"])
    assert (answer.problems, answer.state, answer.payload["step"]["trigger"]) == ([], "CARRIED_OUT", "adopt")
    assert (account.state, account.is_adopted, str(account.examined_on)) == ("REVIEWED", True, "2025-06-01")
    assert (account.handle, account.agreement_id) == (wanted["particulars"]["handle"], provider.agreement_id)
    assert (filing.state, filing.former_number, filing.number) == ("PREPARED", "旧-330000-17", None)
    assert filing.reviewed_at == datetime(2025, 5, 31, 16, tzinfo=UTC)
    assert (due.kind, due.due_at, filing.due_at) == ("FILING_SUBMISSION", UNTIL, UNTIL)
    assert (step.trigger, step.actor_id, step.actor_role) == ("adopt", provider.integration.id, "INTEGRATION")
    assert len(await world.rows(Submission, account_id=account.id)) == 1
    assert await counts(world, batch.id) == (1, 1, 0)
    assert (await verify_chains(world.office.database)).are_whole


async def test_examiner_and_reference_are_kept_sealed_for_those_who_handle_the_case(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()

    answer = await batch.adopt()

    query = "query($id: ID!) { step(id: $id) { texts { name text { display } } } }"
    id_ = answer.payload["results"][0]["step"]
    shown = (await provider.officer.ask(query, id=id_))["step"]["texts"]
    seen = {text["name"]: text["text"]["display"] for text in shown}
    assert seen == {"EXAMINER": "示例审核员甲", "REFERENCE": "示例审核单-88"}
    assert (await holder.person.ask(query, id=id_))["step"]["texts"] == []
    assert (await provider.regulator.ask(query, id=id_))["step"]["texts"] == []
    for text in await world.rows(StepText, step_id=id_):
        assert "示例审核".encode() not in text.sealed
    (step,) = await world.rows(Step, id=id_)
    assert "示例审核" not in step.details + step.texts


async def test_who_proposed_and_who_endorsed_is_kept_with_the_decision(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()

    answer = await batch.adopt()

    involved = await world.rows(Involvement, decision=answer.payload["step"]["id"])
    assert {one.staff_id: one.parts for one in involved} == {
        provider.officer.id: "ENDORSER",
        provider.integration.id: "PROPOSER DECIDER",
    }


# --- who ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.APPEAL_REVIEWER])
async def test_other_roles_neither_fill_nor_adopt(world: World, role: Role) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await filled(provider, [item(holder)])
    person = provider.staff[role]

    made = await person.refused("batchFill", items=[item(holder)], idempotencyKey=unique("key-"))
    adopted = await person.refused("accountAdopt", **batch.asked)
    dropped = await person.refused("batchDiscard", id=batch.id, version=batch.version)

    assert made.codes == adopted.codes == dropped.codes == ["NOT_ALLOWED"]


async def test_a_second_officer_endorses_what_an_officer_proposes(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    second = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id)
    batch = await filled(provider, [item(holder)], proposer=provider.officer)
    await batch.propose()

    alone = await provider.officer.refused("proposalEndorse", **(batch.proposal or {}))
    await second.must("proposalEndorse", **(batch.proposal or {}))

    assert alone.codes == ["SAME_PERSON"]
    assert told(await batch.adopt()) == [(0, [])]


async def test_one_person_with_two_logins_does_not_endorse(world: World) -> None:
    provider = await opened(world)
    holder, person = await provider.holder(), resident_id()
    token = await world.enrol(Role.INTEGRATION, provider_id=provider.id, person=person)
    officer = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=person)
    batch = await filled(provider, [item(holder)], proposer=token)
    await batch.propose()

    answer = await officer.refused("proposalEndorse", **(batch.proposal or {}))

    assert answer.codes == ["SAME_PERSON"]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION])
async def test_none_but_an_officer_endorses(world: World, role: Role) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).propose()
    another = await world.enrol(role, provider_id=provider.id)

    answer = await another.refused("proposalEndorse", **(batch.proposal or {}))

    assert answer.codes == ["NOT_ALLOWED"]


async def test_an_officer_is_told_that_an_endorsement_is_wanted_and_a_reviewer_is_not(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).propose()
    query = "{ viewer { endorsementsWanted { caseId trigger hash } } }"

    wanted = (await provider.officer.ask(query))["viewer"]["endorsementsWanted"]

    assert wanted == [{"caseId": batch.id, "trigger": "adopt", "hash": (batch.proposal or {})["hash"]}]
    assert (await provider.reviewer.ask(query))["viewer"]["endorsementsWanted"] == []


async def test_the_token_sees_and_withdraws_its_own_proposal_and_no_other(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    mine = await (await filled(provider, [item(holder)])).propose()
    theirs = await (await filled(provider, [item(holder)], proposer=provider.officer)).propose()
    query = "query($id: ID!) { proposal(id: $id) { id } }"

    assert (await provider.integration.ask(query, id=(mine.proposal or {})["id"]))["proposal"] is not None
    assert (await provider.integration.ask(query, id=(theirs.proposal or {})["id"]))["proposal"] is None
    await provider.integration.must("proposalWithdraw", id=(mine.proposal or {})["id"], idempotencyKey=unique("key-"))


async def test_the_proposer_alone_carries_out(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()
    named = {**batch.asked, "proposal": (batch.proposal or {})["id"]}

    another = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id)
    first = await another.refused("accountAdopt", **named)
    await batch.adopt()
    after = await another.refused("accountAdopt", **named)

    assert first.codes == ["NOT_THE_PROPOSER"]
    assert "STALE_VERSION" in after.codes


async def test_an_endorser_who_has_left_lets_nothing_be_carried_out(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    second = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id)
    batch = await filled(provider, [item(holder)])
    batch.endorser = second
    await batch.endorsed()
    await provider.officer.must("staffDisable", id=second.id, version=1)

    answer = await batch.adopt()

    assert answer.codes == ["PROPOSAL_DEAD"]
    assert await world.rows(Account, holder_id=holder.id) == []


async def test_nobody_adopts_their_own_account_nor_endorses_it(world: World) -> None:
    provider = await opened(world)
    person = resident_id()
    officer = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=person)
    holder, other = await provider.holder(residentId=person), await provider.holder()
    batch = await filled(provider, [item(holder), item(other)])
    batch.endorser = officer
    await batch.endorsed()

    answer = await batch.adopt()

    assert told(answer) == [(0, ["OWN_MATTER"]), (1, [])]


# --- scope -------------------------------------------------------------------------------------------------------
async def test_a_batch_of_another_provider_is_not_there(world: World) -> None:
    provider, other = await opened(world), await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).propose()
    key = {"idempotencyKey": unique("key-")}

    adopted = await other.integration.refused("accountAdopt", **batch.asked, **key)
    tried = await other.integration.refused("accountAdopt", **batch.asked, dryRun=True)
    more = await other.integration.refused("batchFill", batchId=batch.id, items=[item(holder)], **key)
    endorsed = await other.officer.refused("proposalEndorse", **(batch.proposal or {}))
    seen = await other.officer.ask("query($id: ID!) { batch(id: $id) { id } batches { nodes { id } } }", id=batch.id)

    assert adopted.problems == tried.problems == endorsed.problems == [("NOT_FOUND", "id")]
    assert more.problems == [("NOT_FOUND", "id")]
    assert seen == {"batch": None, "batches": {"nodes": []}}


async def test_a_holder_of_another_provider_is_as_one_that_never_was(world: World) -> None:
    provider, other = await opened(world), await opened(world)
    theirs, mine = await other.holder(), await provider.holder()
    never = item(mine, holderId="holder_00000000000000000000000000")

    answer = await provider.integration.refused(
        "batchFill", items=[item(mine), item(theirs), never], idempotencyKey=unique("key-")
    )

    assert answer.problems == [("NOT_FOUND", "items.1.holderId"), ("NOT_FOUND", "items.2.holderId")]


async def test_what_an_item_asks_for_is_read_by_those_who_endorse_and_gone_once_it_is_carried_out(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await filled(provider, [item(holder)])
    query = """query($id: ID!) { batch(id: $id) { size waiting digest
        items { nodes { number state input { display form } problems { code } holder { id } account { id } } } } }"""

    before = (await provider.officer.ask(query, id=batch.id))["batch"]
    auditor = (await provider.auditor.ask(query, id=batch.id))["batch"]
    await batch.endorsed()
    adopted = await batch.adopt()
    after = (await provider.officer.ask(query, id=batch.id))["batch"]

    (shown,) = before["items"]["nodes"]
    assert "示例审核员甲" in shown["input"]["display"]
    assert (shown["state"], shown["holder"], before["waiting"]) == ("WAITING", {"id": holder.id}, 1)
    assert auditor is None
    (done,) = after["items"]["nodes"]
    assert (done["input"]["display"], done["state"], after["waiting"]) == (None, "DONE", 0)
    assert done["account"] == {"id": adopted.payload["results"][0]["id"]}
    assert [row.sealed for row in await world.rows(BatchItem, batch_id=batch.id)] == [None]


async def test_nothing_of_an_item_lies_in_clear(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    canary = "格外显眼的审核员"
    examination = {**EXAMINED, "examiner": canary}
    late = item(holder, examination={**examination, "examinedOn": "2026-12-01"})
    batch = await (await filled(provider, [item(holder, examination=examination), late])).endorsed()
    waiting = await world.rows(BatchItem, batch_id=batch.id)
    await batch.adopt()

    for model in (Batch, BatchItem, Proposal, Step, StepText, Account, Filing, Submission, Deadline):
        for row in [*await world.rows(model), *waiting]:
            for value in vars(row).values():
                assert canary.encode() not in (value if isinstance(value, bytes) else str(value).encode())


# --- guards ------------------------------------------------------------------------------------------------------
async def test_each_item_is_told_what_stands_in_its_way_when_it_is_filled_in(world: World) -> None:
    provider = await opened(world)
    first, second = await provider.holder(), await provider.holder()
    unverified, silent = await provider.newcomer(), await provider.holder()
    taken = await first.apply(displayName="原有之名", handle="already-mine")
    assert taken.id
    late = {**EXAMINED, "examinedOn": "2026-03-02"}
    items = [
        item(first),
        item(unverified),
        item(second, displayName="原有之名", handle="Already-Mine"),
        item(silent, examination=late),
        item(first, category="NO_SUCH", division="999999"),
    ]

    answer = await provider.integration.must("batchFill", items=items, idempotencyKey=unique("key-"))

    found = {
        one["index"]: sorted((problem["code"], ".".join(problem["path"])) for problem in one["problems"])
        for one in answer.payload["results"]
    }
    assert found == {
        0: [],
        1: [("AGREEMENT_NOT_CONSENTED", "holderId"), ("IDENTITY_NOT_VERIFIED", "")],
        2: [("HANDLE_UNAVAILABLE", "particulars.handle"), ("NAME_UNAVAILABLE", "particulars.displayName")],
        3: [("EXAMINED_TOO_LATE", "examination.examinedOn")],
        4: [("CODE_UNKNOWN", "particulars.category"), ("CODE_UNKNOWN", "particulars.division")],
    }


async def test_of_two_items_for_one_name_the_second_is_refused(world: World) -> None:
    provider = await opened(world)
    holder, other = await provider.holder(), await provider.holder()
    items = [item(holder, displayName="同名账号"), item(other, displayName="同名账号")]
    batch = await (await filled(provider, items)).endorsed()

    answer = await batch.adopt()

    assert told(answer) == [(0, []), (1, ["NAME_UNAVAILABLE"])]
    assert await counts(world, batch.id) == (2, 1, 1)


async def test_accounts_are_adopted_until_the_day_that_the_authority_set_and_not_without_one(world: World) -> None:
    closed, open_ = await world.provider(), await opened(world)
    never, holder = await closed.holder(), await open_.holder()
    before = await filled(closed, [item(never)])
    batch = await (await filled(open_, [item(holder)])).endorsed()

    unset = await before.proposer.do("accountAdopt", **before.asked, dryRun=True)
    world.clock.now = UNTIL - timedelta(seconds=1)
    just = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)
    world.clock.now = UNTIL
    late = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)

    assert told(unset) == told(late) == [(0, ["ADOPTION_CLOSED"])]
    assert told(just) == [(0, [])]


async def test_a_provider_cannot_set_that_day_itself(world: World) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused(
        "providerConfigure", id=provider.id, version=1, adoptionUntil=UNTIL.isoformat()
    )

    assert answer.problems == [("SETTING_UNKNOWN", "adoptionUntil")]


async def test_a_consent_to_the_version_before_holds_for_thirty_days(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    consented = provider.agreement_id
    world.clock.advance(days=1)
    await provider.publish_agreement()
    batch = await (await filled(provider, [item(holder)])).propose()

    world.clock.advance(days=29)
    inside = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)
    world.clock.advance(days=1)
    outside = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)

    assert consented
    assert told(inside) == [(0, [])]
    assert told(outside) == [(0, ["AGREEMENT_NOT_CONSENTED"])]


async def test_a_production_provider_adopts_what_was_examined_before_its_own_first_day(world: World) -> None:
    sandbox = await world.provider()
    world.clock.advance(days=10)
    provider = await sandbox.live()
    await provider.regulator.must("providerConfigure", id=provider.id, version=1, adoptionUntil=UNTIL.isoformat())
    holder = await provider.holder()
    days = ("2026-03-11", "2026-03-12")
    batch = await (
        await filled(provider, [item(holder, examination={**EXAMINED, "examinedOn": day}) for day in days])
    ).endorsed()

    assert told(await batch.adopt()) == [(0, []), (1, ["EXAMINED_TOO_LATE"])]


async def test_malformed_items_are_told_with_their_places(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    items = [item(holder), item(holder, handle="1")]

    answer = await provider.integration.refused("batchFill", items=items, idempotencyKey=unique("key-"))

    assert answer.problems == [("INPUT_INVALID", "items.1.particulars.handle")]


async def test_a_call_takes_at_most_five_hundred_items(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    one = item(holder)

    answer = await provider.integration.refused("batchFill", items=[one] * 501, idempotencyKey=unique("key-"))

    assert answer.problems == [("INPUT_INVALID", "items")]


# --- the endorsement covers every item ---------------------------------------------------------------------------
async def test_an_item_more_kills_the_endorsement(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()
    added = await batch.proposer.must(
        "batchFill", select="digest", batchId=batch.id, items=[item(holder)], idempotencyKey=unique("key-")
    )

    stale = await batch.adopt()
    renamed = await batch.adopt(version=added.version, digest=added.case["digest"])

    assert stale.codes == ["STALE_VERSION"]
    assert set(renamed.codes) == {"NOT_THE_PROPOSAL", "PROPOSAL_DEAD"}
    assert await world.rows(Account, holder_id=holder.id) == []


async def test_an_item_that_was_touched_in_the_database_kills_the_endorsement(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder), item(holder)])).endorsed()
    rows = await world.rows(BatchItem, batch_id=batch.id, order_by="number")
    table = table_of(BatchItem)
    for id_, number in ((rows[0].id, 7), (rows[1].id, 0), (rows[0].id, 1)):
        await overwrite(world, sa.update(table).where(table.c.id == id_).values(number=number))

    answer = await batch.adopt()

    assert answer.problems == [("BATCH_CHANGED", "digest")]


async def test_another_digest_is_neither_proposed_nor_carried_out(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()

    answer = await batch.adopt(digest="0" * 64)
    proposed = await provider.officer.refused("accountAdopt", **{**batch.asked, "digest": "0" * 64})

    assert set(answer.codes) & {"BATCH_CHANGED", "NOT_THE_PROPOSAL"}
    assert proposed.problems == [("BATCH_CHANGED", "digest")]


async def test_every_item_moves_the_digest(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    one, two = item(holder), item(holder)

    digests = [(await filled(provider, items)).digest for items in ([one], [one, two], [two, one])]
    whole = await filled(provider, [one])
    more = await whole.proposer.must(
        "batchFill", select="digest size", batchId=whole.id, items=[two], idempotencyKey=unique("key-")
    )

    assert len(set(digests)) == 3
    assert (whole.digest, more.case["digest"], more.case["size"]) == (digests[0], digests[1], 2)
    assert [(one_["index"], one_["problems"]) for one_ in more.payload["results"]] == [(1, [])]


async def test_an_unendorsed_batch_is_not_carried_out(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).propose()

    answer = await batch.adopt()

    assert answer.codes == ["NOT_ENDORSED"]
    assert await counts(world, batch.id) == (1, 0, 0)


async def test_a_discarded_batch_is_neither_filled_nor_adopted_and_keeps_nothing(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()

    dropped = await provider.officer.must("batchDiscard", id=batch.id, version=batch.version)
    adopted = await batch.adopt(version=dropped.version)
    more = await batch.proposer.do("batchFill", batchId=batch.id, items=[item(holder)], idempotencyKey=unique("key-"))

    assert dropped.state == "DISCARDED"
    assert "ILLEGAL_TRANSITION" in adopted.codes or "PROPOSAL_DEAD" in adopted.codes
    assert more.codes == ["ILLEGAL_TRANSITION"]
    assert [row.sealed for row in await world.rows(BatchItem, batch_id=batch.id)] == [None]


# --- all, some, none ---------------------------------------------------------------------------------------------
async def test_each_item_has_its_own_verdict(world: World) -> None:
    provider = await opened(world)
    holder, newcomer = await provider.holder(), await provider.newcomer()
    batch = await (await filled(provider, [item(holder), item(newcomer), item(holder)])).endorsed()

    answer = await batch.adopt()

    assert [codes for _, codes in told(answer)] == [[], ["IDENTITY_NOT_VERIFIED", "AGREEMENT_NOT_CONSENTED"], []]
    rows = await world.rows(BatchItem, batch_id=batch.id, order_by="number")
    assert [(row.state, row.case_id is None) for row in rows] == [("DONE", False), ("REFUSED", True), ("DONE", False)]
    assert len(await world.rows(Account, holder_id=holder.id, state=AccountState.REVIEWED)) == 2


async def test_all_or_nothing_is_nothing_where_one_is_refused(world: World) -> None:
    provider = await opened(world)
    holder, newcomer = await provider.holder(), await provider.newcomer()
    batch = await (await filled(provider, [item(holder), item(newcomer)])).endorsed(atomic=True)

    async with world.untouched(batch.id):
        answer = await batch.adopt(atomic=True)

    assert sorted(answer.problems) == [
        ("AGREEMENT_NOT_CONSENTED", "items.1.holderId"),
        ("IDENTITY_NOT_VERIFIED", "items.1"),
    ]
    assert await counts(world, batch.id) == (2, 0, 0)


async def test_all_or_nothing_is_all_where_none_is_refused(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder), item(holder)])).endorsed(atomic=True)

    answer = await batch.adopt(atomic=True)
    again = await batch.adopt(atomic=True)

    assert told(answer) == told(again) == [(0, []), (1, [])]
    assert len(await world.rows(Account, holder_id=holder.id)) == 2


async def test_what_was_endorsed_item_by_item_is_not_carried_out_all_or_nothing(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()

    answer = await batch.adopt(atomic=True)

    assert answer.codes == ["NOT_THE_PROPOSAL"]


async def test_a_dry_run_tells_and_writes_nothing(world: World) -> None:
    provider = await opened(world)
    holder, newcomer = await provider.holder(), await provider.newcomer()
    items = [item(holder, displayName="只试一次"), item(newcomer), item(holder, displayName="只试一次")]
    batch = await filled(provider, items)

    async with world.untouched(batch.id):
        answer = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)
        rest = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True, startAt=2)

    assert told(answer) == [
        (0, []),
        (1, ["IDENTITY_NOT_VERIFIED", "AGREEMENT_NOT_CONSENTED"]),
        (2, ["NAME_UNAVAILABLE"]),
    ]
    assert told(rest) == [(2, [])]


# --- again, and in the middle ------------------------------------------------------------------------------------
async def test_a_repeated_fill_fills_once_and_is_told_the_same(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    asked: dict[str, Any] = {"items": [item(holder), item(holder)], "idempotencyKey": unique("key-")}

    first = await provider.integration.must("batchFill", select="size", **asked)
    again = await provider.integration.must("batchFill", select="size", **asked)

    assert first.payload == again.payload
    assert len(await world.rows(BatchItem, batch_id=first.id)) == 2


async def test_a_repeated_adoption_adopts_once_and_is_told_the_same(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder), item(holder)])).endorsed()
    key = unique("key-")

    first = await batch.adopt(idempotencyKey=key)
    again = await batch.adopt(idempotencyKey=key)
    fresh = await batch.adopt()

    assert first.payload["results"] == again.payload["results"] == fresh.payload["results"]
    assert len(await world.rows(Account, holder_id=holder.id)) == 2


async def test_what_was_broken_off_is_carried_on_by_the_same_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    monkeypatch.setattr(batch_run, "CHUNK", 3)
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder) for _ in range(8)])).endorsed()
    key, chunks, tell = unique("key-"), 0, Chunk._tell

    async def dies(self: Chunk, results: Any) -> None:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise ConnectionError("pulled out")
        await tell(self, results)

    monkeypatch.setattr(Chunk, "_tell", dies)
    named = {**batch.asked, "proposal": (batch.proposal or {})["id"], "idempotencyKey": key}
    broken = await batch.proposer.post(document("accountAdopt"), {"input": named})
    left = await counts(world, batch.id)
    answer = await batch.adopt(idempotencyKey=key)

    assert (broken.status_code, left) == (500, (8, 3, 0))
    assert [index for index, _ in told(answer)] == [3, 4, 5, 6, 7]
    assert await counts(world, batch.id) == (8, 8, 0)
    assert len(await world.rows(Account, holder_id=holder.id)) == 8
    assert (await verify_chains(world.office.database)).are_whole


async def test_a_call_carries_out_a_bounded_number_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    monkeypatch.setattr(batch_run, "CHUNK", 2)
    monkeypatch.setattr(batch_run, "CALL_MAX", 4)
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder) for _ in range(6)])).endorsed()

    first, second, third = await batch.adopt(), await batch.adopt(), await batch.adopt()

    assert [index for index, _ in told(first)] == [0, 1, 2, 3]
    assert [index for index, _ in told(second)] == [4, 5]
    assert [index for index, _ in told(third)] == [0, 1, 2, 3]  # nothing waits: what is written is told
    assert await counts(world, batch.id) == (6, 6, 0)


async def test_two_calls_at_once_double_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    monkeypatch.setattr(batch_run, "CHUNK", 2)
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder) for _ in range(10)])).endorsed()

    answers = await asyncio.gather(*(batch.adopt() for _ in range(3)))

    assert {code for answer in answers for code in answer.codes} <= {"TRY_AGAIN"}
    await batch.adopt()
    assert await counts(world, batch.id) == (10, 10, 0)
    assert len(await world.rows(Account, holder_id=holder.id)) == 10
    assert len(await world.rows(Step, case_id=batch.id, trigger="adopt")) == 1


async def test_where_another_is_first_to_a_name_only_that_item_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await opened(world)
    holder, other = await provider.holder(), await provider.holder()
    handle = unique("h")
    items = [item(holder), item(holder, handle=handle), item(holder)]
    batch = await (await filled(provider, items)).endorsed()
    await other.apply(handle=handle)
    known_of, asked = adoption_facts.known_of, 0

    async def blind(*args: Any, **kw: Any) -> Any:
        nonlocal asked
        known, asked = await known_of(*args, **kw), asked + 1
        if asked == 1:
            known.handles.clear()  # as if the other had committed between the question and the write
        return known

    monkeypatch.setattr("workflows.adopting.known_of", blind)
    answer = await batch.adopt()

    assert told(answer) == [(0, []), (1, ["HANDLE_UNAVAILABLE"]), (2, [])]
    assert asked == 4  # together, then each by itself


# --- around ------------------------------------------------------------------------------------------------------
async def test_a_console_is_told_what_may_be_done_with_a_batch(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await filled(provider, [item(holder)])
    query = """query($id: ID!) { batch(id: $id) { caption clock priority
        availableSteps { trigger mutation allowed needsEndorsement } journal { nodes { trigger } } } }"""

    shown = (await provider.officer.ask(query, id=batch.id))["batch"]
    regulator = (await provider.regulator.ask(query, id=batch.id))["batch"]

    assert [tuple(step.values()) for step in shown["availableSteps"]] == [
        ("add", "batchFill", True, False),
        ("adopt", "accountAdopt", True, True),
        ("add_decisions", "sanctionBatchFill", False, False),
        ("decide", "sanctionDecide", False, True),
        ("discard", "batchDiscard", True, False),
    ]
    assert (shown["caption"], shown["clock"], shown["priority"]) == ("填报中", "NONE", "NORMAL")
    assert [step["trigger"] for step in shown["journal"]["nodes"]] == ["fill"]
    assert regulator["availableSteps"] == []


async def test_an_account_is_adopted_by_no_other_way_than_its_batch(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    command = AccountAdoption.model_validate({**item(holder), "idempotencyKey": unique("key-")})
    officer = Viewer(
        provider.officer.id, Role.COMPLIANCE_OFFICER, provider_id=provider.id, issuer=ISSUER,
        subject=provider.officer.subject,
    )  # fmt: skip

    outcome = await carry_out(world.office, officer, ACCOUNT, "adopt", command)

    assert [problem.code for problem in outcome.problems] == ["NOT_ENDORSED"]
    assert await world.rows(Account, holder_id=holder.id) == []


async def test_a_name_that_is_kept_back_is_not_adopted(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    await provider.officer.must("providerConfigure", id=provider.id, version=2, reserveNames=["保留之名"])
    batch = await filled(provider, [item(holder, displayName="保留之名")])

    answer = await batch.proposer.do("accountAdopt", **batch.asked, dryRun=True)

    assert told(answer) == [(0, ["NAME_UNAVAILABLE"])]


async def test_a_batch_holds_no_more_than_its_measure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROOM, BatchKind.ADOPT, 3)
    provider = await opened(world)
    holder = await provider.holder()
    batch = await filled(provider, [item(holder), item(holder)])

    answer = await batch.proposer.refused(
        "batchFill", batchId=batch.id, items=[item(holder), item(holder)], idempotencyKey=unique("key-")
    )

    assert answer.problems == [("BATCH_FULL", "items")]


async def test_all_or_nothing_is_for_few(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.batch.CALL_MAX", 1)
    provider = await opened(world)
    holder = await provider.holder()
    batch = await filled(provider, [item(holder), item(holder)])

    answer = await batch.proposer.refused("accountAdopt", **batch.asked, atomic=True, idempotencyKey=unique("key-"))

    assert answer.problems == [("BATCH_TOO_LARGE", "atomic")]


async def test_an_adopted_account_goes_on_to_its_filing(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()
    account_id = (await batch.adopt()).payload["results"][0]["id"]
    (filing,) = await world.rows(Filing, account_id=account_id)

    await provider.officer.must("filingSubmit", id=filing.id, version=filing.seq)
    accepted = await provider.regulator.must("filingAccept", select="number formerNumber", id=filing.id, version=2)

    (account,) = await world.rows(Account, id=account_id)
    assert (accepted.state, account.state) == ("ACCEPTED", "FILED")


@pytest.mark.long
async def test_ten_thousand_accounts_are_adopted_under_one_endorsement(world: World) -> None:
    provider = await opened(world)
    await provider.officer.must("providerConfigure", id=provider.id, version=2, quotaIndividual=1_000)
    holders = [await provider.holder() for _ in range(100)]
    unverified = await provider.newcomer()
    wanted = [item(unverified if number % 1_000 == 7 else holders[number % 100]) for number in range(10_000)]
    batch = await filled(provider, wanted[:500])
    for start in range(500, 10_000, 500):
        asked = {"batchId": batch.id, "items": wanted[start : start + 500], "idempotencyKey": unique("key-")}
        more = await batch.proposer.must("batchFill", select="digest", **asked)
        batch.version, batch.digest = more.version, more.case["digest"]
    await batch.endorsed()
    verdicts = [verdict for _ in range(20) for verdict in told(await batch.adopt())]

    assert [index for index, _ in verdicts] == list(range(10_000))
    assert [index for index, codes in verdicts if codes] == list(range(7, 10_000, 1_000))
    assert await counts(world, batch.id) == (10_000, 9_990, 10)
    assert len(await world.rows(Proposal, case_id=batch.id)) == 1
    assert len(await world.rows(Account, provider_id=provider.id, is_adopted=True)) == 9_990
