"""Deciding sanctions in a batch: endorsed once, each by the rules of its own case, with its own verdict (Art. 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.authority_report import AuthorityReport
from domain.batch import Batch, BatchItem, BatchKind
from domain.journal import Step, written
from domain.notice import Notice
from domain.policy.roles import Role
from domain.proposal import Involvement, Proposal
from domain.sanction import Measure, Sanction
from domain.table import table_of
from tests.sanctions import CIRCUMSTANCES, REASONS, asked
from tests.world import Answer, Holder, Person, Provider, World, document, opened_world, resident_id, unique
from workflows import batch_pace, batch_run
from workflows.batch_chunk import Chunk
from workflows.batch_commands import ROOM
from workflows.database import compile_once
from workflows.soundness import verify_chains

UNTIL: Final = datetime(2027, 1, 1, tzinfo=UTC)
HEARD_DAYS: Final = 20  # calendar days after which five working days are over
EXAMINATION: Final = {"examinedOn": "2025-06-01", "examiner": "示例审核员", "reference": "示例审核单-88"}
_OPENED: Final = "evidence(first: 1) { nodes { id } }"


@dataclass(frozen=True)
class Case:
    """A sanction, its version as it was seen, and the piece of evidence that a decision rests on."""

    id: str
    version: int
    account_id: str
    evidence_id: str


def decision(case: Case, rung: str = "suspend", **more: Any) -> dict[str, Any]:
    """A decision on a case that skips rungs, where nothing else is said."""
    given: dict[str, Any] = {"reasons": REASONS, "evidenceIds": [case.evidence_id], "circumstances": CIRCUMSTANCES}
    if rung == "suspend":
        given["days"] = 7
    said = {name: value for name, value in {**given, **more}.items() if value is not None}
    return {"id": case.id, "version": case.version, rung: said}


async def adopted(provider: Provider, accounts: Sequence[Holder]) -> list[str]:
    """An account under review done for each of these holders: the quick way to many."""
    key, items = provider.integration, list[Any]()
    for holder in accounts:
        named = {name: value for name, value in holder.particulars().items() if name != "materials"}
        items.append({"holderId": holder.id, "particulars": named, "examination": EXAMINATION})
    filled = await key.must("batchFill", select="digest", items=items, idempotencyKey=unique("key-"))
    given: dict[str, Any] = {"id": filled.id, "version": filled.version, "digest": filled.case["digest"]}
    proposal = (await key.must("accountAdopt", idempotencyKey=unique("key-"), **given)).proposal
    await provider.officer.must("proposalEndorse", **proposal)
    done = await key.must("accountAdopt", idempotencyKey=unique("key-"), **given, proposal=proposal["id"])
    return [str(result["id"]) for result in done.payload["results"]]


async def settled(world: World) -> Provider:
    """A provider that may adopt accounts."""
    provider = await world.provider()
    await provider.regulator.must("providerConfigure", id=provider.id, version=1, adoptionUntil=UNTIL.isoformat())
    return provider


async def begun(provider: Provider, account_id: str, **more: Any) -> Case:
    """A case that a reviewer opened."""
    done = await provider.reviewer.must("sanctionOpen", select=_OPENED, **asked(account_id, **more))
    return Case(done.id, done.version, account_id, done.case["evidence"]["nodes"][0]["id"])


async def notified(provider: Provider, account_id: str, **more: Any) -> Case:
    """A case whose holder was told."""
    case = await begun(provider, account_id, **more)
    told: dict[str, Any] = {"proposedLevel": "SUSPENDED", "facts": "What was found.", "evidenceIds": [case.evidence_id]}
    done = await provider.reviewer.must("sanctionNotify", id=case.id, version=case.version, **told)
    return Case(case.id, done.version, account_id, case.evidence_id)


async def heard(world: World, provider: Provider, count: int = 1, **identity: Any) -> list[Case]:
    """Cases on accounts of one holder whose time to answer has passed."""
    holder = await provider.holder(**identity)
    cases = [await notified(provider, id_) for id_ in await adopted(provider, [holder] * count)]
    world.clock.advance(days=HEARD_DAYS)
    return cases


@dataclass
class Drawn:
    """A batch of decisions, and who proposes and endorses it."""

    id: str
    version: int
    digest: str
    proposer: Person
    endorser: Person
    results: list[Any]
    proposal: Mapping[str, str] | None = None

    @property
    def asked(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "digest": self.digest}

    async def propose(self, **more: Any) -> Drawn:
        answer = await self.proposer.must("sanctionDecide", **self.asked, **more)
        self.proposal = answer.proposal
        return self

    async def endorsed(self, **more: Any) -> Drawn:
        """Proposed and endorsed."""
        await self.propose(**more)
        await self.endorser.must("proposalEndorse", **(self.proposal or {}))
        return self

    async def decide(self, **more: Any) -> Answer:
        """Carry it out, or on."""
        named = {"proposal": (self.proposal or {})["id"], "idempotencyKey": unique("key-")}
        return await self.proposer.do("sanctionDecide", **{**self.asked, **named, **more})


async def drawn(provider: Provider, items: Sequence[Any], endorser: Person | None = None) -> Drawn:
    """A batch of these decisions, drawn up by the officer."""
    by = provider.officer
    answer = await by.must("sanctionBatchFill", select="digest", items=list(items), idempotencyKey=unique("key-"))
    second = endorser or await provider.second_officer()
    return Drawn(answer.id, answer.version, answer.case["digest"], by, second, answer.payload["results"])


def told(answer: Answer) -> list[tuple[int, list[str]]]:
    """The verdicts: index and codes."""
    return [(one["index"], [problem["code"] for problem in one["problems"]]) for one in answer.payload["results"]]


async def counts(world: World, batch_id: str) -> tuple[int, int, int]:
    (row,) = await world.rows(Batch, id=batch_id)
    return row.items, row.done, row.refused


async def states(world: World, cases: Sequence[Case]) -> list[str]:
    found = {row.id: str(row.state) for row in await world.rows(Sanction)}
    return [found[case.id] for case in cases]


# --- the whole way -----------------------------------------------------------------------------------------------
async def test_an_endorsed_batch_takes_each_decision_in_its_own_case(world: World) -> None:
    provider = await settled(world)
    first, second, third = await heard(world, provider, 3)
    items = [
        decision(first, "warn", circumstances=None),
        decision(second, days=15),
        decision(third, "close", banDays=90),
    ]
    batch = await (await drawn(provider, items)).endorsed()

    answer = await batch.decide()

    assert told(answer) == [(0, []), (1, []), (2, [])]
    assert (answer.state, answer.payload["step"]["trigger"]) == ("CARRIED_OUT", "decide")
    assert await states(world, (first, second, third)) == ["WARNING", "SUSPENDED", "CLOSED"]
    assert [result["id"] for result in answer.payload["results"]] == [first.id, second.id, third.id]
    (suspension,) = await world.rows(Measure, sanction_id=second.id)
    assert suspension.until == world.clock() + timedelta(days=15)
    (account,) = await world.rows(Account, id=third.account_id)
    assert (account.state, account.closed_cause) == ("CLOSED", "SANCTION")
    assert [len(await world.rows(AuthorityReport, sanction_id=case.id)) for case in (first, second, third)] == [0, 1, 1]
    assert await counts(world, batch.id) == (3, 3, 0)
    assert (await verify_chains(world.office.database)).are_whole


async def test_the_journal_of_each_case_names_the_batch_and_both_persons_are_kept(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(case) for case in cases])).endorsed()

    answer = await batch.decide()

    for number, result in enumerate(answer.payload["results"]):
        (step,) = await world.rows(Step, id=result["step"])
        details = orjson.loads(step.details)
        involved = await world.rows(Involvement, decision=step.id)
        assert (step.case_id, step.trigger, step.actor_id) == (cases[number].id, "suspend", provider.officer.id)
        assert (details["batch"], details["number"]) == (batch.id, number)
        assert {one.staff_id: one.parts for one in involved} == {
            batch.endorser.id: "ENDORSER",
            provider.officer.id: "PROPOSER DECIDER",
        }
        assert len(await world.rows(Notice, step_id=step.id, party="HOLDER")) == 1
    assert len(await world.rows(Proposal, case_id=batch.id)) == 1
    assert [await world.rows(Proposal, case_id=case.id) for case in cases] == [[], []]


async def test_a_rung_that_needs_two_by_itself_needs_nobody_more_in_a_batch(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    item = decision(case, "restrict", scope=["PUBLISH"], days=10)
    batch = await (await drawn(provider, [item])).endorsed()

    answer = await batch.decide()

    assert told(answer) == [(0, [])]
    assert await states(world, [case]) == ["RESTRICTED"]


# --- who ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION, Role.AUDITOR, Role.APPEAL_REVIEWER, Role.HOLDER])
async def test_none_but_an_officer_fills_or_decides(world: World, role: Role) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await drawn(provider, [decision(case)])
    person = (await provider.holder()).person if role is Role.HOLDER else provider.staff[role]
    key = {"idempotencyKey": unique("key-")}

    filled = await person.refused("sanctionBatchFill", items=[decision(case)], **key)
    decided = await person.refused("sanctionDecide", **batch.asked, **key)
    tried = await person.refused("sanctionDecide", **batch.asked, dryRun=True, **key)

    assert filled.codes == decided.codes == tried.codes == ["NOT_ALLOWED"]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION])
async def test_none_but_an_officer_endorses(world: World, role: Role) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await (await drawn(provider, [decision(case)])).propose()
    key = {"idempotencyKey": unique("key-")}

    answer = await provider.staff[role].refused("proposalEndorse", **(batch.proposal or {}), **key)

    assert answer.codes == ["NOT_ALLOWED"]


async def test_an_unendorsed_batch_is_not_carried_out(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await (await drawn(provider, [decision(case)])).propose()

    async with world.untouched(batch.id, case.id):
        answer = await batch.decide()

    assert answer.codes == ["NOT_ENDORSED"]


async def test_nobody_endorses_their_own_batch_under_another_login(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    person = resident_id()
    one, other = [await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=person) for _ in range(2)]
    batch = await drawn(provider, [decision(case)], other)
    batch.proposer = one
    await batch.propose()

    alone = await one.refused("proposalEndorse", **(batch.proposal or {}))
    twice = await other.refused("proposalEndorse", **(batch.proposal or {}))

    assert alone.codes == twice.codes == ["SAME_PERSON"]


@pytest.mark.parametrize("part", ["decider", "endorser"])
async def test_the_own_matter_of_either_person_is_refused_alone(world: World, part: str) -> None:
    provider = await settled(world)
    person = resident_id()
    officer = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=person)
    theirs, other = (await heard(world, provider, residentId=person))[0], (await heard(world, provider))[0]
    items = [decision(theirs), decision(other)]
    batch = await drawn(provider, items, officer if part == "endorser" else provider.officer)
    batch.proposer = officer if part == "decider" else provider.officer
    await batch.endorsed()

    answer = await batch.decide()

    assert told(answer) == [(0, ["OWN_MATTER"]), (1, [])]
    assert await states(world, (theirs, other)) == ["NOTIFIED", "SUSPENDED"]


async def test_an_endorser_who_has_left_lets_nothing_be_decided(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await (await drawn(provider, [decision(case)])).endorsed()
    await provider.officer.must("staffDisable", id=batch.endorser.id, version=1)

    answer = await batch.decide()

    assert answer.codes == ["PROPOSAL_DEAD"]
    assert await states(world, [case]) == ["NOTIFIED"]


# --- scope -------------------------------------------------------------------------------------------------------
async def test_cases_and_batches_of_another_provider_are_not_there(world: World) -> None:
    provider, other = await settled(world), await settled(world)
    (mine,), (theirs,) = await heard(world, provider), await heard(world, other)
    batch = await (await drawn(provider, [decision(mine)])).propose()
    key = {"idempotencyKey": unique("key-")}
    never = Case("sanction_00000000000000000000000000", 2, "", mine.evidence_id)

    filled = await provider.officer.refused(
        "sanctionBatchFill", items=[decision(mine), decision(theirs), decision(never)], **key
    )
    more = await other.officer.refused("sanctionBatchFill", batchId=batch.id, items=[decision(theirs)], **key)
    decided = await other.officer.refused("sanctionDecide", **batch.asked)
    tried = await other.officer.refused("sanctionDecide", **batch.asked, dryRun=True)
    endorsed = await other.officer.refused("proposalEndorse", **(batch.proposal or {}))

    assert filled.problems == [("NOT_FOUND", "items.1.id"), ("NOT_FOUND", "items.2.id")]
    assert more.problems == decided.problems == tried.problems == endorsed.problems == [("NOT_FOUND", "id")]


async def test_what_is_thought_of_deciding_is_for_officers_alone(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    reasons = {**REASONS, "note": "格外显眼的内部意见"}
    batch = await drawn(provider, [decision(case, reasons=reasons)])
    query = """query($id: ID!) { batch(id: $id) { kind size items { nodes { number state input { display }
        account { id } sanction { id } holder { id } } } } }"""

    seen = (await provider.officer.ask(query, id=batch.id))["batch"]
    others = [(await one.ask(query, id=batch.id))["batch"] for one in (provider.integration, provider.regulator)]
    reviewer = (await provider.reviewer.ask(query, id=batch.id))["batch"]

    (item,) = seen["items"]["nodes"]
    assert (seen["kind"], item["state"], item["account"], item["sanction"]) == (
        "DECIDE", "WAITING", None, {"id": case.id},
    )  # fmt: skip
    assert "格外显眼的内部意见" in item["input"]["display"]
    assert [other["items"]["nodes"] for other in others] == [[], []]
    assert reviewer is None
    (stored,) = await world.rows(BatchItem, batch_id=batch.id)
    assert "格外显眼".encode() not in (stored.sealed or b"")


async def test_what_an_item_asked_for_is_gone_once_it_is_decided(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(cases[0]), decision(cases[1], "close")])).endorsed()

    await batch.decide()

    rows = await world.rows(BatchItem, batch_id=batch.id, order_by="number")
    assert [(row.state, row.sealed, row.case_id) for row in rows] == [("DONE", None, case.id) for case in cases]


# --- kinds -------------------------------------------------------------------------------------------------------
async def test_a_batch_of_one_kind_is_not_taken_for_one_of_another(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await drawn(provider, [decision(case)])
    particulars = {name: v for name, v in (await provider.holder()).particulars().items() if name != "materials"}
    holder = await provider.holder()
    account = {"holderId": holder.id, "particulars": particulars, "examination": EXAMINATION}
    key = {"idempotencyKey": unique("key-")}
    adoption = await provider.integration.must("batchFill", select="digest", items=[account], **key)
    given = {"id": adoption.id, "version": adoption.version, "digest": adoption.case["digest"]}

    answers = [
        await provider.officer.refused("accountAdopt", **batch.asked),
        await provider.officer.refused("accountAdopt", **batch.asked, dryRun=True),
        await provider.officer.refused("batchFill", batchId=batch.id, items=[account], **key),
        await provider.officer.refused("sanctionDecide", **given),
        await provider.officer.refused("sanctionDecide", **given, dryRun=True),
        await provider.officer.refused("sanctionBatchFill", batchId=adoption.id, items=[decision(case)], **key),
    ]

    assert [answer.problems for answer in answers] == [[("BATCH_OTHER_KIND", "id")]] * len(answers)


async def test_an_officer_gives_a_batch_of_decisions_up_and_a_machine_does_not(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await (await drawn(provider, [decision(case)])).endorsed()
    named: dict[str, Any] = {"id": batch.id, "version": batch.version}

    machine = await provider.integration.refused("batchDiscard", **named, idempotencyKey=unique("key-"))
    officer = await provider.officer.must("batchDiscard", **named)
    decided = await batch.decide(version=officer.version)

    assert machine.codes == ["NOT_ALLOWED"]
    assert officer.state == "DISCARDED"
    assert decided.codes != []
    assert [row.sealed for row in await world.rows(BatchItem, batch_id=batch.id)] == [None]
    assert await states(world, [case]) == ["NOTIFIED"]


# --- the items ---------------------------------------------------------------------------------------------------
async def test_an_item_takes_exactly_one_decision(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    both = {**decision(case), **decision(case, "close")}
    none = {"id": case.id, "version": case.version}

    answer = await provider.officer.refused(
        "sanctionBatchFill", items=[decision(case), both, none], idempotencyKey=unique("key-")
    )

    assert answer.problems == [("INPUT_INVALID", "items.1"), ("INPUT_INVALID", "items.2")]


async def test_each_item_is_told_what_stands_in_its_way_when_it_is_filled_in(world: World) -> None:
    provider = await settled(world)
    whole, bare, open_, known = await heard(world, provider, 4)
    (fresh,) = [await notified(provider, known.account_id, conductOn="2026-03-05")]
    personal = {**REASONS, "publicReason": f"The owner of {resident_id()} may appeal."}
    items = [
        decision(whole),
        decision(bare, circumstances=None, days=20),
        decision(Case(open_.id, 1, "", open_.evidence_id)),
        decision(fresh, reasons=personal),
        decision(whole, "close"),
        decision(Case(known.id, 2, "", whole.evidence_id)),
    ]

    batch = await drawn(provider, items)

    found = {
        one["index"]: sorted((problem["code"], ".".join(problem["path"])) for problem in one["problems"])
        for one in batch.results
    }
    assert found == {
        0: [],
        1: [("CIRCUMSTANCES_MISSING", "suspend.circumstances"), ("TERM_UNUSUAL", "suspend.lengthReason")],
        2: [("STALE_VERSION", "version")],
        3: [("HEARING_OPEN", "id"), ("PERSONAL_DATA_IN_TEXT", "suspend.reasons.publicReason")],
        4: [("STALE_VERSION", "version")],
        5: [("NOT_FOUND", "suspend.evidenceIds.0")],
    }


async def test_an_item_whose_case_moved_on_is_refused_alone(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 3)
    batch = await (await drawn(provider, [decision(case) for case in cases])).endorsed()
    warned = decision(cases[1], "warn")["warn"]
    await provider.reviewer.must("sanctionWarn", id=cases[1].id, version=cases[1].version, **warned)

    answer = await batch.decide()

    assert told(answer) == [(0, []), (1, ["STALE_VERSION"]), (2, [])]
    assert await states(world, cases) == ["SUSPENDED", "WARNING", "SUSPENDED"]
    assert await counts(world, batch.id) == (3, 2, 1)
    assert (await verify_chains(world.office.database)).are_whole


async def test_what_is_illegal_or_unheard_is_refused_alone_with_all_its_reasons(world: World) -> None:
    provider = await settled(world)
    (done,) = await heard(world, provider)
    opened_ = await begun(provider, done.account_id, conductOn="2026-03-03")
    unheard = await notified(provider, done.account_id, conductOn="2026-03-04")
    items = [decision(opened_), decision(unheard, circumstances=None), decision(done)]
    batch = await (await drawn(provider, items)).endorsed()

    answer = await batch.decide()

    assert [(index, sorted(codes)) for index, codes in told(answer)] == [
        (0, ["ILLEGAL_TRANSITION"]),
        (1, ["CIRCUMSTANCES_MISSING", "HEARING_OPEN"]),
        (2, []),
    ]
    assert await states(world, (opened_, unheard, done)) == ["OPENED", "NOTIFIED", "SUSPENDED"]


async def test_of_two_items_on_one_case_the_second_is_refused(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await (await drawn(provider, [decision(case), decision(case, days=90)])).endorsed()

    answer = await batch.decide()

    assert told(answer) == [(0, []), (1, ["STALE_VERSION"])]
    assert len(await world.rows(Measure, sanction_id=case.id)) == 1


async def test_two_cases_of_one_account_are_closed_in_one_batch(world: World) -> None:
    provider = await settled(world)
    (first,) = await heard(world, provider)
    second = await notified(provider, first.account_id, conductOn="2026-03-05")
    world.clock.advance(days=HEARD_DAYS)
    batch = await (await drawn(provider, [decision(first, "close"), decision(second, "close")])).endorsed()

    answer = await batch.decide()

    assert told(answer) == [(0, []), (1, [])]
    assert len(await world.rows(Step, case_id=first.account_id, trigger="close")) == 1
    assert await states(world, (first, second)) == ["CLOSED", "CLOSED"]


async def test_a_call_takes_at_most_five_hundred_items(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)

    answer = await provider.officer.refused(
        "sanctionBatchFill", items=[decision(case)] * 501, idempotencyKey=unique("key-")
    )

    assert answer.problems == [("INPUT_INVALID", "items")]


async def test_a_batch_takes_no_more_than_its_measure_over_all_calls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ROOM[BatchKind.DECIDE] == 500
    monkeypatch.setitem(ROOM, BatchKind.DECIDE, 3)
    provider = await settled(world)
    cases = await heard(world, provider, 4)
    batch = await drawn(provider, [decision(case) for case in cases[:2]])
    key: dict[str, Any] = {"idempotencyKey": unique("key-"), "batchId": batch.id}

    full = await provider.officer.refused("sanctionBatchFill", items=[decision(case) for case in cases[2:]], **key)
    fits = await provider.officer.must("sanctionBatchFill", select="size", items=[decision(cases[2])], **key)

    assert full.problems == [("BATCH_FULL", "items")]
    assert fits.case["size"] == 3
    assert [one["index"] for one in fits.payload["results"]] == [2]


# --- the endorsement covers every item ---------------------------------------------------------------------------
async def test_an_item_more_kills_the_endorsement(world: World) -> None:
    provider = await settled(world)
    one, two = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(one)])).endorsed()
    more = {"batchId": batch.id, "items": [decision(two)], "idempotencyKey": unique("key-")}
    added = await provider.officer.must("sanctionBatchFill", select="digest", **more)

    stale = await batch.decide()
    renamed = await batch.decide(version=added.version, digest=added.case["digest"])

    assert stale.codes == ["STALE_VERSION"]
    assert set(renamed.codes) == {"NOT_THE_PROPOSAL", "PROPOSAL_DEAD"}
    assert await states(world, (one, two)) == ["NOTIFIED", "NOTIFIED"]


async def test_an_item_that_was_touched_in_the_database_kills_the_endorsement(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(case) for case in cases])).endorsed()
    rows, table = await world.rows(BatchItem, batch_id=batch.id, order_by="number"), table_of(BatchItem)
    for id_, number in ((rows[0].id, 7), (rows[1].id, 0), (rows[0].id, 1)):
        clause = sa.update(table).where(table.c.id == id_).values(number=number)
        statement = compile_once(clause, world.office.database.dialect)
        await world.office.database.write(lambda transaction, made=statement: transaction.fetch(made, {}))

    answer = await batch.decide()

    assert answer.problems == [("BATCH_CHANGED", "digest")]


async def test_another_digest_is_not_proposed(world: World) -> None:
    provider = await settled(world)
    (case,) = await heard(world, provider)
    batch = await drawn(provider, [decision(case)])

    answer = await provider.officer.refused("sanctionDecide", **{**batch.asked, "digest": "0" * 64})

    assert answer.problems == [("BATCH_CHANGED", "digest")]


# --- all, some, none ---------------------------------------------------------------------------------------------
async def test_all_or_nothing_is_nothing_where_one_is_refused(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 3)
    items = [decision(cases[0], "close"), decision(cases[1], circumstances=None), decision(cases[2])]
    batch = await (await drawn(provider, items)).endorsed(atomic=True)

    async with world.untouched(batch.id, *(case.id for case in cases), cases[0].account_id):
        answer = await batch.decide(atomic=True)

    assert answer.problems == [("CIRCUMSTANCES_MISSING", "items.1.suspend.circumstances")]
    assert await counts(world, batch.id) == (3, 0, 0)


async def test_all_or_nothing_is_all_where_none_is_refused(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(case) for case in cases])).endorsed(atomic=True)

    answer = await batch.decide(atomic=True)
    again = await batch.decide(atomic=True)

    assert told(answer) == told(again) == [(0, []), (1, [])]
    assert await states(world, cases) == ["SUSPENDED", "SUSPENDED"]


async def test_a_dry_run_tells_and_writes_nothing(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 3)
    items = [decision(cases[0]), decision(cases[1], circumstances=None), decision(cases[0]), decision(cases[2])]
    batch = await drawn(provider, items)

    async with world.untouched(batch.id, *(case.id for case in cases)):
        answer = await provider.officer.do("sanctionDecide", **batch.asked, dryRun=True)
        rest = await provider.officer.do("sanctionDecide", **batch.asked, dryRun=True, startAt=2)

    assert told(answer) == [(0, []), (1, ["CIRCUMSTANCES_MISSING"]), (2, ["STALE_VERSION"]), (3, [])]
    assert told(rest) == [(2, []), (3, [])]
    assert [result["id"] for result in answer.payload["results"]] == [item["id"] for item in items]


async def test_a_dry_run_says_what_then_happens(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 3)
    items = [
        decision(cases[0], "close", circumstances={**CIRCUMSTANCES, "gravity": "MINOR"}),
        decision(cases[1], "restrict", scope=["NO_SUCH"], days=3),
        decision(cases[2], "warn"),
    ]
    batch = await drawn(provider, items)
    tried = await provider.officer.do("sanctionDecide", **batch.asked, dryRun=True)
    await batch.endorsed()

    answer = await batch.decide()

    assert tried.payload["results"][:2] == answer.payload["results"][:2]
    assert told(tried) == told(answer) == [(0, ["FIRST_AND_MINOR"]), (1, ["CODE_UNKNOWN"]), (2, [])]


# --- again, and in the middle ------------------------------------------------------------------------------------
async def test_a_repeated_call_decides_once_and_is_told_the_same(world: World) -> None:
    provider = await settled(world)
    cases = await heard(world, provider, 2)
    batch = await (await drawn(provider, [decision(cases[0]), decision(cases[1], circumstances=None)])).endorsed()
    key = unique("key-")

    first = await batch.decide(idempotencyKey=key)
    again = await batch.decide(idempotencyKey=key)
    fresh = await batch.decide()

    assert first.payload["results"] == again.payload["results"] == fresh.payload["results"]
    assert told(first) == [(0, []), (1, ["CIRCUMSTANCES_MISSING"])]
    assert len(await world.rows(Measure, sanction_id=cases[0].id)) == 1


async def test_what_was_broken_off_is_carried_on_by_the_same_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    monkeypatch.setattr(batch_run, "CHUNK", 2)
    provider = await settled(world)
    cases = await heard(world, provider, 5)
    batch = await (await drawn(provider, [decision(case) for case in cases])).endorsed()
    key, chunks, tell = unique("key-"), 0, Chunk._tell

    async def dies(self: Chunk, results: Any) -> None:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise ConnectionError("pulled out")
        await tell(self, results)

    monkeypatch.setattr(Chunk, "_tell", dies)
    named = {**batch.asked, "proposal": (batch.proposal or {})["id"], "idempotencyKey": key}
    broken = await batch.proposer.post(document("sanctionDecide"), {"input": named})
    left, between = await counts(world, batch.id), await states(world, cases)
    answer = await batch.decide(idempotencyKey=key)

    assert (broken.status_code, left) == (500, (5, 2, 0))
    assert between == ["SUSPENDED", "SUSPENDED", "NOTIFIED", "NOTIFIED", "NOTIFIED"]
    assert told(answer) == [(2, []), (3, []), (4, [])]
    assert await counts(world, batch.id) == (5, 5, 0)
    assert [len(await world.rows(Measure, sanction_id=case.id)) for case in cases] == [1] * 5
    assert (await verify_chains(world.office.database)).are_whole


async def test_two_batches_of_the_same_cases_at_once_decide_each_case_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_pace, "HELD_SECONDS", 60)
    monkeypatch.setattr(batch_run, "CHUNK", 3)
    provider = await settled(world)
    cases = await heard(world, provider, 6)
    one = await (await drawn(provider, [decision(case) for case in cases])).endorsed()
    other = await (await drawn(provider, [decision(case, days=90) for case in reversed(cases)])).endorsed()

    await asyncio.gather(one.decide(), other.decide())
    answers = [await one.decide(), await other.decide()]

    codes = sorted(code for answer in answers for _, found in told(answer) for code in found)
    assert codes == ["STALE_VERSION"] * 6
    assert await states(world, cases) == ["SUSPENDED"] * 6
    assert [len(await world.rows(Measure, sanction_id=case.id)) for case in cases] == [1] * 6
    assert (await verify_chains(world.office.database)).are_whole


# --- three hundred and fifty-seven -------------------------------------------------------------------------------
TERMS: Final = (7, 15, 30, 90)
SUSPENDED, CLOSED = 311, 46
_LEVELS: Final = """query($after: String) { accounts(first: 100, after: $after) {
    nodes { id sanctionLevel } pageInfo { hasNextPage endCursor } } }"""


async def levels(officer: Person) -> dict[str, str]:
    """The level of every account now, as it is read."""
    found: dict[str, str] = {}
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        told_ = (await officer.ask(_LEVELS, after=page["endCursor"]))["accounts"]
        found |= {node["id"]: node["sanctionLevel"] for node in told_["nodes"]}
        page = told_["pageInfo"]
    return found


async def found_by_machine(provider: Provider, account_id: str) -> Case:
    """A case that the provider's own system opened, and whose holder was told."""
    given = asked(account_id, detection="AUTOMATED", gravity="GRAVE")
    done = await provider.integration.must("sanctionOpen", select="id", **given)
    query = "query($id: ID!) { sanction(id: $id) { evidence(first: 1) { nodes { id } } } }"
    shown = (await provider.reviewer.ask(query, id=done.id))["sanction"]["evidence"]["nodes"][0]["id"]
    given = {"proposedLevel": "SUSPENDED", "facts": "What was found.", "evidenceIds": [shown]}
    told_ = await provider.reviewer.must("sanctionNotify", id=done.id, version=done.version, **given)
    return Case(done.id, told_.version, account_id, shown)


