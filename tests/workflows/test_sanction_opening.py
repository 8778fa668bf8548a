"""Opening a case of sanction: who may, on what, of which conduct; and who may take which step at all (Art. 8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any, Final

import orjson
import pytest

from domain.authorities import NATION
from domain.ids import new_id
from domain.journal import Step
from domain.policy.roles import Role
from domain.sanction import Evidence, Sanction
from tests.sanctions import CIRCUMSTANCES, DISMISSAL, PIECE, REASONS, asked, opened, sanctioned
from tests.workflows.test_account_close import PROOF
from tests.world import Person, Provider, World, by_two, opened_world, resident_id

HIDDEN: Final[dict[str, Any]] = {"text": "A note of the desk.", "isDisclosable": False}
PUBLISHED: Final[dict[str, Any]] = {
    **PIECE, "sha256": "a" * 64, "address": "https://example.cn/1", "capturedAt": "2026-03-01T08:00:00Z"
}  # fmt: skip


@pytest.fixture
async def lone_world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


# --- who may take which step: the table of access.md and workflows.md, by hand -----------------------------------
_EVIDENCE: Final = ["evidence_01h455vb4pex5vsknk084sn02q"]
_DECISION: Final[dict[str, Any]] = {"reasons": REASONS, "evidenceIds": _EVIDENCE}
_RESTRICTION: Final[dict[str, Any]] = {"scope": ["PUBLISH"], "days": 10}
INPUTS: Final[dict[str, dict[str, Any]]] = {
    "sanctionInterim": {"reasons": REASONS, "scope": ["PUBLISH"], "hours": 72},
    "sanctionExtendInterim": {"reasons": REASONS},
    "sanctionNotify": {"proposedLevel": "WARNING", "facts": "What was found.", "evidenceIds": _EVIDENCE},
    "sanctionAnswer": {"points": ["It was satire."]},
    "sanctionWaive": {},
    "sanctionWarn": _DECISION,
    "sanctionAcknowledge": {},
    "sanctionRestrict": {**_DECISION, **_RESTRICTION},
    "sanctionSuspend": {**_DECISION, "days": 7},
    "sanctionClose": {**_DECISION, "circumstances": CIRCUMSTANCES},
    "sanctionProlong": {**_DECISION, "days": 7},
    "sanctionReduce": {"level": "WARNING", "reason": "It was too much."},
    "sanctionLift": {"reason": "It was put right."},
    "sanctionRescind": {"measureId": "measure_01h455vb4pex5vsknk084sn02q", "reason": "It was wrong."},
    "sanctionDismiss": {"reasons": DISMISSAL},
    "sanctionReopen": {"findings": "There is more.", "evidence": [PIECE]},
}
_REVIEWER: Final = {"sanctionNotify", "sanctionWarn", "sanctionDismiss"}
_HOLDER: Final = {"sanctionAnswer", "sanctionWaive", "sanctionAcknowledge"}
MAY: Final = {
    Role.HOLDER: _HOLDER,
    Role.REVIEWER: _REVIEWER,
    Role.COMPLIANCE_OFFICER: set(INPUTS) - _HOLDER,
    Role.INTEGRATION: set(),
    Role.AUDITOR: set(),
    Role.APPEAL_REVIEWER: set(),
    Role.PROVINCIAL_REGULATOR: set(),
    Role.NATIONAL_REGULATOR: set(),
}


async def of_every_role(provider: Provider) -> dict[Role, Person]:
    """One of each."""
    return {
        **provider.staff,
        Role.HOLDER: (await provider.holder()).person,
        Role.PROVINCIAL_REGULATOR: provider.regulator,
        Role.NATIONAL_REGULATOR: await provider.world.regulator(NATION),
    }


async def test_each_role_may_take_the_steps_of_its_own_and_no_other(world: World) -> None:
    provider = await world.provider()
    people, unknown = await of_every_role(provider), new_id("sanction")
    assert set(people) == set(MAY)

    for role, person in people.items():
        for mutation, more in INPUTS.items():
            answer = await person.do(mutation, id=unknown, version=1, **more)
            # Whoever may hears that there is no such case; who may not hears that before anything is read.
            expected = ["NOT_FOUND"] if mutation in MAY[role] else ["NOT_ALLOWED"]
            assert answer.codes == expected, (role, mutation)
        answer = await person.do("sanctionOpen", **asked(new_id("account"), detection="AUTOMATED"))
        may_open = role in (Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.INTEGRATION)
        assert answer.codes == (["NOT_FOUND"] if may_open else ["NOT_ALLOWED"]), role


async def test_a_refused_role_and_another_provider_leave_a_case_as_it_was(world: World) -> None:
    provider, elsewhere = await world.provider(), await world.provider()
    case = await sanctioned(provider)
    people = await of_every_role(provider)
    given = {"evidenceIds": await case.evidence()}

    for role, mutation in (
        (Role.REVIEWER, "sanctionRestrict"),
        (Role.REVIEWER, "sanctionSuspend"),
        (Role.REVIEWER, "sanctionClose"),
        (Role.REVIEWER, "sanctionLift"),
        (Role.INTEGRATION, "sanctionWarn"),
        (Role.PROVINCIAL_REGULATOR, "sanctionWarn"),
        (Role.HOLDER, "sanctionDismiss"),
    ):
        more = INPUTS[mutation] | (given if "evidenceIds" in INPUTS[mutation] else {})
        answer = await people[role].refused(mutation, id=case.id, version=1, **more)
        assert answer.codes == ["NOT_ALLOWED"]
    # Another holder and another provider's people find nothing there.
    for person, mutation in ((people[Role.HOLDER], "sanctionWaive"), (elsewhere.officer, "sanctionLift")):
        answer = await person.refused(mutation, id=case.id, version=1, **INPUTS[mutation])
        assert answer.problems == [("NOT_FOUND", "id")]
    answer = await elsewhere.reviewer.refused("sanctionOpen", **asked(case.account_id, ground="RUMOUR"))
    assert answer.problems == [("NOT_FOUND", "accountId")]


# --- what is kept ------------------------------------------------------------------------------------------------
async def test_a_case_keeps_what_was_found_and_its_evidence_sealed(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    given = asked(account_id, ground="FRAUD", evidence=[PUBLISHED, HIDDEN], findings="Found by reading.")

    made = await provider.reviewer.must("sanctionOpen", **given)
    again = await provider.reviewer.must("sanctionOpen", **given)

    (row,) = await world.rows(Sanction, account_id=account_id)
    pieces = await world.rows(Evidence, order_by="number", sanction_id=made.id)
    (step,) = await world.rows(Step, case_id=made.id)
    assert (made.id, made.state, made.version, again.id) == (row.id, "OPENED", 1, made.id)
    assert (row.ground, row.gravity, row.detection, row.conduct_on) == (
        "FRAUD", "SERIOUS", "MANUAL", date(2026, 3, 1),
    )  # fmt: skip
    assert (row.is_urgent, row.is_news, row.priority, row.holder_id) == (True, False, "HIGH", holder.id)
    assert (row.told_at, row.measure_id, row.licence_number, row.clock) == (None, None, None, "RUNNING")
    assert [(p.number, p.is_disclosable, p.disclosed_at, p.sha256, p.address) for p in pieces] == [
        (1, True, None, "a" * 64, "https://example.cn/1"),
        (2, False, None, None, None),
    ]
    assert all("desk" not in str(value) and "copy" not in str(value) for p in pieces for value in vars(p).values())
    assert (step.trigger, step.from_state, step.to_state, step.actor_role) == ("open", None, "OPENED", "REVIEWER")
    assert orjson.loads(step.details).items() >= {"ground": "FRAUD", "conduct_on": "2026-03-01"}.items()
    seen = "query($id: ID!) { sanction(id: $id) { evidence { nodes { text { display form } capturedAt } } } }"
    read = await provider.officer.ask(seen, id=made.id)
    assert read["sanction"]["evidence"]["nodes"] == [
        {"text": {"display": "A copy of the item.", "form": "CLEAR"}, "capturedAt": "2026-03-01T08:00:00Z"},
        {"text": {"display": "A note of the desk.", "form": "CLEAR"}, "capturedAt": None},
    ]


async def test_a_machine_opens_what_it_found_by_automated_means_and_nothing_else(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()

    for detection in ("MANUAL", "COMPLAINT", "AUTHORITY"):
        answer = await provider.integration.refused("sanctionOpen", **asked(account_id, detection=detection))
        assert answer.problems == [("DETECTION_INVALID", "detection")]
    made = await provider.integration.must("sanctionOpen", **asked(account_id, detection="AUTOMATED"))

    assert made.state == "OPENED"


# --- what is refused ---------------------------------------------------------------------------------------------
async def test_whatever_is_wrong_with_a_case_is_said_at_once(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()

    answer = await provider.integration.refused(
        "sanctionOpen",
        **asked(account.id, ground="NO_SUCH_GROUND", conductOn="2026-03-03", evidence=[HIDDEN]),
    )

    assert answer.problems == [
        ("ACCOUNT_NOT_IN_USE", "accountId"),
        ("CODE_UNKNOWN", "ground"),
        ("CONDUCT_OUT_OF_TIME", "conductOn"),
        ("DETECTION_INVALID", "detection"),
        ("EVIDENCE_UNDISCLOSABLE", "evidence"),
    ]
    without = await provider.reviewer.refused("sanctionOpen", **asked(account.id, evidence=[]))
    assert without.problems == [("INPUT_INVALID", "evidence")]


async def test_conduct_is_followed_for_two_years_and_for_five_where_it_harms_life(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    today = date(2026, 3, 2)  # noon in Shanghai

    async def answer(day: date, *, harms: bool = False, refused: bool = False) -> list[tuple[str, str]]:
        given = asked(account_id, conductOn=day.isoformat(), harmsLifeOrProperty=harms)
        take = provider.reviewer.refused if refused else provider.reviewer.do
        return (await take("sanctionOpen", **given)).problems

    out = [("CONDUCT_OUT_OF_TIME", "conductOn")]
    assert await answer(today) == []
    assert await answer(today + timedelta(days=1), refused=True) == out
    assert await answer(date(2024, 3, 2)) == []
    assert await answer(date(2024, 3, 1), refused=True) == out
    assert await answer(date(2024, 3, 1), harms=True) == []
    assert await answer(date(2021, 3, 2), harms=True) == []
    assert await answer(date(2021, 3, 1), harms=True, refused=True) == out
    # Its day is a day in Shanghai, which begins eight hours before that of UTC.
    world.clock.advance(hours=12)
    assert await answer(today + timedelta(days=1)) == []


async def test_one_case_is_open_of_one_conduct(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)

    again = await provider.reviewer.refused("sanctionOpen", **asked(case.account_id))
    other_day = await provider.reviewer.do("sanctionOpen", **asked(case.account_id, conductOn="2026-02-28"))
    other_ground = await provider.reviewer.do("sanctionOpen", **asked(case.account_id, ground="RUMOUR"))
    await case.warn()
    warned = await provider.reviewer.refused("sanctionOpen", **asked(case.account_id))
    await case.lift()
    lifted = await provider.reviewer.do("sanctionOpen", **asked(case.account_id))

    assert again.problems == warned.problems == [("CONDUCT_OPEN", "conductOn")]
    assert other_day.problems == other_ground.problems == lifted.problems == []
    # The old case may not be taken up again beside the new one.
    given = {"id": case.id, "version": await case.version(), "findings": "There is more.", "evidence": [PUBLISHED]}
    beside = await provider.officer.refused("sanctionReopen", **given)
    assert beside.problems == [("CONDUCT_OPEN", "id")]


async def test_of_two_who_open_a_case_of_one_conduct_at_once_one_is_told_of_the_other(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    people = (provider.reviewer, provider.second_reviewer, provider.officer, provider.integration)

    answers = await asyncio.gather(
        *(one.do("sanctionOpen", **asked(account_id, detection="AUTOMATED")) for one in people)
    )

    assert sorted(answer.problems for answer in answers) == [[], *[[("CONDUCT_OPEN", "conductOn")]] * 3]
    assert len(await world.rows(Sanction, account_id=account_id)) == 1


async def test_nobody_opens_or_decides_a_case_of_their_own(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    officer = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    case = await opened(provider, account.id, holder, ground="FRAUD", conductOn="2026-02-28")

    answer = await officer.refused("sanctionOpen", **asked(account.id))
    assert answer.problems == [("OWN_MATTER", "accountId")]
    given = {"id": case.id, "version": 1}
    evidence = {"evidenceIds": await case.evidence()}
    for mutation in ("sanctionInterim", "sanctionNotify", "sanctionWarn", "sanctionRestrict", "sanctionDismiss"):
        more = INPUTS[mutation] | (evidence if "evidenceIds" in INPUTS[mutation] else {})
        answer = await officer.refused(mutation, **given, **more)
        assert ("OWN_MATTER", "id") in answer.problems, mutation


async def test_a_case_is_opened_on_an_account_that_its_holder_left_and_no_other_that_ended(
    lone_world: World,
) -> None:
    world = lone_world
    provider = await world.provider()
    holder, left, _ = await provider.filed()
    await holder.person.must("accountAskClose", id=left, version=3)
    world.clock.advance(days=8)
    await world.sweep()
    _, ended, _ = await provider.filed()
    await by_two(provider.officer, await provider.second_officer(), "accountClose", id=ended, version=3, **PROOF)

    answer = await provider.reviewer.refused("sanctionOpen", **asked(ended))
    case = await opened(provider, left)

    assert answer.problems == [("ACCOUNT_NOT_IN_USE", "accountId")]
    assert (await case.told("stateCode account { stateCode closedCause }")) == {
        "stateCode": "OPENED", "account": {"stateCode": "CLOSED", "closedCause": "HOLDER"},
    }  # fmt: skip
