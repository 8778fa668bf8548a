"""T7: each measure is taken back exactly once, whatever became of its case (Art. 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sanctions import CIRCUMSTANCES, PIECE, Case, sanctioned
from tests.world import Provider, World, unique


async def warned(provider: Provider) -> Case:
    case = await sanctioned(provider)
    await case.warn()
    return case


async def reopened(case: Case) -> None:
    """The case, taken up again on something new."""
    piece = {**PIECE, "text": unique("Another item, ")}
    given: dict[str, Any] = {"findings": "There is more.", "evidence": [piece], "version": await case.version()}
    await case.provider.officer.must("sanctionReopen", id=case.id, **given)


async def ran_out(case: Case) -> None:
    case.provider.world.clock.advance(days=91)
    await case.provider.world.sweep()


async def left_expired(case: Case) -> None:
    await ran_out(case)


async def left_opened(case: Case) -> None:
    await ran_out(case)
    await reopened(case)


async def left_notified(case: Case) -> None:
    await left_opened(case)
    await case.notify()


async def left_dismissed(case: Case) -> None:
    await left_opened(case)
    await case.dismiss()


async def left_lifted(case: Case) -> None:
    await case.lift()


async def left_restricted(case: Case) -> None:
    await case.restrict(days=5)


async def left_overturned(case: Case) -> None:
    await case.restrict(days=5)
    await case.rescind()


async def left_closed(case: Case) -> None:
    await case.notify()
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES)


BECAME: Any = {
    "EXPIRED": (left_expired, "OVERTURNED"),
    "OPENED": (left_opened, "OPENED"),
    "NOTIFIED": (left_notified, "NOTIFIED"),
    "DISMISSED": (left_dismissed, "DISMISSED"),
    "LIFTED": (left_lifted, "OVERTURNED"),
    "RESTRICTED": (left_restricted, "RESTRICTED"),
    "OVERTURNED": (left_overturned, "OVERTURNED"),
    "CLOSED": (left_closed, "CLOSED"),
}


@pytest.mark.parametrize("state", BECAME)
async def test_t7_an_earlier_warning_is_taken_back_once_whatever_became_of_its_case(world: World, state: str) -> None:
    leave, after = BECAME[state]
    provider = await world.provider()
    case = await warned(provider)
    (warning,) = await case.measures()
    await leave(case)
    assert (await case.row()).state == state

    answer = await case.rescind(warning.id)

    (taken,) = [one for one in await case.measures() if one.id == warning.id]
    assert (answer.state, taken.ended_by) == (after, "OVERTURNED")
    given = {"id": case.id, "version": await case.version(), "measureId": warning.id, "reason": "Again."}
    again = await provider.officer.refused("sanctionRescind", **given)
    assert again.problems == [("MEASURE_OVERTURNED", "measureId")]


@pytest.mark.parametrize("leave", [left_dismissed, left_opened, left_expired])
async def test_t7_what_was_taken_back_counts_no_more(world: World, leave: Any) -> None:
    provider = await world.provider()
    case = await warned(provider)
    (warning,) = await case.measures()
    await leave(case)
    await case.rescind(warning.id)
    world.clock.advance(days=-60)  # a second case while a warning would count

    given: dict[str, Any] = {
        "accountId": case.account_id,
        "ground": "VULGARITY",
        "gravity": "SERIOUS",
        "conductOn": "2026-03-02",
    }
    more: dict[str, Any] = {"detection": "MANUAL", "harmsLifeOrProperty": False, "findings": "x", "evidence": [PIECE]}
    made = await provider.reviewer.must("sanctionOpen", **given, **more, idempotencyKey=unique("open-"))
    other = Case(provider, case.account_id, made.id, case.holder)

    assert (await other.told("recommended { recurrence }"))["recommended"] == {"recurrence": 0}


async def test_t7_a_case_taken_up_again_goes_on_after_its_warning_was_taken_back(world: World) -> None:
    provider = await world.provider()
    case = await warned(provider)
    (warning,) = await case.measures()
    await left_opened(case)
    await case.rescind(warning.id)

    await case.notify()
    await case.waive()
    done = await case.suspend(days=7, circumstances=CIRCUMSTANCES)

    assert done.state == "SUSPENDED"
    assert [one.ended_by for one in await case.measures()] == ["OVERTURNED", None]


async def test_t7_a_closed_account_does_not_come_back_with_an_earlier_warning(world: World) -> None:
    provider = await world.provider()
    case = await warned(provider)
    (warning,) = await case.measures()
    await left_closed(case)

    await case.rescind(warning.id)

    asked = "query($id: ID!) { account(id: $id) { stateCode sanctionLevel } }"
    account = (await provider.officer.ask(asked, id=case.account_id))["account"]
    assert account == {"stateCode": "CLOSED", "sanctionLevel": "CLOSED"}


# --- heard after all ---------------------------------------------------------------------------------------------
async def test_t7_who_was_warned_unheard_is_heard_before_a_suspension(world: World) -> None:
    provider = await world.provider()
    case = await warned(provider)

    notified = await case.notify()
    early = await provider.officer.refused("sanctionSuspend", **await case.input(days=7, circumstances=CIRCUMSTANCES))
    answered = await case.answer("It was satire.")
    points = [{"point": 1, "text": "It was not."}]
    done = await case.suspend(days=7, circumstances=CIRCUMSTANCES, addressed=points)

    assert (notified.state, answered.state, done.state) == ("WARNING", "WARNING", "SUSPENDED")
    assert early.codes == ["HEARING_OPEN"]


async def test_t7_who_was_restricted_unheard_may_waive(world: World) -> None:
    provider = await world.provider()
    case = await warned(provider)
    await case.restrict(days=5)

    await case.notify()
    waived = await case.waive()

    assert (waived.state, (await case.row()).waived_at) == ("RESTRICTED", world.clock())
    assert (await case.suspend(days=7)).state == "SUSPENDED"


@pytest.mark.parametrize(("mutation", "more"), [("sanctionAnswer", {"points": ["No."]}), ("sanctionWaive", {})])
async def test_t7_without_a_notice_there_is_nothing_to_answer(
    world: World, mutation: str, more: dict[str, Any]
) -> None:
    provider = await world.provider()
    case = await warned(provider)

    answer = await case.person.refused(mutation, id=case.id, version=await case.version(), **more)

    assert answer.problems == [("ILLEGAL_TRANSITION", "id")]


async def test_t7_who_was_notified_is_not_notified_again(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.warn()
    given = {"proposedLevel": "SUSPENDED", "facts": "x", "evidenceIds": await case.evidence()}

    answer = await provider.reviewer.refused("sanctionNotify", id=case.id, version=await case.version(), **given)

    assert answer.problems == [("ALREADY_IN_STATE", "id")]


async def test_t7_a_hearing_ends_with_its_case(world: World) -> None:
    provider = await world.provider()
    case = await warned(provider)
    await case.notify()

    await case.lift()

    assert (await case.row()).clock == "NONE"