async def test_three_hundred_and_fifty_seven_accounts_are_decided_on_at_once(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await settled(world)
        holders = [await provider.holder() for _ in range(51)]
        accounts = await adopted(provider, [holders[number % 51] for number in range(SUSPENDED + CLOSED)])
        cases = [await found_by_machine(provider, account_id) for account_id in accounts]
        world.clock.advance(days=HEARD_DAYS)
        terms = {case.id: TERMS[number % 4] for number, case in enumerate(cases[:SUSPENDED])}
        items = [decision(case, days=terms[case.id]) for case in cases[:SUSPENDED]]
        items += [decision(case, "close", banDays=365) for case in cases[SUSPENDED:]]
        batch = await (await drawn(provider, items)).endorsed()

        answer = await batch.decide()
        decided_at = world.clock()

        assert told(answer) == [(number, []) for number in range(357)]
        assert [result["id"] for result in answer.payload["results"]] == [case.id for case in cases]
        await _each_has_a_chain_of_its_own_under_one_endorsement(world, batch, cases, answer)
        for days in TERMS:
            ending = [case for case in cases if terms.get(case.id) == days]
            await _the_term_ends_on_its_instant(world, provider, ending, decided_at + timedelta(days=days))
        assert sorted(set(await states(world, cases[:SUSPENDED]))) == ["EXPIRED"]
        assert sorted(set(await states(world, cases[SUSPENDED:]))) == ["CLOSED"]
        assert (await verify_chains(world.office.database)).are_whole


async def _each_has_a_chain_of_its_own_under_one_endorsement(
    world: World, batch: Drawn, cases: Sequence[Case], answer: Answer
) -> None:
    """As many cases, steps and chains as items; one proposal, endorsed once; both persons at every decision."""
    steps = {step.id: step for step in await world.rows(Step) if step.case_id in {case.id for case in cases}}
    taken = [steps[result["step"]] for result in answer.payload["results"]]
    assert [(step.case_id, step.seq) for step in taken] == [(case.id, 3) for case in cases]
    assert len({bytes(step.hash) for step in taken}) == 357
    assert all(orjson.loads(step.details)["batch"] == batch.id for step in taken)
    (proposal,) = await world.rows(Proposal, trigger="decide")
    assert (proposal.case_id, proposal.endorser_id) == (batch.id, batch.endorser.id)
    involved = [one for one in await world.rows(Involvement) if one.decision in {step.id for step in taken}]
    parts = {(one.staff_id, one.parts) for one in involved}
    assert parts == {(batch.endorser.id, "ENDORSER"), (batch.proposer.id, "PROPOSER DECIDER")}
    assert len(involved) == 2 * 357


async def _the_term_ends_on_its_instant(
    world: World, provider: Provider, ending: Sequence[Case], ends_at: datetime
) -> None:
    """A second before, in force; at the instant, over, though nobody has journalled it; a second after, journalled."""
    for moment, level in ((-1, "SUSPENDED"), (0, "NONE"), (1, "NONE")):
        world.clock.now = ends_at + timedelta(seconds=moment)
        if moment < 1:
            await world.sweep()
        found = await levels(provider.officer)
        assert {found[case.account_id] for case in ending} == {level}
        assert set(await states(world, ending)) == {"SUSPENDED"}
    await world.sweep()
    assert set(await states(world, ending)) == {"EXPIRED"}
    ended = {step.case_id: step for step in await world.rows(Step, trigger="expire") if step.at == ends_at}
    assert ended.keys() == {case.id for case in ending}
    assert {orjson.loads(step.details)["due_at"] for step in ended.values()} == {written(ends_at)}
