"""A case of sanction over HTTP: opened, heard, decided rung by rung, ended by time or by people (Art. 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sanctions import CIRCUMSTANCES, sanctioned
from tests.world import Person, World

_LEVEL = "query($id: ID!) { account(id: $id) { stateCode sanctionLevel filing { stateCode number } } }"


async def _account(person: Person, id_: str) -> Any:
    return (await person.ask(_LEVEL, id=id_))["account"]


async def test_it_climbs_rung_by_rung_and_runs_out(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.warn()
    assert (await _account(provider.officer, case.account_id))["sanctionLevel"] == "WARNING"
    restricted = await case.restrict(days=10)
    assert restricted.state == "RESTRICTED"
    assert (await _account(provider.officer, case.account_id))["sanctionLevel"] == "RESTRICTED"
    world.clock.advance(days=10, seconds=1)
    assert (await _account(provider.officer, case.account_id))["sanctionLevel"] == "NONE"
    assert (await case.told("stateCode"))["stateCode"] == "RESTRICTED"
    await world.sweep()
    assert (await case.told("stateCode"))["stateCode"] == "EXPIRED"


async def test_it_is_heard_suspended_closed_and_rescinded(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, gravity="GRAVE")
    await case.notify()
    refused = await provider.officer.do("sanctionSuspend", **await case.input(days=7))
    assert set(refused.codes) == {"HEARING_OPEN", "CIRCUMSTANCES_MISSING"}
    await case.answer("It was satire.", "Few saw it.")
    points = [{"point": 1, "text": "It was not."}, {"point": 2, "text": "Many did."}]
    await case.suspend(addressed=points, circumstances=CIRCUMSTANCES)
    before = await _account(provider.officer, case.account_id)
    closed = await case.close(addressed=points)
    assert closed.state == "CLOSED"
    account = await _account(provider.officer, case.account_id)
    assert (account["stateCode"], account["sanctionLevel"]) == ("CLOSED", "CLOSED")
    assert account["filing"]["stateCode"] == "CANCELLED"
    await case.rescind()
    assert await _account(provider.officer, case.account_id) == {**before, "sanctionLevel": "NONE"}
    reports = await provider.officer.ask("{ authorityReports { nodes { kind clock dueAt } } }")
    assert [one["kind"] for one in reports["authorityReports"]["nodes"]] == ["CORRECTION", "MEASURE", "MEASURE"]


async def test_the_answer_of_a_step_shows_what_it_has_begun_and_ended(world: World) -> None:
    """Also where the clock runs on between the request and its step."""
    provider = await world.provider()
    case = await sanctioned(provider)
    world.clock.tick = timedelta(milliseconds=1)

    shown = "measure { inForce } account { sanctionLevel }"
    warned = await provider.reviewer.must("sanctionWarn", select=shown, **await case.input())
    given = {"id": case.id, "version": await case.version(), "reason": "It was put right."}
    lifted = await provider.officer.must("sanctionLift", select=shown, **given)

    assert (warned.case["measure"], warned.case["account"]) == ({"inForce": True}, {"sanctionLevel": "WARNING"})
    assert (lifted.case["measure"], lifted.case["account"]) == ({"inForce": False}, {"sanctionLevel": "NONE"})
