"""T5: after the time to answer one answer is kept beside the case, and makes nothing out of date (Art. 8)."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson
import pytest

from domain.journal import Step
from domain.sanction import Evidence
from tests.sanctions import CIRCUMSTANCES, Case, sanctioned
from tests.workflows.test_migrations import moved
from tests.world import Answer, Provider, World, opened_world

LIST = "evidence(first: 10) { nodes { number text { display } sha256 lateAnswerTo } }"
WORDS = "1. It was satire."


async def notified_and_over(provider: Provider) -> Case:
    """A case whose time to answer has passed, and nobody answered."""
    case = await sanctioned(provider)
    await case.notify()
    provider.world.clock.now = (await case.row()).answer_until + timedelta(seconds=1)
    return case


async def late(case: Case, *points: str) -> Answer:
    given: dict[str, Any] = {"id": case.id, "version": await case.version(), "points": list(points)}
    return await case.person.do("sanctionAnswer", **given)


async def proposed(case: Case) -> tuple[Answer, dict[str, Any]]:
    """A suspension, proposed and endorsed."""
    case.second = await case.provider.second_officer()
    given = await case.input(days=7, circumstances=CIRCUMSTANCES)
    answer = await case.provider.officer.must("sanctionSuspend", **given)
    await case.second.must("proposalEndorse", id=answer.proposal["id"], hash=answer.proposal["hash"])
    return answer, {**given, "proposal": answer.proposal["id"]}


def details(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(step.details)
    return found


async def test_t5_a_late_answer_makes_no_endorsed_proposal_out_of_date(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    _, given = await proposed(case)
    before = await case.row()

    answer = await late(case, "It was satire.")
    again = [await late(case, f"It was satire, {n}.") for n in range(3)]
    after = await case.row()
    done = await provider.officer.must("sanctionSuspend", **given)

    assert (answer.problems, answer.payload["step"], answer.version) == ([], None, before.seq)
    assert [one.problems for one in again] == [[("LATE_ANSWER_KEPT", "id")]] * 3
    assert (after.seq, after.answered_at, after.answer_points) == (before.seq, None, 0)
    (step,) = await world.rows(Step, id=done.payload["step"]["id"])
    assert details(step)["late_answer"] == sha256(WORDS.encode()).hexdigest()


async def test_t5_it_is_shown_to_who_decides_and_to_its_holder(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    await late(case, "It was satire.")
    notified_at = (await case.told("notifiedAt"))["notifiedAt"]
    expected = {"number": 0, "text": {"display": WORDS}, "sha256": sha256(WORDS.encode()).hexdigest()}

    for person in (provider.officer, provider.reviewer, case.person):
        shown = (await case.told(LIST, person))["evidence"]["nodes"]
        assert shown[0] == {**expected, "lateAnswerTo": notified_at}
    assert [one["number"] for one in (await case.told(LIST))["evidence"]["nodes"]] == [0, 1]


async def test_t5_nothing_rests_on_it(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    await late(case, "It was satire.")
    (kept,) = [one for one in await world.rows(Evidence, sanction_id=case.id) if one.number == 0]

    given = await case.input(days=7, circumstances=CIRCUMSTANCES)
    answer = await provider.officer.refused("sanctionSuspend", **{**given, "evidenceIds": [kept.id]})

    assert answer.problems == [("NOT_FOUND", "evidenceIds.0")]


async def test_t5_at_the_very_end_of_the_period_an_answer_is_in_time(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    world.clock.now = (await case.row()).answer_until
    before = await case.version()

    answer = await late(case, "It was satire.")

    row = await case.row()
    assert (answer.version, row.answer_points, row.answered_at) == (before + 1, 1, world.clock())
    assert len(await world.rows(Evidence, sanction_id=case.id)) == 1


@pytest.mark.parametrize("first", ["answered", "waived"])
async def test_t5_who_was_heard_in_time_adds_one_late_answer_too(world: World, first: str) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await (case.answer("It was satire.") if first == "answered" else case.waive())
    world.clock.now = (await case.row()).answer_until + timedelta(seconds=1)
    before = await case.version()

    codes = [(await late(case, "And more.")).codes for _ in range(2)]

    assert (codes, await case.version()) == ([[], ["LATE_ANSWER_KEPT"]], before)


async def test_t5_what_is_told_beforehand_is_what_happens(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    steps = "availableSteps { trigger allowed problems { code } }"

    async def answering() -> dict[str, Any]:
        found = (await case.told(steps, case.person))["availableSteps"]
        return next(one for one in found if one["trigger"] == "answer")

    before = await answering()
    await late(case, "It was satire.")

    assert before == {"trigger": "answer", "allowed": True, "problems": []}
    assert await answering() == {"trigger": "answer", "allowed": False, "problems": [{"code": "LATE_ANSWER_KEPT"}]}


async def test_t5_under_a_warning_a_late_answer_moves_nothing_either(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.warn()
    await case.notify()
    world.clock.now = (await case.row()).answer_until + timedelta(seconds=1)
    before = await case.version()

    await late(case, "It was satire.")

    assert await case.version() == before
    done = await case.suspend(days=7, circumstances=CIRCUMSTANCES)
    (step,) = await world.rows(Step, id=done.payload["step"]["id"])
    assert "late_answer" in details(step)


async def test_t5_a_refused_late_answer_leaves_everything_as_it_was(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    await late(case, "It was satire.")

    given: dict[str, Any] = {"id": case.id, "version": await case.version(), "points": ["Once more."]}
    answer = await case.person.refused("sanctionAnswer", **given)

    assert answer.codes == ["LATE_ANSWER_KEPT"]


async def test_t5_another_notice_may_be_answered_late_again(world: World) -> None:
    provider = await world.provider()
    case = await notified_and_over(provider)
    await late(case, "It was satire.")
    await case.dismiss()
    piece = {"text": "Another item.", "isDisclosable": True}
    given: dict[str, Any] = {"findings": "There is more.", "evidence": [piece], "version": await case.version()}
    await provider.officer.must("sanctionReopen", id=case.id, **given)
    await case.notify()
    world.clock.now = (await case.row()).answer_until + timedelta(seconds=1)

    assert (await late(case, "It was satire.")).problems == []
    numbers = sorted(one.number for one in await world.rows(Evidence, sanction_id=case.id))
    assert numbers == [0, 0, 1, 2]


async def test_t5_going_back_leaves_no_answer_among_the_evidence(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        case = await notified_and_over(await world.provider())
        await late(case, "It was satire.")
    await moved(own_database_url, "0007", down=True)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        assert [one.number for one in await world.rows(Evidence)] == [1]
