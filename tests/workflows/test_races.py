"""Races with real concurrency, over HTTP, on both databases: exactly one wins, and the journal shows it (Art. 7, 8)."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from domain.account import Account
from domain.filing import Filing
from domain.holder import Holder
from domain.journal import CANONICAL, GENESIS, Position, Step, link
from domain.outbox import Event
from domain.permission import Badge, Permission, RegisterEntry
from domain.policy.roles import Role
from domain.proposal import Proposal
from tests.world import REVOCATION, Answer, Person, Provider, World, opened_world, unique
from workflows.sequencer import sequence_once, undelivered

ROUNDS = 100


@pytest.fixture
async def worlds(own_database_url: str) -> AsyncIterator[tuple[World, World]]:
    """One deployment seen through two servers: on PostgreSQL two pools; on SQLite one server, for it has one writer."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened_world(own_database_url))
        if own_database_url.startswith("sqlite"):
            yield first, first
            return
        second = await stack.enter_async_context(opened_world(own_database_url))
        second.clock = first.clock
        yield first, second


def at(world: World, person: Person) -> Person:
    """The same person, at another server."""
    return Person(world, person.subject, person.role, person.provider_id, person.id)


def codes(answers: Sequence[Answer]) -> list[list[str]]:
    return sorted(answer.codes for answer in answers)


async def assert_journal_is_whole(world: World) -> None:
    """Chains verify, positions are dense and in order within each case, one event a step and none besides."""
    async with asyncio.timeout(20):
        while await world.office.database.read(undelivered):  # the servers' own sequencers may hold the turn
            await sequence_once(world.office.database)
    steps = await world.rows(Step)
    positions = {row.step_id: row.position for row in await world.rows(Position)}
    events = await world.rows(Event)
    by_case: dict[str, list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: step.seq):
        by_case[step.case_id].append(step)
    for chain in by_case.values():
        last = GENESIS
        for number, step in enumerate(chain, start=1):
            assert (step.seq, step.prev_hash) == (number, last)
            assert step.hash == link(last, {name: getattr(step, name) for name in CANONICAL})
            last = step.hash
        assert [positions[step.id] for step in chain] == sorted(positions[step.id] for step in chain)
    assert sorted(positions.values()) == list(range(1, len(steps) + 1))
    assert Counter(event.step_id for event in events) == Counter(step.id for step in steps)


async def test_of_two_reviewers_who_approve_at_the_same_moment_one_wins_a_hundred_times(
    worlds: tuple[World, World],
) -> None:
    here, there = worlds
    provider = await here.provider()
    holder = await provider.holder("ENTERPRISE")
    await provider.officer.must("providerConfigure", id=provider.id, version=1, quotaOthers=ROUNDS)
    one, two = provider.reviewer, at(there, provider.second_reviewer)
    claims, approvals = Counter[str](), Counter[int]()

    for _ in range(ROUNDS):
        account = await holder.apply()
        taken = await asyncio.gather(one.do("accountClaim", id=account.id), two.do("accountClaim", id=account.id))
        claims[str(codes(taken))] += 1
        winner = one if not taken[0].codes else two
        everybody = (at(here, winner), at(there, winner), two if winner is one else one)
        approve: dict[str, Any] = {"id": account.id, "version": 1, "category": "LIFESTYLE"}
        answers = await asyncio.gather(*(person.do("accountApprove", **approve) for person in everybody))
        approvals[sum(not answer.codes for answer in answers)] += 1
        assert {code for answer in answers for code in answer.codes} <= {"STALE_VERSION", "LEASE_REQUIRED"}

    assert claims == {"[[], ['LEASE_TAKEN']]": ROUNDS}
    assert approvals == {1: ROUNDS}
    assert {(row.state, row.seq) for row in await here.rows(Account)} == {("REVIEWED", 2)}
    assert Counter(step.trigger for step in await here.rows(Step))["approve"] == ROUNDS
    assert len(await here.rows(Filing)) == ROUNDS
    await assert_journal_is_whole(here)


