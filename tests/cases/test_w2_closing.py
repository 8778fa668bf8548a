"""No way out by closing: what a holder was told of holds their closing, and only that, and only so long (Art. 6, 8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from domain.account import Account
from domain.deadline import Deadline, DeadlineKind
from domain.journal import Step
from domain.notice import Notice
from domain.publishing import Act
from tests.sanctions import CIRCUMSTANCES, REASONS, Case, opened, sanctioned
from tests.world import World, opened_world
from workflows.deadlines import due

Begun = Callable[[Case], Awaitable[Any]]
MAY: Final = """query($id: ID!, $act: PublishingAct!) {
    publishingDecision(account: $id, act: $act, content: GENERAL) { allowed blockedBy { code } } }"""


async def ask(case: Case) -> Any:
    return await case.person.do("accountAskClose", id=case.account_id, version=(await account(case)).seq)


async def account(case: Case) -> Account:
    return (await case.provider.world.rows(Account, id=case.account_id))[0]


async def clock(case: Case) -> Deadline:
    rows = await case.provider.world.rows(Deadline, case_id=case.account_id, kind="COOLING_OFF", settled_at=None)
    return rows[0]


async def sweep(world: World, **by: float) -> None:
    world.clock.advance(**by)
    await world.sweep()


async def blocks(case: Case) -> dict[str, list[str]]:
    """What is in the way of each act, as the holder is told."""
    found = {}
    for act in Act:
        answer = (await case.person.ask(MAY, id=case.account_id, act=act))["publishingDecision"]
        found[str(act)] = [block["code"] for block in answer["blockedBy"]]
    return found


async def notified(case: Case) -> None:
    await case.notify()


async def interim(case: Case) -> None:
    given: dict[str, Any] = {"reasons": REASONS, "scope": ["PROFILE"], "hours": 72}
    await case.provider.officer.must("sanctionInterim", id=case.id, version=await case.version(), **given)


async def restricted(case: Case) -> None:
    await case.restrict(days=30, circumstances=CIRCUMSTANCES)


async def suspended(case: Case) -> None:
    await case.notify()
    await case.waive()
    await case.suspend(days=90, circumstances=CIRCUMSTANCES)


async def warned(case: Case) -> None:
    await case.warn()


async def dismissed(case: Case) -> None:
    await case.notify()
    await case.dismiss()


async def lifted(case: Case) -> None:
    await restricted(case)
    await case.lift()


async def untold(_: Case) -> None:
    pass


HOLD: Final = (notified, interim, restricted, suspended)
FREE: Final = (untold, warned, dismissed, lifted)


@pytest.fixture
async def alone(own_database_url: str) -> Any:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


@pytest.mark.parametrize("begun", HOLD)
async def test_w2_what_the_holder_was_told_of_holds_a_closing_and_publishing_ends_meanwhile(
    alone: World, begun: Begun
) -> None:
    case = await sanctioned(await alone.provider(), ground="FRAUD")
    await begun(case)

    answer = await ask(case)
    waiting = await clock(case)
    await sweep(alone, days=7)
    on_the_day = await blocks(case)
    now = await account(case)
    name = await (await case.provider.holder()).try_to_apply(displayName=now.display_name)

    assert answer.problems == []
    assert (waiting.paused_at, waiting.left_seconds, waiting.next_at) == (now.closing_held_at, 7 * 86_400, None)
    assert now.state == "FILED"
    assert name.codes == ["NAME_UNAVAILABLE"]
    assert all("CLOSING" in on_the_day[act] for act in ("PUBLISH", "UPDATE", "COMMENT"))
    assert on_the_day["REMOVE"] == []


@pytest.mark.parametrize("begun", FREE)
async def test_w2_nothing_else_holds_it(alone: World, begun: Begun) -> None:
    case = await sanctioned(await alone.provider(), ground="FRAUD")
    await begun(case)

    await ask(case)
    await sweep(alone, days=7, seconds=1)

    assert (await account(case)).state == "CLOSED"


@pytest.mark.parametrize("begun", HOLD)
async def test_w2_what_comes_after_it_was_asked_holds_it_too_and_what_is_left_runs_on(
    alone: World, begun: Begun
) -> None:
    case = await sanctioned(await alone.provider(), ground="FRAUD")
    await ask(case)
    alone.clock.advance(days=3)
    await begun(case)
    held = await account(case)
    (step,) = await alone.rows(Step, case_id=case.account_id, trigger="hold_closing")

    ends = await ended(case)
    free, running = await account(case), await clock(case)
    alone.clock.now = ends + timedelta(days=4)
    await alone.sweep()
    to_the_last = await account(case)
    await sweep(alone, seconds=1)

    assert (held.closing_held_at, step.cause is not None) == (step.at, True)
    assert (free.closing_held_at, running.paused_at, running.due_at) == (None, None, ends + timedelta(days=4))
    assert (to_the_last.state, (await account(case)).state) == ("FILED", "CLOSED")


async def ended(case: Case) -> datetime:
    """What the case holds a closing by comes to its end; when that was."""
    world = case.provider.world
    if (await case.row()).state in ("OPENED", "NOTIFIED"):
        await case.dismiss()
        return world.clock()
    ends: datetime = (await case.measures())[-1].until
    world.clock.now = ends + timedelta(seconds=1)
    await world.sweep()
    return ends


async def test_w2_two_that_hold_it_free_it_together(alone: World) -> None:
    provider = await alone.provider()
    one = await sanctioned(provider, ground="FRAUD")
    await notified(one)
    await ask(one)
    other = await opened(provider, one.account_id, one.holder, ground="VULGARITY")
    await restricted(other)

    await one.dismiss()
    between = await account(one)
    await other.lift()
    after = await account(one)

    assert between.closing_held_at is not None
    assert (after.closing_held_at, after.closing_at) == (None, between.closing_at)
    assert len(await alone.rows(Step, case_id=one.account_id, trigger="resume_closing")) == 1


async def test_w2_a_case_that_its_holder_was_not_told_of_goes_on_against_the_closed_account(alone: World) -> None:
    case = await sanctioned(await alone.provider())
    await ask(case)
    await sweep(alone, days=8)
    closed = await account(case)

    await suspended(case)

    assert (closed.state, closed.closed_cause) == ("CLOSED", "HOLDER")
    assert (await case.row()).state == "SUSPENDED"
    assert (await account(case)).state == "CLOSED"


async def test_w2_a_holder_may_take_a_held_closing_back_and_ask_again(alone: World) -> None:
    case = await sanctioned(await alone.provider())
    await notified(case)
    await ask(case)
    alone.clock.advance(days=9)
    version = (await account(case)).seq

    back = await case.person.must(
        "accountCancelClose", select="closingAt closingHeldAt", id=case.account_id, version=version
    )
    free = await blocks(case)
    again = await ask(case)
    row = await account(case)

    assert (back.case["closingAt"], back.case["closingHeldAt"]) == (None, None)
    assert free["UPDATE"] == []
    assert again.problems == []
    assert (row.closing_at, row.closing_held_at) == (alone.clock() + timedelta(days=7), alone.clock())


# --- by when it is decided ---------------------------------------------------------------------------------------
async def decision(case: Case) -> Deadline:
    kind = DeadlineKind.SANCTION_DECISION
    return (await case.provider.world.rows(Deadline, case_id=case.id, kind=kind, settled_at=None))[0]


async def test_w2_a_decision_is_due_from_opening_notice_answer_and_reopening(world: World) -> None:
    kind, calendar = DeadlineKind.SANCTION_DECISION, world.office.calendar
    case = await sanctioned(await world.provider())
    begun = [(await decision(case)).due_at, due(kind, world.clock(), calendar)]
    world.clock.advance(days=2)
    await case.notify()
    told = [(await decision(case)).due_at, due(kind, (await case.row()).answer_until, calendar)]
    world.clock.advance(days=1)
    await case.answer("It was not I.")
    heard = [(await decision(case)).due_at, due(kind, world.clock(), calendar)]
    world.clock.advance(days=1)
    await case.answer("Nor was it so.")
    await case.waive()
    twice = (await decision(case)).due_at
    await case.dismiss()
    over = await world.rows(Deadline, case_id=case.id, kind=kind, settled_at=None)
    world.clock.advance(days=1)
    given: dict[str, Any] = {
        "findings": "There is more.",
        "evidence": [{"text": "A second item.", "isDisclosable": True}],
    }
    await case.provider.officer.must("sanctionReopen", id=case.id, version=await case.version(), **given)
    anew = [(await decision(case)).due_at, due(kind, world.clock(), calendar)]

    assert begun[0] == begun[1]
    assert told[0] == told[1] > begun[0]
    assert heard[0] == heard[1] < told[0]
    assert twice == heard[0]
    assert over == []
    assert anew[0] == anew[1]


async def test_w2_an_overdue_decision_is_told_and_holds_no_closing_any_more(alone: World) -> None:
    case = await sanctioned(await alone.provider())
    await notified(case)
    await ask(case)
    at = (await decision(case)).due_at

    alone.clock.now = at
    await alone.sweep()
    in_time = await account(case)
    await sweep(alone, seconds=1)
    late = await account(case)
    (step,) = await alone.rows(Step, case_id=case.id, trigger="overdue")
    told = {row.party for row in await alone.rows(Notice, step_id=step.id)}
    alone.clock.now = at + timedelta(days=7, seconds=1)
    await alone.sweep()

    assert in_time.closing_held_at is not None
    assert late.closing_held_at is None
    assert told == {"PROVIDER", "AUTHORITY"}
    assert (await account(case)).state == "CLOSED"
    assert (await case.row()).state == "NOTIFIED"


async def test_w2_a_warning_after_a_notice_lets_the_closing_go_on(alone: World) -> None:
    case = await sanctioned(await alone.provider())
    await notified(case)
    await ask(case)
    held = (await account(case)).closing_held_at

    await case.waive()
    await case.warn()

    assert held is not None
    assert (await account(case)).closing_held_at is None


# --- with the worker stopped -------------------------------------------------------------------------------------
@pytest.mark.parametrize("begun", [restricted, suspended, untold, notified])
async def test_w2_rights_are_derived_whoever_is_late(alone: World, begun: Begun) -> None:
    case = await sanctioned(await alone.provider())
    await begun(case)
    await ask(case)
    asked_at, row = alone.clock(), await clock(case)
    held = (await case.measures())[-1].until if begun in (restricted, suspended) else None
    held = (await decision(case)).due_at if begun is notified else held
    alone.clock.now = asked_at + timedelta(days=7)
    closing = await blocks(case)
    closes_at = row.due_at if held is None else held + timedelta(days=7)
    alone.clock.now = closes_at
    to_the_last = await blocks(case)
    alone.clock.now = closes_at + timedelta(seconds=1)
    derived = await blocks(case)
    await alone.sweep()
    await alone.sweep()

    assert (await account(case)).state == "CLOSED"
    assert await blocks(case) == derived == {str(act): ["CLOSED"] for act in Act}
    assert (closing["REMOVE"], to_the_last["REMOVE"]) == ([], [])
    assert all("CLOSING" in closing[act] for act in ("PUBLISH", "UPDATE", "COMMENT"))
