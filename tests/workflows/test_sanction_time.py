"""Measures end by time: their right is gone at once, and the worker says so once, however late it comes (Art. 8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from domain.authority_report import AuthorityReport
from domain.deadline import Deadline
from domain.journal import Step, written
from domain.notice import Notice
from tests.sanctions import CIRCUMSTANCES, REASONS, Case, opened, sanctioned
from tests.world import Provider, World, opened_world
from workflows.jobs import Claim
from workflows.timed_steps import carry_out_due

SKIPPED: Final[dict[str, Any]] = {"circumstances": CIRCUMSTANCES}
RIGHTS: Final = """query($id: ID!) { account(id: $id) { sanctionLevel
    publishingRights { act content allowed blockedBy { code } } } }"""
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def restricted(provider: Provider, days: int = 10) -> Case:
    case = await sanctioned(provider)
    await case.restrict(days=days, **SKIPPED)
    return case


async def end_of(case: Case) -> tuple[Deadline, datetime]:
    (row,) = await case.provider.world.rows(Deadline, case_id=case.id, kind="MEASURE_END")
    return row, row.due_at


async def expiries(case: Case) -> list[Step]:
    return await case.provider.world.rows(Step, case_id=case.id, trigger="expire")


async def test_what_a_measure_took_is_back_at_its_end_with_or_without_a_worker(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    _, until = await end_of(case)
    seen = []

    async def look() -> None:
        found = (await provider.integration.ask(RIGHTS, id=case.account_id))["account"]
        (publish,) = [r for r in found["publishingRights"] if (r["act"], r["content"]) == ("PUBLISH", "GENERAL")]
        seen.append((found["sanctionLevel"], publish["allowed"]))

    for seconds in (-1, 0, 1):
        world.clock.now = until + seconds * SECOND
        await look()
    without = seen[-1]
    await world.sweep()
    await look()

    assert seen == [("RESTRICTED", False), ("NONE", True), ("NONE", True), ("NONE", True)]
    assert without == seen[-1]
    (step,) = await expiries(case)
    (measure,) = await case.measures()
    (notice,) = await world.rows(Notice, step_id=step.id)
    assert (step.at, step.actor_role, orjson.loads(step.details)["measure"]) == (until, "SYSTEM", measure.id)
    assert (measure.ended_at, measure.ended_by, (await case.row()).state) == (until, "EXPIRED", "EXPIRED")
    assert (notice.party, notice.served_at) == ("HOLDER", world.clock())


async def test_three_days_late_four_workers_say_each_end_once_with_its_true_due_date(world: World) -> None:
    provider = await world.provider()
    ends: dict[str, tuple[Case, datetime]] = {}
    holder, account_id, _ = await provider.filed()
    for number, ground in enumerate(("RUMOUR", "DEFAMATION", "VULGARITY", "ORDER_DISTURBED"), start=1):
        case = await opened(provider, account_id, holder, ground=ground)  # all of one account: one at a time
        await case.restrict(days=number, **SKIPPED)
        ends[case.id] = (case, (await end_of(case))[1])
    urgent = await sanctioned(provider, ground="FRAUD")
    given: dict[str, Any] = {"reasons": REASONS, "scope": ["PUBLISH"], "hours": 10}
    await provider.officer.must("sanctionInterim", id=urgent.id, version=1, **given)
    begun = world.clock()

    world.clock.advance(days=7)
    await world.sweep(workers=4)
    await world.sweep(workers=4)

    for case, until in ends.values():
        (step,) = await expiries(case)
        told = orjson.loads(step.details)
        assert (step.at, told["due_at"], told["recorded_at"]) == (until, written(until), written(world.clock()))
        assert (await case.measures())[0].ended_at == until
    (lapse,) = await world.rows(Step, case_id=urgent.id, trigger="lapse_interim")
    assert lapse.at == begun + timedelta(hours=10)
    reports = await world.rows(AuthorityReport)
    assert len(reports) == 5
    for report in reports:
        overdue = await world.rows(Step, case_id=report.id, trigger="overdue")
        late = report.due_at < world.clock()
        assert [(step.at, orjson.loads(step.details)["due_at"]) for step in overdue] == (
            [(report.due_at, written(report.due_at))] if late else []
        )


async def test_a_clock_that_went_back_ends_nothing_early_and_nothing_twice(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    row, until = await end_of(case)
    claim = Claim(row.id, attempt=0, failures=0)

    world.clock.now = until - SECOND
    await carry_out_due(world.office, claim)
    early = len(await expiries(case))
    world.clock.now = until + SECOND
    await world.sweep()
    world.clock.now = until - DAY
    async with world.untouched(case.id):
        await world.sweep()
        await carry_out_due(world.office, claim)

    assert (early, len(await expiries(case))) == (0, 1)
    # It ended, and no clock that goes back brings it back: the journal has said so.
    level = (await provider.officer.ask(RIGHTS, id=case.account_id))["account"]["sanctionLevel"]
    assert level == ("RESTRICTED" if (await case.measures())[0].ended_at > world.clock() else "NONE")


async def test_where_a_decision_and_the_clock_meet_time_has_decided(world: World) -> None:
    provider = await world.provider()
    cases = [await restricted(provider) for _ in range(3)]
    await provider.officer.ask("{ viewer { role } }")
    _, until = await end_of(cases[0])
    versions = [await case.version() for case in cases]
    measures = [(await case.row()).measure_id for case in cases]
    second = await provider.second_officer()
    ready = []
    for case, version, measure in zip(cases, versions, measures, strict=True):
        case.second = second
        given = {"id": case.id, "version": version, "measureId": measure, "reason": "It was wrong."}
        proposal = (await provider.officer.must("sanctionRescind", **given)).proposal
        await second.must("proposalEndorse", id=proposal["id"], hash=proposal["hash"])
        ready.append({**given, "proposal": proposal["id"]})

    world.clock.now = until + SECOND
    answers, _ = await asyncio.gather(
        asyncio.gather(*(provider.officer.do("sanctionRescind", **given) for given in ready)),
        world.sweep(workers=2),
    )

    for case, answer in zip(cases, answers, strict=True):
        assert answer.codes == ["STALE_VERSION"], answer.problems
        assert len(await expiries(case)) == 1
        assert ((await case.row()).state, (await end_of(case))[0].outcome) == ("EXPIRED", "PASSED")


async def test_what_was_prolonged_replaced_or_ended_expires_at_its_new_end_or_never(world: World) -> None:
    provider = await world.provider()
    longer, shorter, warned, lifted = [await restricted(provider) for _ in range(4)]
    begun = world.clock()
    await longer.prolong(days=5)
    await shorter.reduce("RESTRICTED", days=3, scope=["PUBLISH"])
    await warned.reduce("WARNING")
    await lifted.lift()
    cases = (longer, shorter, warned, lifted)
    found = {}

    for days in (3, 10, 15, 90):
        world.clock.now = begun + days * DAY + SECOND
        await world.sweep(workers=2)
        found[days] = [len(await expiries(case)) for case in cases]

    assert found == {3: [0, 1, 0, 0], 10: [0, 1, 0, 0], 15: [1, 1, 0, 0], 90: [1, 1, 1, 0]}
    at = [step.at for case in cases for step in await expiries(case)]
    assert at == [begun + 15 * DAY, begun + 3 * DAY, begun + 90 * DAY]


async def test_a_period_to_answer_passes_without_a_step(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    (row,) = await world.rows(Deadline, case_id=case.id, kind="SANCTION_ANSWER")

    world.clock.now = row.due_at + SECOND
    async with asyncio.timeout(30):
        await world.sweep()

    (after,) = await world.rows(Deadline, case_id=case.id, kind="SANCTION_ANSWER")
    assert (after.outcome, after.settled_at) == ("MOOT", world.clock())
    assert ((await case.row()).state, await case.version()) == ("NOTIFIED", 2)
    shown = await case.told("clock dueAt availableSteps { trigger allowed }")
    assert {"trigger": "suspend", "allowed": True} in shown["availableSteps"]
