"""The hearing: told with what is held against them, answered, waived or over; each argument addressed (Art. 8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from domain.deadline import Deadline
from domain.journal import Step
from domain.notice import Notice
from domain.sanction import Evidence
from tests.sanctions import CIRCUMSTANCES, PIECE, Case, asked, sanctioned
from tests.world import NOON, Person, World

HIDDEN: Final[dict[str, Any]] = {"text": "Who told us of it.", "isDisclosable": False}
SECOND: Final[dict[str, Any]] = {"text": "A second item.", "isDisclosable": True}
SKIPPED: Final[dict[str, Any]] = {"circumstances": CIRCUMSTANCES}
LOOK: Final = """query($account: ID!, $sanction: ID!, $evidence: ID!, $step: ID!) {
    sanction(id: $sanction) { id stateCode journal { nodes { trigger details texts { text { display } } } }
        evidence { nodes { number text { display } } totalCount { value } }
        availableSteps { trigger allowed } }
    sanctions { nodes { id } totalCount { value } }
    account(id: $account) { version sanctionLevel sanctions { nodes { id } totalCount { value } }
        journal { nodes { trigger } } availableSteps { trigger allowed } }
    case: node(id: $sanction) { id } piece: node(id: $evidence) { id } step: node(id: $step) { id }
    evidence(id: $evidence) { id }
    viewer { notices { nodes { step { trigger } } totalCount { value } } }
}"""


async def look(case: Case, person: Person) -> Any:
    """All the ways in which a case may show."""
    world = case.provider.world
    pieces = await world.rows(Evidence, order_by="number", sanction_id=case.id)
    (step,) = await world.rows(Step, case_id=case.id, seq=1)
    ids = {"account": case.account_id, "sanction": case.id, "evidence": pieces[0].id, "step": step.id}
    return await person.ask(LOOK, **ids)


# --- before and after a holder is told ---------------------------------------------------------------------------
async def test_a_holder_learns_nothing_of_a_case_before_they_are_told(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    made = await provider.reviewer.must("sanctionOpen", **asked(account_id, evidence=[PIECE, HIDDEN]))
    case = Case(provider, account_id, made.id, holder)
    other = await sanctioned(provider)

    seen, known = await look(case, holder.person), await look(case, provider.officer)

    assert (seen["sanction"], seen["case"], seen["piece"], seen["step"], seen["evidence"]) == (None,) * 5
    assert seen["sanctions"] == {"nodes": [], "totalCount": {"value": 0}}
    assert seen["account"]["sanctions"] == {"nodes": [], "totalCount": {"value": 0}}
    assert (seen["account"]["version"], seen["account"]["sanctionLevel"]) == (3, "NONE")
    assert [step["trigger"] for step in seen["account"]["journal"]["nodes"]] == ["apply", "approve", "file"]
    assert "sanction" not in str(seen["viewer"])
    assert known["sanction"]["evidence"]["totalCount"] == {"value": 2}
    assert {one["id"] for one in known["sanctions"]["nodes"]} >= {case.id, other.id}
    waived = await holder.person.refused("sanctionWaive", id=case.id, version=1)
    assert waived.problems == [("NOT_FOUND", "id")]
    # A case that is dismissed before they were told they never hear of.
    await case.dismiss()
    after = await look(case, holder.person)
    assert {**after, "account": None} == {**seen, "account": None}
    assert await world.rows(Notice, case_id=case.id) == []


async def test_a_holder_who_is_told_sees_what_was_disclosed_and_no_more(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    made = await provider.reviewer.must("sanctionOpen", **asked(account_id, evidence=[PIECE, HIDDEN, SECOND]))
    case = Case(provider, account_id, made.id, holder)
    pieces = await world.rows(Evidence, order_by="number", sanction_id=case.id)

    await case.notify(level="RESTRICTED", evidenceIds=[pieces[0].id])
    seen = await look(case, holder.person)

    texts = [said["text"]["display"] for step in seen["sanction"]["journal"]["nodes"] for said in step["texts"]]
    assert seen["sanction"]["stateCode"] == "NOTIFIED"
    assert texts == ["What was found."]  # the findings that it was opened with are a note
    assert seen["sanction"]["evidence"] == {
        "nodes": [{"number": 1, "text": {"display": "A copy of the item."}}], "totalCount": {"value": 1}
    }  # fmt: skip
    assert [one["id"] for one in seen["account"]["sanctions"]["nodes"]] == [case.id]
    offered = {step["trigger"]: step["allowed"] for step in seen["sanction"]["availableSteps"]}
    assert offered == {"answer": True, "waive": True, "acknowledge": False}
    assert [n["step"]["trigger"] for n in seen["viewer"]["notices"]["nodes"]][:1] == ["notify"]
    assert (seen["case"], seen["piece"], seen["evidence"]) == ({"id": case.id}, *({"id": pieces[0].id},) * 2)
    told = [orjson.loads(step["details"]) for step in seen["sanction"]["journal"]["nodes"]]
    assert "evidence" not in told[0]  # how many pieces there are would tell of those that are kept back
    # A decision discloses what it rests on.
    await case.warn(evidenceIds=[pieces[2].id])
    after = await look(case, holder.person)
    assert [one["number"] for one in after["sanction"]["evidence"]["nodes"]] == [1, 3]
    for hidden in (pieces[1].id,):
        found = await holder.person.ask("query($id: ID!) { node(id: $id) { id } evidence(id: $id) { id } }", id=hidden)
        assert found == {"node": None, "evidence": None}
    # Another holder of the provider sees none of it.
    other = (await provider.holder()).person
    assert (await look(case, other))["sanction"] is None


# --- telling -----------------------------------------------------------------------------------------------------
async def test_a_notice_names_a_rung_and_disclosable_evidence_of_its_case(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    made = await provider.reviewer.must("sanctionOpen", **asked(account_id, evidence=[PIECE, HIDDEN]))
    elsewhere = await sanctioned(provider)
    case = Case(provider, account_id, made.id, holder)
    shown, hidden = [p.id for p in await world.rows(Evidence, order_by="number", sanction_id=case.id)]
    (foreign,) = await elsewhere.evidence()
    given = {"id": case.id, "version": 1, "facts": "What was found."}

    answer = await provider.reviewer.refused(
        "sanctionNotify", **given, proposedLevel="NONE", evidenceIds=[shown, hidden, foreign], answerHours=24
    )
    assert answer.problems == [
        ("EVIDENCE_UNDISCLOSABLE", "evidenceIds.1"),
        ("NOT_FOUND", "evidenceIds.2"),
        ("LEVEL_INVALID", "proposedLevel"),
        ("GROUND_NOT_URGENT", "answerHours"),
    ]
    for more, path in (({"evidenceIds": []}, "evidenceIds"), ({"answerHours": 23}, "answerHours")):
        least = {"proposedLevel": "WARNING", "evidenceIds": [shown], **more}
        assert (await provider.reviewer.refused("sanctionNotify", **given, **least)).problems == [
            ("INPUT_INVALID", path)
        ]
    stale = await provider.reviewer.refused(
        "sanctionNotify", **{**given, "version": 2}, proposedLevel="WARNING", evidenceIds=[shown]
    )
    assert stale.problems == [("STALE_VERSION", "version")]
    # A measure of a decision rests on the same: never on what was kept back.
    warned = await provider.reviewer.refused("sanctionWarn", **await case.input(evidenceIds=[hidden]))
    assert warned.problems == [("EVIDENCE_UNDISCLOSABLE", "evidenceIds.0")]
    await case.notify(level="WARNING")
    again = await provider.reviewer.refused(
        "sanctionNotify", id=case.id, version=2, facts="More.", proposedLevel="WARNING", evidenceIds=[shown]
    )
    assert again.codes == ["ALREADY_IN_STATE"]


async def test_the_period_to_answer_is_five_working_days_and_a_day_at_least_where_it_is_urgent(world: World) -> None:
    provider = await world.provider()
    plain, urgent = await sanctioned(provider), await sanctioned(provider, ground="FRAUD")

    await plain.notify()
    await urgent.notify(answerHours=24)

    ends = {}
    for case in (plain, urgent):
        (deadline,) = await world.rows(Deadline, case_id=case.id, kind="SANCTION_ANSWER")
        found = await case.row()
        assert (deadline.due_at, found.due_at, found.clock) == (found.answer_until, found.answer_until, "RUNNING")
        ends[case.id] = found.answer_until
    assert ends[urgent.id] == world.clock() + timedelta(hours=24)
    # From noon of Monday the 2nd in Shanghai to noon of Monday the 9th.
    assert ends[plain.id] == datetime(2026, 3, 9, 4, tzinfo=UTC)


# --- the end of the hearing --------------------------------------------------------------------------------------
async def test_the_hearing_is_over_at_the_very_instant_its_period_ends(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, ground="FRAUD")
    unheard = await provider.officer.refused("sanctionSuspend", **await case.input(days=7, **SKIPPED))
    await case.notify(answerHours=24)
    until = (await case.row()).answer_until
    given = await case.input(days=7, **SKIPPED)
    blocked = (await case.told("availableSteps { trigger allowed problems { code } }"))["availableSteps"]

    world.clock.now = until - timedelta(seconds=1)
    before = await provider.officer.refused("sanctionSuspend", **given)
    closing = await provider.officer.refused("sanctionClose", **await case.input(**SKIPPED))
    world.clock.now = until
    await case.suspend(days=7, **SKIPPED)

    assert unheard.codes[0] == "ILLEGAL_TRANSITION"
    assert before.problems == closing.problems == [("HEARING_OPEN", "id")]
    suspending = next(step for step in blocked if step["trigger"] == "suspend")
    assert suspending["allowed"] is False
    assert [problem["code"] for problem in suspending["problems"]] == ["HEARING_OPEN"]
    assert (await case.row()).state == "SUSPENDED"


async def test_an_answer_ends_the_hearing_and_the_decision_addresses_each_of_its_points(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.answer("It was satire.", "Few saw it.")
    world.clock.advance(hours=1)
    await case.answer("I took it down.")
    found = await case.row()
    assert (found.answer_points, found.answered_at) == (3, world.clock() - timedelta(hours=1))
    (deadline,) = await world.rows(Deadline, case_id=case.id, kind="SANCTION_ANSWER")
    assert deadline.outcome == "MET"

    def said(*points: int) -> list[dict[str, Any]]:
        return [{"point": point, "text": f"As to {point}."} for point in points]

    for points in ((), (1, 2), (1, 2, 3, 4), (1, 2, 4)):
        answer = await provider.officer.refused(
            "sanctionSuspend", **await case.input(days=7, addressed=said(*points), **SKIPPED)
        )
        assert answer.problems == [("POINTS_UNADDRESSED", "addressed")], points
    for mutation, more in (("sanctionWarn", {}), ("sanctionRestrict", {"days": 1, "scope": ["NEWS"], **SKIPPED})):
        answer = await provider.officer.refused(mutation, **await case.input(**more))
        assert answer.problems == [("POINTS_UNADDRESSED", "addressed")]
    await case.suspend(addressed=said(1, 2, 3), **SKIPPED)

    late = await case.person.refused("sanctionAnswer", id=case.id, version=await case.version(), points=["Late."])
    assert late.codes == ["ILLEGAL_TRANSITION"]
    journal = await case.told("journal { nodes { trigger texts { text { display } } } }", case.person)
    texts = {
        step["trigger"]: [text["text"]["display"] for text in step["texts"]] for step in journal["journal"]["nodes"]
    }
    assert texts["answer"] == ["3. I took it down."]
    assert {"1. As to 1.", "2. As to 2.", "3. As to 3."} <= set(texts["suspend"])


async def test_a_waiver_ends_the_hearing_and_an_answer_is_taken_to_the_very_end_of_its_period(
    world: World,
) -> None:
    provider = await world.provider()
    waived, late = await sanctioned(provider), await sanctioned(provider)
    await waived.notify()
    await late.notify()
    await waived.waive()
    await waived.suspend(**SKIPPED)
    world.clock.now = (await late.row()).answer_until

    await late.answer("I was away.")
    answer = await provider.officer.refused("sanctionSuspend", **await late.input(days=7, **SKIPPED))

    assert answer.problems == [("POINTS_UNADDRESSED", "addressed")]
    assert ((await waived.row()).waived_at, (await waived.row()).answer_points) == (NOON, 0)
    empty = await late.person.refused("sanctionAnswer", id=late.id, version=await late.version(), points=[])
    assert empty.problems == [("INPUT_INVALID", "points")]


async def test_a_case_that_is_taken_up_again_is_heard_again(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.answer("It was satire.")
    await case.dismiss()
    given: dict[str, Any] = {"id": case.id, "findings": "There is more.", "evidence": [SECOND]}

    await provider.officer.must("sanctionReopen", version=await case.version(), **given)
    found = await case.row()
    pieces = await world.rows(Evidence, order_by="number", sanction_id=case.id)
    await case.notify()
    open_again = await provider.officer.refused("sanctionSuspend", **await case.input(days=7, **SKIPPED))

    assert (found.state, found.reopened, found.answer_points) == ("OPENED", 1, 0)
    assert (found.notified_at, found.answer_until, found.answered_at, found.waived_at, found.proposed_level) == (
        (None,) * 5
    )
    assert [piece.number for piece in pieces] == [1, 2]
    assert open_again.problems == [("HEARING_OPEN", "id")]


# --- no holder keeps a case from being decided -------------------------------------------------------------------
async def test_there_are_never_more_points_than_a_decision_can_address(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    for part in range(10):
        await case.answer(*(f"{part}.{number}" for number in range(20)))

    more = await case.person.refused("sanctionAnswer", id=case.id, version=await case.version(), points=["More."])
    await case.warn(addressed=[{"point": number, "text": "As to it."} for number in range(1, 201)])

    assert more.problems == [("ARGUMENTS_FULL", "points")]
    assert (await case.row()).state == "WARNING"


async def test_a_holder_waives_once_and_acknowledges_each_warning_once(world: World) -> None:
    """What two officers wait to decide dies with each step of the case."""
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.notify()
    await case.waive()
    again = await case.person.refused("sanctionWaive", id=case.id, version=await case.version())
    await case.warn()
    await case.person.must("sanctionAcknowledge", id=case.id, version=await case.version())
    twice = await case.person.refused("sanctionAcknowledge", id=case.id, version=await case.version())
    await case.restrict(days=10)
    await case.reduce("WARNING")
    await case.person.must("sanctionAcknowledge", id=case.id, version=await case.version())

    assert again.problems == twice.problems == [("ALREADY_IN_STATE", "id")]


async def test_what_needs_a_hearing_rests_on_nothing_that_was_kept_back_in_it(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, evidence=[PIECE, SECOND])
    first, second = await case.evidence()
    await case.notify(evidenceIds=[first])
    await case.waive()
    given = {**await case.input(**SKIPPED), "evidenceIds": [first, second]}

    suspended = await provider.officer.refused("sanctionSuspend", days=7, **given)
    closed = await provider.officer.refused("sanctionClose", **given)
    await provider.reviewer.must("sanctionWarn", **given)  # asks for no hearing: it is shown with it

    assert suspended.problems == closed.problems == [("EVIDENCE_UNDISCLOSABLE", "evidenceIds.1")]
    assert [piece.disclosed_at for piece in await world.rows(Evidence, sanction_id=case.id)] == [NOON, NOON]
