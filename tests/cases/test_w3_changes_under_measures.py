"""W3: what takes UPDATE takes a change and its approval; the clocks of an open change stand meanwhile (Art. 6, 8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from domain.deadline import Deadline
from domain.permission import RegisterEntry
from tests.sanctions import CIRCUMSTANCES, Case, opened
from tests.workflows.test_account_change import ANSWERS, ITEMS, ask_change, changing, row_of, version_of
from tests.world import NEWS_REASON, Holder, Person, Provider, World, by_two, unique

Measured = Callable[[Case], Awaitable[Any]]


async def _restricted(case: Case) -> None:
    await case.restrict(scope=("PROFILE",), circumstances=CIRCUMSTANCES)


async def _restricted_beside_more(case: Case) -> None:
    await case.restrict(scope=("PUBLISH", "PROFILE"), circumstances=CIRCUMSTANCES)


async def _suspended(case: Case) -> None:
    await case.notify()
    await case.waive()
    await case.suspend(circumstances=CIRCUMSTANCES)


async def _held_at_once(case: Case) -> None:
    await interim(case, "PUBLISH", "COMMENT", "PROFILE")


async def _held_at_once_in_part(case: Case) -> None:
    await interim(case, "PROFILE")


async def interim(case: Case, *scope: str) -> None:
    given: dict[str, Any] = {
        "id": case.id,
        "version": await case.version(),
        "hours": 72,
        "reasons": INTERIM,
        "scope": list(scope),
    }
    await case.provider.officer.must("sanctionInterim", **given)


INTERIM: Final[dict[str, Any]] = {
    "reasonCodes": ["AGREEMENT_BROKEN"],
    "facts": "It goes on.",
    "legalBases": ["IM_2014_ART_8"],
    "publicReason": "It goes on. You may appeal within 180 days.",
}
KEEPING: Final = (_restricted, _restricted_beside_more, _suspended, _held_at_once, _held_at_once_in_part)
URGENT: Final = {"ground": "CRIME_INCITED"}


async def measured(provider: Provider, measure: Measured, holder: Holder, id_: str) -> Case:
    more = URGENT if measure in (_held_at_once, _held_at_once_in_part) else {}
    case = await opened(provider, id_, holder, **more)
    await measure(case)
    return case


async def refused_change(world: World, holder: Holder, id_: str, person: Person | None = None) -> list[Any]:
    async with world.untouched(id_):
        return (await ask_change(holder, id_, person=person)).problems


async def clocks(world: World, id_: str) -> dict[str, tuple[bool, int | None]]:
    """The open deadlines of a change: whether each stands, and what is left of one that does."""
    rows = await world.rows(Deadline, case_id=id_, settled_at=None)
    return {row.kind: (row.paused_at is not None, row.left_seconds) for row in rows if row.kind.startswith("CHANGE")}


@pytest.mark.parametrize("measure", KEEPING)
async def test_w3_no_change_is_asked_for_while_a_measure_takes_update(world: World, measure: Measured) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await measured(provider, measure, holder, id_)

    asked = await refused_change(world, holder, id_)
    by_machine = await refused_change(world, holder, id_, provider.integration)

    assert asked == by_machine == [("UPDATE_TAKEN", "id")]


@pytest.mark.parametrize("measure", KEEPING)
async def test_w3_a_change_asked_for_before_is_not_approved_meanwhile(world: World, measure: Measured) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await changing(provider, id_, holder, displayName=unique("改名"))
    await measured(provider, measure, holder, id_)

    version = await version_of(provider.reviewer, id_)
    answer = await provider.reviewer.refused("accountApproveChange", id=id_, version=version)

    assert answer.problems == [("UPDATE_TAKEN", "id")]


@pytest.mark.parametrize("scope", [("PUBLISH",), ("COMMENT",), ("NEWS",)])
async def test_w3_what_leaves_update_leaves_changes(world: World, scope: tuple[str, ...]) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder)
    await case.restrict(scope=scope, circumstances=CIRCUMSTANCES)

    version = await changing(provider, id_, holder)
    await provider.reviewer.must("accountApproveChange", id=id_, version=version)

    assert (await row_of(world, id_)).change_state is None


async def test_w3_four_eyes_are_no_way_around(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await changing(provider, id_, holder, displayName=unique("示例市公安局"))
    proposing: dict[str, Any] = {"id": id_, "version": await version_of(provider.reviewer, id_)}
    proposed = await provider.reviewer.must("accountApproveChange", **proposing)
    given = proposed.proposal
    await provider.second_reviewer.must("proposalEndorse", id=given["id"], hash=given["hash"])
    case = await opened(provider, id_, holder)
    await case.restrict(scope=("PROFILE",), circumstances=CIRCUMSTANCES)

    answer = await provider.reviewer.refused("accountApproveChange", **proposing, proposal=given["id"])

    assert ("UPDATE_TAKEN", "id") in answer.problems


async def test_w3_the_reviewers_clock_stands_and_goes_on_with_what_was_left(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await ask_change(holder, id_)
    (before,) = await world.rows(Deadline, case_id=id_, kind="CHANGE_DECISION")
    case = await opened(provider, id_, holder)

    await case.restrict(days=30, scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    standing, shown = await clocks(world, id_), await row_of(world, id_)
    world.clock.advance(days=29)
    await world.sweep()
    late = await world.rows(Deadline, case_id=id_, kind="CHANGE_DECISION")
    world.clock.advance(days=2)
    await world.sweep()

    (after,) = await world.rows(Deadline, case_id=id_, kind="CHANGE_DECISION")
    (measure,) = await case.measures()
    assert (standing["CHANGE_DECISION"][0], shown.clock) == (True, "PAUSED")
    assert [row.outcome for row in late] == [None]
    assert (after.paused_at, after.settled_at, after.outcome) == (None, None, None)
    assert after.due_at >= measure.until + timedelta(days=7)
    assert after.due_at - before.due_at >= timedelta(days=28)


async def test_w3_the_holders_clock_stands_and_a_supplement_stays_open(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    version = await changing(provider, id_, holder)
    await provider.reviewer.must("accountRequestChangeSupplement", id=id_, version=version, items=ITEMS)
    case = await opened(provider, id_, holder)
    await case.restrict(days=30, scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    asked = await clocks(world, id_)

    world.clock.advance(days=28)
    await world.sweep()
    waiting = await row_of(world, id_)
    given: dict[str, Any] = {"id": id_, "version": waiting.seq, "answers": ANSWERS, "particulars": {"materials": []}}
    await holder.person.must("accountSupplementChange", **given)
    supplemented = await clocks(world, id_)
    await case.lift()

    assert {kind: stands for kind, (stands, _) in asked.items()} == {
        "CHANGE_DECISION": True, "CHANGE_SUPPLEMENT": True, "CHANGE_SUPPLEMENT_REMINDER": True,
    }  # fmt: skip
    assert waiting.change_state == "SUPPLEMENT_REQUESTED"
    assert [stands for stands, _ in supplemented.values()] == [True]
    assert {kind: stands for kind, (stands, _) in (await clocks(world, id_)).items()} == {"CHANGE_DECISION": False}


async def test_w3_a_supplement_asked_for_meanwhile_waits_until_the_measure_has_ended(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await changing(provider, id_, holder)
    case = await opened(provider, id_, holder)
    await case.restrict(days=20, scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    version = await version_of(provider.reviewer, id_)

    await provider.reviewer.must("accountRequestChangeSupplement", id=id_, version=version, items=ITEMS)
    meanwhile = await clocks(world, id_)
    world.clock.advance(days=21)
    await world.sweep()

    (due,) = await world.rows(Deadline, case_id=id_, kind="CHANGE_SUPPLEMENT")
    (measure,) = await case.measures()
    assert all(stands for stands, _ in meanwhile.values())
    assert due.paused_at is None
    assert due.due_at >= measure.until + timedelta(days=15)
    assert (await clocks(world, id_))["CHANGE_DECISION"][0] is True


@pytest.mark.parametrize("end", ["accountWithdrawChange", "accountRejectChange"])
async def test_w3_withdrawing_and_rejecting_stay_open(world: World, end: str) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await changing(provider, id_, holder)
    case = await opened(provider, id_, holder)
    await case.restrict(scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    withdraws = end == "accountWithdrawChange"
    person = holder.person if withdraws else provider.reviewer
    more: dict[str, Any] = {} if withdraws else {"reasons": NEWS_REASON}

    await person.must(end, id=id_, version=await version_of(person, id_), **more)

    row = await row_of(world, id_)
    assert (row.change_state, row.clock, await clocks(world, id_)) == (None, "NONE", {})


async def test_w3_the_end_of_one_measure_is_not_the_end_of_another(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await ask_change(holder, id_)
    one = await opened(provider, id_, holder)
    two = await opened(provider, id_, holder, conductOn="2026-02-20")
    await one.restrict(days=30, scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    await two.restrict(days=30, scope=("PROFILE",), circumstances=CIRCUMSTANCES)
    left = (await clocks(world, id_))["CHANGE_DECISION"]

    world.clock.advance(days=1)
    await one.lift()
    still = (await clocks(world, id_))["CHANGE_DECISION"]
    refused = await provider.reviewer.do(
        "accountApproveChange", id=id_, version=await version_of(provider.reviewer, id_)
    )
    await two.rescind()

    assert left == still
    assert ("UPDATE_TAKEN", "id") in refused.problems
    assert (await clocks(world, id_))["CHANGE_DECISION"][0] is False


async def test_w3_an_interim_that_a_milder_decision_ends_lets_the_clocks_run(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await ask_change(holder, id_)
    case = await opened(provider, id_, holder, **URGENT)
    await interim(case, "PROFILE")
    held = (await clocks(world, id_))["CHANGE_DECISION"]

    await case.restrict(scope=("PUBLISH",), circumstances=CIRCUMSTANCES)

    assert held[0] is True
    assert (await clocks(world, id_))["CHANGE_DECISION"][0] is False


async def test_w3_a_measure_reduced_to_another_scope_lets_changes_pass(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await ask_change(holder, id_)
    case = await opened(provider, id_, holder)
    await _suspended(case)

    await case.reduce("RESTRICTED", days=5, scope=["COMMENT"])

    assert (await clocks(world, id_))["CHANGE_DECISION"][0] is False


async def test_w3_a_measure_past_its_end_takes_nothing_though_nobody_swept(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder)
    await case.restrict(days=3, scope=("PROFILE",), circumstances=CIRCUMSTANCES)

    world.clock.advance(days=3, seconds=1)
    answer = await ask_change(holder, id_)

    assert answer.problems == []


async def test_w3_an_amendment_that_the_authority_accepts_takes_effect(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    name = unique("夜间来信")
    version = await changing(provider, id_, holder, displayName=name)
    done = await provider.reviewer.must(
        "accountApproveChange",
        id=id_,
        version=version,
        select="filings(first: 5) { nodes { id version stateCode } }",
    )
    amendment = next(one for one in done.case["filings"]["nodes"] if one["stateCode"] == "PREPARED")
    case = await opened(provider, id_, holder)
    await case.restrict(scope=("PROFILE",), circumstances=CIRCUMSTANCES)

    await provider.officer.must("filingSubmit", id=amendment["id"], version=amendment["version"])
    await provider.regulator.must("filingAccept", id=amendment["id"], version=amendment["version"] + 1)

    (entry,) = await world.rows(RegisterEntry, account_id=id_)
    assert ((await row_of(world, id_)).display_name, entry.display_name) == (name, name)


async def test_w3_what_is_shown_as_possible_says_so(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder)
    await case.restrict(scope=("PROFILE",), circumstances=CIRCUMSTANCES)

    query = "query($id: ID!) { account(id: $id) { availableSteps { mutation problems { code } } } }"
    steps = (await holder.person.ask(query, id=id_))["account"]["availableSteps"]

    problems = {step["mutation"]: [problem["code"] for problem in step["problems"]] for step in steps}
    assert problems["accountChange"] == ["UPDATE_TAKEN"]


async def test_w3_the_change_is_asked_for_again_once_the_measure_has_ended(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder)
    await _suspended(case)
    refused = await refused_change(world, holder, id_)

    await by_two(
        provider.officer,
        case.second or provider.officer,
        "sanctionRescind",
        id=case.id,
        version=await case.version(),
        measureId=(await case.told("measure { id }"))["measure"]["id"],
        reason="It was wrong.",
    )

    assert refused == [("UPDATE_TAKEN", "id")]
    assert (await ask_change(holder, id_)).problems == []
