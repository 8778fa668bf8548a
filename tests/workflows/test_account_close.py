"""Closing an account: the cooling-off that its holder asks for, and the end of its subject, with proof (Art. 6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from domain.account import Account, ReservedName
from domain.deadline import Deadline
from domain.filing import Filing
from domain.journal import Step
from domain.notice import Notice
from domain.permission import Badge, RegisterEntry
from domain.policy.roles import Role
from tests.world import Provider, World, resident_id, unique

PROOF: Final[dict[str, Any]] = {
    "endedOn": "2026-03-01",
    "facts": "主体已注销登记",
    "proofReference": "archive-7",
    "proofSha256": "a" * 64,
}


async def row_of(world: World, id_: str) -> Account:
    (row,) = await world.rows(Account, id=id_)
    return row


async def close(provider: Provider, id_: str) -> None:
    """The account is closed, by two."""
    version = (await row_of(provider.world, id_)).seq
    asked = {"id": id_, "version": version, **PROOF}
    proposal = (await provider.officer.must("accountClose", **asked)).proposal
    await (await provider.second_officer()).must("proposalEndorse", **proposal)
    await provider.officer.must("accountClose", **asked, proposal=proposal["id"])


async def test_a_holder_asks_for_closure_and_takes_it_back(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    select = "closingAt closedCause"

    asked = await holder.person.must("accountAskClose", select=select, id=account.id, version=account.version)
    waiting = await row_of(world, account.id)
    (due,) = await world.rows(Deadline, case_id=account.id, kind="COOLING_OFF")
    twice = await holder.person.refused("accountAskClose", id=account.id, version=asked.version)
    back = await holder.person.must("accountCancelClose", select=select, id=account.id, version=asked.version)
    again = await holder.person.refused("accountCancelClose", id=account.id, version=back.version)

    (moot,) = await world.rows(Deadline, case_id=account.id, kind="COOLING_OFF")
    assert (asked.state, asked.case["closedCause"]) == ("REVIEWED", None)
    assert asked.case["closingAt"] == "2026-03-09T04:00:00Z"
    assert waiting.closing_at == due.due_at == world.clock() + timedelta(days=7)
    assert twice.problems == [("CLOSURE_ASKED", "id")]
    assert (back.case["closingAt"], moot.outcome) == (None, "MOOT")
    assert again.problems == [("CLOSURE_NOT_ASKED", "id")]


@pytest.mark.parametrize("mutation", ["accountAskClose", "accountCancelClose"])
@pytest.mark.parametrize(
    "role", [Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.INTEGRATION, Role.APPEAL_REVIEWER, Role.AUDITOR]
)
async def test_only_the_holder_asks_for_closure(world: World, role: Role, mutation: str) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    answer = await provider.staff[role].refused(mutation, id=account.id, version=account.version)

    assert answer.codes == ["NOT_ALLOWED"]


async def test_an_application_is_withdrawn_not_closed(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()

    answers = [
        await holder.person.refused("accountAskClose", id=account.id, version=1),
        await provider.officer.refused("accountClose", id=account.id, version=1, **PROOF),
    ]

    assert [answer.problems for answer in answers] == [[("ILLEGAL_TRANSITION", "id")]] * 2


async def test_an_account_whose_subject_has_ended_is_closed_by_two(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    wanted = {"displayName": "再也用不上", "materials": []}
    await holder.person.must("accountChange", id=id_, version=4, particulars=wanted)

    await close(provider, id_)

    row = await row_of(world, id_)
    (step,) = await world.rows(Step, case_id=id_, trigger="close")
    (filing,) = await world.rows(Filing, account_id=id_)
    (entry,) = await world.rows(RegisterEntry, account_id=id_)
    (name,) = await world.rows(ReservedName, account_id=id_)
    deadlines = await world.rows(Deadline, case_id=id_)
    notices = await world.rows(Notice, step_id=step.id)
    assert (row.state, row.closed_cause, row.closing_at) == ("CLOSED", "SUBJECT_ENDED", None)
    assert (row.change_state, row.change_flags, row.clock) == (None, [], "NONE")
    assert (filing.state, entry.ended_on is not None) == ("CANCELLED", True)
    assert name.until == world.clock()
    assert {due.kind: due.outcome for due in deadlines if due.kind != "REVIEW_DECISION"} == {
        "COOLING_OFF": "MOOT",
        "CHANGE_DECISION": "MOOT",
    }
    assert {notice.party for notice in notices} == {"HOLDER", "PROVIDER"}


async def test_a_closed_account_frees_its_name_and_shows_why_to_whom_it_concerns(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="到此为止")

    await close(provider, account.id)
    taken = await (await provider.holder()).try_to_apply(displayName="到此为止")

    query = """query($id: ID!) { account(id: $id) { stateCode closedCause filing { stateCode }
        journal { nodes { trigger texts { name text { display } } } } } }"""
    mine = (await holder.person.ask(query, id=account.id))["account"]
    theirs = (await provider.officer.ask(query, id=account.id))["account"]
    told = {text["name"]: text["text"]["display"] for text in mine["journal"]["nodes"][-1]["texts"]}
    kept = {text["name"]: text["text"]["display"] for text in theirs["journal"]["nodes"][-1]["texts"]}
    assert taken.problems == []
    assert (mine["stateCode"], mine["closedCause"]) == ("CLOSED", "SUBJECT_ENDED")
    assert mine["filing"]["stateCode"] == "CANCELLED"
    assert told == {"FACTS": "主体已注销登记"}
    assert kept == {"FACTS": "主体已注销登记", "NOTE": "archive-7"}


async def test_a_closed_account_loses_its_badge(world: World) -> None:
    provider = await world.provider()
    _, id_, _ = await provider.badged()

    await close(provider, id_)

    (badge,) = await world.rows(Badge, account_id=id_)
    assert (await row_of(world, id_)).state == "CLOSED"
    assert badge.revoked_at == world.clock()


async def test_an_amendment_on_its_way_ends_with_the_account(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    wanted = {"displayName": unique("新名"), "materials": []}
    await holder.person.must("accountChange", id=id_, version=3, particulars=wanted)
    await provider.reviewer.must("accountClaimChange", id=id_)
    await provider.reviewer.must("accountApproveChange", id=id_, version=4)

    await close(provider, id_)

    assert {row.state for row in await world.rows(Filing, account_id=id_)} == {"CANCELLED"}


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION, Role.APPEAL_REVIEWER, Role.AUDITOR])
async def test_only_an_officer_closes_an_account(world: World, role: Role) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    answer = await provider.staff[role].refused("accountClose", id=account.id, version=account.version, **PROOF)

    assert answer.codes == ["NOT_ALLOWED"]


async def test_an_end_that_lies_ahead_closes_nothing(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    asked = {"id": account.id, "version": account.version, **PROOF}

    ahead = await provider.officer.refused("accountClose", **{**asked, "endedOn": "2026-03-03"})
    unproven = await provider.officer.refused("accountClose", **{**asked, "proofSha256": "none"})

    assert ahead.problems == [("DAY_AHEAD", "endedOn")]
    assert unproven.problems == [("INPUT_INVALID", "proofSha256")]


async def test_nobody_closes_their_own_account(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    oneself = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")

    answer = await oneself.refused("accountClose", id=account.id, version=2, **PROOF)

    assert answer.problems == [("OWN_MATTER", "id")]


async def test_another_providers_officer_finds_nothing_to_close(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    _, account = await provider.approved()

    answer = await other.officer.refused("accountClose", id=account.id, version=account.version, **PROOF)

    assert answer.problems == [("NOT_FOUND", "id")]
