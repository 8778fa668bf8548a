"""The rungs: what each asks for, what two people decide, what is recommended, what a public reason may say (Art. 8)."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from domain.authority_report import AuthorityReport
from domain.calendar import add_calendar_days
from domain.deadline import Deadline, DeadlineKind
from domain.notice import Notice
from domain.policy.roles import Role
from domain.proposal import Involvement
from domain.sanction import NEVER, Ban
from tests.sanctions import CIRCUMSTANCES, REASONS, Case, opened, sanctioned
from tests.world import Person, Provider, World, by_two, opened_world, resident_id
from workflows.deadlines import due

SKIPPED: Final[dict[str, Any]] = {"circumstances": CIRCUMSTANCES}
MINOR: Final[dict[str, Any]] = {"circumstances": {**CIRCUMSTANCES, "gravity": "MINOR"}}
DAY: Final = timedelta(days=1)


@pytest.fixture
async def lone_world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own."""
    async with opened_world(own_database_url) as made:
        yield made


async def heard(provider: Provider, **more: Any) -> Case:
    """A case whose holder waived an answer."""
    case = await sanctioned(provider, **more)
    await case.notify()
    await case.waive()
    return case


async def officers(case: Case) -> tuple[Person, Person]:
    if case.second is None:
        case.second = await case.provider.second_officer()
    return case.provider.officer, case.second


# --- one after the other -----------------------------------------------------------------------------------------
async def test_each_rung_replaces_the_one_before_it_in_its_case_and_runs_from_then(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, ground="RUMOUR")
    begun = world.clock()

    await case.warn()
    await case.person.must("sanctionAcknowledge", id=case.id, version=2)
    world.clock.advance(hours=1)
    await case.restrict(days=30, scope=("PUBLISH", "NEWS", "PUBLISH"))

    warning, restriction = await case.measures()
    found = await case.row()
    assert (warning.level, warning.from_at, warning.until) == ("WARNING", begun, begun + 90 * DAY)
    assert (warning.ended_at, warning.ended_by, warning.recommended) == (world.clock(), "REPLACED", "RESTRICTED")
    assert (restriction.level, restriction.scope) == ("RESTRICTED", ["PUBLISH", "NEWS"])
    assert (restriction.until, restriction.ended_at) == (world.clock() + 30 * DAY, NEVER)
    assert (restriction.is_skip, restriction.circumstances, restriction.gravity) == (False, None, "SERIOUS")
    assert (restriction.baseline, restriction.legal_bases) == ("TRUTHFULNESS", ["IM_2014_ART_8"])
    assert restriction.remedy_until == world.clock() + 180 * DAY
    assert restriction.evidence_ids == await case.evidence()
    assert (found.measure_id, found.measure_until, found.due_at) == (restriction.id, *(restriction.until,) * 2)
    assert found.acknowledged_at == begun
    waiting = await world.rows(Deadline, case_id=case.id, kind="MEASURE_END", settled_at=None)
    assert [one.due_at for one in waiting] == [restriction.until]
    # Not back down, not twice.
    for mutation, more, code in (
        ("sanctionWarn", {}, "ILLEGAL_TRANSITION"),
        ("sanctionRestrict", {"days": 1, "scope": ["NEWS"]}, "ALREADY_IN_STATE"),
        ("sanctionDismiss", None, "ILLEGAL_TRANSITION"),
    ):
        given = await case.input(**more) if more is not None else {
            "id": case.id, "version": await case.version(), "reasons": {**REASONS, "reasonCodes": ["NO_BREACH"]}
        }  # fmt: skip
        assert (await provider.officer.refused(mutation, **given)).codes[0] == code
    late = await case.person.refused("sanctionAcknowledge", id=case.id, version=await case.version())
    assert late.codes == ["ILLEGAL_TRANSITION"]


async def test_a_decision_tells_its_holder_and_from_a_restriction_up_its_authority(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider, ground="RUMOUR")

    async def owed() -> list[tuple[str, Any, Any]]:
        found = await world.rows(AuthorityReport, order_by="created_at", sanction_id=case.id)
        return [(one.kind, one.measure_id, one.due_at) for one in found]

    await case.warn()
    assert await owed() == []
    expected = []
    for take in (case.restrict, case.suspend, case.close):
        world.clock.advance(hours=1)
        await take()
        until = (
            world.clock() + DAY
            if take == case.close
            else due(DeadlineKind.AUTHORITY_REPORT, world.clock(), world.office.calendar)
        )
        expected.append(("MEASURE", (await case.measures())[-1].id, until))
    assert await owed() == expected
    notices = await world.rows(Notice, order_by="created_at", case_id=case.id)
    assert [(one.party, one.served_at is not None) for one in notices] == [("HOLDER", True)] * 5


