"""T3: a filing's clock goes on from what was left, however often it is submitted and pulled back (Art. 7)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.deadline import Deadline
from domain.filing import Filing
from domain.journal import Step
from domain.notice import Notice
from domain.permission import Permission
from tests.clocks import without_a_clock
from tests.workflows.test_account_change import approved_change
from tests.workflows.test_filing import DEFECT, prepared, revoked, submitted, wrong_item
from tests.workflows.test_migrations import moved
from tests.world import NEWS_REASON, PERMISSION_REASON, Provider, World, opened_world


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 4, 0, tzinfo=UTC)


async def version(world: World, id_: str) -> int:
    return (await world.rows(Filing, id=id_))[0].seq


async def fire(provider: Provider, mutation: str, id_: str, **more: Any) -> None:
    """A step of a filing, by whoever takes it."""
    theirs = mutation in ("filingSubmit", "filingPullBack", "filingPrepareAgain")
    person = provider.officer if theirs else provider.regulator
    await person.must(mutation, id=id_, version=await version(provider.world, id_), **more)


async def pulled_back(provider: Provider, id_: str) -> None:
    await fire(provider, "filingSubmit", id_)
    await fire(provider, "filingPullBack", id_)


async def open_rows(world: World, id_: str) -> dict[str, Deadline]:
    """What is due of a case, each kind once."""
    rows = [row for row in await world.rows(Deadline, case_id=id_) if row.settled_at is None]
    assert len({row.kind for row in rows}) == len(rows)
    return {str(row.kind): row for row in rows}


async def overdue_steps(world: World, id_: str) -> list[str]:
    return [json.loads(step.details)["deadline"] for step in await world.rows(Step, case_id=id_, trigger="overdue")]


async def test_t3_a_filing_pulled_back_at_once_is_due_when_it_was(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    world.clock.advance(days=10)  # Thursday 12 March: due on Monday the 16th

    await pulled_back(provider, id_)

    rows = await open_rows(world, id_)
    assert {kind: row.due_at for kind, row in rows.items()} == {"FILING_SUBMISSION": at(3, 16)}
    assert rows["FILING_SUBMISSION"].next_at == at(3, 16)


async def test_t3_the_clock_stands_only_while_the_authority_has_the_filing(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    for _ in range(3):  # each round one working day with the provider, one with the authority
        world.clock.advance(days=1)
        await fire(provider, "filingSubmit", id_)
        world.clock.advance(days=1)
        await fire(provider, "filingPullBack", id_)
        if world.clock.now.weekday() == 4:
            world.clock.advance(days=2)  # over the weekend nothing is lost

    rows = await open_rows(world, id_)
    assert rows["FILING_SUBMISSION"].due_at == at(3, 19)  # three working days later than Monday the 16th


async def test_t3_what_was_overdue_still_is_and_is_told_once(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    world.clock.now = at(3, 16) + timedelta(seconds=1)
    await world.sweep()

    await fire(provider, "filingSubmit", id_)
    world.clock.advance(days=3)
    await fire(provider, "filingPullBack", id_)
    await world.sweep()

    row = (await open_rows(world, id_))["FILING_SUBMISSION"]
    shown = await provider.regulator.ask("query($id: ID!) { filing(id: $id) { clock } }", id=id_)
    assert (row.outcome, row.due_at < world.clock(), row.next_at) == ("OVERDUE", True, None)
    assert (shown["filing"]["clock"], await overdue_steps(world, id_)) == ("OVERDUE", ["FILING_SUBMISSION"])


async def test_t3_what_passed_untold_is_told_before_it_is_submitted_and_not_again(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    world.clock.now = at(3, 16) + timedelta(hours=1)

    stale = await provider.officer.do("filingSubmit", id=id_, version=await version(world, id_))
    await pulled_back(provider, id_)
    await world.sweep()

    assert stale.codes == ["STALE_VERSION"]
    assert await overdue_steps(world, id_) == ["FILING_SUBMISSION"]


async def test_t3_the_answer_to_a_return_goes_on_from_what_was_left(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    await fire(provider, "filingReturn", id_, reasons=wrong_item(), defects=[DEFECT])
    world.clock.advance(days=2)

    await pulled_back(provider, id_)
    await pulled_back(provider, id_)

    rows = await open_rows(world, id_)
    assert {kind: row.due_at for kind, row in rows.items()} == {"FILING_ANSWER": at(3, 16)}


async def test_t3_an_amendment_has_no_other_clock(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    await approved_change(provider, account_id, holder, displayName="示例新名")
    (amendment,) = [row for row in await world.rows(Filing, account_id=account_id) if row.amends is not None]
    id_ = amendment.id
    world.clock.advance(days=9)

    await pulled_back(provider, id_)

    assert (await open_rows(world, id_))["FILING_SUBMISSION"].due_at == at(3, 16)


async def test_t3_an_overdue_authority_gives_no_right_once_the_filing_was_pulled_back(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)
    (row,) = await world.rows(Deadline, case_id=id_, kind="FILING_DECISION")
    world.clock.now = row.due_at + timedelta(seconds=1)
    await world.sweep()
    ask = "query($id: ID!) { publishingDecision(account: $id, act: PUBLISH, content: GENERAL) { allowed } }"
    before = await provider.officer.ask(ask, id=account_id)

    await fire(provider, "filingPullBack", id_)

    after = await provider.officer.ask(ask, id=account_id)
    assert [found["publishingDecision"]["allowed"] for found in (before, after)] == [True, False]
    assert list(await open_rows(world, id_)) == ["FILING_SUBMISSION"]


async def test_t3_to_prepare_a_revoked_filing_begins_no_new_clock(world: World) -> None:
    provider = await world.provider()
    _, id_ = await revoked(provider)
    world.clock.advance(days=7)

    await fire(provider, "filingPrepareAgain", id_)
    await pulled_back(provider, id_)

    assert {kind: row.due_at for kind, row in (await open_rows(world, id_)).items()} == {"FILING_SUBMISSION": at(3, 16)}


@pytest.mark.parametrize(
    ("mutation", "more", "left"),
    [
        ("filingAccept", {}, set()),
        ("filingReturn", {"reasons": wrong_item(), "defects": [DEFECT]}, {"FILING_ANSWER"}),
        ("filingDecline", {"reasons": NEWS_REASON}, {"FILING_AGAIN"}),
    ],
)
async def test_t3_the_authoritys_word_ends_what_stood(
    world: World, mutation: str, more: dict[str, Any], left: set[str]
) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)

    await fire(provider, mutation, id_, **more)

    rows = await open_rows(world, id_)
    assert {(kind, row.paused_at) for kind, row in rows.items()} == {(kind, None) for kind in left}


async def test_t3_a_closed_account_leaves_no_clock_of_its_filing(world: World) -> None:
    provider = await world.provider()
    holder, account_id, id_ = await submitted(provider)
    account = await provider.officer.ask("query($id: ID!) { account(id: $id) { version } }", id=account_id)
    await holder.person.must("accountAskClose", id=account_id, version=account["account"]["version"])

    world.clock.advance(days=8)
    await world.sweep()

    assert await open_rows(world, id_) == {}


async def test_t3_of_a_declined_filing_the_holder_is_told_after_thirty_working_days(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    await fire(provider, "filingDecline", id_, reasons=NEWS_REASON)
    row = (await open_rows(world, id_))["FILING_AGAIN"]

    world.clock.now = row.due_at + timedelta(seconds=1)
    await world.sweep()

    told = [one.party for one in await world.rows(Notice, case_id=id_) if one.served_at and one.served_at >= row.due_at]
    assert (row.due_at, sorted(told)) == (at(4, 14), ["AUTHORITY", "HOLDER", "PROVIDER"])
    assert (await open_rows(world, id_))["FILING_AGAIN"].outcome == "OVERDUE"
    await fire(provider, "filingPrepareAgain", id_)
    assert list(await open_rows(world, id_)) == ["FILING_SUBMISSION"]


async def test_t3_of_an_undecided_permission_is_told_after_fifteen_working_days(world: World) -> None:
    provider = await world.provider()
    _, _, asked = await provider.requested()
    row = (await open_rows(world, asked.id))["PERMISSION_DECISION"]

    world.clock.now = row.due_at + timedelta(seconds=1)
    await world.sweep()

    told = sorted(notice.party for notice in await world.rows(Notice, case_id=asked.id))
    assert (row.due_at, told) == (at(3, 23), ["HOLDER", "PROVIDER"])
    assert (await open_rows(world, asked.id))["PERMISSION_DECISION"].outcome == "OVERDUE"


@pytest.mark.parametrize("who", ["holder", "integration"])
async def test_t3_a_requested_permission_is_withdrawn_and_may_be_requested_again(world: World, who: str) -> None:
    provider = await world.provider()
    holder, account_id, asked = await provider.requested()
    (row,) = await world.rows(Permission, id=asked.id)
    person = holder.person if who == "holder" else provider.integration

    key = {} if who == "holder" else {"idempotencyKey": "withdraw-1"}
    withdrawn = await person.must("permissionWithdraw", id=asked.id, version=1, **key)

    assert (withdrawn.state, await open_rows(world, asked.id)) == ("WITHDRAWN", {})
    again = await holder.request(account_id, row.licence_number)
    assert again.state == "REQUESTED"


async def test_t3_a_decided_permission_is_not_withdrawn(world: World) -> None:
    provider = await world.provider()
    holder, _, asked = await provider.requested()
    refuse: dict[str, Any] = {"reasons": PERMISSION_REASON, "version": asked.version}
    refused = await provider.officer.must("permissionRefuse", id=asked.id, **refuse)

    answer = await holder.person.refused("permissionWithdraw", id=asked.id, version=refused.version)

    assert answer.codes == ["ILLEGAL_TRANSITION"]
    assert await open_rows(world, asked.id) == {}


async def test_t3_what_stood_at_the_upgrade_has_the_clock_that_it_would_have(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        _, _, with_authority = await prepared(provider)
        world.clock.advance(days=3)
        await fire(provider, "filingSubmit", with_authority)
        _, _, declined = await submitted(provider)
        await fire(provider, "filingDecline", declined, reasons=NEWS_REASON)
        _, _, asked = await provider.requested()
        before = [await open_rows(world, id_) for id_ in (with_authority, declined, asked.id)]

    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    def told(rows: dict[str, Deadline]) -> dict[str, Any]:
        return {kind: (row.due_at, row.paused_at, row.left_seconds, row.next_at) for kind, row in rows.items()}

    async with opened_world(own_database_url) as world:
        world.clock.advance(days=3)
        after = [await open_rows(world, id_) for id_ in (with_authority, declined, asked.id)]
        cases: list[Any] = [*await world.rows(Filing, id=declined), *await world.rows(Permission, id=asked.id)]
        assert await without_a_clock(world) == []
    assert list(map(told, after)) == list(map(told, before))
    assert [(case.due_at, case.clock) for case in cases] == [
        (rows[kind].due_at, "RUNNING")
        for rows, kind in zip(after[1:], ("FILING_AGAIN", "PERMISSION_DECISION"), strict=True)
    ]


async def test_t3_what_was_told_as_overdue_before_the_upgrade_is_not_told_again(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        _, _, id_ = await prepared(provider)
        world.clock.now = at(3, 16) + timedelta(seconds=1)
        await world.sweep()
        await fire(provider, "filingSubmit", id_)
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        world.clock.now = at(3, 17)
        row = (await open_rows(world, id_))["FILING_SUBMISSION"]

    assert (row.outcome, row.paused_at) == ("OVERDUE", at(3, 16) + timedelta(seconds=1))
