"""Interim measures: at once on an urgent ground, for 72 hours, longer only by two, gone with any decision (Art. 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest

from domain.authority_report import AuthorityReport
from domain.deadline import Deadline
from domain.journal import Step
from domain.notice import Notice
from domain.sanction import NEVER
from tests.sanctions import DISMISSAL, REASONS, Case, sanctioned
from tests.world import Answer, Provider, World, by_two, opened_world

SEEN: Final = """query($id: ID!) { account(id: $id) { sanctionLevel
    publishing: publishingRights { act content allowed } } }"""
HOUR: Final = timedelta(hours=1)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def asked(case: Case, **more: Any) -> dict[str, Any]:
    given = {"id": case.id, "version": await case.version(), "reasons": REASONS}
    return {**given, "scope": ["PUBLISH"], "hours": 72, **more}


async def interim(case: Case, **more: Any) -> Answer:
    return await case.provider.officer.must("sanctionInterim", **await asked(case, **more))


async def extending(case: Case) -> dict[str, Any]:
    return {"id": case.id, "version": await case.version(), "reasons": REASONS}


async def extended(case: Case) -> Answer:
    if case.second is None:
        case.second = await case.provider.second_officer()
    return await by_two(case.provider.officer, case.second, "sanctionExtendInterim", **await extending(case))


async def urgent(provider: Provider, **more: Any) -> Case:
    return await sanctioned(provider, **{"ground": "FRAUD", **more})


async def test_it_is_for_urgent_grounds_and_for_72_hours_at_most_once_in_a_case(world: World) -> None:
    provider = await world.provider()
    plain, case = await sanctioned(provider), await urgent(provider)

    async def refused(of: Case, **more: Any) -> list[tuple[str, str]]:
        return (await provider.officer.refused("sanctionInterim", **await asked(of, **more))).problems

    assert await refused(plain) == [("GROUND_NOT_URGENT", "id")]
    assert await refused(case, hours=73) == [("INPUT_INVALID", "hours")]
    assert await refused(case, hours=0) == [("INPUT_INVALID", "hours")]
    assert await refused(case, scope=["PUBLISH", "ALL"]) == [("CODE_UNKNOWN", "scope.1")]
    done = await interim(case)
    assert await refused(case, hours=1) == [("INTERIM_TAKEN", "id")]

    (measure,) = await case.measures()
    (report,) = await world.rows(AuthorityReport, sanction_id=case.id)
    (notice,) = await world.rows(Notice, case_id=case.id)
    found = await case.row()
    assert (done.state, found.interim_id, found.measure_id) == ("OPENED", measure.id, None)
    assert (measure.level, measure.scope, measure.ended_at) == ("INTERIM", ["PUBLISH"], NEVER)
    assert (measure.from_at, measure.until) == (world.clock(), world.clock() + 72 * HOUR)
    assert (report.kind, report.measure_id, report.due_at) == ("MEASURE", measure.id, world.clock() + 24 * HOUR)
    assert (notice.party, notice.served_at) == ("HOLDER", world.clock())
    # The holder is told of the measure, and of the case with it; it is no rung, and takes what its scope says.
    told = await case.person.ask(SEEN, id=case.account_id)
    assert told["account"]["sanctionLevel"] == "NONE"
    assert (await case.told("stateCode measures { nodes { level inForce } }", case.person)) == {
        "stateCode": "OPENED", "measures": {"nodes": [{"level": "INTERIM", "inForce": True}]},
    }  # fmt: skip
    # It is no measure to climb from: a restriction is a skip still.
    answer = await provider.officer.refused("sanctionRestrict", **await case.input(days=1, scope=["PUBLISH"]))
    assert answer.problems == [("CIRCUMSTANCES_MISSING", "circumstances")]


async def test_two_extend_it_to_the_end_of_the_answer_period(world: World) -> None:
    provider = await world.provider()
    case = await urgent(provider)
    await interim(case)
    before = await provider.officer.refused("sanctionExtendInterim", **await extending(case))
    world.clock.advance(hours=1)
    await case.notify()
    answer_until = (await case.row()).answer_until
    proposed = await provider.officer.must("sanctionExtendInterim", **await extending(case))

    await extended(case)

    first, second = await case.measures()
    assert before.codes[0] == "ILLEGAL_TRANSITION"
    assert (proposed.payload["step"], bool(proposed.proposal)) == (None, True)
    assert (first.ended_at, first.ended_by) == (world.clock(), "PROLONGED")
    assert (second.level, second.scope, second.until) == ("INTERIM", ["PUBLISH"], answer_until)
    assert (second.since, second.from_at) == (first.from_at, world.clock())
    again = await provider.officer.refused("sanctionExtendInterim", **await extending(case))
    assert again.problems == [("TERM_TOO_LONG", "id")]
    waiting = await world.rows(Deadline, case_id=case.id, kind="INTERIM_END", settled_at=None)
    assert [one.due_at for one in waiting] == [answer_until]
    reports = await world.rows(AuthorityReport, sanction_id=case.id)
    assert [one.due_at - one.created_at for one in reports] == [24 * HOUR] * 2


async def test_it_lasts_ten_days_in_all_at_most(world: World) -> None:
    provider = await world.provider()
    case, short = await urgent(provider), await urgent(provider)
    for one in (case, short):
        await interim(one)
    world.clock.advance(hours=71)
    await case.notify(answerHours=240)
    await short.notify(answerHours=24)

    await extended(case)

    first, second = await case.measures()
    assert second.until == first.from_at + timedelta(days=10) < (await case.row()).answer_until
    # What ran out is extended no more.
    world.clock.advance(hours=1)
    late = await provider.officer.refused("sanctionExtendInterim", **await extending(short))
    assert late.problems == [("NO_INTERIM_RUNS", "id")]


@pytest.mark.parametrize("decision", ["warn", "restrict", "dismiss", "suspend", "close"])
async def test_any_decision_ends_it(world: World, decision: str) -> None:
    provider = await world.provider()
    case = await urgent(provider, gravity="GRAVE")
    await interim(case)
    if decision in ("suspend", "close"):
        await case.notify()
        await case.waive()
    world.clock.advance(hours=1)
    more: dict[str, Any] = {} if decision == "dismiss" else {"circumstances": {
        "gravity": "GRAVE", "intent": "INTENDED", "harm": "SUBSTANTIAL", "spread": "WIDE", "cooperation": "REFUSED",
    }}  # fmt: skip

    await getattr(case, decision)(**more)

    measure = next(one for one in await case.measures() if one.level == "INTERIM")
    (lapse,) = await world.rows(Step, case_id=case.id, trigger="lapse_interim")
    (decided,) = await world.rows(Step, case_id=case.id, seq=lapse.seq - 1)
    assert (measure.ended_at, measure.ended_by) == (world.clock(), "DECIDED")
    assert (await case.row()).interim_id is None
    assert (decided.trigger, lapse.cause, lapse.actor_role) == (decision, decided.id, "SYSTEM")
    assert await world.rows(Deadline, case_id=case.id, kind="INTERIM_END", settled_at=None) == []
    world.clock.advance(days=4)
    await world.sweep()
    assert len(await world.rows(Step, case_id=case.id, trigger="lapse_interim")) == 1


async def test_it_lapses_at_its_moment_whoever_comes_when(world: World) -> None:
    provider = await world.provider()
    case = await urgent(provider)
    await interim(case, hours=10)
    (measure,) = await case.measures()
    select = "measures { nodes { inForce endedBy endedAt } } clock dueAt"
    fired = []

    for seconds in (-1, 0, 1, 2):
        world.clock.now = measure.until + timedelta(seconds=seconds)
        in_force = (await case.told(select))["measures"]["nodes"][0]["inForce"]
        await world.sweep(workers=4)
        fired.append((in_force, len(await world.rows(Step, case_id=case.id, trigger="lapse_interim"))))

    (step,) = await world.rows(Step, case_id=case.id, trigger="lapse_interim")
    (ended,) = await case.measures()
    told = orjson.loads(step.details)
    assert fired == [(True, 0), (False, 0), (False, 1), (False, 1)]
    assert (step.at, step.actor_role, told["deadline"]) == (measure.until, "SYSTEM", "INTERIM_END")
    assert (ended.ended_at, ended.ended_by) == (measure.until, "EXPIRED")
    assert (await case.row()).interim_id is None
    # Decided after its time and before the worker came, it ended by its time before that.
    late = await urgent(provider)
    await interim(late, hours=10)
    world.clock.advance(hours=11)
    stale = await provider.reviewer.do("sanctionDismiss", id=late.id, version=2, reasons=DISMISSAL)
    await late.dismiss()
    await world.sweep()
    (ended,) = await late.measures()
    assert (stale.codes, ended.ended_at, ended.ended_by) == (["STALE_VERSION"], ended.until, "EXPIRED")
    assert len(await world.rows(Step, case_id=late.id, trigger="lapse_interim")) == 1