async def test_of_two_applications_for_a_quota_of_one_one_wins(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()

    for _ in range(10):
        holder = await provider.holder()
        again = replace(holder, person=at(there, holder.person))
        answers = await asyncio.gather(holder.try_to_apply(), again.try_to_apply())

        assert codes(answers) == [[], ["QUOTA_EXCEEDED"]]
        assert len(await here.rows(Account, holder_id=holder.id)) == 1
    await assert_journal_is_whole(here)


async def test_of_two_holders_who_want_one_name_one_has_it(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()

    for number in range(10):
        name = f"风起云涌{number}"
        first, second = await provider.holder(), await provider.holder()
        second = replace(second, person=at(there, second.person))
        answers = await asyncio.gather(first.try_to_apply(displayName=name), second.try_to_apply(displayName=name))

        assert codes(answers) == [[], ["NAME_UNAVAILABLE"]]
        assert len(await here.rows(Account, display_name=name)) == 1
    await assert_journal_is_whole(here)


async def test_of_two_applications_and_a_change_that_want_one_name_one_has_it(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    owner, account = await provider.approved()
    version = account.version

    for number in range(10):
        name = f"潮平岸阔{number}"
        first, second = await provider.holder(), await provider.holder()
        second = replace(second, person=at(there, second.person))
        wanted: dict[str, Any] = {"displayName": name, "materials": []}
        answers = await asyncio.gather(
            first.try_to_apply(displayName=name),
            at(there, owner.person).do("accountChange", id=account.id, version=version, particulars=wanted),
            second.try_to_apply(displayName=name),
        )

        assert codes(answers) == [[], ["NAME_UNAVAILABLE"], ["NAME_UNAVAILABLE"]]
        if not answers[1].codes:
            await owner.person.must("accountWithdrawChange", id=account.id, version=version + 1)
            version += 2
    await assert_journal_is_whole(here)


async def test_of_two_changes_that_want_one_name_one_has_it(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    (one, first), (other, second) = await provider.approved(), await provider.approved()
    seen = {first.id: first.version, second.id: second.version}

    for number in range(10):
        wanted: dict[str, Any] = {"displayName": f"两岸猿声{number}", "materials": []}
        asked = (one.person, first.id), (at(there, other.person), second.id)
        answers = await asyncio.gather(
            *(person.do("accountChange", id=id_, version=seen[id_], particulars=wanted) for person, id_ in asked)
        )

        assert codes(answers) == [[], ["NAME_UNAVAILABLE"]]
        person, id_ = next(pair for pair, answer in zip(asked, answers, strict=True) if not answer.codes)
        await person.must("accountWithdrawChange", id=id_, version=seen[id_] + 1)
        seen[id_] += 2
    await assert_journal_is_whole(here)


async def test_a_request_sent_ten_times_at_once_is_carried_out_once(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder = await provider.holder()
    asked: dict[str, Any] = {"particulars": holder.particulars(), "idempotencyKey": unique("key-")}

    people = [at((here, there)[number % 2], holder.person) for number in range(10)]
    answers = await asyncio.gather(*(person.do("accountApply", **asked) for person in people))

    assert [answer.codes for answer in answers] == [[]] * 10
    assert len({(answer.id, answer.payload["step"]["id"]) for answer in answers}) == 1
    assert len(await here.rows(Account, holder_id=holder.id)) == 1
    await assert_journal_is_whole(here)


async def test_an_enrolment_sent_ten_times_at_once_makes_one_holder(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    asked = {"subjectType": "INDIVIDUAL", "displayName": "示例", "division": "330100", "idempotencyKey": unique("key-")}
    subject = unique("holder-")

    people = [Person((here, there)[number % 2], subject, Role.HOLDER, provider.id) for number in range(10)]
    answers = await asyncio.gather(*(person.do("holderEnrol", **asked) for person in people))

    assert [answer.codes for answer in answers] == [[]] * 10
    assert len({answer.id for answer in answers}) == 1
    assert len(await here.rows(Holder, subject=subject)) == 1


async def test_an_endorsed_proposal_is_spent_once(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()

    for _ in range(10):
        _, account = await provider.applied(category="NEWS")
        approve: dict[str, Any] = {"id": account.id, "version": 1, "category": "NEWS"}
        await provider.reviewer.must("accountClaim", id=account.id)
        proposal = (await provider.reviewer.must("accountApprove", **approve)).proposal
        await provider.second_reviewer.must("proposalEndorse", **proposal)
        people = (provider.reviewer, at(there, provider.reviewer))
        answers = await asyncio.gather(
            *(person.do("accountApprove", **approve, proposal=proposal["id"]) for person in people)
        )

        assert codes(answers) == [[], ["STALE_VERSION"]]
        (row,) = await here.rows(Proposal, id=proposal["id"])
        assert row.used_by in {answer.payload["step"]["id"] for answer in answers if not answer.codes}
    await assert_journal_is_whole(here)


async def test_of_a_withdrawal_and_an_approval_at_once_one_wins(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    ends = Counter[str]()

    for _ in range(20):
        holder, account = await provider.applied()
        await provider.reviewer.must("accountClaim", id=account.id)
        answers = await asyncio.gather(
            provider.reviewer.do("accountApprove", id=account.id, version=1, category="LIFESTYLE"),
            at(there, holder.person).do("accountWithdraw", id=account.id, version=1),
        )
        assert codes(answers) == [[], ["STALE_VERSION"]]
        ends[(await here.rows(Account, id=account.id))[0].state] += 1

    assert set(ends) <= {"REVIEWED", "WITHDRAWN"}
    assert sum(ends.values()) == 20
    await assert_journal_is_whole(here)


async def test_numbers_of_filings_accepted_at_once_differ(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    filings = []
    for _ in range(8):
        _, account = await provider.approved()
        filings.append(account.case["filing"]["id"])
        await provider.officer.must("filingSubmit", id=filings[-1], version=1)

    regulators = [at((here, there)[number % 2], provider.regulator) for number in range(8)]
    accepted = await asyncio.gather(
        *(
            person.must("filingAccept", select="number", id=id_, version=2)
            for person, id_ in zip(regulators, filings, strict=True)
        )
    )

    serials = sorted(answer.case["number"].split("-")[4] for answer in accepted)
    assert serials == [f"{number:06d}" for number in range(1, 9)]
    await assert_journal_is_whole(here)


# --- permissions, badges and closures: each pair at the same moment, twenty times ----------------------------------
BADGE_ROUNDS = 20


async def assert_badges_are_whole(world: World) -> None:
    """BADGED where on file and permitted, and there only; one badge stands then; the register follows the filing."""
    badges = await world.rows(Badge)
    entries = {entry.account_id: entry for entry in await world.rows(RegisterEntry)}
    granted = Counter(row.account_id for row in await world.rows(Permission) if row.state == "GRANTED")
    in_force = Counter(row.account_id for row in await world.rows(Filing) if row.state == "ACCEPTED")
    standing = Counter(badge.account_id for badge in badges if badge.revoked_at is None)
    for account in await world.rows(Account):
        is_on_file = account.state in ("FILED", "BADGED")
        assert (account.state == "BADGED") is (is_on_file and granted[account.id] == 1), account.state
        assert granted[account.id] <= 1
        assert standing[account.id] == (account.state == "BADGED")
        assert in_force[account.id] == is_on_file
        assert (account.id in entries and entries[account.id].ended_on is None) is is_on_file
    assert sorted(badge.status_place for badge in badges) == list(range(1, len(badges) + 1))


async def endorsed(one: Person, other: Person, mutation: str, **asked: Any) -> dict[str, Any]:
    """What one may now carry out, for another has endorsed it."""
    proposed = await one.must(mutation, **asked)
    await other.must("proposalEndorse", id=proposed.proposal["id"], hash=proposed.proposal["hash"])
    return {**asked, "proposal": proposed.proposal["id"]}


async def officers_of(provider: Provider, there: World) -> tuple[Person, Person]:
    return provider.officer, at(there, await provider.second_officer())


async def state_of(world: World, account_id: str) -> str:
    return str((await world.rows(Account, id=account_id))[0].state)


async def give_up(world: World, holder: Person, account_id: str) -> None:
    for row in await world.rows(Permission, account_id=account_id, state="GRANTED"):
        await holder.must("permissionGiveUp", id=row.id, version=row.seq)


async def test_of_two_officers_who_grant_one_permission_one_does(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder, account_id, number = await provider.news_unit()
    one, two = await officers_of(provider, there)

    for _ in range(BADGE_ROUNDS):
        asked = await holder.request(account_id, number)
        grant = {"id": asked.id, "version": asked.version}
        first, second = (
            await endorsed(one, two, "permissionGrant", **grant),
            await endorsed(two, one, "permissionGrant", **grant),
        )
        answers = await asyncio.gather(one.do("permissionGrant", **first), two.do("permissionGrant", **second))

        assert codes(answers) == [[], ["STALE_VERSION"]]
        assert await state_of(here, account_id) == "BADGED"
        await assert_badges_are_whole(here)
        await give_up(here, holder.person, account_id)
    assert len(await here.rows(Badge)) == BADGE_ROUNDS
    await assert_journal_is_whole(here)


async def test_of_two_kinds_granted_at_once_one_replaces_the_other(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder, account_id, number = await provider.news_unit()
    one, two = await officers_of(provider, there)
    ends = Counter[str]()

    for _ in range(BADGE_ROUNDS):
        whole, part = [await holder.request(account_id, number, k) for k in ("PUBLISH_AND_REPRINT", "REPRINT_ONLY")]
        first = await endorsed(one, two, "permissionGrant", id=whole.id, version=1)
        second = await endorsed(two, one, "permissionGrant", id=part.id, version=1)
        answers = await asyncio.gather(one.do("permissionGrant", **first), two.do("permissionGrant", **second))

        assert codes(answers) == [[], []]
        (badge,) = [row for row in await here.rows(Badge, account_id=account_id) if row.revoked_at is None]
        states = {str(row.state): row.id for row in await here.rows(Permission) if row.id in (whole.id, part.id)}
        assert states.keys() == {"GRANTED", "REPLACED"}
        assert badge.permission_id == states["GRANTED"]
        ends[str(badge.kind)] += 1
        await assert_badges_are_whole(here)
        await give_up(here, holder.person, account_id)
    assert sum(ends.values()) == BADGE_ROUNDS
    await assert_journal_is_whole(here)


async def test_a_filing_revoked_while_a_permission_is_granted_leaves_no_badge(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder, account_id, number = await provider.news_unit()
    one, two = await officers_of(provider, there)
    regulator, colleague = at(there, provider.regulator), await here.regulator()
    badges = Counter[int]()

    for _ in range(BADGE_ROUNDS):
        asked = await holder.request(account_id, number)
        (filing,) = await here.rows(Filing, account_id=account_id)
        grant = await endorsed(one, two, "permissionGrant", id=asked.id, version=1)
        revoke = await endorsed(regulator, colleague, "filingRevoke", id=filing.id, version=filing.seq, **REVOCATION)
        before = len(await here.rows(Badge))
        answers = await asyncio.gather(one.do("permissionGrant", **grant), regulator.do("filingRevoke", **revoke))

        assert codes(answers) == [[], []]
        assert await state_of(here, account_id) == "REVIEWED"
        await assert_badges_are_whole(here)
        badges[len(await here.rows(Badge)) - before] += 1
        again = {"id": filing.id, "version": filing.seq + 1, "grounds": "示例"}
        await regulator.must("filingReinstate", **await endorsed(regulator, colleague, "filingReinstate", **again))
        assert await state_of(here, account_id) == "BADGED"
        await assert_badges_are_whole(here)
        await give_up(here, holder.person, account_id)
    assert set(badges) <= {0, 1}
    await assert_journal_is_whole(here)


async def test_of_a_closure_and_an_acceptance_at_once_one_wins(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    one, two = await officers_of(provider, there)
    ends = Counter[tuple[str, str]]()

    for _ in range(BADGE_ROUNDS):
        _, account = await provider.approved()
        filing = account.case["filing"]["id"]
        await provider.officer.must("filingSubmit", id=filing, version=1)
        close = await endorsed(one, two, "accountClose", id=account.id, version=account.version, **ENDED)
        accept = {"id": filing, "version": 2}
        regulator = at(there, provider.regulator)
        answers = await asyncio.gather(one.do("accountClose", **close), regulator.do("filingAccept", **accept))

        assert codes(answers) == [[], ["STALE_VERSION"]]
        (row,) = await here.rows(Filing, id=filing)
        ends[await state_of(here, account.id), str(row.state)] += 1
    assert set(ends) <= {("CLOSED", "CANCELLED"), ("FILED", "ACCEPTED")}
    assert sum(ends.values()) == BADGE_ROUNDS
    await assert_badges_are_whole(here)
    await assert_journal_is_whole(here)


async def test_of_a_closure_and_a_grant_at_once_no_badge_outlives_the_account(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    one, two = await officers_of(provider, there)
    ends = Counter[str]()

    for _ in range(5):
        _, account_id, asked = await provider.requested()
        (row,) = await here.rows(Account, id=account_id)
        close = await endorsed(one, two, "accountClose", id=account_id, version=row.seq, **ENDED)
        grant = await endorsed(two, one, "permissionGrant", id=asked.id, version=1)
        answers = await asyncio.gather(one.do("accountClose", **close), two.do("permissionGrant", **grant))

        assert codes(answers) in ([[], ["ACCOUNT_CLOSED"]], [[], ["STALE_VERSION"]])
        ends[await state_of(here, account_id)] += 1
        await assert_badges_are_whole(here)
    assert set(ends) <= {"CLOSED", "BADGED"}
    await assert_journal_is_whole(here)


ENDED: dict[str, Any] = {
    "endedOn": "2026-02-01",
    "facts": "示例事实",
    "proofReference": "档案1",
    "proofSha256": "0" * 64,
}