# --- what a rung asks for ----------------------------------------------------------------------------------------
async def test_a_restriction_has_a_scope_of_the_list_and_thirty_days_at_most(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.warn()

    async def refused(**more: Any) -> list[tuple[str, str]]:
        given = await case.input(**{"days": 30, "scope": ["PUBLISH"], **more})
        return (await provider.officer.refused("sanctionRestrict", **given)).problems

    assert await refused(days=31) == [("INPUT_INVALID", "days")]
    assert await refused(days=0) == [("INPUT_INVALID", "days")]
    assert await refused(scope=[]) == [("INPUT_INVALID", "scope")]
    assert await refused(scope=["PUBLISH", "EVERYTHING"]) == [("CODE_UNKNOWN", "scope.1")]
    bad = {**REASONS, "reasonCodes": ["WHATEVER"], "legalBases": ["IM_1999_ART_1"]}
    assert await refused(reasons=bad) == [
        ("CODE_UNKNOWN", "reasons.reasonCodes.0"), ("LEGAL_BASIS_INVALID", "reasons.legalBases.0")
    ]  # fmt: skip
    await case.restrict(days=30)


async def test_a_suspension_has_one_of_four_lengths_or_says_why_and_180_days_at_most(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider)

    async def refused(**more: Any) -> list[tuple[str, str]]:
        return (await provider.officer.refused("sanctionSuspend", **await case.input(**SKIPPED, **more))).problems

    for days in (1, 8, 89, 180):
        assert await refused(days=days) == [("TERM_UNUSUAL", "lengthReason")]
    for days in (0, 181):
        assert await refused(days=days, lengthReason="So it is.") == [("INPUT_INVALID", "days")]
    for days in (7, 15, 30, 90):
        proposed = await provider.officer.must("sanctionSuspend", **await case.input(days=days, **SKIPPED))
        assert proposed.proposal["hash"]
    await case.suspend(days=180, lengthReason="The item comes back each day.", **SKIPPED)

    (measure,) = await case.measures()
    assert (measure.until, measure.is_skip) == (add_calendar_days(world.clock(), 180), True)
    assert measure.circumstances == CIRCUMSTANCES
    assert (measure.gravity, (await case.row()).gravity) == ("GRAVE", "GRAVE")


async def test_a_skip_needs_circumstances_and_two_people(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider, gravity="GRAVE")

    async def answered(mutation: str, **more: Any) -> Any:
        return await provider.officer.do(mutation, **await case.input(**more))

    missing = [("CIRCUMSTANCES_MISSING", "circumstances")]
    plain = {"days": 10, "scope": ["PUBLISH"]}
    assert (await answered("sanctionRestrict", **plain)).problems == missing
    assert (await answered("sanctionSuspend", days=7)).problems == missing
    assert (await answered("sanctionClose")).problems == missing
    # With them it is proposed, not taken.
    for mutation, more in (("sanctionRestrict", plain), ("sanctionSuspend", {"days": 7}), ("sanctionClose", {})):
        proposed = await answered(mutation, **more, **SKIPPED)
        assert (proposed.problems, proposed.payload["step"]) == ([], None)
        assert proposed.proposal["hash"]
    assert ((await case.row()).state, await case.measures()) == ("NOTIFIED", [])
    await case.warn()
    # From a warning a restriction is no skip: one person takes it; a suspension is one.
    assert (await answered("sanctionSuspend", days=7)).problems == missing
    assert (await answered("sanctionRestrict", **plain)).state == "RESTRICTED"
    # From a restriction a suspension is none, and needs two still; a closure is one.
    assert (await answered("sanctionClose")).problems == missing
    suspending = await answered("sanctionSuspend", days=7)
    assert (suspending.problems, suspending.payload["step"], bool(suspending.proposal)) == ([], None, True)
    await case.suspend(days=7)
    await case.close()
    assert [(one.level, one.is_skip) for one in sorted(await case.measures(), key=lambda m: len(m.level))] == [
        ("CLOSED", False), ("WARNING", False), ("SUSPENDED", False), ("RESTRICTED", False)
    ]  # fmt: skip


async def test_what_ran_out_is_no_rung_to_climb_from(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.warn()

    world.clock.advance(days=90, seconds=-1)
    within = await provider.officer.do("sanctionRestrict", **await case.input(days=40, scope=["PUBLISH"]))
    world.clock.advance(seconds=1)
    after = await provider.officer.refused("sanctionRestrict", **await case.input(days=10, scope=["PUBLISH"]))

    assert within.problems == [("INPUT_INVALID", "days")]
    assert after.codes == ["CIRCUMSTANCES_MISSING"]


# --- closure -----------------------------------------------------------------------------------------------------
async def test_a_closure_without_a_measure_before_it_needs_circumstances_two_people_and_a_hearing(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, gravity="GRAVE")
    unheard = await provider.officer.refused("sanctionClose", **await case.input(**SKIPPED))
    await case.notify("CLOSED")
    told = await provider.officer.refused("sanctionClose", **await case.input())
    await case.waive()
    alone = await provider.officer.refused("sanctionClose", **await case.input())

    assert unheard.codes[0] == "ILLEGAL_TRANSITION"
    assert told.codes == ["HEARING_OPEN", "CIRCUMSTANCES_MISSING"]
    assert alone.codes == ["CIRCUMSTANCES_MISSING"]
    await case.close(banDays=1_095, **SKIPPED)

    (measure,) = await case.measures()
    bans = {ban.kind: ban for ban in await world.rows(Ban, sanction_id=case.id)}
    assert (measure.until, measure.is_skip, measure.circumstances) == (NEVER, True, CIRCUMSTANCES)
    assert {kind: ban.until for kind, ban in bans.items()} == {
        "NAME": measure.remedy_until, "HANDLE": measure.remedy_until, "SUBJECT": world.clock() + 1_095 * DAY,
    }  # fmt: skip
    assert {ban.lifted_at for ban in bans.values()} == {None}


async def test_a_first_minor_conduct_closes_no_account_until_an_earlier_measure_counts(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider, gravity="MINOR")
    first = await provider.officer.refused("sanctionClose", **await case.input(**MINOR))
    grave = await heard(provider, gravity="GRAVE")
    found = await provider.officer.refused("sanctionClose", **await grave.input(**MINOR))
    # The rungs of its own case are no earlier conduct.
    await case.warn()
    own = await provider.officer.refused("sanctionClose", **await case.input(**MINOR))

    assert first.problems == found.problems == own.problems == [("FIRST_AND_MINOR", "id")]
    earlier = await opened(provider, case.account_id, case.holder, ground="RUMOUR")
    await earlier.warn()
    # What was measured under another name beside it, or after it, is none either.
    beside = await provider.officer.refused("sanctionClose", **await case.input(**MINOR))
    warned = world.clock()
    again = await opened(provider, case.account_id, case.holder, gravity="MINOR", conductOn=f"{warned:%Y-%m-%d}")
    await again.notify()
    await again.waive()
    world.clock.now = warned + 90 * DAY  # a warning counts ninety days
    await world.sweep()
    gone = await provider.officer.refused("sanctionClose", **await again.input(**MINOR))
    world.clock.now = warned + 90 * DAY - timedelta(seconds=1)
    assert (await again.told("recommended { recurrence }")) == {"recommended": {"recurrence": 2}}
    await again.close(**MINOR)

    assert beside.problems == gone.problems == [("FIRST_AND_MINOR", "id")]
    assert [one.recurrence for one in await again.measures() if one.level == "CLOSED"] == [2]


async def test_a_warning_that_was_overturned_counts_no_more(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider, gravity="MINOR")
    earlier = await opened(provider, case.account_id, case.holder, ground="RUMOUR")
    await earlier.warn()
    counted = await case.told("recommended { recurrence }")
    lifted = await opened(provider, case.account_id, case.holder, ground="DEFAMATION")
    await lifted.warn()
    await lifted.lift()

    await earlier.rescind()
    one_left = await case.told("recommended { recurrence }")
    await lifted.rescind()
    answer = await provider.officer.refused("sanctionClose", **await case.input(**MINOR))

    assert (counted, one_left) == ({"recommended": {"recurrence": 1}},) * 2  # a lifted one was right, and counts
    assert answer.problems == [("FIRST_AND_MINOR", "id")]


# --- two people --------------------------------------------------------------------------------------------------
async def test_nobody_endorses_their_own_proposal_under_another_login(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    one = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    same = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    other, elsewhere = await provider.second_officer(), (await world.provider()).officer
    case = await heard(provider, gravity="GRAVE")
    given = await case.input(**SKIPPED)
    proposal = (await one.must("sanctionClose", **given)).proposal

    async def endorsing(person: Person, hash_: str = proposal["hash"]) -> list[str]:
        async with world.untouched(case.id):
            return (await person.do("proposalEndorse", id=proposal["id"], hash=hash_)).codes

    assert await endorsing(one) == ["SAME_PERSON"]
    assert await endorsing(same) == ["SAME_PERSON"]
    assert await endorsing(provider.reviewer) == ["NOT_ALLOWED"]
    assert await endorsing(case.person) == ["NOT_ALLOWED"]
    assert await endorsing(elsewhere) == ["NOT_FOUND"]
    assert await endorsing(other, "0" * 64) == ["NOT_THE_PROPOSAL"]
    early = await one.refused("sanctionClose", **given, proposal=proposal["id"])
    assert early.codes == ["NOT_ENDORSED"]
    await other.must("proposalEndorse", id=proposal["id"], hash=proposal["hash"])
    changed = await one.refused("sanctionClose", **{**given, "banDays": 1_000}, proposal=proposal["id"])
    other_rung = await one.refused("sanctionSuspend", **{**given, "days": 7}, proposal=proposal["id"])
    endorser = await other.refused("sanctionClose", **given, proposal=proposal["id"])
    assert (changed.codes, other_rung.codes) == (["NOT_THE_PROPOSAL"],) * 2
    assert endorser.codes == ["NOT_THE_PROPOSER", "SAME_PERSON"]
    done = await one.must("sanctionClose", **given, proposal=proposal["id"])
    involved = await world.rows(Involvement, decision=done.payload["step"]["id"])
    assert {(row.staff_id, row.parts) for row in involved} == {(one.id, "PROPOSER DECIDER"), (other.id, "ENDORSER")}


async def test_nobody_proposes_or_endorses_what_is_decided_about_themselves(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    own = await world.enrol(Role.COMPLIANCE_OFFICER, provider_id=provider.id, person=number)
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    case = await opened(provider, account.id, holder, gravity="GRAVE")
    await case.notify()
    await case.waive()
    given = await case.input(days=7, **SKIPPED)

    proposing = await own.refused("sanctionSuspend", **given)
    proposal = (await provider.officer.must("sanctionSuspend", **given)).proposal
    async with world.untouched(case.id):
        endorsing = await own.do("proposalEndorse", id=proposal["id"], hash=proposal["hash"])

    assert proposing.problems == [("OWN_MATTER", "id")]
    assert endorsing.problems == [("OWN_MATTER", "id")]


async def test_a_proposal_dies_with_a_new_version_and_after_five_working_days(world: World) -> None:
    provider = await world.provider()
    case = await heard(provider, gravity="GRAVE")
    one, other = await officers(case)
    given = await case.input(**SKIPPED)
    stale = (await one.must("sanctionClose", **given)).proposal
    await other.must("proposalEndorse", id=stale["id"], hash=stale["hash"])
    await case.warn()

    async with world.untouched(case.id):
        moved = await one.do("sanctionClose", **given, proposal=stale["id"])
        now = await one.do("sanctionClose", **{**given, "version": await case.version()}, proposal=stale["id"])
    assert moved.codes == ["STALE_VERSION"]
    assert set(now.codes) == {"NOT_THE_PROPOSAL", "PROPOSAL_DEAD"}
    fresh = await case.input(**SKIPPED)
    late = (await one.must("sanctionClose", **fresh)).proposal
    await other.must("proposalEndorse", id=late["id"], hash=late["hash"])
    world.clock.advance(days=8)
    dead = await one.refused("sanctionClose", **fresh, proposal=late["id"])
    assert dead.codes == ["PROPOSAL_DEAD"]


# --- what is recommended -----------------------------------------------------------------------------------------
async def test_the_recommended_rung_is_that_of_the_published_table(world: World) -> None:
    with (Path(__file__).parents[2] / "domain/codes/recommended_rungs.csv").open(encoding="utf-8") as file:
        table = {(row["ground"], row["gravity"], row["recurrence"]): row for row in csv.DictReader(file)}
    grounds = {ground for ground, _, _ in table}
    assert set(table) == {(g, w, r) for g in grounds for w in ("MINOR", "SERIOUS", "GRAVE") for r in "012"}
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    select = "recommended { level days recurrence }"

    for recurrence in range(4):
        cases = []
        for ground, gravity in (("VULGARITY", "MINOR"), ("FRAUD", "SERIOUS"), ("RUMOUR", "GRAVE")):
            day = f"2026-02-{recurrence + 1:02d}"
            case = await opened(provider, account_id, holder, ground=ground, gravity=gravity, conductOn=day)
            row = table[ground, gravity, str(min(recurrence, 2))]
            days = int(row["days"]) if row["days"] else None
            assert await case.told(select) == {
                "recommended": {"level": row["level"], "days": days, "recurrence": recurrence}
            }
            cases.append((case, row["level"]))
        last, level = cases[-1]
        await last.warn()  # the table proposes, and never acts
        (measure,) = await last.measures()
        assert (measure.level, measure.recommended, measure.recurrence) == ("WARNING", level, recurrence)
        assert await last.told("recommended { recurrence }") == {"recommended": {"recurrence": recurrence}}


# --- what a public text may say ----------------------------------------------------------------------------------
PERSONAL: Final = (
    (f"Said by {resident_id(7)} himself.", "Number of the identity document at character 9."),
    ("Call 139 1234 5678 for more.", "Mobile number at character 6."),
    ("Ask zhang.san@example.cn about it.", "E-mail address at character 5."),
)


@pytest.mark.parametrize(("words", "place"), PERSONAL)
async def test_a_public_text_that_holds_personal_data_is_refused_with_its_place(
    world: World, words: str, place: str
) -> None:
    provider = await world.provider()
    case = await heard(provider, ground="FRAUD")
    reasons = {**REASONS, "publicReason": words}

    async def refused(mutation: str, **given: Any) -> None:
        answer = await provider.officer.refused(mutation, **given)
        assert [p["code"] for p in answer.payload["problems"]] == ["PERSONAL_DATA_IN_TEXT"], answer.problems
        (problem,) = answer.payload["problems"]
        path = ["reason"] if "reason" in given else ["reasons", "publicReason"]
        assert problem["path"] == path
        assert place in problem["message"], problem
        assert words not in str(answer.payload)

    given = await case.input(reasons=reasons)
    bare = {"id": given["id"], "version": given["version"], "reasons": reasons}
    restriction: dict[str, Any] = {"days": 10, "scope": ["PUBLISH"]}
    await refused("sanctionInterim", **bare, scope=["PUBLISH"], hours=1)
    await refused("sanctionWarn", **given)
    await refused("sanctionRestrict", **given, **restriction, **SKIPPED)
    await refused("sanctionSuspend", **given, days=7, **SKIPPED)
    await refused("sanctionClose", **given, **SKIPPED)
    await refused("sanctionDismiss", **{**bare, "reasons": {**reasons, "reasonCodes": ["NO_BREACH"]}})
    await case.warn()
    await case.restrict()
    measure = (await case.row()).measure_id
    given = await case.input(reasons=reasons)
    milder = {"id": given["id"], "version": given["version"], "reason": words}
    await refused("sanctionProlong", **given, days=1)
    await refused("sanctionReduce", **milder, level="WARNING")
    await refused("sanctionLift", **milder)
    await refused("sanctionRescind", **milder, measureId=measure)


async def test_the_number_of_its_licence_is_no_mobile_number_and_that_of_another_is(lone_world: World) -> None:
    world = lone_world  # a licence is listed once
    number = "13120170002"  # a mobile number too
    provider = await world.provider()
    name = (await provider.newcomer()).id
    holder = await provider.holder("NEWS_UNIT", organisationName=name)
    await world.licence(name, number=number, province="130000")
    badged = await licensed(provider, holder, number)
    case, other = await opened(provider, badged, holder), await sanctioned(provider)
    reasons = {**REASONS, "publicReason": f"What licence {number} allows was exceeded. You may appeal in 180 days."}

    refused = await provider.reviewer.refused("sanctionWarn", **await other.input(reasons=reasons))
    longer = {**reasons, "publicReason": f"Licence 1{number}, call 13912345678."}
    beside = await provider.reviewer.refused("sanctionWarn", **await case.input(reasons=longer))
    await case.warn(reasons=reasons)

    assert refused.problems == beside.problems == [("PERSONAL_DATA_IN_TEXT", "reasons.publicReason")]
    assert (await case.row()).licence_number == number
    told = {"reason": f"Licence {number} allowed it after all."}
    lifted = await provider.officer.must("sanctionLift", id=case.id, version=await case.version(), **told)
    assert lifted.state == "LIFTED"


async def licensed(provider: Provider, holder: Any, number: str) -> str:
    """The badged account of a news unit under this licence."""
    materials = [{"kind": k, "reference": k, "sha256": "0" * 64} for k in ("CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE")]
    account = await holder.apply(category="NEWS", materials=materials)
    await provider.reviewer.must("accountClaim", id=account.id)
    approve: dict[str, Any] = {"id": account.id, "version": 1, "category": "NEWS"}
    select = "filing { id version }"
    approved = await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", select, **approve)
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    asked_ = await holder.request(account.id, number)
    both = (provider.officer, await provider.second_officer())
    await by_two(*both, "permissionGrant", id=asked_.id, version=asked_.version)
    return str(account.id)
