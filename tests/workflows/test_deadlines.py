"""Due dates: rows that begin, stand, run on and end with the steps, and what of them is shown (Art. 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.account import Account
from domain.case import NO_DUE_DATE
from domain.deadline import Deadline
from domain.filing import Filing
from tests.workflows.test_account import ANSWERS, ITEMS, claimed, supplement_asked
from tests.workflows.test_filing import DEFECT, prepared, revoked, submitted, wrong_item
from tests.world import NEWS_REASON, Person, World


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 4, 0, tzinfo=UTC)


async def deadlines(world: World, case_id: str) -> dict[str, Deadline]:
    """The last deadline of each kind."""
    return {row.kind: row for row in await world.rows(Deadline, case_id=case_id, order_by="id")}


async def shown(person: Person, noun: str, id_: str) -> tuple[str | None, str]:
    """Due date and clock as the viewer sees them."""
    case = (await person.ask(f"query($id: ID!) {{ {noun}(id: $id) {{ dueAt clock }} }}", id=id_))[noun]
    return case["dueAt"], case["clock"]


def utc(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def test_a_review_is_due_in_seven_working_days(world: World) -> None:
    provider = await world.provider()

    _, account = await provider.applied()

    (row,) = await world.rows(Deadline, case_id=account.id)
    due, clock = await shown(provider.reviewer, "account", account.id)
    assert (row.kind, row.runs_from, row.due_at) == ("REVIEW_DECISION", march(2), march(11))
    assert (row.next_at, row.settled_at, row.attempts, row.failures) == (march(11), None, 0, 0)
    assert (utc(due), clock) == (march(11), "RUNNING")


async def test_a_review_is_overdue_after_its_due_date_and_nothing_was_written(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    overdue = "{ accounts(where: { clock: OVERDUE }) { totalCount { value } } }"

    world.clock.advance(days=9)
    at_due = await shown(provider.reviewer, "account", account.id)
    world.clock.advance(seconds=1)
    async with world.untouched(account.id):
        after = await shown(provider.reviewer, "account", account.id)
        listed = (await provider.reviewer.ask(overdue))["accounts"]["totalCount"]["value"]

    assert (at_due[1], after[1], listed) == ("RUNNING", "OVERDUE", 1)


async def test_the_review_stands_while_the_holder_supplements_for_fifteen_working_days(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    world.clock.advance(days=2)
    await provider.reviewer.must("accountClaim", id=account.id)

    await provider.reviewer.must("accountRequestSupplement", id=account.id, version=1, items=ITEMS)

    rows = await deadlines(world, account.id)
    due, clock = await shown(provider.reviewer, "account", account.id)
    review, supplement = rows["REVIEW_DECISION"], rows["SUPPLEMENT"]
    assert (review.paused_at, review.left_seconds, review.next_at) == (march(4), 5 * 86_400, None)
    assert (supplement.runs_from, supplement.due_at) == (march(4), march(25))
    assert (utc(due), clock) == (march(25), "RUNNING")


async def test_the_review_runs_on_with_what_was_left_of_it(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    world.clock.advance(days=7, hours=3)

    asked: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=id_, version=2, **asked)

    rows = await deadlines(world, id_)
    review, supplement = rows["REVIEW_DECISION"], rows["SUPPLEMENT"]
    expected = march(18) + timedelta(hours=3)  # seven working days from Monday 9 March
    assert (review.due_at, review.next_at, review.paused_at, review.left_seconds) == (expected, expected, None, None)
    assert (supplement.settled_at, supplement.outcome, supplement.next_at) == (world.clock(), "MET", None)
    due, clock = await shown(provider.reviewer, "account", id_)
    assert (utc(due), clock) == (expected, "RUNNING")


async def test_a_decision_ends_the_review(world: World) -> None:
    provider = await world.provider()
    _, approved = await provider.approved()
    _, rejected = await provider.rejected()

    for id_ in (approved.id, rejected.id):
        row = (await deadlines(world, id_))["REVIEW_DECISION"]
        assert (row.settled_at, row.outcome, row.next_at) == (world.clock(), "MET", None)
        assert await shown(provider.reviewer, "account", id_) == (None, "NONE")


async def test_a_withdrawal_leaves_nothing_due(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)

    await holder.person.must("accountWithdraw", id=id_, version=2)

    rows = await deadlines(world, id_)
    assert {kind: (row.outcome, row.settled_at) for kind, row in rows.items()} == {
        "REVIEW_DECISION": ("MOOT", world.clock()),
        "SUPPLEMENT": ("MOOT", world.clock()),
        "SUPPLEMENT_REMINDER": ("MOOT", world.clock()),
    }
    (account,) = await world.rows(Account, id=id_)
    assert (account.due_at, account.clock) == (NO_DUE_DATE, "NONE")


async def test_a_reapplication_begins_a_new_review(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    world.clock.advance(days=7)

    await holder.person.must("accountReapply", id=account.id, version=2, particulars=holder.particulars())

    first, second = await world.rows(Deadline, case_id=account.id, order_by="created_at")
    assert (first.outcome, second.outcome, second.runs_from, second.due_at) == ("MET", None, march(9), march(18))


async def test_a_filing_is_submitted_in_ten_and_decided_in_thirty_working_days(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    before = await shown(provider.officer, "filing", id_)
    await provider.officer.must("filingSubmit", id=id_, version=1)
    after = await shown(provider.regulator, "filing", id_)

    rows = await deadlines(world, id_)
    # Tomb-sweeping day, Monday 6 April, is no working day.
    assert (utc(before[0]), before[1]) == (march(16), "RUNNING")
    assert (utc(after[0]), after[1]) == (datetime(2026, 4, 14, 4, 0, tzinfo=UTC), "RUNNING")
    assert (rows["FILING_SUBMISSION"].paused_at, rows["FILING_DECISION"].runs_from) == (march(2), march(2))


async def test_a_return_is_answered_in_ten_working_days(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)

    await provider.regulator.must("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=[DEFECT])
    returned = await deadlines(world, id_)
    await provider.officer.must("filingSubmit", id=id_, version=3)
    again = await deadlines(world, id_)

    assert (returned["FILING_DECISION"].outcome, returned["FILING_ANSWER"].due_at) == ("MET", march(16))
    assert (again["FILING_ANSWER"].paused_at, again["FILING_DECISION"].outcome) == (march(2), None)


async def test_pulling_back_makes_the_decision_moot_and_the_submission_due_in_what_was_left(world: World) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    world.clock.advance(days=1)

    await provider.officer.must("filingPullBack", id=id_, version=2)

    rows = await deadlines(world, id_)
    (filing,) = await world.rows(Filing, id=id_)
    assert rows["FILING_DECISION"].outcome == "MOOT"
    assert (rows["FILING_SUBMISSION"].outcome, rows["FILING_SUBMISSION"].due_at) == (None, march(17))
    assert (filing.due_at, filing.clock) == (march(17), "RUNNING")


async def test_nothing_is_due_of_what_was_accepted_and_to_prepare_anew_what_was_declined(world: World) -> None:
    provider = await world.provider()
    _, _, accepted = await provider.filed()
    _, _, declined = await submitted(provider)
    await provider.regulator.must("filingDecline", id=declined, version=2, reasons=NEWS_REASON)

    due, clock = await shown(provider.officer, "filing", declined)
    assert await shown(provider.officer, "filing", accepted.id) == (None, "NONE")
    assert (utc(due), clock) == (datetime(2026, 4, 14, 4, 0, tzinfo=UTC), "RUNNING")


async def test_after_a_revocation_it_is_due_to_file_anew(world: World) -> None:
    provider = await world.provider()
    _, id_ = await revoked(provider)
    off = await shown(provider.officer, "filing", id_)
    world.clock.advance(days=1)

    await provider.officer.must("filingPrepareAgain", id=id_, version=4)

    again = await shown(provider.officer, "filing", id_)
    open_ = [row for row in await world.rows(Deadline, case_id=id_) if row.settled_at is None]
    assert (utc(off[0]), off[1]) == (march(16), "RUNNING")
    assert ([row.kind for row in open_], again[1]) == (["FILING_SUBMISSION"], "RUNNING")


async def test_the_queue_lists_urgent_ones_first_then_what_is_due_first(world: World) -> None:
    provider = await world.provider()
    _, late = await claimed(provider)
    await provider.reviewer.must("accountRequestSupplement", id=late, version=1, items=ITEMS)
    _, soon = await provider.applied()
    world.clock.advance(days=1)
    _, later = await provider.applied()
    organ = await (await provider.holder("GOVERNMENT")).apply()

    query = "{ accounts(orderBy: QUEUE) { nodes { id } } }"
    order = [node["id"] for node in (await provider.reviewer.ask(query))["accounts"]["nodes"]]

    assert order == [organ.id, soon.id, later.id, late]
